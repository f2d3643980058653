//! The lines about a scan, word for word.

use std::time::Duration;

use super::words::{count_text, size_text, time_text};
use crate::cli::values::NO_LIMIT;
use crate::engine::{Backing, MemoryStep, Plan, ShardNumber, Tier, TooTight};
use crate::report::{Verdict, escape_text};

/// What the bar, or the line, about the bytes is called.
pub fn label(is_mapped: bool) -> &'static str {
    if is_mapped {
        "Memory-mapped scan"
    } else {
        "Scanned so far"
    }
}

/// The three lines about a shard set.
pub fn set(shards: usize, bytes: u64, workers: usize, shard_timeout: Duration) -> Vec<String> {
    let time = if shard_timeout >= NO_LIMIT {
        "no time limit".to_owned()
    } else {
        format!("{} per shard", time_text(shard_timeout))
    };
    [
        format!("Scanning sharded model with {}", count_text(shards, "part")),
        format!("Total size: {}", size_text(bytes)),
        format!(
            "Using parallel shard scanning ({}, {time})",
            count_text(workers, "worker")
        ),
    ]
    .into()
}

/// The two lines about a file that is read through mapped windows.
pub fn mapped(path: &str, len: u64, plan: &Plan) -> Vec<String> {
    let Backing::Mapped { region, .. } = plan.backing else {
        return Vec::new();
    };
    if plan.read_as < Tier::Extreme {
        return Vec::new();
    }
    [
        format!("Using extreme large file handler for {}", file_name(path)),
        format!(
            "File size: {} - using memory-mapped I/O ({} windows)",
            size_text(len),
            size_text(region)
        ),
    ]
    .into()
}

/// What the memory watch did.
pub fn memory(resident: u64, budget: u64, step: MemoryStep) -> String {
    let done = match step {
        MemoryStep::Noted => "",
        MemoryStep::Shrunk => ": going on with fewer lanes and smaller windows",
        MemoryStep::Stopped => {
            ": stopping what holds most; what it did not reach is reported as unchecked"
        }
    };
    format!(
        "Memory in use: {} of {}{done}",
        size_text(resident),
        size_text(budget)
    )
}

/// The last part of the path, safe to show.
pub fn file_name(path: &str) -> String {
    let name = path.rsplit('/').find(|part| !part.is_empty());
    escape_text(name.unwrap_or(path))
}

/// A file that ended.
pub struct Ended<'a> {
    /// The file, as the person named it.
    pub path: &'a str,
    /// Its length in bytes.
    pub len: u64,
    /// Its outcome.
    pub verdict: Verdict,
    /// Wall time.
    pub time: Duration,
    /// Its place in a set.
    pub shard: Option<ShardNumber>,
}

impl Ended<'_> {
    /// `Scanned …  size  verdict  time`.
    pub fn line(&self) -> String {
        let what = match self.shard {
            Some(ShardNumber { number, of }) => {
                format!("Scanned shard {number}/{of}: {}", file_name(self.path))
            }
            None => format!("Scanned {}", escape_text(self.path)),
        };
        format!(
            "{what}  {}  {}  {}",
            size_text(self.len),
            self.verdict,
            time_text(self.time)
        )
    }
}

/// The notice that memory is too tight for the file's own way of reading.
pub fn tight(path: &str, len: u64, tight: TooTight) -> String {
    format!(
        "{}: model size {}, available memory {}, estimated need {}: using memory-mapped mode",
        escape_text(path),
        size_text(len),
        size_text(tight.available),
        size_text(tight.needed),
    )
}
