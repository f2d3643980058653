//! What names, index and shards say about each other.
//!
//! Every kind of disagreement is one finding with its number and the first few
//! names, however often it occurs: the length of the output does not depend on
//! the index. The names in it come from the model; they are escaped and cut
//! where they enter a message.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::index_names::local;
use super::set::{Set, Shard};
use super::tensors;
use crate::formats::shard_index::Index;
use crate::report::{Location, Place, Severity, TensorTable, escape_bytes};
use crate::rules::{Draft, shards as rules};

/// Names that a message gives as examples.
const EXAMPLES: usize = 5;

/// Names of missing and extra files that are listed in the report's table.
const LISTED_NAMES_CAP: usize = 1_000;

/// A finding about a set: the file that it is about, and the rest.
pub type CrossFinding = (Location, Draft);

/// What the comparison of a set came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrossCheck {
    /// Shards that the names or the index promise and that are not there, as
    /// the person would name them; at most 1,000.
    pub missing: Vec<String>,
    /// Shards that the names or the index do not account for, as the person
    /// named them; at most 1,000.
    pub extra: Vec<String>,
    /// What there is to report, at most one of each rule and kind.
    pub findings: Vec<CrossFinding>,
}

/// Compare the names of a set, its index where it could be read, and the
/// tensors of its shards.
///
/// A shard that has no table in `tensors`, or an empty one, was not examined
/// as a table of tensors: nothing is concluded about its tensors.
pub fn crosscheck(set: &Set, index: Option<&Index>, tensors: &[TensorTable]) -> CrossCheck {
    let index = index.filter(|index| !index.entries.is_empty());
    let named = index.map(|index| Named::of(index, set));
    let mut check = CrossCheck::default();
    check.missing(set, named.as_ref());
    check.extra(set, named.as_ref());
    check.duplicates(set);
    match (&named, index) {
        (Some(named), Some(index)) => {
            tensors::compare(&mut check, set, index, named, tensors);
        }
        _ => check.index_missing(set),
    }
    tensors::repeated(&mut check, set, index, tensors);
    tensors::total(&mut check, set, tensors);
    check
}

/// The files of the directory that an index names, and where they lie. Names
/// that lead elsewhere are not among them; the examination of the index
/// reports those.
pub(super) struct Named<'a>(pub(super) BTreeMap<&'a str, PathBuf>);

impl<'a> Named<'a> {
    fn of(index: &'a Index, set: &Set) -> Self {
        let directory = set.directory().unwrap_or(Path::new(""));
        let names: BTreeSet<&str> = index
            .entries
            .iter()
            .map(|(_, file)| file.as_str())
            .collect();
        let local = |name: &'a str| Some((name, directory.join(local(name)?)));
        Named(names.into_iter().filter_map(local).collect())
    }
}

impl CrossCheck {
    /// Keep a finding about `file`.
    pub(super) fn report(&mut self, file: &str, draft: Draft) {
        self.findings.push((Location::file(file), draft));
    }

    fn about(&mut self, set: &Set, draft: Draft) {
        let file = set.anchor().map(|found| found.path.clone());
        self.report(&file.unwrap_or_default(), draft);
    }

    fn missing(&mut self, set: &Set, named: Option<&Named<'_>>) {
        let by_number = set.missing_names();
        let known: BTreeSet<&str> = by_number.iter().map(String::as_str).collect();
        let by_index: Vec<&str> = named
            .into_iter()
            .flat_map(|named| &named.0)
            .filter(|(name, file)| !set.present.contains(*file) && !known.contains(*name))
            .map(|(name, _)| *name)
            .collect();
        let total = set.missing_count().saturating_add(by_index.len() as u64);
        if total == 0 {
            return;
        }
        let all = || {
            by_number
                .iter()
                .map(String::as_str)
                .chain(by_index.iter().copied())
        };
        self.missing = all().take(LISTED_NAMES_CAP).map(|n| set.named(n)).collect();
        // A number that no name promised is a guess; it does not fail a scan.
        let guessed = by_index.is_empty() && set.count.is_none();
        let mut draft = rules::MISSING.at(Place::whole()).message(format!(
            "{total} {} of the set `{}` {} not there: {}",
            plural(total, "shard"),
            shown(&set.name),
            if total == 1 { "is" } else { "are" },
            examples(all(), total),
        ));
        if guessed {
            draft = draft.severity(Severity::Low);
        }
        self.about(set, draft);
    }

    fn extra(&mut self, set: &Set, named: Option<&Named<'_>>) {
        let listed: Option<BTreeSet<&Path>> =
            named.map(|named| named.0.values().map(PathBuf::as_path).collect());
        let outside: BTreeSet<&Path> = set
            .outside()
            .into_iter()
            .map(|shard| shard.found.file.as_path())
            .collect();
        let is_outside = |shard: &Shard| outside.contains(shard.found.file.as_path());
        let unlisted = |shard: &Shard| {
            listed
                .as_ref()
                .is_some_and(|files| !files.contains(shard.found.file.as_path()))
        };
        let extra: Vec<&Shard> = set
            .shards
            .iter()
            .filter(|shard| unlisted(shard) || (listed.is_none() && is_outside(shard)))
            .collect();
        let Some(first) = extra.first() else { return };
        let total = extra.len() as u64;
        let reason = match (listed.is_some(), set.count) {
            (false, Some(count)) => format!("beyond the {count} that the names promise"),
            _ => "not named by the index".to_owned(),
        };
        let names = examples(extra.iter().map(|shard| shard.file_name()), total);
        let message = format!(
            "{total} {} of the set `{}` {} {reason}: {names}",
            plural(total, "file"),
            shown(&set.name),
            if total == 1 { "is" } else { "are" },
        );
        let draft = rules::EXTRA.at(Place::whole()).message(message);
        self.report(&first.found.path, draft);
        self.extra = extra
            .iter()
            .take(LISTED_NAMES_CAP)
            .map(|shard| shard.found.path.clone())
            .collect();
    }

    fn duplicates(&mut self, set: &Set) {
        let groups = set.duplicates();
        let Some(first) = groups.first().and_then(|group| group.first()) else {
            return;
        };
        let total = groups.len() as u64;
        let names = groups.iter().flatten().map(|shard| shard.file_name());
        let all = groups.iter().map(|group| group.len() as u64).sum();
        let draft = rules::DUPLICATE.at(Place::whole()).message(format!(
            "{total} {} of the set `{}` {} claimed by more than one file: {}",
            plural(total, "place"),
            shown(&set.name),
            if total == 1 { "is" } else { "are" },
            examples(names, all),
        ));
        self.report(&first.found.path, draft);
    }

    fn index_missing(&mut self, set: &Set) {
        let (None, Some(usual)) = (&set.index, &set.usual_index) else {
            return;
        };
        let draft = rules::INDEX_MISSING.at(Place::whole()).message(format!(
            "the set `{}` has no index `{}`",
            shown(&set.name),
            shown(usual)
        ));
        self.about(set, draft);
    }
}

/// A name from the model, escaped and cut.
pub(in crate::engine) fn shown(name: &str) -> String {
    escape_bytes(name.as_bytes())
}

/// The first few of `total` names.
pub(in crate::engine) fn examples<'a>(names: impl Iterator<Item = &'a str>, total: u64) -> String {
    let first: Vec<String> = names
        .take(EXAMPLES)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    let more = total.saturating_sub(first.len() as u64);
    let list = first.join(", ");
    match more {
        0 => list,
        _ => format!("{list} and {more} more"),
    }
}

/// `noun` in the singular or the plural.
pub(in crate::engine) fn plural(count: u64, noun: &str) -> String {
    match count {
        1 => noun.to_owned(),
        _ => format!("{noun}s"),
    }
}
