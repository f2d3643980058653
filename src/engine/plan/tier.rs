//! Size classes: names for people, and the strategy that each is read with.

/// Binary units, as in the tier table.
pub(super) const MIB: u64 = 1 << 20;
pub(super) const GIB: u64 = 1 << 30;

/// The upper bound of each tier, exclusive, smallest first. The last tier has
/// none.
pub const TIER_BOUNDS: [(Tier, u64); 5] = [
    (Tier::Small, 10 * MIB),
    (Tier::Medium, 100 * MIB),
    (Tier::Large, GIB),
    (Tier::VeryLarge, 50 * GIB),
    (Tier::Extreme, 200 * GIB),
];

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
