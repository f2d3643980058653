//! What a scan tells whoever watches it. Plain data: the words and the bars
//! are the watcher's.

use std::time::Duration;

use super::plan::Plan;
use crate::report::Verdict;

/// A watcher of a running scan. Called from one thread only.
pub trait Observer {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// A watcher that does not look.
pub struct Unobserved;

impl Observer for Unobserved {
    fn event(&self, _event: &Event<'_>) {}
}

/// The place of a shard in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardNumber {
    /// Which one, counted from 1 in the order of the set.
    pub number: usize,
    /// Of how many that are there.
    pub of: usize,
}

/// Something that happened in a scan.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// All inputs are known and reading begins.
    Started {
        /// Files that will be read.
        files: usize,
        /// Sum of their lengths.
        bytes: u64,
    },
    /// A shard set begins; its shards follow as files.
    SetStarted {
        /// Stem of the set.
        name: &'a str,
        /// Shards that are there.
        shards: usize,
        /// Sum of their lengths.
        bytes: u64,
        /// Shards that run at the same time.
        workers: usize,
        /// Deadline of each.
        shard_timeout: Duration,
    },
    /// A file begins.
    FileStarted {
        /// Number of the job, the same in all events about the file.
        job: usize,
        /// The file, as the person named it.
        path: &'a str,
        /// Its length.
        len: u64,
        /// How it is read.
        plan: &'a Plan,
        /// Its place in a set.
        shard: Option<ShardNumber>,
    },
    /// Reading went on; sent a few times per second for each running file.
    Progress {
        /// Number of the job.
        job: usize,
        /// Bytes of this file that are done.
        done: u64,
        /// Bytes of all files that are done.
        total_done: u64,
    },
    /// A file ended, well or not.
    FileEnded {
        /// Number of the job.
        job: usize,
        /// The file, as the person named it.
        path: &'a str,
        /// Its length.
        len: u64,
        /// Its outcome alone.
        verdict: Verdict,
        /// Wall time.
        time: Duration,
        /// Its place in a set.
        shard: Option<ShardNumber>,
    },
    /// The memory watch did something.
    Memory {
        /// Resident memory in bytes.
        resident: u64,
        /// The budget in bytes.
        budget: u64,
        /// What it did.
        step: MemoryStep,
    },
}

/// The three steps of the memory watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemoryStep {
    /// Use is high; nothing was done.
    Noted,
    /// Lanes and windows were reduced.
    Shrunk,
    /// The job that holds most was stopped.
    Stopped,
}
