//! The house test: how bytes are read never changes what is found.
//!
//! Every fixture is scanned with every backing, several window sizes and lane
//! counts, as every tier would; all reports must be one and the same.

use modelaudit::engine::{Backing, Reading, Tier};

use crate::support::{assert_sound, cases, forced};

/// Windows from the smallest that is useful over a prime to a round one.
const WINDOWS: [u64; 3] = [61, 4099, 64 << 10];

/// The smallest window makes one step per byte count; files longer than this
/// leave it out so that the test stays quick.
const SMALLEST_WINDOW_CAP_BYTES: u64 = 16 << 10;

fn backings() -> [Backing; 5] {
    [
        Backing::Memory,
        Backing::Disk { ahead: false },
        Backing::Disk { ahead: true },
        Backing::Direct,
        Backing::Mapped {
            region: 8192,
            ahead: true,
        },
    ]
}

#[test]
fn every_fixture_reads_the_same_in_every_way() {
    for case in cases() {
        let dir = case.lay_out();
        let plain = case.scan(dir.path(), Reading::default());
        let longest = plain
            .artifacts
            .iter()
            .map(|a| a.coverage.len)
            .max()
            .unwrap_or(0);
        for backing in backings() {
            for window in WINDOWS {
                if window == WINDOWS[0] && longest > SMALLEST_WINDOW_CAP_BYTES {
                    continue;
                }
                for lanes in [1, 3] {
                    let reading = forced(Tier::Small, backing, window, lanes);
                    let other = case.scan(dir.path(), reading);
                    let how = format!(
                        "{} with {backing:?}, window {window}, {lanes} lanes",
                        case.name
                    );
                    assert_sound(&other, &how);
                    assert_eq!(plain, other, "{how}");
                }
            }
        }
    }
}

#[test]
fn every_tier_finds_the_same() {
    for case in cases() {
        let dir = case.lay_out();
        let plain = case.scan(dir.path(), Reading::default());
        for tier in Tier::ALL {
            let backing = match tier {
                Tier::Small => Backing::Memory,
                Tier::Medium | Tier::VeryLarge => Backing::Disk { ahead: false },
                Tier::Large => Backing::Disk { ahead: true },
                Tier::Extreme | Tier::Massive => Backing::Mapped {
                    region: 500 << 20,
                    ahead: false,
                },
            };
            let other = case.scan(dir.path(), forced(tier, backing, 8 << 20, 2));
            assert_eq!(plain, other, "{} as {tier:?}", case.name);
        }
    }
}

#[test]
fn holes_read_the_same_as_zeros() {
    for case in cases() {
        let dir = case.lay_out();
        let plain = case.scan(dir.path(), Reading::default());
        let dense = Reading {
            skip_holes: false,
            ..Reading::default()
        };
        assert_eq!(plain, case.scan(dir.path(), dense), "{}", case.name);
    }
}
