//! What a scan says: plain data with no opinion about how it was obtained or
//! how it will be shown.
//!
//! A job yields an [`Outcome`]; outcomes merge in any order; the engine folds
//! them into one [`Report`]. Every output format and the exit code are pure
//! functions of that value.

mod accepted;
mod coverage;
mod description;
mod escape;
mod finding;
mod gap;
mod location;
mod outcome;
mod policy;
mod severity;
mod shard_set;
mod summary;
mod survey;

pub use accepted::Accepted;
pub use coverage::{ArtifactReport, Coverage};
pub use description::{Companion, Description, Embedding, Module, Promise};
pub use escape::{bytes as escape_bytes, text as escape_text};
pub use finding::Finding;
pub use gap::{Gap, Why};
pub use location::{Location, Place, Span};
pub use outcome::{Outcome, Tensor, TensorTable};
pub use policy::{INTERRUPTED_EXIT_CODE, Policy, Verdict};
pub use severity::{Severity, UnknownSeverity};
pub use shard_set::{ShardRow, ShardSetReport};
pub use summary::{SCHEMA_VERSION, SeverityCounts, Stats, Summary, Tool};
pub use survey::{Survey, SurveyedFile, SurveyedSet};

use serde::{Deserialize, Serialize};

/// The final value of a scan, and the JSON output itself.
///
/// `docs/report.schema.json` describes the serialised form; field names are
/// part of the program's interface and only ever added to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this shape; a new field raises the minor number.
    pub schema_version: String,
    /// The program that made the report.
    pub tool: Tool,
    /// Outcome under the policy.
    pub verdict: Verdict,
    /// The code the process ends with.
    pub exit_code: u8,
    /// Whether a person ended the scan early.
    pub interrupted: bool,
    /// Totals, all derived from the lists below.
    pub summary: Summary,
    /// What was found, most severe first.
    pub findings: Vec<Finding>,
    /// What was not fully examined, and why.
    pub gaps: Vec<Gap>,
    /// Every run of bytes that was examined, with its coverage.
    pub artifacts: Vec<ArtifactReport>,
    /// Models split over several files.
    pub shard_sets: Vec<ShardSetReport>,
    /// Time and memory: the one part that differs from run to run.
    pub stats: Stats,
}
