//! A model split over several files, as one thing in the report.

use serde::{Deserialize, Serialize};

use super::Verdict;

/// A shard set: what was there, what was not, and a row for each shard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardSetReport {
    /// Stem that the shards share, such as `model` or `pytorch_model`.
    pub name: String,
    /// The naming scheme that was recognised, such as `huggingface-safetensors`.
    pub family: String,
    /// The index file, as the person would name it.
    pub index: Option<String>,
    /// Shards that the names or the index promise and that are not there.
    pub missing: Vec<String>,
    /// Files of the set that the names or the index do not account for.
    pub extra: Vec<String>,
    /// Sum of the sizes of the shards that are there, in bytes.
    pub total_size: u64,
    /// One row per shard that is there, in the order of their numbers.
    pub shards: Vec<ShardRow>,
}

/// One shard in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardRow {
    /// The file.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// How it was read.
    pub strategy: String,
    /// Outcome for this shard alone.
    pub verdict: Verdict,
    /// Bytes of it that were covered.
    pub covered: u64,
    /// Findings in it, of every grade.
    pub findings: u64,
    /// Why it is incomplete, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Wall time in seconds.
    pub seconds: f64,
}
