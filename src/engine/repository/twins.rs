//! Weights that are there twice: as a pickle, which runs code, and without.

use std::collections::BTreeMap;

use super::tables;
use super::weights::Weights;
use crate::engine::shards::{CrossFinding, shown};
use crate::report::{Location, Place};
use crate::rules::repository as rules;

/// Pairs of weights with one name in a directory, with code and without.
pub(super) fn pairs(all: &[Weights<'_>]) -> Vec<CrossFinding> {
    let (pickles, plain): (Vec<_>, Vec<_>) = all.iter().partition(|weights| weights.runs_code);
    let plain: BTreeMap<&str, &Weights<'_>> = plain
        .into_iter()
        .map(|weights| (weights.stem.as_str(), weights))
        .collect();
    let pair = |pickle: &Weights<'_>| compare(pickle, plain.get(pickle.stem.as_str())?);
    pickles.into_iter().filter_map(pair).collect()
}

/// What there is to say of a pickle and its twin that runs no code. Nothing
/// where the twin cannot be recommended, because it has findings or gaps of
/// its own.
fn compare(pickle: &Weights<'_>, plain: &Weights<'_>) -> Option<CrossFinding> {
    let twin = named(plain);
    let told = |draft| Some((Location::file(pickle.path()), draft));
    let tensors = (pickle.tensors(), plain.tensors());
    if let (Some(here), Some(there)) = tensors
        && let Some(what) = tables::difference(here, there)
    {
        let message = format!("the weights are not those of {twin}: {what}");
        return told(rules::WEIGHTS_DIFFER.at(Place::whole()).message(message));
    }
    if plain.alarms() > 0 || !plain.is_whole() {
        return None;
    }
    let (runs, is) = match plain.files.len() {
        1 => ("runs", "is"),
        _ => ("run", "are"),
    };
    let mut message = match tensors {
        (Some(_), Some(_)) => {
            format!("the same weights, by their names, are in {twin}, which {runs} no code")
        }
        _ => format!("{twin} {is} called like the same weights and {runs} no code"),
    };
    match pickle.alarms() {
        0 => {}
        1 => message.push_str(", and this pickle has a finding"),
        count => message.push_str(&format!(", and this pickle has {count} findings")),
    }
    told(rules::SAFE_TWIN.at(Place::whole()).message(message))
}

/// The files of some weights, as a message names them.
fn named(weights: &Weights<'_>) -> String {
    let path = weights.path();
    let first = shown(path.rsplit(['/', '\\']).next().unwrap_or(path));
    match weights.files.len().saturating_sub(1) {
        0 => format!("`{first}`"),
        more => format!("`{first}` and {more} more"),
    }
}
