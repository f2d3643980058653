//! Memory that whole scans take, on every tier, as the report itself says.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use crate::binary::run;

/// No scan of one file may take more, whatever its size.
const PEAK_CAP_BYTES: u64 = 600 << 20;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The most memory that a scan had, in bytes.
fn peak(len: u64, data: u64, args: &[&str]) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("weights.bin");
    let file = File::create(&path).unwrap();
    file.set_len(len).unwrap();
    // Data at the end, so that a sparse file is more than one hole.
    let noise: Vec<u8> = (0..MIB as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for at in (len - data..len).step_by(MIB as usize) {
        file.write_all_at(&noise[..(len - at).min(MIB) as usize], at)
            .unwrap();
    }
    let name = path.to_str().unwrap();
    let run = run(&[&["--format", "json", "--fail-on", "never"], args, &[name]].concat());
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["summary"]["bytes_covered"], len, "{args:?}");
    let peak = report["stats"]["peak_memory_bytes"].as_u64().unwrap();
    assert!(peak > MIB, "the system tells");
    peak
}

#[test]
fn memory_stays_flat_on_every_tier_and_way_of_reading() {
    for (len, data) in [
        (5 * MIB, 5 * MIB),
        (50 * MIB, 50 * MIB),
        (300 * MIB, 300 * MIB),
        (2 * GIB, 64 * MIB),
        (60 * GIB, 64 * MIB),
        (300 * GIB, 64 * MIB),
    ] {
        for args in [&[][..], &["--io", "read"], &["--large-models"]] {
            let peak = peak(len, data, args);
            assert!(peak < PEAK_CAP_BYTES, "{len} bytes, {args:?}: {peak}");
        }
    }
}

#[test]
fn a_file_of_sixteen_times_the_length_takes_no_more_memory() {
    for args in [&["--no-sparse"][..], &["--no-sparse", "--io", "read"]] {
        let short = peak(128 * MIB, MIB, args);
        let long = peak(2 * GIB, MIB, args);
        assert!(
            long < short + 64 * MIB,
            "{args:?}: {short} and {long} bytes"
        );
    }
}

#[test]
fn the_budget_of_a_scan_bounds_its_buffers() {
    let args = ["--max-memory", "64MB", "--io", "read", "--no-sparse"];
    let peak = peak(2 * GIB, MIB, &args);
    assert!(peak < 128 * MIB, "{peak}");
}
