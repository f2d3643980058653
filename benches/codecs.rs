//! How fast packed streams are decoded and scanned, next to the plain tools:
//! `cargo bench --bench codecs -- [MEBIBYTES] [CODEC...]` (default 64, all).
//!
//! Generates a mix of text, JSON and weights, and a safetensors file, the same
//! in every run, packs both with the plain tool of each format, and measures on
//! one core (where `taskset` is there): the tool unpacking to nowhere, our
//! decoder with all its checks in a process of its own, and the whole scan of
//! the packed file. What counts is processor time, where the system tells it,
//! so that other work on the machine does little harm. The three take turns, and
//! the best of five counts; the numbers to watch are the ratios. A tool that is
//! not installed is named, and its row left out.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use modelaudit::budget::Budget;
use modelaudit::source::{Disk, Source};
use modelaudit::wire::codec::Codec;

const DEFAULT_MEBIBYTES: usize = 64;

const RUNS: usize = 5;

/// Bytes that the decoder is asked for at a time, as the engine does.
const PIECE_BYTES: usize = 256 << 10;

/// Tells this program that it is the process that decodes.
const DECODE: &str = "decode";

/// A plain tool and the codec that reads what it writes.
struct Tool {
    name: &'static str,
    program: &'static str,
    suffix: &'static str,
    codec: Codec,
}

const TOOLS: [Tool; 6] = [
    tool("deflate", "gzip", "gz", Codec::Gzip),
    tool("bzip2", "bzip2", "bz2", Codec::Bzip2),
    tool("zstd", "zstd", "zst", Codec::Zstd),
    tool("lz4", "lz4", "lz4", Codec::Lz4),
    tool("xz", "xz", "xz", Codec::Xz),
    tool("lzip", "lzip", "lz", Codec::Lzip),
];

const fn tool(
    name: &'static str,
    program: &'static str,
    suffix: &'static str,
    codec: Codec,
) -> Tool {
    Tool {
        name,
        program,
        suffix,
        codec,
    }
}

fn main() -> std::io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, name, path] = words.as_slice()
        && word == DECODE
    {
        return decode(name, Path::new(path));
    }
    // Cargo passes flags such as `--bench`.
    let (sizes, names): (Vec<_>, Vec<_>) = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .partition(|word| word.parse::<usize>().is_ok());
    let size = sizes.first().and_then(|size| size.parse().ok());
    let len = size.unwrap_or(DEFAULT_MEBIBYTES) << 20;
    let folder = tempfile::tempdir()?;
    let mut out = std::io::stdout();
    if !is_there("taskset") {
        writeln!(out, "taskset is not installed: nothing is pinned to a core")?;
    }
    for (name, bytes) in [
        ("text, JSON and weights", mix as fn(usize) -> Vec<u8>),
        ("weights", safetensors),
    ] {
        let plain = folder.path().join("plain.bin");
        File::create(&plain)?.write_all(&bytes(len))?;
        writeln!(
            out,
            "\n{name}\n{:8} {:>7} {:>12} {:>12} {:>12} {:>14} {:>12}",
            "", "packed", "tool", "decoder", "scan", "decoder/tool", "scan/tool"
        )?;
        let is_wanted = |tool: &&Tool| names.is_empty() || names.iter().any(|n| *n == tool.name);
        for tool in TOOLS.iter().filter(is_wanted) {
            if !is_there(tool.program) {
                writeln!(out, "{:8} {} is not installed", tool.name, tool.program)?;
                continue;
            }
            row(tool, &plain, len as f64, &mut out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Pack, measure and print one row: GB of unpacked bytes a second.
fn row(tool: &Tool, plain: &Path, len: f64, out: &mut impl Write) -> std::io::Result<()> {
    let packed = plain.with_extension(format!("bin.{}", tool.suffix));
    let packing = Command::new(tool.program)
        .arg("-c")
        .stdin(File::open(plain)?)
        .stdout(File::create(&packed)?)
        .stderr(Stdio::null())
        .status()?;
    assert!(packing.success(), "{} does not pack", tool.program);
    let own = std::env::current_exe()?;
    let mut best = [f64::MAX; 3];
    for _ in 0..RUNS {
        let runs = [
            run(&[tool.program.as_ref(), "-dc".as_ref(), packed.as_ref()])?,
            run(&[
                own.as_ref(),
                DECODE.as_ref(),
                tool.name.as_ref(),
                packed.as_ref(),
            ])?,
            run(&[env!("CARGO_BIN_EXE_modelaudit").as_ref(), packed.as_ref()])?,
        ];
        for (best, run) in best.iter_mut().zip(runs) {
            *best = best.min(run);
        }
    }
    let [by_tool, by_us, by_scan] = best;
    let share = std::fs::metadata(&packed)?.len() as f64 / len;
    let speed = |time: f64| format!("{:.3} GB/s", len / 1e9 / time);
    writeln!(
        out,
        "{:8} {:>6.1}% {:>12} {:>12} {:>12} {:>14.2} {:>12.2}",
        tool.name,
        share * 100.0,
        speed(by_tool),
        speed(by_us),
        speed(by_scan),
        by_us / by_tool,
        by_scan / by_tool
    )?;
    std::fs::remove_file(packed)
}

/// Processor time of all processes that this one started and that ended, in
/// seconds, as Linux tells it.
fn spent() -> Option<f64> {
    /// Of a second, on every Linux.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(13).map(str::parse::<f64>);
    Some((fields.next()?.ok()? + fields.next()?.ok()?) / TICKS)
}

/// Seconds that a command takes on one core.
fn run(words: &[&std::ffi::OsStr]) -> std::io::Result<f64> {
    let pin: &[&std::ffi::OsStr] = match is_there("taskset") {
        true => &["taskset".as_ref(), "-c".as_ref(), "0".as_ref()],
        false => &[],
    };
    let all = [pin, words].concat();
    let (start, before) = (Instant::now(), spent());
    let status = Command::new(all[0])
        .args(&all[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{words:?} fails");
    let processor = before.zip(spent()).map(|(before, now)| now - before);
    Ok(processor.filter(|time| *time > 0.0).unwrap_or(wall))
}

fn is_there(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// The process that decodes a file and keeps nothing of it.
fn decode(name: &str, path: &Path) -> std::io::Result<ExitCode> {
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
        return Ok(ExitCode::from(2));
    };
    let source = Disk::open(path, false).map_err(std::io::Error::other)?;
    let mut decoder = tool
        .codec
        .decode(&source, 0..source.len(), &Budget::unlimited());
    let mut piece = vec![0; PIECE_BYTES];
    while decoder.read(&mut piece)? > 0 {}
    assert!(decoder.remarks().kept().is_empty());
    Ok(ExitCode::SUCCESS)
}

/// A small generator, so that the bytes are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound
    }
}

/// Text, JSON and weights in turn.
fn mix(len: usize) -> Vec<u8> {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let words: Vec<String> = (0..20_000).map(|_| word(&mut noise)).collect();
    let mut out = Vec::with_capacity(len + (1 << 20));
    while out.len() < len {
        for _ in 0..20_000 {
            out.extend_from_slice(words[noise.below(words.len())].as_bytes());
            out.push(b' ');
        }
        out.extend((0..64 << 10).flat_map(|_| two_weights(&mut noise)));
        out.extend_from_slice(b"{\"vocab\": {");
        for id in 0..8000 {
            let word = &words[noise.below(words.len())];
            out.extend_from_slice(format!("\"{word}\": {id}, ").as_bytes());
        }
        out.extend_from_slice(b"\"\": 0}}\n");
    }
    out.truncate(len);
    out
}

/// Two numbers like bf16: signs and high exponents alike, the rest noise.
fn two_weights(noise: &mut Noise) -> [u8; 4] {
    let bits = noise.next();
    [
        bits as u8,
        0x3c | (bits >> 8) as u8 & 3,
        (bits >> 16) as u8,
        0xbc | (bits >> 24) as u8 & 3,
    ]
}

/// A safetensors file of about this length.
fn safetensors(len: usize) -> Vec<u8> {
    let count = len / 4 * 2;
    let end = count * 2;
    let header =
        format!(r#"{{"w":{{"dtype":"BF16","shape":[{count}],"data_offsets":[0,{end}]}}}}"#);
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    out.extend((0..count / 2).flat_map(|_| two_weights(&mut noise)));
    out
}

fn word(noise: &mut Noise) -> String {
    let len = 2 + noise.below(8);
    (0..len)
        .map(|_| char::from(b'a' + noise.below(26) as u8))
        .collect()
}
