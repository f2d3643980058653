//! What everything inside one job shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::crew::Crew;
use super::digests::DigestKind;
use super::ledger::{Entry, Ledger};
use super::memory::Pressure;
use super::plan::Plan;
use super::sum::Sum;
use crate::budget::Budget;
use crate::detect::known::KnownFiles;

/// What the engine keeps about an artifact while it is examined and swept.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// Its page in the ledger.
    pub entry: Entry,
    /// Whether its bytes are bytes of the file on disk.
    pub lineage: Lineage,
    /// Where the checksums of its spans go, if somebody wants them.
    pub sum: Option<&'a Sum>,
}

/// Whether bytes read here are bytes of the file on disk, for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// The file itself, or a span of it.
    InFile,
    /// The output of a decoder.
    Unpacked,
}

/// What everything inside one job shares.
pub struct JobContext {
    /// What the job may spend.
    pub budget: Budget,
    /// What the job found.
    pub ledger: Arc<Ledger>,
    /// How the file is read.
    pub plan: Plan,
    /// The threads of the scan.
    pub crew: Arc<Crew>,
    /// Memory pressure on the scan.
    pub pressure: Arc<Pressure>,
    /// Memory that the job may use, in bytes.
    pub memory: u64,
    /// Files that are known to be malicious.
    pub known: Arc<KnownFiles>,
    /// Digests that the report has of each file.
    pub digests: Arc<[DigestKind]>,
    /// Whether members are opened one by one, in the order of their archive.
    pub alone: bool,
    /// Whether members were opened at the same time.
    pub was_shared: AtomicBool,
    /// What limits of the whole file left out.
    pub left_out: LeftOut,
}

/// What limits of the whole file left out, so that it can be told without a
/// gap for each.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Members that were not opened, or not to their end, because the file
    /// has unpacked to as much as it may.
    pub expanded: AtomicUsize,
    /// Archives of which some members were not named, because the file has as
    /// many as it may.
    pub unnamed: AtomicUsize,
}

impl JobContext {
    /// Core bytes of the next window.
    pub fn window(&self) -> u64 {
        self.pressure.window(self.plan.window)
    }

    /// Note that members are opened at the same time.
    pub fn shared(&self) {
        self.was_shared.store(true, Ordering::Relaxed);
    }

    /// Whether a limit of the whole file was hit while members were opened at
    /// the same time. Which of them it leaves out is then a matter of chance,
    /// so that all is done once more, one by one.
    pub fn is_void(&self) -> bool {
        self.was_shared.load(Ordering::Relaxed) && self.budget.is_overdrawn()
    }
}
