//! Instructions that the hot loops take for each byte, as callgrind counts
//! them: `cargo bench --bench counts -- [--write]`.
//!
//! Counts are the same on a busy machine as on an idle one, so that a
//! regression of a few percent shows. They are compared with the committed
//! `benches/counts/baseline.txt`; a loop that takes more than a twentieth more
//! fails the run, and `--write` makes the counts of today the new baseline.
//! Valgrind knows no AVX-512: the kernel that is counted is that of AVX2.

#[path = "../sweep/kinds.rs"]
mod kinds;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Read as _, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use modelaudit::budget::Budget;
use modelaudit::detect;
use modelaudit::formats::{self, Artifact, Context, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source as _, Window};
use modelaudit::wire::codec::Codec;

/// Bytes that each loop works on.
const BYTES: usize = 4 << 20;

/// How much more a loop may take than its baseline.
const TOLERANCE: f64 = 1.05;

const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/counts/baseline.txt");

/// Tells this program that it is the process that is counted.
const COUNTED: &str = "counted";

/// What is counted, by name: makes its input, and works on it.
type Loop = (&'static str, fn() -> Vec<u8>, fn(&[u8]));

const LOOPS: [Loop; 7] = [
    ("sweep-bf16", || kind("bf16"), sweep),
    ("sweep-uniform", || kind("uniform"), sweep),
    ("sweep-text", || kind("text"), sweep),
    ("examine-pickle", pickle, |bytes| {
        examine("pickle", "m.pkl", bytes)
    }),
    ("examine-json", json, |bytes| {
        examine("manifest", "config.json", bytes)
    }),
    ("decode-deflate", deflated, |bytes| {
        decode(Codec::Gzip, bytes)
    }),
    ("decode-lz4", framed, |bytes| decode(Codec::Lz4, bytes)),
];

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, name] = words.as_slice()
        && word == COUNTED
    {
        let Some((_, make, work)) = LOOPS.iter().find(|(known, ..)| known == name) else {
            return Ok(ExitCode::from(2));
        };
        let input = make();
        // The size, for the process that counts.
        writeln!(io::stdout(), "{}", input.len())?;
        // Tables are made once, and not of interest.
        sweep(&[0; 64]);
        hot_loop(*work, &input);
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = io::stdout();
    let baseline = baseline();
    let (mut fresh, mut is_worse) = (String::new(), false);
    for (name, ..) in LOOPS {
        let Some(count) = count(name)? else {
            writeln!(out, "valgrind is not installed, or does not run here")?;
            return Ok(ExitCode::SUCCESS);
        };
        let before = baseline.get(name).copied();
        let ratio = before.map(|before| count / before);
        is_worse |= ratio.is_some_and(|ratio| ratio > TOLERANCE);
        let ratio = ratio.map_or("new".to_owned(), |ratio| format!("{ratio:.3}"));
        writeln!(
            out,
            "{name:<16}{count:>10.3} instructions a byte {ratio:>8}"
        )?;
        let _ = writeln!(fresh, "{name} {count:.3}");
    }
    if words.iter().any(|word| word == "--write") {
        std::fs::write(BASELINE, fresh)?;
    } else if is_worse {
        writeln!(out, "a loop takes more than before")?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// What callgrind collects: nothing before it, nothing behind it.
#[inline(never)]
fn hot_loop(work: fn(&[u8]), input: &[u8]) {
    work(black_box(input));
    black_box(());
}

/// Instructions for each byte of a loop's input.
fn count(name: &str) -> io::Result<Option<f64>> {
    let own = std::env::current_exe()?;
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--toggle-collect=*hot_loop*", "--separate-threads=no"])
        .arg(own)
        .args([COUNTED, name])
        .stdin(Stdio::null())
        .output();
    let Ok(run) = run else { return Ok(None) };
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said.lines().find_map(|line| {
        line.split_once("Collected : ")?
            .1
            .trim()
            .parse::<f64>()
            .ok()
    });
    let len = String::from_utf8_lossy(&run.stdout)
        .trim()
        .parse::<f64>()
        .ok();
    Ok(collected.zip(len).map(|(collected, len)| collected / len))
}

fn baseline() -> BTreeMap<String, f64> {
    let text = std::fs::read_to_string(BASELINE).unwrap_or_default();
    let line = |line: &str| {
        let (name, count) = line.split_once(' ')?;
        Some((name.to_owned(), count.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

fn sweep(bytes: &[u8]) {
    let window = Window {
        bytes,
        base: 0,
        core: 0..bytes.len(),
    };
    detect::sweep(&window, &mut |sweeper, sightings| {
        sweeper.judge(&window, sightings, &mut |hit| {
            black_box(hit);
        });
    });
}

/// Keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn finding(&self, draft: Draft) {
        black_box(draft);
    }

    fn gap(&self, at: Place, why: Why, detail: String) {
        black_box((at, why, detail));
    }
}

/// The examination of a file by one format.
fn examine(id: &str, name: &str, bytes: &[u8]) {
    let artifact = Artifact {
        location: Location::file(name),
        name: name.to_owned(),
        source: Arc::new(Memory::new(bytes.to_vec())),
        depth: 0,
    };
    let budget = Budget::unlimited();
    let mut cx = Context::new(&Nowhere, &budget);
    let format = formats::find(id);
    assert!(format.is_some_and(|format| format.examine(&artifact, &mut cx).is_ok()));
}

fn decode(codec: Codec, bytes: &[u8]) {
    let source = Memory::new(bytes.to_vec());
    let budget = Budget::unlimited();
    let mut decoder = codec.decode(&source, 0..source.len(), &budget);
    let mut piece = vec![0; 256 << 10];
    while decoder.read(&mut piece).is_ok_and(|n| n > 0) {}
}

fn kind(name: &str) -> Vec<u8> {
    let make = kinds::KINDS.iter().find(|(known, _)| *known == name);
    make.map(|(_, make)| make(BYTES)).unwrap_or_default()
}

/// A list of small objects, as data frames and configurations are.
fn pickle() -> Vec<u8> {
    let mut bytes = b"\x80\x04](".to_vec();
    while bytes.len() < BYTES / 4 {
        bytes.extend_from_slice(b"}(\x8c\x04name\x8c\x05value\x8c\x01nK\x07u");
    }
    bytes.extend_from_slice(b"e.");
    bytes
}

fn json() -> Vec<u8> {
    let mut text = String::from("{\"layers\": [");
    while text.len() < BYTES / 4 {
        text.push_str("{\"name\": \"dense\", \"units\": 128, \"rate\": 0.5, \"bias\": true}, ");
    }
    text.push_str("{}]}");
    text.into_bytes()
}

fn deflated() -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
    let _ = writer.write_all(&kind("bf16"));
    writer.finish().unwrap_or_default()
}

fn framed() -> Vec<u8> {
    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    let _ = writer.write_all(&kind("text"));
    writer.finish().unwrap_or_default()
}
