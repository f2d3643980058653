//! Things that go wrong while files are read: nothing found is lost, the other
//! files go on, and the verdict is never clean.
//!
//! Faults of a single read (errors, hangs, changes, a full disk) are in
//! `limits`, signals and pipes in `exit`; here are files and directories that
//! change, and what has no business in a directory of models.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use modelaudit::engine::{Backing, Event, Input, Observer, Request, Tier};
use modelaudit::report::{Report, Why};
use modelaudit::source::{ReadError, Source};

use crate::support::{MACHINE, assert_sound, forced, request_for_source, scan, scan_path};

/// A pickle that calls `os.system`.
const PAYLOAD: &[u8] = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R.";

fn whys(report: &Report) -> Vec<Why> {
    report.gaps.iter().map(|gap| gap.why).collect()
}

fn finds_the_payload(report: &Report, path: &str) {
    let found = |f: &&modelaudit::report::Finding| {
        f.rule == "pickle-dangerous-call" && f.location.path.ends_with(path)
    };
    assert!(
        report.findings.iter().any(|f| found(&f)),
        "{path}: {:?}",
        report.findings
    );
    assert_eq!(report.exit_code, 1);
}

/// Does something when a file is being read, once.
struct Meanwhile<F: Fn() + Sync> {
    job: usize,
    done: AtomicBool,
    act: F,
}

impl<F: Fn() + Sync> Observer for Meanwhile<F> {
    fn event(&self, event: &Event<'_>) {
        let is_read = match event {
            Event::Progress { job, done, .. } => *job == self.job && *done > 0,
            _ => false,
        };
        if is_read && !self.done.swap(true, Ordering::Relaxed) {
            (self.act)();
        }
    }
}

fn scan_while(request: &Request, job: usize, act: impl Fn() + Sync) -> Report {
    let observer = Meanwhile {
        job,
        done: AtomicBool::new(false),
        act,
    };
    let report = modelaudit::engine::scan(request, &observer);
    assert!(
        observer.done.load(Ordering::Relaxed),
        "the scan was over too soon"
    );
    assert_sound(&report, "meanwhile");
    report
}

/// A long file of which some data are there, in a directory with a payload.
fn long_file_and_payload(dir: &Path) -> (PathBuf, Request) {
    let long = dir.join("a.bin");
    let file = File::create(&long).unwrap();
    file.write_all_at(PAYLOAD, 0).unwrap();
    file.set_len(8 << 30).unwrap();
    fs::write(dir.join("b.pkl"), PAYLOAD).unwrap();
    let mut request = Request::new(vec![Input::Path(dir.to_owned())], MACHINE);
    request.reading.skip_holes = false;
    (long, request)
}

#[test]
fn a_file_cut_under_its_mapping_is_a_gap_and_the_others_go_on() {
    for backing in [
        Backing::Mapped {
            region: 500 << 20,
            ahead: false,
        },
        Backing::Direct,
        Backing::Disk { ahead: true },
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (long, mut request) = long_file_and_payload(dir.path());
        request.workers = Some(1);
        request.reading.forced = forced(Tier::Extreme, backing, 1 << 20, 2).forced;
        let report = scan_while(&request, 0, || {
            let file = OpenOptions::new().write(true).open(&long).unwrap();
            file.set_len(4096).unwrap();
        });
        assert_eq!(whys(&report), [Why::Changed], "{backing:?}");
        finds_the_payload(&report, "a.bin");
        finds_the_payload(&report, "b.pkl");
    }
}

#[test]
fn a_file_replaced_while_it_waits_is_read_as_it_is_then() {
    let dir = tempfile::tempdir().unwrap();
    let (_, mut request) = long_file_and_payload(dir.path());
    request.workers = Some(1);
    let other = dir.path().join("b.pkl");
    let report = scan_while(&request, 0, || fs::remove_file(&other).unwrap());
    assert_eq!(whys(&report), [Why::Unreadable]);
    assert!(report.gaps[0].location.path.ends_with("b.pkl"));
    finds_the_payload(&report, "a.bin");
}

#[test]
fn what_is_no_file_is_named_and_never_opened() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("b.pkl"), PAYLOAD).unwrap();
    let fifo = dir.path().join("pipe.bin");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket.pt")).unwrap();
    let report = scan_path(dir.path());
    assert_sound(&report, "no files");
    finds_the_payload(&report, "b.pkl");
    let named: Vec<_> = report
        .gaps
        .iter()
        .map(|g| g.location.path.as_str())
        .collect();
    assert!(
        named.iter().any(|path| path.ends_with("pipe.bin")),
        "{named:?}"
    );
    assert!(
        named.iter().any(|path| path.ends_with("socket.pt")),
        "{named:?}"
    );
}

#[test]
fn names_that_are_no_text_are_read_and_shown_escaped() {
    let dir = tempfile::tempdir().unwrap();
    for name in [&b"\xff\xfe.pkl"[..], b"a\nb.pkl", b"\x1b[31m.pkl"] {
        fs::write(dir.path().join(OsStr::from_bytes(name)), PAYLOAD).unwrap();
    }
    let report = scan_path(dir.path());
    assert_sound(&report, "names");
    let dangerous = report
        .findings
        .iter()
        .filter(|f| f.rule == "pickle-dangerous-call");
    assert_eq!(dangerous.count(), 3);
    assert_eq!(report.summary.files, 3);
}

#[test]
fn paths_of_four_thousand_bytes_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut path = dir.path().to_owned();
    let folder = "d".repeat(250);
    while path.as_os_str().len() + folder.len() + 12 < 4095 {
        path.push(&folder);
    }
    fs::create_dir_all(&path).unwrap();
    path.push("m.pkl");
    assert!(path.as_os_str().len() > 3800);
    fs::write(&path, PAYLOAD).unwrap();
    for named in [dir.path(), path.as_path()] {
        let report = scan_path(named);
        assert_sound(&report, "long path");
        finds_the_payload(&report, "m.pkl");
    }
}

#[test]
fn thousands_of_shards_are_one_set() {
    const SHARDS: usize = 2500;
    let dir = tempfile::tempdir().unwrap();
    for number in 1..=SHARDS {
        let name = format!("pytorch_model-{number:05}-of-{SHARDS:05}.bin");
        let bytes: &[u8] = if number == 1234 {
            PAYLOAD
        } else {
            b"\x80\x02}q\x00."
        };
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let report = scan_path(dir.path());
    assert_sound(&report, "shards");
    assert_eq!(report.shard_sets.len(), 1);
    assert_eq!(report.shard_sets[0].shards.len(), SHARDS);
    finds_the_payload(&report, "01234-of-02500.bin");
}

/// A source whose reads panic behind its first bytes.
#[derive(Debug)]
struct Panics;

impl Source for Panics {
    fn len(&self) -> u64 {
        4 << 20
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        assert!(at < 1 << 20, "a defect of the reader");
        let n = buf.len().min(((1u64 << 20) - at) as usize);
        buf[..n].fill(0);
        for (place, byte) in PAYLOAD.iter().enumerate() {
            if let Some(index) = (place as u64).checked_sub(at).filter(|i| *i < n as u64) {
                buf[index as usize] = *byte;
            }
        }
        Ok(n)
    }
}

#[test]
fn a_reader_that_panics_is_a_gap_and_what_was_found_stays() {
    for lanes in [1, 3] {
        for backing in [
            Backing::Disk { ahead: false },
            Backing::Disk { ahead: true },
        ] {
            let mut request = request_for_source("m.pkl", Arc::new(Panics));
            request.reading = forced(Tier::Large, backing, 64 << 10, lanes);
            let report = scan(&request);
            assert_sound(&report, "panics");
            assert!(whys(&report).contains(&Why::Panicked), "{:?}", report.gaps);
            finds_the_payload(&report, "m.pkl");
        }
    }
}
