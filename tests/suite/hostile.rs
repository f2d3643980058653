//! Broken and hostile bytes: every fixture cut at every offset and with bytes
//! flipped. Nothing panics, coverage adds up, and no verdict is clean that
//! was not earned.

use modelaudit::report::{Report, Why};

use crate::support::{assert_sound, cases, scan_bytes};

/// Longer inputs are cut at this many offsets, evenly spread, besides the
/// first and the last bytes.
const CUTS: usize = 160;

/// Bytes flipped in each input.
const FLIPS: usize = 96;

/// Inputs above this size are left to the tests of their own format.
const INPUT_CAP_BYTES: usize = 64 << 10;

fn inputs() -> Vec<(String, String, Vec<u8>)> {
    cases()
        .into_iter()
        .flat_map(|case| {
            let name = case.name.clone();
            case.inputs()
                .into_iter()
                .map(move |(file, bytes)| (name.clone(), file, bytes))
        })
        .filter(|(_, _, bytes)| bytes.len() <= INPUT_CAP_BYTES)
        .collect()
}

fn assert_survived(report: &Report, what: &str) {
    assert_sound(report, what);
    let panics: Vec<_> = report
        .gaps
        .iter()
        .filter(|g| g.why == Why::Panicked)
        .collect();
    assert!(panics.is_empty(), "{what}: {panics:?}");
}

#[test]
fn every_input_survives_being_cut_anywhere() {
    for (case, file, bytes) in inputs() {
        let step = (bytes.len() / CUTS).max(1);
        let ends = bytes.len().saturating_sub(64)..bytes.len();
        let starts = 0..bytes.len().min(64);
        for cut in (0..bytes.len()).step_by(step).chain(starts).chain(ends) {
            let report = scan_bytes(&file, &bytes[..cut]);
            assert_survived(&report, &format!("{case}/{file} cut at {cut}"));
        }
    }
}

#[test]
fn every_input_survives_flipped_bytes() {
    for (case, file, bytes) in inputs() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..FLIPS {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            if bytes.is_empty() {
                break;
            }
            let at = (random >> 8) as usize % bytes.len();
            let mut flipped = bytes.clone();
            flipped[at] = random as u8;
            let report = scan_bytes(&file, flipped);
            assert_survived(
                &report,
                &format!("{case}/{file} with byte {at} = {}", random as u8),
            );
        }
    }
}

#[test]
fn the_empty_file_is_clean_and_covered() {
    let report = scan_bytes("empty.bin", Vec::new());
    assert_survived(&report, "empty");
    assert_eq!((report.exit_code, report.summary.files), (0, 1));
}
