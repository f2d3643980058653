//! Members of one archive on one core and on two:
//! `cargo bench --bench members -- [MEBIBYTES]`.
//!
//! Writes an archive with eight deflated members of generated weights (64 MiB
//! each unless told) and one with 10,000 tiny members, scans each with one
//! core and with two, and prints the times and their ratio. Ratios travel
//! between machines; seconds do not.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use modelaudit::engine::{Input, Machine, Request, Unobserved, scan};

/// Size of one packed member, unless told.
const DEFAULT_MEBIBYTES: usize = 64;

/// Packed members of the first archive.
const MEMBERS: usize = 8;

/// Members of the second one.
const TINY_MEMBERS: usize = 10_000;

/// Runs of each way; the median counts.
const RUNS: usize = 5;

fn main() -> std::io::Result<()> {
    let mebibytes = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(DEFAULT_MEBIBYTES);
    let dir = tempfile::tempdir()?;
    let packed = dir.path().join("packed.zip");
    let weights = weights(mebibytes << 20);
    write(&packed, (0..MEMBERS).map(|_| &weights[..]))?;
    let tiny = dir.path().join("tiny.zip");
    write(&tiny, weights.chunks(60).take(TINY_MEMBERS))?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<28}{:>10}{:>10}{:>8}",
        "", "1 core", "2 cores", "ratio"
    )?;
    for (name, path) in [("packed members", &packed), ("tiny members", &tiny)] {
        let (one, two) = (median(path, 1), median(path, 2));
        writeln!(out, "{name:<28}{one:>10.3}{two:>10.3}{:>8.2}", two / one)?;
    }
    Ok(())
}

/// Numbers as weights have them: noisy low bytes, few different high ones.
fn weights(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.extend([(state >> 40) as u8, 0x3c + ((state >> 60) as u8 & 3)]);
    }
    bytes
}

fn write<'a>(path: &Path, members: impl Iterator<Item = &'a [u8]>) -> std::io::Result<()> {
    let mut writer = zip::ZipWriter::new(BufWriter::new(File::create(path)?));
    let fast = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1));
    for (number, bytes) in members.enumerate() {
        writer.start_file(format!("data/{number}"), fast)?;
        writer.write_all(bytes)?;
    }
    writer.finish()?.flush()
}

fn median(path: &Path, cores: usize) -> f64 {
    let mut times: Vec<f64> = (0..RUNS).map(|_| scan_once(path, cores)).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn scan_once(path: &Path, cores: usize) -> f64 {
    let machine = Machine {
        total_memory: 16 << 30,
        available_memory: 8 << 30,
        cores,
    };
    let request = Request::new(vec![Input::Path(path.to_owned())], machine);
    let start = Instant::now();
    let report = scan(&request, &Unobserved);
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    start.elapsed().as_secs_f64()
}
