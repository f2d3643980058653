//! The mergeable result of a job.

use serde::{Deserialize, Serialize};

use super::{ArtifactReport, Finding, Gap, Location, Span};

/// What one job found. Merging is associative and the final report is sorted,
/// so the order in which jobs end does not show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Judged facts.
    pub findings: Vec<Finding>,
    /// What was not fully examined.
    pub gaps: Vec<Gap>,
    /// Every run of bytes that was examined.
    pub artifacts: Vec<ArtifactReport>,
    /// Tensors by file, for the cross-checks of shard sets.
    pub tensors: Vec<TensorTable>,
    /// Files that artifacts read their data from, to be looked for.
    pub companions: Vec<CompanionTable>,
    /// What files say about files beside them, for the same.
    pub promises: Vec<(String, Promise)>,
    /// What manifests say about the files beside them, for the same.
    pub descriptions: Vec<(String, Description)>,
}

impl Outcome {
    /// Add what another job found.
    pub fn merge(&mut self, other: Outcome) {
        self.findings.extend(other.findings);
        self.gaps.extend(other.gaps);
        self.artifacts.extend(other.artifacts);
        self.tensors.extend(other.tensors);
        self.companions.extend(other.companions);
        self.promises.extend(other.promises);
        self.descriptions.extend(other.descriptions);
    }
}

/// How long files beside a file are, as that file says: those of an index, and
/// the shards with their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Their names, relative to the directory of the file that says so.
    pub files: Vec<String>,
    /// Bytes that the data in all of them together has.
    pub bytes: u64,
}

/// What a manifest says about the files beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The table of words that the model has.
    pub embedding: Option<Embedding>,
    /// Python files of its directory that a loader imports.
    pub modules: Vec<Module>,
}

impl Description {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.embedding.is_none() && self.modules.is_empty()
    }
}

/// How large the table of words of a model is, by its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    /// Words.
    pub words: u64,
    /// Numbers for each word, at least.
    pub narrowest: u64,
    /// Numbers for each word, at most.
    pub widest: u64,
}

/// A Python file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Its name, relative to the directory of the manifest, with `/`.
    pub file: String,
    /// Where the manifest says so.
    pub at: Span,
}

/// The tensors that one file declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorTable {
    /// The file, as in [`super::Location::path`].
    pub path: String,
    /// Its tensors, in the order of the file.
    pub tensors: Vec<Tensor>,
    /// Tensors that all files of the model have together, as this one says.
    #[serde(default)]
    pub total: Option<u64>,
}

/// A declared tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Size of its data in bytes, where the file states it.
    pub bytes: Option<u64>,
}

/// The files that one artifact reads its data from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanionTable {
    /// The artifact.
    pub location: Location,
    /// The files, in the order of their names.
    pub companions: Vec<Companion>,
}

/// A file that an artifact reads data from: external data of an ONNX model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Its name, relative to the directory of the artifact, as the artifact
    /// spells it. It does not lead out of there by its spelling.
    pub name: String,
    /// Bytes that it must have.
    pub bytes: u64,
    /// What needs the last of them: the name of a tensor.
    pub owner: String,
    /// Where the artifact says so.
    pub at: Span,
}
