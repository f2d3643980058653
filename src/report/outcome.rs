//! The mergeable result of a job.

use serde::{Deserialize, Serialize};

use super::{ArtifactReport, Description, Finding, Gap, Location};

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
    /// What artifacts say about the files beside them, to be compared with
    /// those.
    pub descriptions: Vec<(Location, Description)>,
}

impl Outcome {
    /// Add what another job found.
    pub fn merge(&mut self, other: Outcome) {
        self.findings.extend(other.findings);
        self.gaps.extend(other.gaps);
        self.artifacts.extend(other.artifacts);
        self.tensors.extend(other.tensors);
        self.descriptions.extend(other.descriptions);
    }
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
