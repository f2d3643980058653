//! Broken and hostile bytes: every fixture cut at every offset and with bytes
//! flipped. Nothing panics, coverage adds up, and no verdict is clean that
//! was not earned.

use modelaudit::report::{Report, Why};

use crate::support::{assert_sound, cases, scan_bytes};

/// Longer inputs are cut at this many offsets, evenly spread, besides the
/// first and the last bytes. Each format cuts its own samples at every offset;
/// here the parts are held to it together.
const CUTS: usize = 48;

/// Bytes at each end of which every cut is made.
const EDGE_BYTES: usize = 32;

/// Bytes flipped in each input.
const FLIPS: usize = 40;

/// Inputs above this size are left to the tests of their own format.
const INPUT_CAP_BYTES: usize = 64 << 10;

/// Of the ordinary models, which are many and alike, one in so many is cut and
/// flipped.
const MODELS_APART: usize = 16;

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
        .enumerate()
        .filter(|(at, (case, ..))| !case.starts_with("models/") || at.is_multiple_of(MODELS_APART))
        .map(|(_, input)| input)
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
        let ends = bytes.len().saturating_sub(EDGE_BYTES)..bytes.len();
        let starts = 0..bytes.len().min(EDGE_BYTES);
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

#[test]
fn a_preface_of_text_hides_nothing_behind_it() {
    let prose = "This model was trained with care.\n".repeat(1000);
    let payload = b"cos\nsystem\n(S'id'\ntR.";
    let quoted = [prose.as_bytes(), payload, b"\n", prose.as_bytes()].concat();
    let report = scan_bytes("README.md", quoted.clone());
    assert_eq!(
        report.exit_code, 0,
        "prose that quotes a payload: {:?}",
        report.findings
    );
    let weights = [quoted.as_slice(), &[0x3c, 0x02, 0x00, 0x81]].concat();
    for name in ["README.md", "weights.bin", "model.safetensors"] {
        let report = scan_bytes(name, weights.clone());
        assert_eq!(
            report.exit_code, 1,
            "{name}: {:?}",
            report.artifacts[0].formats
        );
        assert_eq!(report.findings[0].rule, "embedded-pickle", "{name}");
    }
}

#[test]
fn many_small_pickles_cost_no_more_than_their_bytes() {
    let stream = b"cos\nsystem\n(S'id'\ntR.";
    let report = scan_bytes("many.pkl", stream.repeat(20_000));
    assert_survived(&report, "stacked");
    let calls = report
        .findings
        .iter()
        .filter(|f| f.rule == "pickle-dangerous-call");
    assert_eq!(calls.map(|f| f.occurrences).sum::<u64>(), 20_000);
    let nested = b"cpickle\nloads\n(S'N.'\ntR0";
    let report = scan_bytes(
        "many.pkl",
        [nested.repeat(5_000).as_slice(), b"N."].concat(),
    );
    assert_survived(&report, "nested");
}
