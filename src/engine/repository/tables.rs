//! Two tables of tensors that should be one.
//!
//! Variants are ordinary: another precision changes sizes by one factor,
//! tensors that share data are stored once, buffers are left out, and a head
//! on top of a model puts a word in front of its names. What is left are
//! tensors of another size under the same name, and tables that have little in
//! common.

use std::collections::BTreeMap;

use crate::engine::shards::{examples, shown};
use crate::report::Tensor;

/// Factors between the sizes of two precisions.
const FACTORS: [u64; 3] = [2, 4, 8];

/// A table: sizes in bytes by name.
type Table<'a> = BTreeMap<&'a str, Option<u64>>;

/// In what the tensors of `here` are not those of `there`, in words; `None`
/// where they may be the same weights.
pub(super) fn difference(here: &[&Tensor], there: &[&Tensor]) -> Option<String> {
    let (front_here, front_there) = (front(here), front(there));
    let plain = (table(here, ""), table(there, ""));
    let alignments = [
        (table(here, front_here), table(there, "")),
        (table(here, ""), table(there, front_there)),
    ];
    let (here, there) = alignments.into_iter().fold(plain, |best, other| {
        match in_common(&other.0, &other.1) > in_common(&best.0, &best.1) {
            true => other,
            false => best,
        }
    });
    let common = in_common(&here, &there);
    let fewer = here.len().min(there.len());
    if common.saturating_mul(2) < fewer {
        return Some(format!(
            "of {} tensors here and {} there, {common} have a name in common",
            here.len(),
            there.len()
        ));
    }
    resized(&here, &there)
}

/// Tensors under one name whose sizes differ by more than the precision.
fn resized(here: &Table<'_>, there: &Table<'_>) -> Option<String> {
    let other: Vec<(&str, u64, u64)> = here
        .iter()
        .filter_map(|(name, size)| Some((*name, (*size)?, (*there.get(name)?)?)))
        .filter(|(_, here, there)| here != there)
        .collect();
    let by = |factor: u64, big: u64, small: u64| small.checked_mul(factor) == Some(big);
    let is_precision = FACTORS.iter().any(|&k| {
        other.iter().all(|&(_, here, there)| by(k, here, there))
            || other.iter().all(|&(_, here, there)| by(k, there, here))
    });
    let (first, size_here, size_there) = *other.first()?;
    (!is_precision).then(|| {
        let total = other.len() as u64;
        format!(
            "{total} of {} tensors have other sizes: {}; `{}` has {size_here} bytes here and \
             {size_there} there",
            in_common(here, there),
            examples(other.iter().map(|(name, _, _)| *name), total),
            shown(first)
        )
    })
}

fn in_common(here: &Table<'_>, there: &Table<'_>) -> usize {
    here.keys().filter(|name| there.contains_key(*name)).count()
}

/// The word that most names begin with, and its dot.
fn front<'a>(tensors: &[&'a Tensor]) -> &'a str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tensor in tensors {
        if let Some(dot) = tensor.name.find('.') {
            let front = tensor.name.get(..=dot).unwrap_or_default();
            let count = counts.entry(front).or_default();
            *count = count.saturating_add(1);
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or("", |(front, _)| front)
}

/// The tensors by their names without `front`.
fn table<'a>(tensors: &[&'a Tensor], front: &str) -> Table<'a> {
    let bare = |tensor: &'a Tensor| tensor.name.strip_prefix(front).unwrap_or(&tensor.name);
    let all = tensors.iter();
    all.map(|tensor| (bare(tensor), tensor.bytes)).collect()
}
