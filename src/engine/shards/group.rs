//! From files to sets: which belong together, and what their numbers promise.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::families::{Family, FamilyMatch, Number, Numbering, Role, siblings_of};
use super::index_names::local_names;
use crate::engine::discover::Found;
use crate::formats::shard_index::Index;

/// Names of missing shards that are listed one by one; a name may promise a
/// billion.
const MISSING_NAMES_CAP: usize = 1_000;

/// One shard of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The file.
    pub found: Found,
    /// Its place by its name; `None` where only the index says that it
    /// belongs here.
    pub number: Option<Number>,
    /// Where in the file name the number stands.
    digits: Range<usize>,
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
    /// [`MISSING_NAMES_CAP`]; [`Set::missing_count`] has the true number.
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

/// What came out: every file is a shard of one set, or single.
#[derive(Debug, Clone, Default)]
pub struct Grouping {
    /// The sets, in the order of their names.
    pub sets: Vec<Set>,
    /// All other files, indexes included, in the order given.
    pub singles: Vec<Found>,
}

impl Grouping {
    /// Move single files that the index of a set names into that set: shards
    /// may be called anything. Call it once the index was read.
    pub fn adopt(&mut self, set: usize, index: &Index) {
        let Some(set) = self.sets.get_mut(set) else {
            return;
        };
        let Some(directory) = set.directory() else {
            return;
        };
        let own = set.index.as_ref().map(|index| index.file.clone());
        let named: BTreeSet<PathBuf> = local_names(index)
            .into_iter()
            .map(|name| directory.join(name))
            .filter(|file| Some(file) != own.as_ref())
            .collect();
        let (mut adopted, singles): (Vec<Found>, Vec<Found>) = std::mem::take(&mut self.singles)
            .into_iter()
            .partition(|found| named.contains(&found.file));
        self.singles = singles;
        adopted.sort_by(|a, b| a.path.cmp(&b.path));
        set.shards.extend(adopted.into_iter().map(|found| Shard {
            found,
            number: None,
            digits: 0..0,
        }));
    }
}

/// What makes files one set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    directory: PathBuf,
    family: &'static str,
    stem: String,
    variant: Option<String>,
    count: Option<u64>,
}

impl Key {
    fn of(found: &Found, matched: &FamilyMatch) -> Self {
        Key {
            directory: directory_of(found),
            family: matched.family.id,
            stem: matched.stem.clone(),
            variant: matched.variant.clone(),
            count: matched.count,
        }
    }
}

/// An index, by what it says about the sets that it may belong to.
type IndexKey = (PathBuf, &'static str, String);

fn directory_of(found: &Found) -> PathBuf {
    found.file.parent().unwrap_or(Path::new("")).to_owned()
}

/// Group files into sets. `files` holds every file that was found, also those
/// that cannot be read: what is not among them counts as missing. A file that
/// is listed twice counts once.
///
/// A single file of a family that states no count is no set, and neither is an
/// index that is no `weight_map` without its shards.
pub fn group(files: &[Found]) -> Grouping {
    let present: Arc<BTreeSet<PathBuf>> = Arc::new(files.iter().map(|f| f.file.clone()).collect());
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    let mut shards: BTreeMap<Key, Vec<(&Found, FamilyMatch)>> = BTreeMap::new();
    let mut indexes: BTreeMap<IndexKey, (&Found, FamilyMatch)> = BTreeMap::new();
    let mut singles: Vec<&Found> = Vec::new();
    for found in files.iter().filter(|f| seen.insert(&f.file)) {
        match siblings_of(&found.file) {
            Some(matched) if matched.role == Role::Shard => shards
                .entry(Key::of(found, &matched))
                .or_default()
                .push((found, matched)),
            Some(matched) if matched.role == Role::Index => {
                singles.push(found);
                let key = index_key(found, &matched);
                indexes.entry(key).or_insert((found, matched));
            }
            _ => singles.push(found),
        }
    }
    let mut sets = Vec::new();
    let mut used: BTreeSet<IndexKey> = BTreeSet::new();
    for members in shards.into_values() {
        let Some((first, matched)) = members.first() else {
            continue;
        };
        let key = index_key(first, matched);
        let index = indexes.get(&key).map(|(found, _)| *found);
        if members.len() == 1 && matched.count.is_none() && index.is_none() {
            singles.push(first);
            continue;
        }
        used.insert(key);
        sets.push(set_of(&members, index, &present));
    }
    for (key, (found, matched)) in &indexes {
        if !used.contains(key) && is_weight_map(matched) {
            sets.push(lone_index(found, matched, &present));
        }
    }
    sets.sort_by(|a, b| order_of(a).cmp(&order_of(b)));
    Grouping {
        sets,
        singles: in_order(files, &singles),
    }
}

fn index_key(found: &Found, matched: &FamilyMatch) -> IndexKey {
    (directory_of(found), matched.family.id, matched.full_stem())
}

fn is_weight_map(matched: &FamilyMatch) -> bool {
    matched
        .family
        .index
        .as_ref()
        .is_some_and(|i| i.is_weight_map)
}

fn order_of(set: &Set) -> (Option<&Path>, &str, &str, Option<u64>) {
    (set.directory(), &set.name, set.family.id, set.count)
}

/// The singles in the order in which the files were given.
fn in_order(files: &[Found], singles: &[&Found]) -> Vec<Found> {
    let mut left: BTreeSet<&Path> = singles.iter().map(|f| f.file.as_path()).collect();
    files
        .iter()
        .filter(|f| left.remove(f.file.as_path()))
        .cloned()
        .collect()
}

fn set_of(
    members: &[(&Found, FamilyMatch)],
    index: Option<&Found>,
    present: &Arc<BTreeSet<PathBuf>>,
) -> Set {
    let (first, matched) = &members[0];
    let mut shards: Vec<Shard> = members
        .iter()
        .map(|(found, matched)| Shard {
            found: (*found).clone(),
            number: Some(matched.number),
            digits: matched.digits.clone(),
        })
        .collect();
    shards.sort_by(|a, b| (a.number, &a.found.path).cmp(&(b.number, &b.found.path)));
    Set {
        name: name_of(first, matched),
        family: matched.family,
        index: index.cloned(),
        shards,
        count: matched.count,
        usual_index: usual_index(matched),
        present: Arc::clone(present),
    }
}

fn lone_index(found: &Found, matched: &FamilyMatch, present: &Arc<BTreeSet<PathBuf>>) -> Set {
    Set {
        name: name_of(found, matched),
        family: matched.family,
        index: Some(found.clone()),
        shards: Vec::new(),
        count: None,
        usual_index: None,
        present: Arc::clone(present),
    }
}

fn usual_index(matched: &FamilyMatch) -> Option<String> {
    let index = matched.family.index.as_ref()?;
    let stem = matched.full_stem();
    (!stem.is_empty() || !index.usual.contains("{stem}"))
        .then(|| index.usual.replace("{stem}", &stem))
}

/// Stem, else the name of the directory, else the family.
fn name_of(found: &Found, matched: &FamilyMatch) -> String {
    let stem = matched.full_stem();
    if !stem.is_empty() {
        return stem;
    }
    Path::new(&found.path)
        .parent()
        .and_then(|directory| directory.file_name())
        .map_or_else(
            || matched.family.id.to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Found {
        Found {
            source: None,
            unread: false,
            path: path.to_owned(),
            file: PathBuf::from("/root").join(path),
            len: 10,
        }
    }

    fn grouped(paths: &[&str]) -> Grouping {
        group(&paths.iter().map(|path| found(path)).collect::<Vec<_>>())
    }

    fn single_paths(grouping: &Grouping) -> Vec<&str> {
        grouping.singles.iter().map(|f| f.path.as_str()).collect()
    }

    #[test]
    fn a_complete_set_is_ordered_by_number_and_keeps_its_index_single() {
        let g = grouped(&[
            "m/config.json",
            "m/model-00002-of-00002.safetensors",
            "m/model.safetensors.index.json",
            "m/model-00001-of-00002.safetensors",
        ]);
        let [set] = &g.sets[..] else { panic!("{g:?}") };
        assert_eq!((set.name.as_str(), set.count), ("model", Some(2)));
        assert_eq!(set.family.id, "huggingface-safetensors");
        assert_eq!(set.total_size(), 20);
        let names: Vec<_> = set.shards.iter().map(Shard::file_name).collect();
        assert_eq!(
            names,
            [
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors"
            ]
        );
        assert_eq!(
            set.index.as_ref().map(|f| f.path.as_str()),
            Some("m/model.safetensors.index.json")
        );
        assert!(set.missing_names().is_empty() && set.outside().is_empty());
        assert_eq!(
            single_paths(&g),
            ["m/config.json", "m/model.safetensors.index.json"]
        );
    }

    #[test]
    fn every_file_ends_up_in_one_place() {
        let paths = [
            "a/model-00001-of-00002.safetensors",
            "a/pytorch_model-00001-of-00001.bin",
            "b/model-00001-of-00002.safetensors",
            "b/model-00001-of-00003.safetensors",
            "b/.metadata",
            "b/__0_0.distcp",
            "b/model_weights_1.h5",
            "c/x.gguf",
            "c/x.gguf",
        ];
        let g = grouped(&paths);
        let mut all = single_paths(&g);
        all.extend(
            g.sets
                .iter()
                .flat_map(|s| &s.shards)
                .map(|s| s.found.path.as_str()),
        );
        all.sort_unstable();
        let mut expected: Vec<&str> = paths.to_vec();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(all, expected);
        assert_eq!(g.sets.len(), 5);
    }

    #[test]
    fn missing_numbers_are_named_with_the_width_of_their_neighbours() {
        let g = grouped(&["model-00002-of-000004.safetensors"]);
        assert_eq!(
            g.sets[0].missing_names(),
            [
                "model-00001-of-000004.safetensors",
                "model-00003-of-000004.safetensors",
                "model-00004-of-000004.safetensors"
            ]
        );
    }

    #[test]
    fn a_promise_of_a_billion_shards_costs_nothing() {
        let g = grouped(&["m-000000007-of-999999999.gguf"]);
        assert_eq!(g.sets[0].missing_count(), 999_999_998);
        assert_eq!(g.sets[0].missing_names().len(), MISSING_NAMES_CAP);
    }

    #[test]
    fn two_spellings_of_one_number_are_duplicates() {
        let g = grouped(&[
            "model-00001-of-00002.bin",
            "model-1-of-2.bin",
            "model-00002-of-00002.pt",
        ]);
        let [set] = &g.sets[..] else { panic!("{g:?}") };
        let [pair] = &set.duplicates()[..] else {
            panic!("{set:?}")
        };
        assert_eq!(pair.len(), 2);
        assert!(set.missing_names().is_empty());
    }

    #[test]
    fn counting_from_zero_is_accepted_up_to_the_count() {
        let to_count = grouped(&[
            "m-00000-of-00002.safetensors",
            "m-00001-of-00002.safetensors",
        ]);
        assert!(to_count.sets[0].missing_names().is_empty());
        let with_count = grouped(&[
            "m-00000-of-00002.safetensors",
            "m-00001-of-00002.safetensors",
            "m-00002-of-00002.safetensors",
        ]);
        assert!(with_count.sets[0].missing_names().is_empty());
        assert!(with_count.sets[0].outside().is_empty());
    }

    #[test]
    fn a_number_beyond_the_count_lies_outside() {
        let g = grouped(&["m-00001-of-00001.gguf", "m-00005-of-00001.gguf"]);
        let outside: Vec<_> = g.sets[0].outside().iter().map(|s| s.file_name()).collect();
        assert_eq!(outside, ["m-00005-of-00001.gguf"]);
        assert!(g.sets[0].missing_names().is_empty());
    }

    #[test]
    fn tensorflow_counts_from_zero() {
        let g = grouped(&[
            "model.ckpt-1.data-00001-of-00002",
            "model.ckpt-1.index",
            "model.ckpt-1.meta",
        ]);
        assert_eq!(
            g.sets[0].missing_names(),
            ["model.ckpt-1.data-00000-of-00002"]
        );
        assert!(g.sets[0].index.is_some());
        assert_eq!(
            single_paths(&g),
            ["model.ckpt-1.index", "model.ckpt-1.meta"]
        );
    }

    #[test]
    fn a_lone_file_without_a_count_is_no_set_but_a_set_of_one_is() {
        for lone in [
            "model_weights_1.h5",
            "tensor00000_000",
            "mp_rank_00_model_states.pt",
            "__0_0.distcp",
            ".metadata",
            "x.index",
        ] {
            let g = grouped(&[lone]);
            assert!(g.sets.is_empty(), "{lone}");
            assert_eq!(single_paths(&g), [lone]);
        }
        assert_eq!(grouped(&["x-00001-of-00001.safetensors"]).sets.len(), 1);
        assert_eq!(grouped(&["__0_0.distcp", ".metadata"]).sets.len(), 1);
    }

    #[test]
    fn epochs_are_not_missing_shards() {
        let epochs = grouped(&["model_weights_10.h5", "model_weights_20.h5"]);
        assert!(epochs.sets[0].missing_names().is_empty());
        let sparse = grouped(&["weights_1.h5", "weights_50.h5"]);
        assert!(sparse.sets[0].missing_names().is_empty());
        let hole = grouped(&["weights_1.h5", "weights_2.h5", "weights_4.h5"]);
        assert_eq!(hole.sets[0].missing_names(), ["weights_3.h5"]);
    }

    #[test]
    fn sets_without_a_stem_are_called_after_their_directory() {
        let g = grouped(&["step-100/__0_0.distcp", "step-100/__1_0.distcp"]);
        assert_eq!(g.sets[0].name, "step-100");
        assert_eq!(
            grouped(&["__0_0.distcp", "__1_0.distcp"]).sets[0].name,
            "pytorch-dcp"
        );
    }

    #[test]
    fn an_index_alone_is_a_set_and_adopts_the_files_it_names() {
        let mut g = grouped(&[
            "m/model.safetensors.index.json",
            "m/weights.safetensors",
            "m/c.json",
        ]);
        assert!(g.sets[0].shards.is_empty());
        let index = Index {
            total_size: None,
            entries: vec![
                ("a".into(), "weights.safetensors".into()),
                ("b".into(), "model.safetensors.index.json".into()),
            ],
            ..Index::default()
        };
        g.adopt(0, &index);
        assert_eq!(g.sets[0].shards.len(), 1);
        assert_eq!(
            single_paths(&g),
            ["m/model.safetensors.index.json", "m/c.json"]
        );
    }
}
