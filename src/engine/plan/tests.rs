use super::tier::GIB;
use super::*;

const MACHINE: Machine = Machine {
    total_memory: 32 * GIB,
    available_memory: 16 * GIB,
    cores: 8,
};

fn cold(len: u64) -> Standing {
    Standing::of_len(len)
}

fn planned(len: u64, machine: &Machine, reading: &Reading) -> Plan {
    plan(cold(len), machine, reading, 1)
}

#[test]
fn every_boundary_belongs_to_the_larger_tier() {
    for (index, (tier, bound)) in TIER_BOUNDS.into_iter().enumerate() {
        assert_eq!(Tier::of(bound - 1), tier);
        assert_eq!(Tier::of(bound), Tier::ALL[index + 1]);
        assert_eq!(Tier::of(bound + 1), Tier::ALL[index + 1]);
    }
    assert_eq!(Tier::of(u64::MAX), Tier::Massive);
}

/// Every case of the table of backings: size, share of it in the page cache
/// in percent, place, wish; and what comes of it.
#[test]
fn the_backing_is_what_is_fastest_for_the_case() {
    use Volume::{InMemory, Local, Remote};
    let whole = Backing::Memory;
    let once = Backing::Disk { ahead: false };
    let ahead = Backing::Disk { ahead: true };
    let mapped = |ahead| Backing::Mapped {
        region: MAP_WINDOW_BYTES,
        ahead,
    };
    let sizes = [MIB, 50 * MIB, 500 * MIB, 5 * GIB, 80 * GIB, 300 * GIB];
    let direct = Backing::Direct;
    let table = [
        // Cold on a disk.
        (
            0,
            Local,
            Io::Auto,
            [whole, once, ahead, direct, mapped(true), mapped(true)],
        ),
        (
            50,
            Local,
            Io::Auto,
            [whole, once, ahead, direct, mapped(true), mapped(true)],
        ),
        // In the page cache, or in memory anyway.
        (
            51,
            Local,
            Io::Auto,
            [
                whole,
                mapped(false),
                mapped(false),
                mapped(false),
                mapped(false),
                mapped(false),
            ],
        ),
        (
            0,
            InMemory,
            Io::Auto,
            [
                whole,
                mapped(false),
                mapped(false),
                mapped(false),
                mapped(false),
                mapped(false),
            ],
        ),
        // Behind a network nothing is mapped, whatever is cached of it.
        (0, Remote, Io::Auto, [whole, once, ahead, once, once, once]),
        (
            100,
            Remote,
            Io::Auto,
            [whole, once, ahead, once, once, once],
        ),
        // Wishes come first.
        (100, Local, Io::Read, [whole, once, ahead, once, once, once]),
        (0, Local, Io::Mmap, [mapped(true); 6]),
        (100, Remote, Io::Mmap, [mapped(false); 6]),
    ];
    for (percent, volume, io, expected) in table {
        let reading = Reading {
            io,
            ..Reading::default()
        };
        for (len, backing) in sizes.into_iter().zip(expected) {
            let file = Standing {
                len,
                cached: len / 100 * percent,
                volume,
            };
            // Half of it, and one byte more.
            let file = match percent {
                51 => Standing {
                    cached: len / 2 + 1,
                    ..file
                },
                _ => file,
            };
            let roomy = Machine {
                available_memory: 1 << 50,
                ..MACHINE
            };
            let plan = plan(file, &roomy, &reading, 1);
            assert_eq!(
                plan.backing, backing,
                "{percent} % of {len} {volume:?} {io:?}"
            );
            assert_eq!(plan.drop_behind, volume == Local);
            assert_eq!(plan.tier, Tier::of(len));
        }
    }
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
                let plan = plan(cold(len), &MACHINE, &reading, workers);
                let lanes = (MACHINE.cores + workers) as u64;
                let held = plan.window * BUFFERS_PER_LANE * lanes;
                assert!(held <= max_memory, "{len} {workers} {plan:?}");
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
    let plan = planned(9 * MIB, &tight, &Reading::default());
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
    assert_eq!(planned(1, &MACHINE, &forced).strategy(), "mmap-windows");
    let plain = Reading {
        io: Io::Read,
        ..Reading::default()
    };
    let massive = planned(300 * GIB, &MACHINE, &plain);
    assert_eq!(
        (massive.tier, massive.strategy()),
        (Tier::Massive, "optimized")
    );
    let mapped = Reading {
        io: Io::Mmap,
        ..Reading::default()
    };
    assert_eq!(
        planned(300 * GIB, &MACHINE, &mapped).strategy(),
        "signature"
    );
    let kept = Reading {
        keep_cache: true,
        ..Reading::default()
    };
    assert!(!planned(5 * GIB, &MACHINE, &kept).drop_behind);
}

#[test]
fn long_files_have_a_lane_for_every_core_and_cold_ones_two() {
    let lanes = |len, cores| {
        let machine = Machine { cores, ..MACHINE };
        planned(len, &machine, &Reading::default()).lanes
    };
    assert_eq!(lanes(MIB, 8), 1);
    assert_eq!(lanes(5 * GIB, 8), 8);
    assert_eq!(lanes(5 * GIB, 1), DIRECT_LANES);
}
