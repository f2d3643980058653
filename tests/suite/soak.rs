//! Many scans in one process with faults at random: none crashes, every report
//! is sound, a fault is never clean, and nothing is left behind.
//!
//! `MODELAUDIT_SOAK_SCANS=100000 cargo test --test suite -- soak` makes more of
//! them. Everything follows from the number of a scan, so that one which fails
//! can be run again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use modelaudit::budget::{Limits, Stop};
use modelaudit::engine::{Backing, Reading, Tier};
use modelaudit::report::Verdict;
use modelaudit::source::{ReadError, SharedSource, Source};

use crate::support::{assert_sound, cases, forced, request_for_source, scan};

/// Scans, unless the variable says otherwise.
const SCANS: u64 = 2000;

/// Says how many scans there are.
const VARIABLE: &str = "MODELAUDIT_SOAK_SCANS";

/// How much larger the process may be in the end than after the first tenth of
/// its scans.
const GROWTH_CAP_BYTES: u64 = 96 << 20;

/// A small generator: the same numbers for the same scan.
struct Random(u64);

impl Random {
    fn of(scan: u64) -> Self {
        Random(scan.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }
}

/// What happens to the reads of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Error,
    Change,
    Panic,
    Short,
    Cancel,
    NoTime,
}

const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::Error,
    Fault::Change,
    Fault::Panic,
    Fault::Short,
    Fault::Cancel,
    Fault::NoTime,
];

/// Bytes whose reads go wrong at one place.
#[derive(Debug)]
struct Faulty {
    bytes: Vec<u8>,
    at: u64,
    fault: Fault,
    met: AtomicBool,
}

impl Source for Faulty {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let from = usize::try_from(at)
            .unwrap_or(usize::MAX)
            .min(self.bytes.len());
        let mut n = buf.len().min(self.bytes.len() - from);
        if self.fault == Fault::Short {
            n = n.min(1 + (at as usize * 31) % 977);
        }
        if (at..at + n as u64).contains(&self.at) {
            match self.fault {
                Fault::Error => {
                    self.met.store(true, Ordering::Relaxed);
                    return Err(std::io::Error::other("bad sector").into());
                }
                Fault::Change => {
                    self.met.store(true, Ordering::Relaxed);
                    return Err(ReadError::Changed);
                }
                Fault::Panic => {
                    self.met.store(true, Ordering::Relaxed);
                    panic!("a defect of the reader");
                }
                _ => {}
            }
        }
        buf[..n].copy_from_slice(&self.bytes[from..from + n]);
        Ok(n)
    }
}

fn reading(random: &mut Random) -> Reading {
    let backing = match random.below(4) {
        0 => Backing::Memory,
        1 => Backing::Disk { ahead: false },
        2 => Backing::Disk { ahead: true },
        _ => Backing::Direct,
    };
    let window = 64 << random.below(11);
    forced(Tier::Large, backing, window, 1 + random.below(3) as usize)
}

fn limits(random: &mut Random) -> Limits {
    let mut limits = Limits::default();
    match random.below(5) {
        0 => limits.spill_bytes = 1 << random.below(16),
        1 => limits.members = random.below(20),
        2 => limits.depth = random.below(3) as u32,
        3 => limits.opcodes = random.below(200),
        _ => {}
    }
    limits
}

/// One scan of one input with one fault.
fn one(scan_number: u64, inputs: &[(String, Vec<u8>)]) {
    let mut random = Random::of(scan_number);
    let (name, bytes) = &inputs[random.below(inputs.len() as u64) as usize];
    let fault = FAULTS[random.below(FAULTS.len() as u64) as usize];
    let source = Arc::new(Faulty {
        at: random.below(bytes.len() as u64),
        bytes: bytes.clone(),
        fault,
        met: AtomicBool::new(false),
    });
    let mut request = request_for_source(name, Arc::clone(&source) as SharedSource);
    request.reading = reading(&mut random);
    request.limits = Arc::new(limits(&mut random));
    match fault {
        Fault::NoTime => request.timeout = Some(Duration::ZERO),
        Fault::Cancel => request.cancel.cancel(Stop::Cancelled),
        _ => {}
    }
    let report = scan(&request);
    let what = format!("scan {scan_number}: {name}, {fault:?}");
    assert_sound(&report, &what);
    let hurts = match fault {
        Fault::None | Fault::Short => false,
        Fault::Cancel | Fault::NoTime => !bytes.is_empty(),
        _ => source.met.load(Ordering::Relaxed),
    };
    if hurts {
        assert_ne!(report.verdict, Verdict::Clean, "{what}");
        assert!(!report.gaps.is_empty(), "{what}");
        assert_ne!(report.exit_code, 0, "{what}");
    }
}

/// Files that the process has open.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Memory of its own that the process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

/// The name of the test that does the scans in a process of its own, so that
/// other tests do not open files beside it.
const ALONE: &str = "soak::many_scans_with_faults_alone";

#[test]
fn many_scans_with_faults_leave_nothing_behind() {
    let own = std::env::current_exe().unwrap();
    let run = std::process::Command::new(own)
        .args([ALONE, "--exact", "--ignored", "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by many_scans_with_faults_leave_nothing_behind, in a process of its own"]
fn many_scans_with_faults_alone() {
    let scans = std::env::var(VARIABLE)
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(SCANS);
    let inputs: Vec<(String, Vec<u8>)> = cases()
        .iter()
        .flat_map(|case| case.inputs())
        .filter(|(_, bytes)| bytes.len() < 64 << 10)
        .collect();
    // Faults that panic say so; a thousand of them are no use to anybody.
    std::panic::set_hook(Box::new(|_| {}));
    let mut before = (0, 0);
    for number in 0..scans {
        let caught = std::panic::catch_unwind(|| one(number, &inputs));
        if let Err(panic) = caught {
            let _ = std::panic::take_hook();
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let said = words.or(panic.downcast_ref::<&str>().copied());
            panic!("scan {number}: {}", said.unwrap_or("no words"));
        }
        if number == scans / 10 {
            before = (open_files(), resident());
        }
    }
    let _ = std::panic::take_hook();
    let (files, memory) = (open_files(), resident());
    assert_eq!(files, before.0, "files were left open");
    assert!(
        memory <= before.1 + GROWTH_CAP_BYTES,
        "{} to {memory} bytes",
        before.1
    );
}
