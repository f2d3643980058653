//! Everything a scan has to read, before it reads it: files, sets, workers.
//! The scan and the survey start from the same inventory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::discover::{Discovered, Found, discover, names_beside};
use super::guard::guarded;
use super::plan::{Plan, Standing, Tier, plan};
use super::repository::external_data;
use super::request::Request;
use super::shards::{self, Set};
use crate::budget::Budget;
use crate::formats::shard_index::{self, Index};
use crate::report::Gap;
use crate::source::{Disk, Metered, Source};

/// Shards of a set that run at the same time, unless the person says
/// otherwise or the machine has fewer cores.
const SHARD_WORKERS: usize = 4;

/// Memory below which one more worker is not worth its buffers.
const MEMORY_PER_WORKER_BYTES: u64 = 64 << 20;

/// Endings of the configuration files that belong to a model wherever one of
/// its shards is named.
const CONFIGURATION_SUFFIXES: [&str; 4] = [".json", ".yaml", ".yml", ".jinja"];

/// A set, and what its index says where it could be read.
pub struct IndexedSet {
    /// The files of the set.
    pub set: Set,
    /// Its index.
    pub index: Option<Index>,
}

/// What there is to read.
pub struct Inventory {
    /// Sets, in the order of their names.
    pub sets: Vec<IndexedSet>,
    /// All other files, indexes included.
    pub singles: Vec<Found>,
    /// What was left out, and why.
    pub gaps: Vec<Gap>,
    /// Files or shards at the same time, at most.
    pub workers: usize,
}

impl Inventory {
    /// Find everything that the request names. `budget` bounds the reading of
    /// index files.
    pub fn take(request: &Request, budget: &Budget) -> Self {
        let Discovered { files, gaps, .. } = discover(request, |path| beside(path, budget));
        let mut grouping = shards::group(&files);
        let indexes: Vec<_> = grouping
            .sets
            .iter()
            .map(|set| read_index(set.index.as_ref()?, budget))
            .collect();
        for (number, index) in indexes.iter().enumerate() {
            if let Some(index) = index {
                grouping.adopt(number, index);
            }
        }
        let sets: Vec<_> = grouping
            .sets
            .into_iter()
            .zip(indexes)
            .map(|(set, index)| IndexedSet { set, index })
            .collect();
        let workers = workers(request, !sets.is_empty(), files.len());
        Inventory {
            sets,
            singles: grouping.singles,
            gaps,
            workers,
        }
    }

    /// Every file, shards of sets first.
    pub fn files(&self) -> impl Iterator<Item = &Found> {
        let shards = self
            .sets
            .iter()
            .flat_map(|s| s.set.shards.iter().map(|shard| &shard.found));
        shards.chain(&self.singles)
    }

    /// The files that are read, and the sum of their lengths.
    pub fn to_read(&self) -> (usize, u64) {
        let read = self.files().filter(|found| !found.unread);
        read.fold((0, 0), |(n, bytes), found| {
            (n + 1, bytes.saturating_add(found.len))
        })
    }

    /// How one of the files is read.
    pub fn plan(&self, request: &Request, found: &Found) -> Plan {
        let standing = standing(found);
        plan(standing, &request.machine, &request.reading, self.workers)
    }
}

/// Where a file stands. Small files are read in one piece wherever they are,
/// so that they are not looked at.
fn standing(found: &Found) -> Standing {
    let by_len = Standing::of_len(found.len);
    if found.source.is_some() || found.unread || Tier::of(found.len) == Tier::Small {
        return by_len;
    }
    // A file that cannot be opened says so when it is its turn.
    Disk::open(&found.file, false).map_or(by_len, |disk| Standing {
        cached: disk.cached_bytes(),
        volume: disk.volume(),
        ..by_len
    })
}

/// How many files may run at once: as the person says, else as cores and
/// memory allow.
fn workers(request: &Request, has_sets: bool, files: usize) -> usize {
    let by_cores = match has_sets {
        true => request.machine.cores.min(SHARD_WORKERS),
        false => request.machine.cores,
    };
    let budget = request.reading.memory_budget(&request.machine);
    let by_memory = usize::try_from(budget / MEMORY_PER_WORKER_BYTES).unwrap_or(usize::MAX);
    request
        .workers
        .unwrap_or(by_cores.min(by_memory))
        .clamp(1, files.max(1))
}

/// What belongs to a file that was named by itself: for a shard or an index,
/// the rest of its set and the configuration files beside it; for a model that
/// keeps its tensors in other files, those.
fn beside(path: &Path, budget: &Budget) -> Vec<PathBuf> {
    let Some(matched) = shards::siblings_of(path) else {
        return external_data(path, budget);
    };
    let names = names_beside(path);
    let belongs = |name: &str| matched.is_sibling(name) || is_configuration(name);
    let mut found: Vec<PathBuf> = names
        .iter()
        .filter(|name| name.to_str().is_some_and(belongs))
        .map(|name| path.with_file_name(name))
        .filter(|file| file.is_file())
        .collect();
    let indexes: Vec<Index> = std::iter::once(path)
        .chain(found.iter().map(PathBuf::as_path))
        .filter(|file| shards::siblings_of(file).is_some_and(|m| m.role == shards::Role::Index))
        .filter_map(|file| index_at(file, budget))
        .collect();
    let named = indexes
        .iter()
        .flat_map(shards::local_names)
        .map(|name| path.with_file_name(name));
    found.extend(named.filter(|file| file.is_file()));
    found.sort();
    found
}

fn is_configuration(name: &str) -> bool {
    CONFIGURATION_SUFFIXES
        .iter()
        .any(|suffix| name.to_lowercase().ends_with(suffix))
}

fn read_index(found: &Found, budget: &Budget) -> Option<Index> {
    match &found.source {
        Some(source) => guarded_index(source.as_ref(), budget),
        None if found.unread => None,
        None => index_at(&found.file, budget),
    }
}

/// The index in this file. What is wrong with it is told when the file itself
/// is examined.
fn index_at(path: &Path, budget: &Budget) -> Option<Index> {
    let disk = Disk::open(path, false).ok()?;
    let metered = Metered::new(Arc::new(disk), budget.clone());
    guarded_index(&metered, budget)
}

/// The index in these bytes. Nothing that goes wrong here ends the scan: the
/// examination of the file says it again, as a gap.
fn guarded_index(source: &dyn Source, budget: &Budget) -> Option<Index> {
    guarded(|| shard_index::read(source, budget).ok())
        .ok()
        .flatten()
}
