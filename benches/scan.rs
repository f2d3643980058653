//! End-to-end speed: `cargo bench --bench scan -- [MEBIBYTES]`.
//!
//! Writes a safetensors file of generated weights (1024 MiB unless told) and
//! 1,000 tiny pickles to a temporary folder, scans them in every way a file
//! can be read, and prints GB/s next to a plain read of the same file in the
//! same run. Ratios travel between machines; seconds do not.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

use modelaudit::engine::{Backing, Input, Machine, Plan, Reading, Request, Tier, Unobserved, scan};

/// Size of the weights file, unless told.
const DEFAULT_MEBIBYTES: u64 = 1024;

/// Runs of each way; the median counts.
const RUNS: usize = 5;

/// Tiny pickles in the folder of small files.
const TINY_FILES: usize = 1000;

fn main() -> std::io::Result<()> {
    let mebibytes = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(DEFAULT_MEBIBYTES);
    let dir = tempfile::tempdir()?;
    let weights = dir.path().join("model.safetensors");
    write_weights(&weights, mebibytes << 20)?;
    let len = std::fs::metadata(&weights)?.len() as f64;
    let mut out = std::io::stdout();

    let read = median(|| read_through(&weights))?;
    writeln!(out, "{:<34}{:>8}{:>10}", "", "GB/s", "x read")?;
    writeln!(
        out,
        "{:<34}{:>8.2}{:>10.2}",
        "plain read",
        len / 1e9 / read,
        1.0
    )?;
    for (name, backing, window, lanes) in ways() {
        let reading = forced(backing, window, lanes);
        let time = median(|| scan_once(&weights, &reading))?;
        writeln!(
            out,
            "{name:<34}{:>8.2}{:>10.2}",
            len / 1e9 / time,
            time / read
        )?;
    }

    let tiny = dir.path().join("tiny");
    write_tiny(&tiny)?;
    let time = median(|| scan_once(&tiny, &Reading::default()))?;
    writeln!(
        out,
        "{TINY_FILES} tiny pickles: {:.0} files/s",
        TINY_FILES as f64 / time
    )
}

fn ways() -> [(&'static str, Backing, u64, usize); 9] {
    let mapped = Backing::Mapped {
        region: 500 << 20,
        ahead: false,
    };
    [
        (
            "chunked, 10 MiB",
            Backing::Disk { ahead: false },
            10 << 20,
            1,
        ),
        (
            "streaming, 8 MiB ahead",
            Backing::Disk { ahead: true },
            8 << 20,
            1,
        ),
        (
            "optimized, 8 MiB, 2 lanes",
            Backing::Disk { ahead: false },
            8 << 20,
            2,
        ),
        (
            "optimized, 1 MiB, 2 lanes",
            Backing::Disk { ahead: false },
            1 << 20,
            2,
        ),
        (
            "optimized, 4 MiB, 2 lanes",
            Backing::Disk { ahead: false },
            4 << 20,
            2,
        ),
        ("direct, 16 MiB, 2 lanes", Backing::Direct, 16 << 20, 2),
        ("mapped, 4 MiB, 2 lanes", mapped, 4 << 20, 2),
        ("mmap-windows, 16 MiB, 1 lane", mapped, 16 << 20, 1),
        ("mmap-windows, 16 MiB, 2 lanes", mapped, 16 << 20, 2),
    ]
}

fn forced(backing: Backing, window: u64, lanes: usize) -> Reading {
    let tier = Tier::VeryLarge;
    let plan = Plan {
        tier,
        read_as: tier,
        backing,
        window,
        lanes,
        drop_behind: false,
        too_tight: None,
    };
    Reading {
        forced: Some(plan),
        ..Reading::default()
    }
}

fn scan_once(path: &Path, reading: &Reading) -> std::io::Result<f64> {
    let cores = std::thread::available_parallelism()?.get();
    let machine = Machine {
        total_memory: 16 << 30,
        available_memory: 8 << 30,
        cores,
    };
    let mut request = Request::new(vec![Input::Path(path.to_owned())], machine);
    request.reading = reading.clone();
    let start = Instant::now();
    let report = scan(&request, &Unobserved);
    let time = start.elapsed().as_secs_f64();
    assert_eq!(report.summary.bytes_covered, report.summary.bytes_total);
    Ok(time)
}

fn read_through(path: &Path) -> std::io::Result<f64> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 128 << 10];
    let start = Instant::now();
    while file.read(&mut buffer)? > 0 {}
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut run: impl FnMut() -> std::io::Result<f64>) -> std::io::Result<f64> {
    let mut times = (0..RUNS).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
    times.sort_by(f64::total_cmp);
    Ok(times[RUNS / 2])
}

/// One BF16 tensor of values around zero, as trained weights have them.
fn write_weights(path: &Path, bytes: u64) -> std::io::Result<()> {
    let header = format!(
        r#"{{"w":{{"dtype":"BF16","shape":[{}],"data_offsets":[0,{bytes}]}}}}"#,
        bytes / 2
    );
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..bytes / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Sign and mantissa at random, exponent near that of 0.02.
        let value = (state & 0x81ff_81ff_81ff_81ff) | 0x3c00_3c00_3c00_3c00;
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}

/// Pickles of a small dictionary, protocol 2.
fn write_tiny(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir(dir)?;
    for index in 0..TINY_FILES {
        let number = (index as u16).to_le_bytes();
        let pickle = [
            b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01M".as_slice(),
            &number,
            b"s.",
        ]
        .concat();
        std::fs::write(dir.join(format!("{index}.pkl")), pickle)?;
    }
    Ok(())
}
