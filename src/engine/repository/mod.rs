//! A *repository*: the files of one directory that are one model together, and
//! what they say about each other.
//!
//! A function of what the jobs of a scan found, once all have ended:
//!
//! - files that a model reads its data from ([`companions`]): whether they are
//!   there, where links lead, and whether they are long enough;
//! - how long files are, as an index or a manifest beside them says
//!   ([`promises`]);
//! - the sizes of the weights and the Python files that a configuration names
//!   ([`described`]);
//! - weights that are there twice, with code and without ([`mod@twins`]), whose
//!   [`tables`] of tensors may differ.
//!
//! An examination only notes what its file says ([`Description`]). The values
//! of the tensors are not compared, and nothing here reads a byte of a file but
//! to find the companions of a model that is named alone. What an attacker
//! writes are names and sizes: no name is looked up outside of its directory,
//! and each check makes one finding for a directory's model or manifest,
//! however often it is met. Where a file has a gap, nothing is concluded from
//! its tensors.
//!
//! [`Description`]: crate::report::Description

mod companions;
mod described;
mod promises;
mod tables;
mod twins;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Ended;
use super::shards::CrossFinding;
use crate::report::{Gap, TensorTable};

pub use companions::external_data;

/// What the comparison of the files came to.
#[derive(Debug, Default)]
pub struct Compared {
    /// Findings, each with the file that it is about.
    pub findings: Vec<CrossFinding>,
    /// Files that were not there to be examined.
    pub gaps: Vec<Gap>,
}

/// Compare the files of each directory. `is_in_directory` tells whether all
/// files beside a file were found as well, because its directory was named.
pub fn check(
    ended: &[Ended],
    tensors: &[TensorTable],
    is_in_directory: impl Fn(&Path) -> bool,
) -> Compared {
    let mut compared = Compared::default();
    let repositories = weights::by_directory(ended, tensors);
    let pairs = repositories.values().flat_map(|all| twins::pairs(all));
    compared.findings.extend(pairs);
    let found: BTreeMap<&Path, _> = ended
        .iter()
        .map(|job| (job.found.file.as_path(), &job.found))
        .collect();
    for job in ended {
        companions::check(job, &mut compared);
        let beside = repositories.get(directory(job));
        let weights = beside.map_or(&[][..], Vec::as_slice);
        let is_all_there = job.found.source.is_none() && is_in_directory(&job.found.file);
        // Beside a member of an archive there are no files.
        let descriptions = &job.outcome.descriptions;
        let of_file = descriptions.iter().filter(|(at, _)| at.members.is_empty());
        for (_, description) in of_file {
            let told = &mut compared.findings;
            told.extend(promises::compare(job, description, &found));
            told.extend(described::sizes(job, description, weights));
            if is_all_there {
                told.extend(described::modules(job, description));
            }
        }
    }
    compared
}

/// The directory that a file lies in.
fn directory(job: &Ended) -> &Path {
    job.found.file.parent().unwrap_or(Path::new(""))
}
