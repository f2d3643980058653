//! The tensors of a set: index against shards, shard against shard, and the
//! promised size against the sum.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::crosscheck::{CrossCheck, Named, examples, plural, shown};
use super::set::{Set, Shard};
use crate::formats::shard_index::Index;
use crate::report::{Place, Severity, TensorTable};
use crate::rules::shards as rules;

/// The tables of the shards of a set that have one, in the order of the set.
fn tables<'a>(set: &'a Set, tensors: &'a [TensorTable]) -> Vec<(&'a Shard, &'a TensorTable)> {
    let by_path: BTreeMap<&str, &TensorTable> = tensors
        .iter()
        .filter(|table| !table.tensors.is_empty())
        .map(|table| (table.path.as_str(), table))
        .collect();
    set.shards
        .iter()
        .filter_map(|shard| Some((shard, *by_path.get(shard.found.path.as_str())?)))
        .collect()
}

fn names(table: &TensorTable) -> BTreeSet<&str> {
    table.tensors.iter().map(|t| t.name.as_str()).collect()
}

/// Compare the entries of the index with the tensors of the shards.
pub(super) fn compare(
    check: &mut CrossCheck,
    set: &Set,
    index: &Index,
    named: &Named<'_>,
    tensors: &[TensorTable],
) {
    let tables = tables(set, tensors);
    unknown(check, index, named, &tables);
    unlisted(check, index, named, &tables);
    size(check, set, index, &tables);
}

/// Entries whose tensor the shard does not have.
fn unknown(
    check: &mut CrossCheck,
    index: &Index,
    named: &Named<'_>,
    tables: &[(&Shard, &TensorTable)],
) {
    let by_file: BTreeMap<&Path, (&Shard, BTreeSet<&str>)> = tables
        .iter()
        .map(|(shard, table)| (shard.found.file.as_path(), (*shard, names(table))))
        .collect();
    let absent: Vec<(&str, &Shard)> = index
        .entries
        .iter()
        .filter_map(|(tensor, file)| {
            let file = named.0.get(file.as_str())?;
            let (shard, known) = by_file.get(file.as_path())?;
            (!known.contains(tensor.as_str())).then_some((tensor.as_str(), *shard))
        })
        .collect();
    let Some((_, shard)) = absent.first() else {
        return;
    };
    let total = absent.len() as u64;
    let draft = rules::UNKNOWN_TENSOR.at(Place::whole()).message(format!(
        "the index names {total} {} that the shards do not have where it says: {}",
        plural(total, "tensor"),
        examples(absent.iter().map(|(tensor, _)| *tensor), total),
    ));
    check.report(&shard.found.path, draft);
}

/// Tensors of listed shards that no entry names.
fn unlisted(
    check: &mut CrossCheck,
    index: &Index,
    named: &Named<'_>,
    tables: &[(&Shard, &TensorTable)],
) {
    let entries: BTreeSet<&str> = index.entries.iter().map(|(t, _)| t.as_str()).collect();
    let files: BTreeSet<&Path> = named.0.values().map(|file| file.as_path()).collect();
    let stray: Vec<(&str, &Shard)> = tables
        .iter()
        .filter(|(shard, _)| files.contains(shard.found.file.as_path()))
        .flat_map(|(shard, table)| table.tensors.iter().map(|t| (t.name.as_str(), *shard)))
        .filter(|(tensor, _)| !entries.contains(tensor))
        .collect();
    let Some((_, shard)) = stray.first() else {
        return;
    };
    let total = stray.len() as u64;
    let draft = rules::UNLISTED_TENSOR.at(Place::whole()).message(format!(
        "the shards hold {total} {} that the index does not name: {}",
        plural(total, "tensor"),
        examples(stray.iter().map(|(tensor, _)| *tensor), total),
    ));
    check.report(&shard.found.path, draft);
}

/// `total_size` against the sum. It can be told only where every shard is
/// there and states the size of all its tensors. Some writers sum up the
/// files instead of the tensors; both sums are right.
fn size(check: &mut CrossCheck, set: &Set, index: &Index, tables: &[(&Shard, &TensorTable)]) {
    let Some(promised) = index.total_size else {
        return;
    };
    if tables.len() < set.shards.len() || !check.missing.is_empty() {
        return;
    }
    let sum = tables
        .iter()
        .flat_map(|(_, table)| &table.tensors)
        .try_fold(0u64, |sum, tensor| sum.checked_add(tensor.bytes?));
    let Some(sum) = sum else { return };
    if promised == sum || promised == set.total_size() {
        return;
    }
    let place = Place::whole().within("metadata.total_size");
    let draft = rules::SIZE_MISMATCH.at(place).message(format!(
        "the index promises {promised} bytes of tensors, the shards hold {sum}"
    ));
    let index_path = set.anchor().map(|found| found.path.clone());
    check.report(&index_path.unwrap_or_default(), draft);
}

/// Tensors that lie in more than one shard, in families that store each once.
/// Where the index names one of the shards, loaders that follow it agree.
pub(super) fn repeated(
    check: &mut CrossCheck,
    set: &Set,
    index: Option<&Index>,
    tensors: &[TensorTable],
) {
    if !set.family.tensors_once {
        return;
    }
    let tables = tables(set, tensors);
    let mut owners: BTreeMap<&str, Vec<&Shard>> = BTreeMap::new();
    for (shard, table) in &tables {
        for tensor in names(table) {
            owners.entry(tensor).or_default().push(shard);
        }
    }
    owners.retain(|_, shards| shards.len() > 1);
    let Some((tensor, shards)) = owners.first_key_value() else {
        return;
    };
    let total = owners.len() as u64;
    let entries: BTreeSet<&str> = index
        .into_iter()
        .flat_map(|index| &index.entries)
        .map(|(tensor, _)| tensor.as_str())
        .collect();
    let decided = owners.keys().all(|tensor| entries.contains(tensor));
    let first: Vec<&str> = shards.iter().map(|shard| shard.file_name()).collect();
    let draft = rules::REPEATED_TENSOR
        .at(Place::whole().within(shown(tensor)))
        .message(format!(
            "{total} {} in more than one shard: {}; the first is in {}",
            if total == 1 {
                "tensor is"
            } else {
                "tensors are"
            },
            examples(owners.keys().copied(), total),
            examples(first.iter().copied(), first.len() as u64),
        ))
        .severity(if decided {
            Severity::Low
        } else {
            Severity::Medium
        });
    let path = shards.first().map(|shard| shard.found.path.clone());
    check.report(&path.unwrap_or_default(), draft);
}

/// The number of tensors that each shard says the model has, against what is
/// there. It can be told only where every shard is there and says so.
pub(super) fn total(check: &mut CrossCheck, set: &Set, tensors: &[TensorTable]) {
    let by_path: BTreeMap<&str, &TensorTable> = tensors
        .iter()
        .map(|table| (table.path.as_str(), table))
        .collect();
    let table = |shard: &Shard| by_path.get(shard.found.path.as_str()).copied();
    let said: Option<Vec<(u64, u64)>> = set
        .shards
        .iter()
        .map(|shard| table(shard).and_then(|t| Some((t.total?, t.tensors.len() as u64))))
        .collect();
    let Some(said) = said.filter(|_| check.missing.is_empty()) else {
        return;
    };
    let sum = said
        .iter()
        .fold(0u64, |sum, (_, own)| sum.saturating_add(*own));
    let Some((total, _)) = said.iter().find(|(total, _)| *total != sum) else {
        return;
    };
    let draft = rules::TENSOR_COUNT.at(Place::whole()).message(format!(
        "a shard of the set `{}` says that there are {total} tensors, the shards have {sum}",
        shown(&set.name)
    ));
    let path = set.shards.first().map(|shard| shard.found.path.clone());
    check.report(&path.unwrap_or_default(), draft);
}
