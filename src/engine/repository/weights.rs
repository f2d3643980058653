//! Weights: one file, or the shards of one model, by what they are called.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::directory;
use crate::engine::run::Ended;
use crate::engine::shards::{Role, siblings_of};
use crate::formats::find;
use crate::report::{Severity, Tensor, TensorTable};

/// Suffixes of weights that are pickles.
const PICKLE_SUFFIXES: [&str; 6] = [".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"];

/// Suffix, and format, of weights that run nothing.
const PLAIN_SUFFIX: &str = ".safetensors";
const PLAIN_FORMAT: &str = "safetensors";

/// What one library puts in front of the names that others give its files.
const LIBRARY_PREFIX: &str = "pytorch_";

/// The weights of one model in one form.
pub(super) struct Weights<'a> {
    /// What their names share, without suffixes, numbers, and what says which
    /// library wrote them.
    pub(super) stem: String,
    /// Whether loading them runs what they say.
    pub(super) runs_code: bool,
    /// The files, in the order of the scan; at least one.
    pub(super) files: Vec<&'a Ended>,
    /// The tensors of all of them.
    tensors: Vec<&'a Tensor>,
    /// How many files the names promise.
    promised: usize,
}

impl<'a> Weights<'a> {
    /// The first file as the person named it.
    pub(super) fn path(&self) -> &str {
        self.files.first().map_or("", |job| job.found.path.as_str())
    }

    /// Findings that are medium or worse.
    pub(super) fn alarms(&self) -> usize {
        let all = self.files.iter().flat_map(|job| &job.outcome.findings);
        all.filter(|f| f.severity >= Severity::Medium).count()
    }

    /// Whether every file is there and was examined to its end.
    pub(super) fn is_whole(&self) -> bool {
        let is_done = |job: &&Ended| job.outcome.gaps.is_empty();
        self.files.len() == self.promised && self.files.iter().all(is_done)
    }

    /// The tensors, where all are known.
    pub(super) fn tensors(&self) -> Option<&[&'a Tensor]> {
        (self.is_whole() && !self.tensors.is_empty()).then_some(&self.tensors)
    }
}

/// The weights of every directory, in the order of their names.
pub(super) fn by_directory<'a>(
    ended: &'a [Ended],
    tensors: &'a [TensorTable],
) -> BTreeMap<&'a Path, Vec<Weights<'a>>> {
    let mut tables: BTreeMap<&str, Vec<&TensorTable>> = BTreeMap::new();
    for table in tensors {
        tables.entry(&table.path).or_default().push(table);
    }
    let mut groups: BTreeMap<(&Path, Name), Weights<'a>> = BTreeMap::new();
    for job in ended {
        let Some((name, promised)) = Name::of(job) else {
            continue;
        };
        let weights = groups
            .entry((directory(job), name.clone()))
            .or_insert_with(|| Weights {
                stem: name.stem,
                runs_code: name.runs_code,
                files: Vec::new(),
                tensors: Vec::new(),
                promised,
            });
        weights.files.push(job);
        let own = tables.get(job.found.path.as_str());
        let own = own.into_iter().flatten().flat_map(|table| &table.tensors);
        weights.tensors.extend(own);
    }
    let mut out: BTreeMap<&Path, Vec<Weights<'a>>> = BTreeMap::new();
    for ((directory, _), weights) in groups {
        out.entry(directory).or_default().push(weights);
    }
    out
}

/// What tells the weights of a directory apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    stem: String,
    runs_code: bool,
    /// Name of the file, and `None` for shards.
    file: Option<PathBuf>,
    count: u64,
}

impl Name {
    /// The name of a file of weights, and how many files it promises.
    fn of(job: &Ended) -> Option<(Name, usize)> {
        let file = Path::new(job.found.file.file_name()?);
        let lower = file.to_str()?.to_lowercase();
        let (bare, runs_code) = match lower.strip_suffix(PLAIN_SUFFIX) {
            Some(bare) => (bare, false),
            None => (
                PICKLE_SUFFIXES
                    .iter()
                    .find_map(|suffix| lower.strip_suffix(suffix))?,
                true,
            ),
        };
        if !is_what_it_says(job, runs_code) {
            return None;
        }
        let matched = siblings_of(Path::new(&lower))
            .filter(|matched| matched.role == Role::Shard)
            .and_then(|matched| Some((matched.full_stem(), matched.count?)));
        let (stem, count) = matched.clone().unwrap_or((bare.to_owned(), 1));
        let name = Name {
            stem: stem
                .strip_prefix(LIBRARY_PREFIX)
                .unwrap_or(&stem)
                .to_owned(),
            runs_code,
            file: matched.is_none().then(|| file.to_owned()),
            count,
        };
        Some((name, usize::try_from(count).unwrap_or(usize::MAX)))
    }
}

/// Whether the content of a file is what its suffix says.
fn is_what_it_says(job: &Ended, runs_code: bool) -> bool {
    let root = job
        .outcome
        .artifacts
        .iter()
        .find(|artifact| artifact.location.members.is_empty());
    let runs = |id: &String| find(id).is_some_and(|format| format.spec().runs_code);
    root.is_some_and(|root| match runs_code {
        true => root.formats.iter().any(runs),
        false => root.formats.iter().any(|id| id == PLAIN_FORMAT),
    })
}
