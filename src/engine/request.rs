//! What a scan is asked to do: settings that were checked before they came
//! here, so that nothing about them can fail any more.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::digests::DigestKind;
use super::plan::{Machine, Reading};
use crate::budget::{CancelToken, Limits};
use crate::detect::known::KnownFiles;
use crate::report::{Policy, Why};
use crate::source::SharedSource;

/// Deadline of one shard of a set, unless the person gave another.
pub const SHARD_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// One thing to scan.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file, a directory, a shard or an index, as the person named it.
    Path(PathBuf),
    /// Bytes that are already at hand, under a name: standard input, or a
    /// virtual file in a test.
    Source {
        /// The name to show, and the hint for the format.
        name: String,
        /// The bytes.
        source: SharedSource,
    },
    /// Something that was named and could not be got hold of.
    Failed {
        /// The name to show.
        name: String,
        /// The kind of reason.
        why: Why,
        /// The reason in words.
        detail: String,
    },
}

/// Asks the operating system how much memory this process uses.
pub trait MemoryProbe: Send + Sync {
    /// Resident memory now, in bytes, as far as it cannot simply be dropped.
    fn resident(&self) -> Option<u64>;
    /// The most it ever was, in bytes.
    fn peak(&self) -> Option<u64>;
}

/// A whole scan.
#[derive(Clone)]
pub struct Request {
    /// What to scan.
    pub inputs: Vec<Input>,
    /// Caps on what content may cost.
    pub limits: Arc<Limits>,
    /// What the machine has.
    pub machine: Machine,
    /// Wishes about how bytes are read.
    pub reading: Reading,
    /// Digests that the report has of each file.
    pub digests: Arc<[DigestKind]>,
    /// Files that are known to be malicious.
    pub known: Arc<KnownFiles>,
    /// Thresholds and selections.
    pub policy: Policy,
    /// Files or shards at the same time; `None` lets the machine decide.
    pub workers: Option<usize>,
    /// Deadline of the whole scan; `None` goes by the total size.
    pub timeout: Option<Duration>,
    /// Deadline of one shard.
    pub shard_timeout: Duration,
    /// Largest file that is read, in bytes; 0 is no limit.
    pub max_file_size: u64,
    /// Device and inode of the file that the report goes to, if it is one. It
    /// may lie in a directory that is scanned and is no part of what is there.
    pub own_output: Option<(u64, u64)>,
    /// Where to ask about our own memory.
    pub memory: Arc<dyn MemoryProbe>,
    /// The flag that ends the scan early.
    pub cancel: CancelToken,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("inputs", &self.inputs)
            .field("machine", &self.machine)
            .field("reading", &self.reading)
            .field("policy", &self.policy)
            .field("workers", &self.workers)
            .field("timeout", &self.timeout)
            .field("shard_timeout", &self.shard_timeout)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// A request with every default, for the given inputs on this machine.
    pub fn new(inputs: Vec<Input>, machine: Machine) -> Self {
        Request {
            inputs,
            limits: Arc::new(Limits::default()),
            machine,
            reading: Reading::default(),
            digests: Arc::default(),
            known: Arc::new(KnownFiles::published()),
            policy: Policy::default(),
            workers: None,
            timeout: None,
            shard_timeout: SHARD_TIMEOUT,
            max_file_size: 0,
            own_output: None,
            memory: Arc::new(NoProbe),
            cancel: CancelToken::default(),
        }
    }
}

/// A probe that knows nothing: memory is not watched.
struct NoProbe;

impl MemoryProbe for NoProbe {
    fn resident(&self) -> Option<u64> {
        None
    }

    fn peak(&self) -> Option<u64> {
        None
    }
}
