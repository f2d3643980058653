//! This program next to plain tools and to scanners in Python, on the same
//! files: `cargo bench --bench compare -- [--unit MEBIBYTES] [--write]`.
//!
//! Makes a safetensors file of four units, a PyTorch archive and a GGUF file of
//! one, a set of eight shards of half a unit, and 10,000 tiny pickles (a unit
//! is 1024 MiB unless told; they stay in the target folder for the next run).
//! The files are in the page cache. Every command runs once, and then five
//! times, all in turn; the medians of the wall time count. What takes more than
//! five seconds runs once. Tools that are not installed are left out. With
//! `--write` the table goes into `docs/performance.md`, between its two marks.

mod data;
#[path = "../sweep/kinds.rs"]
mod kinds;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use data::Subject;
use modelaudit::detect::SWEEPERS;
use rustix::fs::{Advice, fadvise};

/// MiB of a unit, unless told.
const UNIT_MEBIBYTES: usize = 1024;

/// Runs of each command; the median counts.
const RUNS: usize = 5;

/// A command that takes longer than this many seconds runs once.
const SLOW_SECONDS: f64 = 5.0;

/// Where the table goes.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
const BEGIN: &str = "<!-- comparison: written by cargo bench --bench compare -- --write -->";
const END: &str = "<!-- end of the comparison -->";

/// A program to compare with.
struct Tool {
    name: &'static str,
    program: &'static str,
    takes: Takes,
}

/// What a tool is given.
enum Takes {
    /// Words, then every file.
    Files(&'static [&'static str]),
    /// Words, then the file or folder.
    Path(&'static [&'static str]),
    /// Words, the file with our literals, then every file.
    Literals(&'static [&'static str]),
}

const TOOLS: [Tool; 8] = [
    Tool {
        name: "modelaudit",
        program: env!("CARGO_BIN_EXE_modelaudit"),
        takes: Takes::Path(&["-q"]),
    },
    Tool {
        name: "`cat`",
        program: "cat",
        takes: Takes::Files(&[]),
    },
    Tool {
        name: "`sha256sum`",
        program: "sha256sum",
        takes: Takes::Files(&[]),
    },
    Tool {
        name: "`b3sum`",
        program: "b3sum",
        takes: Takes::Files(&[]),
    },
    Tool {
        name: "`rg -a`, our literals",
        program: "rg",
        takes: Takes::Literals(&["-a", "-c", "-U", "--no-unicode", "-f"]),
    },
    Tool {
        name: "modelaudit (Python)",
        program: "python-modelaudit",
        takes: Takes::Path(&["scan"]),
    },
    Tool {
        name: "picklescan",
        program: "picklescan",
        takes: Takes::Path(&["-p"]),
    },
    Tool {
        name: "modelscan",
        program: "modelscan",
        takes: Takes::Path(&["-p"]),
    },
];

/// What a command took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    /// The most memory it had, in bytes, where `time` tells.
    peak: Option<u64>,
}

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |word: &str| {
        let at = words.iter().position(|w| w == word)?;
        words.get(at + 1)?.parse().ok()
    };
    let unit = after("--unit").unwrap_or(UNIT_MEBIBYTES).max(2);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    fs::create_dir_all(&folder)?;
    let subjects = data::make(&folder, unit)?;
    let literals = literals(&folder)?;
    let mut out = io::stdout();
    let mut page = String::new();
    for subject in &subjects {
        let table = table(subject, &literals, &folder)?;
        write!(out, "{table}")?;
        page.push_str(&table);
    }
    if words.iter().any(|word| word == "--write") {
        write_page(&page)?;
    }
    Ok(())
}

/// Our literals as regular expressions, one a line.
fn literals(folder: &Path) -> io::Result<PathBuf> {
    let mut text = String::new();
    for literal in SWEEPERS.iter().flat_map(|sweeper| sweeper.literals()) {
        text.push_str(if literal.is_folded() { "(?i)" } else { "(?-i)" });
        for byte in literal.bytes() {
            let _ = write!(text, "\\x{byte:02x}");
        }
        text.push('\n');
    }
    let path = folder.join("literals.txt");
    fs::write(&path, text)?;
    Ok(path)
}

/// The table of one subject.
fn table(subject: &Subject, literals: &Path, folder: &Path) -> io::Result<String> {
    // Into the page cache: our own scan leaves there only what was there.
    for file in &subject.files {
        io::copy(&mut File::open(file)?, &mut io::sink())?;
    }
    let mut runs: Vec<(&Tool, Vec<Took>)> = Vec::new();
    for tool in &TOOLS {
        if is_there(tool.program) {
            // Once, so that all have the same cache.
            let first = run(tool, subject, literals, folder)?;
            let is_slow = first.seconds > SLOW_SECONDS;
            runs.push((tool, if is_slow { vec![first] } else { Vec::new() }));
        }
    }
    for _ in 0..RUNS {
        for (tool, took) in runs
            .iter_mut()
            .filter(|(_, took)| took.len() != 1 || took[0].seconds <= SLOW_SECONDS)
        {
            took.push(run(tool, subject, literals, folder)?);
        }
    }
    let ours = runs.first().map_or(1.0, |(_, took)| median(took).seconds);
    let mut text = format!(
        "### {}\n\n| command | seconds | ours ÷ its time | GB/s | peak memory |\n|---|---:|---:|---:|---:|\n",
        subject.name
    );
    for (tool, took) in &runs {
        let took = median(took);
        let peak = took
            .peak
            .map_or("-".to_owned(), |peak| format!("{} MiB", peak >> 20));
        let _ = writeln!(
            text,
            "| {} | {:.3} | {:.2} | {:.2} | {peak} |",
            tool.name,
            took.seconds,
            ours / took.seconds,
            subject.bytes as f64 / 1e9 / took.seconds,
        );
    }
    if subject.files.len() == 1 {
        let [cold, cat] = cold(subject, literals, folder)?;
        let _ = writeln!(
            text,
            "\nNot in the page cache: {cold:.2} s, `cat` {cat:.2} s, ratio {:.2}.",
            cold / cat
        );
    }
    text.push('\n');
    Ok(text)
}

/// The same with an empty page cache, ours and `cat` in turn.
fn cold(subject: &Subject, literals: &Path, folder: &Path) -> io::Result<[f64; 2]> {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (tool, took) in TOOLS.iter().zip(&mut took) {
            for file in &subject.files {
                let file = File::open(file)?;
                file.sync_all()?;
                fadvise(file.as_fd(), 0, None, Advice::DontNeed)?;
            }
            took.push(run(tool, subject, literals, folder)?);
        }
    }
    Ok(took.map(|took| median(&took).seconds))
}

fn median(took: &[Took]) -> Took {
    let mut sorted = took.to_vec();
    sorted.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    sorted[sorted.len() / 2]
}

fn run(tool: &Tool, subject: &Subject, literals: &Path, folder: &Path) -> io::Result<Took> {
    let report = folder.join("peak.txt");
    let mut command = match is_there("/usr/bin/time") {
        true => {
            let mut command = Command::new("/usr/bin/time");
            command
                .args(["-f", "%M", "-o"])
                .arg(&report)
                .arg(tool.program);
            command
        }
        false => Command::new(tool.program),
    };
    match tool.takes {
        Takes::Files(words) => command.args(words).args(&subject.files),
        Takes::Path(words) => command.args(words).arg(&subject.path),
        Takes::Literals(words) => command.args(words).arg(literals).args(&subject.files),
    };
    let _ = fs::remove_file(&report);
    let start = Instant::now();
    let done = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let seconds = start.elapsed().as_secs_f64();
    assert!(done.code().is_some(), "{} was ended by a signal", tool.name);
    let peak = fs::read_to_string(&report).ok().and_then(|text| {
        // The first line may say how the command ended.
        text.lines().last()?.trim().parse::<u64>().ok()
    });
    Ok(Took {
        seconds,
        peak: peak.map(|kilobytes| kilobytes << 10),
    })
}

fn is_there(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// Put the tables between the marks of the page.
fn write_page(tables: &str) -> io::Result<()> {
    let page = fs::read_to_string(PAGE)?;
    let (Some(begin), Some(end)) = (page.find(BEGIN), page.find(END)) else {
        return Err(io::Error::other("docs/performance.md has lost its marks"));
    };
    let page = format!(
        "{}{BEGIN}\n\n{}\n\n{}",
        &page[..begin],
        tables.trim(),
        &page[end..]
    );
    fs::write(PAGE, page)
}
