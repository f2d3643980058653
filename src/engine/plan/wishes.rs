//! What a plan goes by, besides the size of the file: the machine, what the
//! person wishes, and where the file stands.

use super::{Plan, SMALLEST_WINDOW_BYTES};
use crate::source::Volume;

/// What the machine has, looked at once before anything is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Physical memory, or the limit of the control group if that is lower.
    pub total_memory: u64,
    /// Memory that is free to use, within the same limit.
    pub available_memory: u64,
    /// Cores this process may use.
    pub cores: usize,
}

/// How bytes get from the disk to the checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Io {
    /// As the file stands: see [`plan`](super::plan).
    #[default]
    Auto,
    /// Plain reads only: for network file systems.
    Read,
    /// Mapped windows only.
    Mmap,
}

/// Wishes about reading, from flags and environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Map every file, whatever its size.
    pub large_models: bool,
    /// Plain reads or mapped windows.
    pub io: Io,
    /// Bytes of address space mapped at a time; `None` is
    /// [`MAP_WINDOW_BYTES`](super::MAP_WINDOW_BYTES).
    pub map_window: Option<u64>,
    /// Memory the scan may use; `None` is half of what is available.
    pub max_memory: Option<u64>,
    /// Whether holes that the file system reports count as covered without
    /// being read.
    pub skip_holes: bool,
    /// Whether pages that the scan brought into the page cache stay there.
    pub keep_cache: bool,
    /// A plan to use for every file, whatever its size; for tests.
    pub forced: Option<Plan>,
}

impl Default for Reading {
    fn default() -> Self {
        Reading {
            large_models: false,
            io: Io::Auto,
            map_window: None,
            max_memory: None,
            skip_holes: true,
            keep_cache: false,
            forced: None,
        }
    }
}

impl Reading {
    /// Memory that the scan may use on this machine, in bytes.
    pub fn memory_budget(&self, machine: &Machine) -> u64 {
        self.max_memory
            .unwrap_or(machine.available_memory / 2)
            .max(SMALLEST_WINDOW_BYTES)
    }
}

/// Where a file stands when it is about to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its length in bytes.
    pub len: u64,
    /// Bytes of it that the page cache holds; 0 where nobody knows.
    pub cached: u64,
    /// What kind of place it lies in.
    pub volume: Volume,
}

impl Standing {
    /// A file of which only the length is known.
    pub const fn of_len(len: u64) -> Self {
        Standing {
            len,
            cached: 0,
            volume: Volume::Local,
        }
    }

    /// Whether reading it touches no disk, for the most part.
    pub(super) fn is_cached(&self) -> bool {
        self.volume == Volume::InMemory || self.cached > self.len / 2
    }
}
