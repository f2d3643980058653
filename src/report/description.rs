//! What a file says about the files beside it.
//!
//! An examination only notes it, as the file spells it; the engine compares it
//! with what is there once every file was examined.

use serde::{Deserialize, Serialize};

use super::Span;

/// What one artifact says about other files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Files that the artifact reads its data from, to be looked for.
    pub companions: Vec<Companion>,
    /// How long files of its directory are.
    pub promises: Vec<Promise>,
    /// The table of words that the model has.
    pub embedding: Option<Embedding>,
    /// Python files of its directory that a loader imports.
    pub modules: Vec<Module>,
}

impl Description {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Description::default()
    }

    /// Add what another reading of the same artifact says.
    pub fn merge(&mut self, other: Description) {
        self.companions.extend(other.companions);
        self.promises.extend(other.promises);
        self.embedding = other.embedding.or(self.embedding);
        self.modules.extend(other.modules);
    }
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

/// How long files beside a file are, as that file says: those of an index, and
/// the shards with their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Their names, relative to the directory of the file that says so.
    pub files: Vec<String>,
    /// Bytes that the data in all of them together has.
    pub bytes: u64,
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
