//! Speed of the pickle family: `cargo bench --bench pickle -- [MEBIBYTES]`.
//!
//! Writes two pickles as Python's own pickler does, protocol 4: one of small
//! objects (100 MiB unless told) and one of large byte strings (ten times
//! that), and prints MB/s and opcodes/s of the symbolic machine by itself and
//! of a whole scan. Where they are installed, `cat FILE` and Python's
//! `pickletools.genops` go over the same files in the same run. Ratios travel
//! between machines; seconds do not.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use modelaudit::budget::Budget;
use modelaudit::detect::pickle::{Options, examine};
use modelaudit::engine::{Input, Machine, Request, Unobserved, scan};
use modelaudit::source::{Disk, Source};

/// Size of the pickle of small objects, unless told.
const DEFAULT_MEBIBYTES: u64 = 100;

/// The pickle of byte strings is this many times as large.
const LARGE_FACTOR: u64 = 10;

/// One byte string.
const STRING_BYTES: usize = 16 << 20;

/// Runs of each way but Python's; the median counts.
const RUNS: usize = 5;

/// A frame is ended once it holds this much, as Python does it.
const FRAME_BYTES: usize = 64 << 10;

fn main() -> std::io::Result<()> {
    let mebibytes = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(DEFAULT_MEBIBYTES);
    let dir = tempfile::tempdir()?;
    let small = dir.path().join("small.pkl");
    let large = dir.path().join("large.pkl");
    write_small(&small, mebibytes << 20)?;
    write_large(&large, (mebibytes << 20) * LARGE_FACTOR)?;
    for (name, path) in [("small objects", &small), ("large byte strings", &large)] {
        measure(name, path)?;
    }
    Ok(())
}

fn measure(name: &str, path: &Path) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let len = std::fs::metadata(path)?.len() as f64;
    let opcodes = walk(path)?.0;
    writeln!(
        out,
        "{name}: {:.0} MB, {opcodes} opcodes\n{:<34}{:>9}{:>14}{:>9}",
        len / 1e6,
        "",
        "MB/s",
        "opcodes/s",
        "x cat"
    )?;
    let cat = command(RUNS, "cat", &[], path)?;
    let genops =
        "import pickletools,sys\nfor _ in pickletools.genops(open(sys.argv[1],'rb')): pass";
    let rows = [
        ("cat", cat),
        (
            "pickletools.genops",
            command(1, "python3", &["-c", genops], path)?,
        ),
        (
            "symbolic machine",
            Some(median(RUNS, || Ok(walk(path)?.1))?),
        ),
        ("whole scan", Some(median(RUNS, || scan_once(path))?)),
    ];
    for (way, seconds) in rows {
        let Some(seconds) = seconds else {
            writeln!(out, "{way:<34}not installed")?;
            continue;
        };
        writeln!(
            out,
            "{way:<34}{:>9.0}{:>14.0}{:>9.2}",
            len / 1e6 / seconds,
            opcodes as f64 / seconds,
            cat.map_or(f64::NAN, |cat| seconds / cat)
        )?;
    }
    Ok(())
}

/// Opcodes, and the time that the machine takes for them.
fn walk(path: &Path) -> std::io::Result<(u64, f64)> {
    let source = Disk::from_file(File::open(path)?, false)?;
    let budget = Budget::unlimited();
    let start = Instant::now();
    let options = Options::default();
    let summary = examine(&source, 0..source.len(), &options, &budget, &mut |_| {});
    let time = start.elapsed().as_secs_f64();
    assert!(summary.ending.is_stop(), "{:?}", summary.ending);
    Ok((summary.opcodes, time))
}

fn scan_once(path: &Path) -> std::io::Result<f64> {
    let machine = Machine {
        total_memory: 16 << 30,
        available_memory: 8 << 30,
        cores: std::thread::available_parallelism()?.get(),
    };
    let request = Request::new(vec![Input::Path(path.to_owned())], machine);
    let start = Instant::now();
    let report = scan(&request, &Unobserved);
    let time = start.elapsed().as_secs_f64();
    assert_eq!(report.summary.bytes_covered, report.summary.bytes_total);
    assert_eq!(
        report.exit_code, 0,
        "{:?} {:?}",
        report.findings, report.gaps
    );
    Ok(time)
}

/// Seconds that a program takes for the file; `None` if there is no such one.
fn command(runs: usize, program: &str, args: &[&str], path: &Path) -> std::io::Result<Option<f64>> {
    let run = || {
        let start = Instant::now();
        let status = Command::new(program)
            .args(args)
            .arg(path)
            .stdout(Stdio::null())
            .status()?;
        assert!(status.success(), "{program}: {status}");
        Ok(start.elapsed().as_secs_f64())
    };
    match median(runs, run) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn median(runs: usize, mut run: impl FnMut() -> std::io::Result<f64>) -> std::io::Result<f64> {
    let mut times = (0..runs).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
    times.sort_by(f64::total_cmp);
    Ok(times[runs / 2])
}

/// A pickle in frames.
struct Pickler {
    file: BufWriter<File>,
    frame: Vec<u8>,
    written: u64,
}

impl Pickler {
    fn create(path: &Path) -> std::io::Result<Pickler> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        file.write_all(b"\x80\x04")?;
        Ok(Pickler {
            file,
            frame: Vec::new(),
            written: 2,
        })
    }

    fn end_frame(&mut self) -> std::io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.file.write_all(b"\x95")?;
        self.file
            .write_all(&(self.frame.len() as u64).to_le_bytes())?;
        self.file.write_all(&self.frame)?;
        self.written += 9 + self.frame.len() as u64;
        self.frame.clear();
        Ok(())
    }

    fn unframed(&mut self, parts: &[&[u8]]) -> std::io::Result<()> {
        self.end_frame()?;
        for part in parts {
            self.file.write_all(part)?;
            self.written += part.len() as u64;
        }
        Ok(())
    }

    fn end(mut self) -> std::io::Result<()> {
        self.frame.extend_from_slice(b"e.");
        self.end_frame()?;
        self.file.flush()
    }
}

/// `[{"id": 7, "name": "object 7", "score": 7.0, "tags": [7, "t7"]}, …]`.
fn write_small(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut pickler = Pickler::create(path)?;
    pickler.frame.extend_from_slice(b"]\x94(");
    let keys: [&[u8]; 4] = [b"id", b"name", b"score", b"tags"];
    let mut index = 0u32;
    while pickler.written < bytes {
        let frame = &mut pickler.frame;
        frame.extend_from_slice(b"}\x94(");
        for (at, key) in keys.iter().enumerate() {
            // Keys are memoized once and fetched from then on.
            match index {
                0 => short_text(frame, key),
                _ => frame.extend_from_slice(&[b'h', [2, 3, 5, 6][at]]),
            }
            match at {
                0 => integer(frame, index),
                1 => short_text(frame, format!("object {index}").as_bytes()),
                2 => {
                    frame.push(b'G');
                    frame.extend_from_slice(&f64::from(index).to_be_bytes());
                }
                _ => {
                    frame.extend_from_slice(b"]\x94(");
                    integer(frame, index);
                    short_text(frame, format!("t{index}").as_bytes());
                    frame.push(b'e');
                }
            }
        }
        frame.push(b'u');
        index += 1;
        if frame.len() >= FRAME_BYTES {
            pickler.end_frame()?;
        }
    }
    pickler.end()
}

/// A list of byte strings of generated weights.
fn write_large(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut pickler = Pickler::create(path)?;
    pickler.frame.extend_from_slice(b"]\x94(");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut string = Vec::with_capacity(STRING_BYTES);
    while pickler.written < bytes {
        string.clear();
        while string.len() < STRING_BYTES {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let value = (state & 0x81ff_81ff_81ff_81ff) | 0x3c00_3c00_3c00_3c00;
            string.extend_from_slice(&value.to_le_bytes());
        }
        let len = (STRING_BYTES as u32).to_le_bytes();
        pickler.unframed(&[b"B", &len, &string])?;
        pickler.frame.push(0x94);
    }
    pickler.end()
}

fn integer(frame: &mut Vec<u8>, value: u32) {
    frame.push(b'J');
    frame.extend_from_slice(&value.to_le_bytes());
}

/// A text of less than 256 bytes, memoized.
fn short_text(frame: &mut Vec<u8>, text: &[u8]) {
    frame.push(0x8c);
    frame.push(text.len() as u8);
    frame.extend_from_slice(text);
    frame.push(0x94);
}
