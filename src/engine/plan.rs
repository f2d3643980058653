//! The tier table: from the size of a file and the state of the machine to how
//! its bytes are read. Pure, and the only place that knows about tiers; which
//! checks run is the same for all of them.

/// Binary units, as in the tier table.
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The upper bound of each tier, exclusive, smallest first. The last tier has
/// none.
pub const TIER_BOUNDS: [(Tier, u64); 5] = [
    (Tier::Small, 10 * MIB),
    (Tier::Medium, 100 * MIB),
    (Tier::Large, GIB),
    (Tier::VeryLarge, 50 * GIB),
    (Tier::Extreme, 200 * GIB),
];

/// Bytes of address space mapped at a time, unless the person says otherwise.
pub const MAP_WINDOW_BYTES: u64 = 500 * MIB;

/// Bytes that one lane of a mapped file has resident at a time.
const MAP_STRIDE_BYTES: u64 = 16 * MIB;

/// The buffer of the chunked tier.
const CHUNK_BYTES: u64 = 10 * MIB;

/// The buffers of the streaming and the optimized tier, per lane.
const STREAM_BYTES: u64 = 8 * MIB;

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

/// A size class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Below 10 MB.
    Small,
    /// 10 to 100 MB.
    Medium,
    /// 100 MB to 1 GB.
    Large,
    /// 1 to 50 GB.
    VeryLarge,
    /// 50 to 200 GB.
    Extreme,
    /// 200 GB and more.
    Massive,
}

impl Tier {
    /// All tiers, smallest first.
    pub const ALL: [Tier; 6] = [
        Tier::Small,
        Tier::Medium,
        Tier::Large,
        Tier::VeryLarge,
        Tier::Extreme,
        Tier::Massive,
    ];

    /// The tier of a file of `len` bytes.
    pub fn of(len: u64) -> Tier {
        TIER_BOUNDS
            .into_iter()
            .find(|&(_, bound)| len < bound)
            .map_or(Tier::Massive, |(tier, _)| tier)
    }

    /// Its name in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tier::Small => "small",
            Tier::Medium => "medium",
            Tier::Large => "large",
            Tier::VeryLarge => "very large",
            Tier::Extreme => "extreme",
            Tier::Massive => "massive",
        }
    }

    /// The strategy that reads it, as in the report.
    pub const fn strategy(self) -> &'static str {
        match self {
            Tier::Small => "in-memory",
            Tier::Medium => "chunked",
            Tier::Large => "streaming",
            Tier::VeryLarge => "optimized",
            Tier::Extreme => "mmap-windows",
            Tier::Massive => "signature",
        }
    }
}

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
    /// As the tier says.
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
    /// Bytes mapped at a time; `None` is [`MAP_WINDOW_BYTES`].
    pub map_window: Option<u64>,
    /// Memory the scan may use; `None` is half of what is available.
    pub max_memory: Option<u64>,
    /// Whether holes that the file system reports count as covered without
    /// being read.
    pub skip_holes: bool,
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
    /// Mapped windows whose pages are given back.
    Mapped {
        /// Bytes of address space mapped at a time.
        region: u64,
    },
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
    /// Lanes that sweep the file in parallel.
    pub lanes: usize,
    /// Set where memory was too tight for the tier's own way.
    pub too_tight: Option<TooTight>,
}

impl Plan {
    /// How the file is read, as in the report.
    pub fn strategy(&self) -> &'static str {
        self.read_as.strategy()
    }
}

/// The plan for a file of `len` bytes when `workers` files run at once.
pub fn plan(len: u64, machine: &Machine, reading: &Reading, workers: usize) -> Plan {
    if let Some(forced) = reading.forced {
        return forced;
    }
    let tier = Tier::of(len);
    let too_tight = too_tight(len, tier, machine);
    let read_as = match reading.io {
        _ if reading.large_models => Tier::Extreme,
        Io::Mmap => tier.max(Tier::Extreme),
        Io::Read => tier.min(Tier::VeryLarge),
        Io::Auto if too_tight.is_some() => tier.max(Tier::Extreme),
        Io::Auto => tier,
    };
    // Shards run next to each other: together they use the cores once.
    let lanes = match read_as {
        Tier::Small | Tier::Medium | Tier::Large => 1,
        _ => (machine.cores / workers.max(1)).max(1),
    };
    let share = reading.memory_budget(machine) / workers.max(1) as u64 / lanes as u64;
    let fit = |wanted: u64| {
        wanted
            .min(share / BUFFERS_PER_LANE)
            .max(SMALLEST_WINDOW_BYTES)
    };
    let region = reading.map_window.unwrap_or(MAP_WINDOW_BYTES).max(1);
    let (backing, window) = match read_as {
        Tier::Small => (Backing::Memory, fit(CHUNK_BYTES)),
        Tier::Medium => (Backing::Disk { ahead: false }, fit(CHUNK_BYTES)),
        Tier::Large => (Backing::Disk { ahead: true }, fit(STREAM_BYTES)),
        Tier::VeryLarge => (Backing::Disk { ahead: false }, fit(STREAM_BYTES)),
        Tier::Extreme | Tier::Massive => (
            Backing::Mapped { region },
            fit(MAP_STRIDE_BYTES).min(region),
        ),
    };
    Plan {
        tier,
        read_as,
        backing,
        window,
        lanes,
        too_tight,
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

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: Machine = Machine {
        total_memory: 32 * GIB,
        available_memory: 16 * GIB,
        cores: 8,
    };

    #[test]
    fn every_boundary_belongs_to_the_larger_tier() {
        for (index, (tier, bound)) in TIER_BOUNDS.into_iter().enumerate() {
            assert_eq!(Tier::of(bound - 1), tier);
            assert_eq!(Tier::of(bound), Tier::ALL[index + 1]);
            assert_eq!(Tier::of(bound + 1), Tier::ALL[index + 1]);
        }
        assert_eq!(Tier::of(u64::MAX), Tier::Massive);
    }

    #[test]
    fn buffers_of_all_lanes_and_workers_fit_the_budget() {
        for len in [0, 50 * MIB, 500 * MIB, 5 * GIB, 80 * GIB, 900 * GIB] {
            for workers in [1, 4, 8] {
                for max_memory in [64 * MIB, GIB] {
                    let reading = Reading {
                        max_memory: Some(max_memory),
                        ..Reading::default()
                    };
                    let plan = plan(len, &MACHINE, &reading, workers);
                    let held = plan.window * BUFFERS_PER_LANE * plan.lanes as u64;
                    assert!(
                        held * workers as u64 <= max_memory,
                        "{len} {workers} {plan:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_file_that_does_not_fit_into_memory_is_mapped_and_says_why() {
        let tight = Machine {
            available_memory: 8 * MIB,
            ..MACHINE
        };
        let plan = plan(9 * MIB, &tight, &Reading::default(), 1);
        assert_eq!(plan.strategy(), "mmap-windows");
        assert_eq!(plan.tier, Tier::Small);
        assert!(plan.too_tight.is_some_and(|t| t.needed > t.available));
    }

    #[test]
    fn wishes_decide_how_bytes_are_read_and_never_the_tier() {
        let forced = Reading {
            large_models: true,
            ..Reading::default()
        };
        assert_eq!(plan(1, &MACHINE, &forced, 1).strategy(), "mmap-windows");
        let plain = Reading {
            io: Io::Read,
            ..Reading::default()
        };
        let massive = plan(300 * GIB, &MACHINE, &plain, 1);
        assert_eq!(
            (massive.tier, massive.strategy()),
            (Tier::Massive, "optimized")
        );
        let mapped = Reading {
            io: Io::Mmap,
            ..Reading::default()
        };
        assert_eq!(
            plan(300 * GIB, &MACHINE, &mapped, 1).strategy(),
            "signature"
        );
    }

    #[test]
    fn lanes_and_workers_use_the_cores_once() {
        assert_eq!(plan(5 * GIB, &MACHINE, &Reading::default(), 1).lanes, 8);
        assert_eq!(plan(5 * GIB, &MACHINE, &Reading::default(), 4).lanes, 2);
        assert_eq!(plan(5 * GIB, &MACHINE, &Reading::default(), 64).lanes, 1);
    }
}
