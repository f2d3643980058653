//! From files to sets: which belong together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::families::{FamilyMatch, Role, siblings_of};
use super::index_names::local_names;
use super::set::{Set, Shard};
use crate::engine::discover::Found;
use crate::formats::shard_index::Index;

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

/// The files, told apart by their names.
#[derive(Default)]
struct Sorted<'a> {
    shards: BTreeMap<Key, Vec<(&'a Found, FamilyMatch)>>,
    indexes: BTreeMap<IndexKey, (&'a Found, FamilyMatch)>,
    singles: Vec<&'a Found>,
}

impl<'a> Sorted<'a> {
    fn of(files: &'a [Found]) -> Self {
        let mut sorted = Sorted::default();
        let mut seen: BTreeSet<&Path> = BTreeSet::new();
        for found in files.iter().filter(|found| seen.insert(&found.file)) {
            match siblings_of(&found.file) {
                Some(matched) if matched.role == Role::Shard => {
                    let key = Key::of(found, &matched);
                    sorted.shards.entry(key).or_default().push((found, matched));
                }
                Some(matched) if matched.role == Role::Index => {
                    let key = index_key(found, &matched);
                    sorted.indexes.entry(key).or_insert((found, matched));
                    sorted.singles.push(found);
                }
                _ => sorted.singles.push(found),
            }
        }
        sorted
    }
}

/// Group files into sets. `files` holds every file that was found, also those
/// that cannot be read: what is not among them counts as missing. A file that
/// is listed twice counts once.
///
/// A single file of a family that states no count is no set, and neither is an
/// index that is no `weight_map` without its shards.
pub fn group(files: &[Found]) -> Grouping {
    let files: &[Found] = &files.iter().map(plain).collect::<Vec<_>>();
    let present: Arc<BTreeSet<PathBuf>> = Arc::new(files.iter().map(|f| f.file.clone()).collect());
    let Sorted {
        shards,
        indexes,
        mut singles,
    } = Sorted::of(files);
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
        sets.push(set_of(first, matched, &members, index, &present));
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

/// The same file without `.` in its path, so that `x` and `./x` are one.
fn plain(found: &Found) -> Found {
    let parts = found.file.components();
    Found {
        file: parts.filter(|part| *part != Component::CurDir).collect(),
        ..found.clone()
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
    first: &Found,
    matched: &FamilyMatch,
    members: &[(&Found, FamilyMatch)],
    index: Option<&Found>,
    present: &Arc<BTreeSet<PathBuf>>,
) -> Set {
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
