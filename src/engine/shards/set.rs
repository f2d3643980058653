//! A shard set, and what the numbers in the names of its shards promise.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::families::{Family, Number, Numbering};
use crate::engine::discover::Found;

/// Names of missing shards that are listed one by one; a name may promise a
/// billion.
pub(super) const MISSING_NAMES_CAP: usize = 1_000;

/// One shard of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The file.
    pub found: Found,
    /// Its place by its name; `None` where only the index says that it
    /// belongs here.
    pub number: Option<Number>,
    /// Where in the file name the number stands.
    pub(super) digits: Range<usize>,
}

impl Shard {
    /// The file name alone.
    pub fn file_name(&self) -> &str {
        self.found
            .file
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
    }
}

/// Files that are one model together.
#[derive(Debug, Clone)]
pub struct Set {
    /// Stem that the shards share; the directory's name where they have none.
    pub name: String,
    /// The naming scheme.
    pub family: &'static Family,
    /// The index. It is among the single files too: its bytes are examined
    /// like any other's.
    pub index: Option<Found>,
    /// The shards that are there, in the order of their numbers; duplicates
    /// side by side. Empty where only the index is there.
    pub shards: Vec<Shard>,
    /// How many shards the names promise.
    pub count: Option<u64>,
    /// The usual name of the index.
    pub(super) usual_index: Option<String>,
    /// Every file that was found, for telling what is missing from what
    /// belongs to another set.
    pub(super) present: Arc<BTreeSet<PathBuf>>,
}

impl Set {
    /// Sum of the lengths of the shards that are there, in bytes.
    pub fn total_size(&self) -> u64 {
        self.shards
            .iter()
            .fold(0, |sum, shard| sum.saturating_add(shard.found.len))
    }

    /// The directory of the set, as the files lie.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.anchor()?.file.parent()
    }

    /// The file that stands for the set: its index, else its first shard.
    pub(super) fn anchor(&self) -> Option<&Found> {
        self.index
            .as_ref()
            .or_else(|| self.shards.first().map(|shard| &shard.found))
    }

    /// `name` in the set's directory, as the person would name it.
    pub(super) fn named(&self, name: &str) -> String {
        let path = self.anchor().map_or("", |found| found.path.as_str());
        match path.rfind(['/', '\\']) {
            Some(slash) => format!("{}{name}", path.get(..=slash).unwrap_or_default()),
            None => name.to_owned(),
        }
    }

    /// Runs of numbers that the names promise and that are not there.
    fn missing_numbers(&self) -> Vec<Range<u64>> {
        let there: BTreeSet<u64> = self.numbers().collect();
        let Some(expected) = self.expected(&there) else {
            return Vec::new();
        };
        let mut missing = Vec::new();
        let mut next = expected.start;
        for number in there.into_iter().filter(|n| expected.contains(n)) {
            if next < number {
                missing.push(next..number);
            }
            next = number.saturating_add(1);
        }
        if next < expected.end {
            missing.push(next..expected.end);
        }
        missing
    }

    /// The numbers that should be there, as far as the names say.
    fn expected(&self, there: &BTreeSet<u64>) -> Option<Range<u64>> {
        let (lowest, highest) = (*there.first()?, *there.last()?);
        match (self.family.numbering, self.count) {
            (Numbering::Counted { first: 0 }, Some(count)) => Some(0..count),
            // Some writers count from 0 although the scheme says 1, up to the
            // count or to the one before it.
            (Numbering::Counted { .. }, Some(count)) if lowest == 0 => {
                Some(0..count.saturating_add(u64::from(there.contains(&count))))
            }
            (Numbering::Counted { first }, Some(count)) => Some(first..first.saturating_add(count)),
            // Numbers that start elsewhere, or with more holes than shards,
            // are epochs or steps, not places in a set.
            (Numbering::Consecutive, _) if lowest <= 1 => {
                let all = highest.saturating_sub(lowest).saturating_add(1);
                let holes = all.saturating_sub(there.len() as u64);
                (holes < there.len() as u64).then_some(lowest..highest.saturating_add(1))
            }
            _ => None,
        }
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        self.shards
            .iter()
            .filter_map(|shard| shard.number)
            .map(|(number, _)| number)
    }

    /// How many shards the names promise and the directory lacks.
    pub fn missing_count(&self) -> u64 {
        self.missing_numbers()
            .iter()
            .map(|run| run.end.saturating_sub(run.start))
            .sum()
    }

    /// Their file names, in the order of their numbers, at most
    /// 1,000; [`Set::missing_count`] has the true number.
    pub fn missing_names(&self) -> Vec<String> {
        let Some(model) = self.shards.iter().find(|shard| shard.number.is_some()) else {
            return Vec::new();
        };
        let (name, digits) = (model.file_name(), model.digits.clone());
        let before = name.get(..digits.start).unwrap_or_default();
        let after = name.get(digits.end..).unwrap_or_default();
        self.missing_numbers()
            .into_iter()
            .flatten()
            .take(MISSING_NAMES_CAP)
            .map(|number| format!("{before}{number:0width$}{after}", width = digits.len()))
            .collect()
    }

    /// Shards whose number lies outside of what the names promise.
    pub fn outside(&self) -> Vec<&Shard> {
        let there: BTreeSet<u64> = self.numbers().collect();
        let (Some(expected), Some(_)) = (self.expected(&there), self.count) else {
            return Vec::new();
        };
        self.shards
            .iter()
            .filter(|s| s.number.is_some_and(|(n, _)| !expected.contains(&n)))
            .collect()
    }

    /// Shards that share their number with another one, grouped.
    pub fn duplicates(&self) -> Vec<Vec<&Shard>> {
        let mut places: BTreeMap<Number, Vec<&Shard>> = BTreeMap::new();
        for shard in &self.shards {
            if let Some(number) = shard.number {
                places.entry(number).or_default().push(shard);
            }
        }
        places.into_values().filter(|s| s.len() > 1).collect()
    }
}
