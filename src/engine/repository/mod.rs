//! A *repository*: the files of one directory that are one model together, and
//! what they say about each other.
//!
//! A function of what the jobs of a scan found, once all have ended: weights
//! that are there twice, with code and without ([`mod@twins`]); a configuration
//! whose sizes are not those of the weights, and modules that a manifest names
//! ([`described`]). The values of the tensors are not compared. Nothing here reads a byte of a file. What an attacker
//! writes are names and sizes; each check makes one finding for a directory's
//! model or manifest, however often it is met.
//!
//! Where a file has a gap, nothing is concluded from its tensors.

mod described;
mod tables;
mod twins;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Ended;
use super::shards::CrossFinding;
use crate::report::TensorTable;
use weights::Weights;

/// Compare the files of each directory. `is_in_directory` tells whether all
/// files beside a file were found as well, because its directory was named.
pub fn check(
    ended: &[Ended],
    tensors: &[TensorTable],
    is_in_directory: impl Fn(&Path) -> bool,
) -> Vec<CrossFinding> {
    let repositories = weights::by_directory(ended, tensors);
    let paths: BTreeMap<&str, &Ended> = ended
        .iter()
        .map(|job| (job.found.path.as_str(), job))
        .collect();
    let mut told: Vec<CrossFinding> = repositories.values().flat_map(|all| twins(all)).collect();
    for (path, description) in ended.iter().flat_map(|job| &job.outcome.descriptions) {
        let Some(job) = paths.get(path.as_str()) else {
            continue;
        };
        let beside = repositories.get(&weights::directory(job));
        let weights = beside.map_or(&[][..], Vec::as_slice);
        told.extend(described::sizes(path, description, weights));
        if job.found.source.is_none() && is_in_directory(&job.found.file) {
            told.extend(described::modules(job, description));
        }
    }
    told
}

/// Pairs of weights with one name in a directory, with code and without.
fn twins(all: &[Weights<'_>]) -> Vec<CrossFinding> {
    let (pickles, plain): (Vec<_>, Vec<_>) = all.iter().partition(|weights| weights.runs_code);
    let plain: BTreeMap<&str, &Weights<'_>> = plain
        .into_iter()
        .map(|weights| (weights.stem.as_str(), weights))
        .collect();
    let pair = |pickle: &Weights<'_>| twins::compare(pickle, plain.get(pickle.stem.as_str())?);
    pickles.into_iter().filter_map(pair).collect()
}
