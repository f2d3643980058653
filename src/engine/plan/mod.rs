//! From the size of a file, the state of the machine and what the person
//! wishes to how its bytes are read. Pure, and the only place that knows about
//! tiers; which checks run is the same for all of them.
//!
//! The *tier* goes by the size alone and names the strategy in the report. The
//! *backing* is what is fastest for the case, as measured (see
//! `docs/performance.md`): what the page cache holds is mapped, since nothing
//! is copied then; what is cold is read in large pieces, past the cache where
//! it is long; and what lies behind a network is read plainly, because a page
//! that never comes would hang whoever touches it.

mod tier;
mod wishes;

#[cfg(test)]
mod tests;

pub use tier::{TIER_BOUNDS, Tier};
pub use wishes::{Io, Machine, Reading, Standing};

use crate::source::Volume;
use tier::MIB;

/// Bytes of address space mapped at a time, unless the person says otherwise.
pub const MAP_WINDOW_BYTES: u64 = 500 * MIB;

/// Bytes that one lane of a mapped file has resident at a time.
const MAP_STRIDE_BYTES: u64 = 16 * MIB;

/// The buffer of the chunked tier.
const CHUNK_BYTES: u64 = 10 * MIB;

/// The buffers of the streaming and the optimized tier, per lane.
const STREAM_BYTES: u64 = 4 * MIB;

/// Pieces that are read past the page cache, per lane. Smaller ones do not
/// keep a disk busy.
const DIRECT_BYTES: u64 = 16 * MIB;

/// Lanes of a file that is read past the page cache, at least: one reads while
/// the other is swept, and a disk wants two requests at a time.
const DIRECT_LANES: usize = 2;

/// No lane works with less than this, however tight the memory.
const SMALLEST_WINDOW_BYTES: u64 = 256 << 10;

/// Buffers that one lane may hold at the same time: the one being swept and
/// the one read ahead.
const BUFFERS_PER_LANE: u64 = 2;

/// Share of the available memory that a file read into memory may need, in
/// percent, before it is mapped instead.
const IN_MEMORY_SHARE_PERCENT: u64 = 80;

/// What holding a file in memory needs beyond its size, in percent.
const IN_MEMORY_OVERHEAD_PERCENT: u64 = 20;

/// What stands between the file and its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backing {
    /// The whole file in one buffer.
    Memory,
    /// Positional reads into buffers.
    Disk {
        /// Read the next buffer while this one is swept.
        ahead: bool,
    },
    /// Positional reads past the page cache, at least two at a time.
    Direct,
    /// Mapped windows whose pages are given back.
    Mapped {
        /// Bytes of address space mapped at a time.
        region: u64,
        /// Fetch the next window while this one is swept.
        ahead: bool,
    },
}

impl Backing {
    /// Its name in the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Backing::Memory => "whole",
            Backing::Disk { .. } => "buffered",
            Backing::Direct => "direct",
            Backing::Mapped { .. } => "mapped",
        }
    }
}

/// Why a file is mapped although its tier would read it into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooTight {
    /// Memory that reading it whole would need, in bytes.
    pub needed: u64,
    /// Memory that is available, in bytes.
    pub available: u64,
}

/// How one file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Size class, for people.
    pub tier: Tier,
    /// The tier whose way of reading is used; differs from `tier` where the
    /// machine or the person said so.
    pub read_as: Tier,
    /// What stands between the file and its readers.
    pub backing: Backing,
    /// Core bytes of one window, per lane.
    pub window: u64,
    /// Lanes that may sweep the file in parallel, as cores are free.
    pub lanes: usize,
    /// Drop from the page cache what the scan brought into it.
    pub drop_behind: bool,
    /// Set where memory was too tight for the tier's own way.
    pub too_tight: Option<TooTight>,
}

impl Plan {
    /// How the file is read, as in the report.
    pub fn strategy(&self) -> &'static str {
        self.read_as.strategy()
    }
}

/// The plan for a file when `workers` files run at once.
pub fn plan(file: Standing, machine: &Machine, reading: &Reading, workers: usize) -> Plan {
    if let Some(forced) = reading.forced {
        return forced;
    }
    let tier = Tier::of(file.len);
    let too_tight = too_tight(file.len, tier, machine);
    let is_remote = file.volume == Volume::Remote;
    let read_as = match reading.io {
        _ if reading.large_models => Tier::Extreme,
        Io::Mmap => tier.max(Tier::Extreme),
        Io::Read => tier.min(Tier::VeryLarge),
        Io::Auto if is_remote => tier.min(Tier::VeryLarge),
        Io::Auto if too_tight.is_some() => tier.max(Tier::Extreme),
        Io::Auto => tier,
    };
    let plainly = reading.io == Io::Read || is_remote;
    let mapped = Backing::Mapped {
        region: reading.map_window.unwrap_or(MAP_WINDOW_BYTES).max(1),
        ahead: !file.is_cached(),
    };
    let backing = match read_as {
        Tier::Small => Backing::Memory,
        Tier::Extreme | Tier::Massive => mapped,
        _ if file.is_cached() && !plainly => mapped,
        Tier::Medium => Backing::Disk { ahead: false },
        Tier::Large => Backing::Disk { ahead: true },
        Tier::VeryLarge if plainly => Backing::Disk { ahead: false },
        Tier::VeryLarge => Backing::Direct,
    };
    let lanes = match backing {
        Backing::Memory | Backing::Disk { ahead: true } => 1,
        Backing::Disk { .. } if read_as == Tier::Medium => 1,
        Backing::Direct => machine.cores.max(DIRECT_LANES),
        Backing::Disk { .. } | Backing::Mapped { .. } => machine.cores.max(1),
    };
    Plan {
        tier,
        read_as,
        backing,
        window: window(backing, read_as, reading.memory_budget(machine), {
            // Lanes are lent cores: all jobs together have one for each, and
            // each job has one of its own.
            machine.cores.saturating_add(workers).saturating_add(1)
        }),
        lanes,
        drop_behind: !reading.keep_cache && file.volume == Volume::Local,
        too_tight,
    }
}

/// Core bytes of one window, so that the buffers of so many lanes fit the
/// budget.
fn window(backing: Backing, read_as: Tier, budget: u64, lanes: usize) -> u64 {
    let share = budget / lanes as u64 / BUFFERS_PER_LANE;
    let fit = |wanted: u64| wanted.min(share).max(SMALLEST_WINDOW_BYTES);
    match backing {
        Backing::Disk { .. } if read_as != Tier::Medium => fit(STREAM_BYTES),
        Backing::Memory | Backing::Disk { .. } => fit(CHUNK_BYTES),
        Backing::Direct => fit(DIRECT_BYTES),
        Backing::Mapped { region, .. } => fit(MAP_STRIDE_BYTES).min(region),
    }
}

/// Whether the file is too large for the memory there is, so that it is better
/// mapped than left to the page cache and buffers.
fn too_tight(len: u64, tier: Tier, machine: &Machine) -> Option<TooTight> {
    let needed = len.saturating_add(len / 100 * IN_MEMORY_OVERHEAD_PERCENT);
    let allowed = machine.available_memory / 100 * IN_MEMORY_SHARE_PERCENT;
    (tier < Tier::Extreme && needed > allowed).then_some(TooTight {
        needed,
        available: machine.available_memory,
    })
}
