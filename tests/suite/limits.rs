//! What happens when something runs out or goes wrong: time, memory, depth,
//! members, the disk, the file itself. Nothing found is lost, and the report
//! never says clean.

use std::io::{Cursor, Write as _};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use modelaudit::budget::{Limits, Stop};
use modelaudit::engine::{Backing, Event, Input, MemoryProbe, MemoryStep, Observer, Request, Tier};
use modelaudit::report::{Report, Verdict, Why};
use modelaudit::source::{Memory, ReadError, SharedSource, Source};

use crate::binary::command;
use crate::support::{
    MACHINE, assert_sound, forced, request_for, request_for_source, scan, scan_path,
};

/// A pickle that runs a command on load, protocol 0.
pub const PAYLOAD: &[u8] = b"cos\nsystem\n(S'id'\ntR.";

fn whys(report: &Report) -> Vec<Why> {
    report.gaps.iter().map(|g| g.why).collect()
}

/// A zip with one deflated member.
fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    writer.start_file(name, deflated).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

fn with_limits(mut request: Request, limits: Limits) -> Report {
    request.limits = Arc::new(limits);
    let report = scan(&request);
    assert_sound(&report, "limits");
    report
}

#[test]
fn nesting_deeper_than_the_limit_is_a_gap() {
    let mut bytes = PAYLOAD.to_vec();
    for level in 0..5 {
        bytes = zipped(&format!("level{level}"), &bytes);
    }
    let deep = with_limits(
        request_for("nest.zip", bytes.clone()),
        Limits {
            depth: 4,
            ..Limits::default()
        },
    );
    assert_eq!((deep.exit_code, whys(&deep)), (1, vec![Why::Limit]));
    assert_eq!(deep.findings[0].rule, "archive-deep-nesting");
    let enough = with_limits(
        request_for("nest.zip", bytes),
        Limits {
            depth: 5,
            ..Limits::default()
        },
    );
    assert_eq!(
        (enough.exit_code, enough.findings[0].location.members.len()),
        (1, 5)
    );
}

#[test]
fn a_bomb_stops_at_its_ratio_and_what_came_before_is_examined() {
    let mut bytes = b"#!/usr/bin/env python3\n".to_vec();
    bytes.resize(8 << 20, 0);
    let limits = Limits {
        ratio_grace_bytes: 1 << 20,
        expansion_ratio: 50,
        ..Limits::default()
    };
    let report = with_limits(request_for("bomb.zip", zipped("zeros", &bytes)), limits);
    assert_eq!(
        (report.verdict, whys(&report)),
        (Verdict::Findings, vec![Why::Limit])
    );
    assert_eq!(report.findings[0].rule, "archive-bomb");
    let member = report
        .artifacts
        .iter()
        .find(|a| !a.location.members.is_empty())
        .unwrap();
    assert!(member.coverage.len >= 1 << 19 && member.coverage.missed == 0);
}

#[test]
fn the_limit_on_unpacked_bytes_holds_over_all_members() {
    let limits = Limits {
        expanded_bytes: 1000,
        ..Limits::default()
    };
    let report = with_limits(request_for("a.zip", zipped("m", &[7; 4000])), limits);
    assert_eq!(whys(&report), [Why::Limit]);
}

#[test]
fn a_member_too_long_to_keep_is_swept_as_it_passes() {
    let mut bytes = vec![b'x'; 3 << 20];
    bytes.extend_from_slice(PAYLOAD);
    bytes.resize(bytes.len() + 4096, b'y');
    let limits = Limits {
        positional_bytes: 1 << 20,
        ..Limits::default()
    };
    let report = with_limits(request_for("a.zip", zipped("big", &bytes)), limits);
    assert_eq!(whys(&report), [Why::Limit], "{report:?}");
    assert_eq!(report.findings[0].rule, "embedded-pickle");
    let member = report
        .artifacts
        .iter()
        .find(|a| !a.location.members.is_empty())
        .unwrap();
    assert_eq!(member.coverage.len, bytes.len() as u64);
    assert_eq!(member.coverage.missed, 0);
}

/// A tar archive with the payload near its end, in gzip: archives are kept.
fn packed_archive(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let at = len - 4096;
    bytes[at..at + PAYLOAD.len()].copy_from_slice(PAYLOAD);
    let fast = flate2::Compression::fast();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), fast));
    let mut header = tar::Header::new_ustar();
    header.set_size(len as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "weights.bin", &bytes[..])
        .unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_disk_without_space_costs_no_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.tar.gz");
    std::fs::write(&path, packed_archive(40 << 20)).unwrap();
    let scan = |temporary: &std::path::Path| {
        let output = command(&["--format", "json", path.to_str().unwrap()])
            .env("TMPDIR", temporary)
            .output()
            .unwrap();
        let report: Report = serde_json::from_slice(&output.stdout).unwrap();
        assert_sound(&report, "without space");
        assert!(report.findings.iter().any(|f| f.rule == "embedded-pickle"));
        report
    };
    assert!(whys(&scan(dir.path())).is_empty());
    let without = scan(&dir.path().join("nowhere"));
    assert_eq!(
        (without.exit_code, whys(&without)),
        (1, vec![Why::Unreadable])
    );
    assert!(without.gaps[0].detail.contains("cannot be kept"));
    assert!(without.artifacts.iter().all(|a| a.coverage.missed == 0));
}

#[test]
fn long_members_are_swept_the_same_whether_they_are_kept_or_not() {
    let mut bytes = vec![0x9b; 3 << 20];
    bytes[2 << 20..][..PAYLOAD.len()].copy_from_slice(PAYLOAD);
    // An archive at the end says that the bytes are of a format after all.
    let mut archive = bytes.clone();
    archive.extend(zipped("m", PAYLOAD));
    for bytes in [bytes, archive] {
        let scan = |spill_bytes| {
            let limits = Limits {
                spill_bytes,
                ..Limits::default()
            };
            let mut report = with_limits(request_for("a.zip", zipped("big", &bytes)), limits);
            report.stats = Default::default();
            report
        };
        let kept = scan(32 << 20);
        assert!(kept.gaps.is_empty() && !kept.findings.is_empty());
        for spill_bytes in [0, 1000, 1 << 20, 3 << 20] {
            assert_eq!(kept, scan(spill_bytes), "{spill_bytes}");
        }
    }
}

#[test]
fn members_and_opcodes_are_counted() {
    let limits = Limits {
        members: 0,
        ..Limits::default()
    };
    let report = with_limits(request_for("a.zip", zipped("m", PAYLOAD)), limits);
    assert!(whys(&report).contains(&Why::Limit), "{report:?}");
    let limits = Limits {
        opcodes: 2,
        ..Limits::default()
    };
    let report = with_limits(request_for("a.pkl", PAYLOAD), limits);
    assert!(whys(&report).contains(&Why::Limit), "{report:?}");
}

/// A source of zeros that gives trouble at one place.
#[derive(Debug)]
struct Troubled {
    len: u64,
    at: u64,
    trouble: Trouble,
}

#[derive(Debug)]
enum Trouble {
    Hang,
    Slow,
    Fail,
    Change,
}

impl Source for Troubled {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let n = usize::try_from(self.len.saturating_sub(at))
            .unwrap()
            .min(buf.len());
        let hit = at <= self.at && self.at < at + n as u64;
        match self.trouble {
            // A megabyte a second.
            Trouble::Slow => std::thread::sleep(Duration::from_micros(n as u64)),
            Trouble::Hang if hit => std::thread::sleep(Duration::from_secs(3600)),
            Trouble::Fail if hit => return Err(std::io::Error::other("bad sector").into()),
            Trouble::Change if hit => return Err(ReadError::Changed),
            _ => {}
        }
        buf[..n].fill(0);
        for (i, byte) in PAYLOAD.iter().enumerate() {
            if let Some(place) = (100 + i as u64).checked_sub(at).filter(|p| *p < n as u64) {
                buf[place as usize] = *byte;
            }
        }
        Ok(n)
    }
}

fn troubled(trouble: Trouble, seconds: Option<f64>) -> Report {
    let source: SharedSource = Arc::new(Troubled {
        len: 4 << 20,
        at: 2 << 20,
        trouble,
    });
    let mut request = request_for_source("weights.bin", source);
    request.timeout = seconds.map(Duration::from_secs_f64);
    request.reading = forced(Tier::Medium, Backing::Disk { ahead: false }, 64 << 10, 1);
    let report = scan(&request);
    assert_sound(&report, "troubled");
    assert_eq!(
        report.exit_code, 1,
        "the finding before the trouble is kept"
    );
    assert_eq!(report.findings[0].rule, "embedded-pickle");
    report
}

#[test]
fn a_read_that_never_returns_is_left_behind() {
    let start = Instant::now();
    let report = troubled(Trouble::Hang, Some(0.5));
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "the scan waited for the read"
    );
    assert_eq!(whys(&report), [Why::Timeout]);
    let coverage = report.artifacts[0].coverage;
    assert!(coverage.missed > 0 && coverage.swept > 0, "{coverage:?}");
}

#[test]
fn a_slow_file_stops_at_its_deadline() {
    let report = troubled(Trouble::Slow, Some(0.5));
    assert_eq!(whys(&report), [Why::Timeout]);
    assert!(report.gaps[0].detail.contains("--timeout"));
}

#[test]
fn bytes_that_cannot_be_read_are_a_gap_and_the_rest_is_swept() {
    let report = troubled(Trouble::Fail, None);
    assert_eq!(whys(&report), [Why::Unreadable]);
    let coverage = report.artifacts[0].coverage;
    assert_eq!(coverage.missed, 4096, "one block and no more");
}

#[test]
fn a_file_that_changes_is_never_clean() {
    assert_eq!(whys(&troubled(Trouble::Change, None)), [Why::Changed]);
}

#[test]
fn a_file_written_to_during_the_scan_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("weights.bin");
    std::fs::File::create(&path)
        .unwrap()
        .set_len(256 << 20)
        .unwrap();
    struct Writer(std::path::PathBuf);
    impl Observer for Writer {
        fn event(&self, event: &Event<'_>) {
            if let Event::Started { .. } = event {
                let file = std::fs::OpenOptions::new()
                    .append(true)
                    .open(&self.0)
                    .unwrap();
                std::thread::spawn(move || {
                    for _ in 0..2000 {
                        (&file).write_all(b"more").unwrap();
                        std::thread::sleep(Duration::from_millis(1));
                    }
                });
            }
        }
    }
    let mut request = Request::new(vec![Input::Path(path.clone())], MACHINE);
    request.reading = forced(Tier::Medium, Backing::Disk { ahead: false }, 1 << 20, 1);
    request.reading.skip_holes = false;
    let report = modelaudit::engine::scan(&request, &Writer(path));
    assert_eq!((report.exit_code, whys(&report)), (2, vec![Why::Changed]));
}

/// Memory that fills up as the scan goes on.
struct Filling(AtomicU64);

impl MemoryProbe for Filling {
    fn resident(&self) -> Option<u64> {
        Some(self.0.fetch_add(1 << 20, Ordering::Relaxed))
    }

    fn peak(&self) -> Option<u64> {
        None
    }
}

#[test]
fn the_memory_watch_says_so_then_shrinks_then_stops() {
    struct Steps(std::sync::Mutex<Vec<MemoryStep>>);
    impl Observer for Steps {
        fn event(&self, event: &Event<'_>) {
            if let Event::Memory { step, .. } = event {
                self.0.lock().unwrap().push(*step);
            }
        }
    }
    let source: SharedSource = Arc::new(Troubled {
        len: 1 << 30,
        at: u64::MAX,
        trouble: Trouble::Slow,
    });
    let mut request = request_for_source("weights.bin", source);
    request.reading = forced(Tier::Medium, Backing::Disk { ahead: false }, 64 << 10, 1);
    request.reading.max_memory = Some(20 << 20);
    request.memory = Arc::new(Filling(AtomicU64::new(14 << 20)));
    let steps = Steps(Default::default());
    let report = modelaudit::engine::scan(&request, &steps);
    assert_sound(&report, "memory");
    let steps = steps.0.into_inner().unwrap();
    assert_eq!(
        steps,
        [MemoryStep::Noted, MemoryStep::Shrunk, MemoryStep::Stopped]
    );
    assert_eq!((report.exit_code, whys(&report)), (1, vec![Why::Memory]));
}

#[test]
fn an_interrupted_scan_reports_what_it_has() {
    let source: SharedSource = Arc::new(Troubled {
        len: 1 << 30,
        at: u64::MAX,
        trouble: Trouble::Slow,
    });
    let mut request = request_for_source("weights.bin", source);
    request.reading = forced(Tier::Medium, Backing::Disk { ahead: false }, 64 << 10, 1);
    let cancel = request.cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        cancel.cancel(Stop::Cancelled);
    });
    let report = scan(&request);
    assert_sound(&report, "interrupted");
    assert!(report.interrupted);
    assert_eq!(
        (report.exit_code, whys(&report)),
        (130, vec![Why::Interrupted])
    );
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn a_massive_sparse_file_is_covered_from_end_to_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("massive_model.bin");
    let file = std::fs::File::create(&path).unwrap();
    let len = 300u64 << 30;
    file.set_len(len).unwrap();
    let places = [1u64, 60 << 30, 299 << 30];
    for at in places {
        file.write_at(PAYLOAD, at).unwrap();
    }
    let report = scan_path(&path);
    assert_sound(&report, "massive");
    assert_eq!(report.artifacts[0].strategy, "signature");
    assert_eq!(report.artifacts[0].coverage.swept, len);
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|f| f.location.offset.unwrap())
        .collect();
    let reduce = PAYLOAD.len() as u64 - 2;
    assert_eq!(found, places.map(|at| at + reduce));
}

#[test]
fn an_unreadable_input_is_named_and_the_others_are_scanned() {
    let memory: SharedSource = Arc::new(Memory::new(PAYLOAD));
    let mut request = request_for_source("a.pkl", memory);
    request
        .inputs
        .push(Input::Path("/nonexistent/model.pt".into()));
    let report = scan(&request);
    assert_eq!(
        (report.exit_code, whys(&report)),
        (1, vec![Why::Unreadable])
    );
    assert_eq!(report.gaps[0].location.path, "/nonexistent/model.pt");
}

#[test]
fn nothing_to_scan_is_not_clean() {
    let dir = tempfile::tempdir().unwrap();
    let report = scan_path(dir.path());
    assert_eq!((report.verdict, report.exit_code), (Verdict::Incomplete, 2));
    assert_eq!(scan(&Request::new(Vec::new(), MACHINE)).exit_code, 2);
}

#[test]
fn a_file_over_the_size_limit_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.bin"), [0; 100]).unwrap();
    let mut request = Request::new(vec![Input::Path(dir.path().to_owned())], MACHINE);
    request.max_file_size = 99;
    let report = scan(&request);
    assert_eq!((report.exit_code, whys(&report)), (2, vec![Why::Limit]));
    request.max_file_size = 100;
    assert_eq!(scan(&request).exit_code, 0);
}
