//! What a scan would do, without doing it.

use serde::{Deserialize, Serialize};

use super::Gap;

/// The answer to `--dry-run`: every file with its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Version of this shape; the same as the report's.
    pub schema_version: String,
    /// Files that would be read, in order of their paths.
    pub files: Vec<SurveyedFile>,
    /// Shard sets among them.
    pub shard_sets: Vec<SurveyedSet>,
    /// What could not be planned, and why.
    pub gaps: Vec<Gap>,
    /// Sum of the lengths, in bytes.
    pub bytes_total: u64,
    /// Files or shards that would be scanned at the same time, at most.
    pub workers: usize,
    /// Memory that the scan would allow itself, in bytes.
    pub memory_budget_bytes: u64,
}

/// One file of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyedFile {
    /// The file, as the person named it.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its size class.
    pub tier: String,
    /// How it would be read.
    pub strategy: String,
    /// What would stand between the file and its readers: `whole`, `buffered`,
    /// `direct` or `mapped`.
    pub reading: String,
    /// Bytes swept at a time by each lane.
    pub window_bytes: u64,
    /// Lanes that may sweep it in parallel, as cores are free.
    pub lanes: usize,
    /// Formats that recognise it from its ends.
    pub formats: Vec<String>,
}

/// One shard set of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyedSet {
    /// Stem that the shards share.
    pub name: String,
    /// The naming scheme that was recognised.
    pub family: String,
    /// The index file.
    pub index: Option<String>,
    /// Shards that are there, in the order of their numbers.
    pub shards: Vec<String>,
    /// Shards that are promised and not there.
    pub missing: Vec<String>,
    /// Sum of the sizes, in bytes.
    pub total_size: u64,
}
