//! How the process ends: 0 only for a complete scan that found nothing, and
//! never by a panic.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::binary::{Run, command, run};

/// A pickle of an empty dictionary, protocol 2.
const HARMLESS: &[u8] = b"\x80\x02}q\x00.";

/// What a pickle that runs a command looks like, in protocol 0: the global,
/// its argument, the call.
fn dangerous() -> Vec<u8> {
    ["cos\nsystem\n", "(S'id'\n", "tR."].concat().into_bytes()
}

struct Models {
    dir: tempfile::TempDir,
}

impl Models {
    fn new() -> Self {
        Models {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_complete_scan_without_findings_ends_in_0() {
    let models = Models::new();
    let run = run(&[&models.file("a.pkl", HARMLESS)]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn a_finding_ends_in_1_at_and_above_the_threshold() {
    let models = Models::new();
    let name = models.file("a.pkl", &dangerous());
    for (options, code) in [
        (&[][..], 1),
        (&["--fail-on", "critical"], 1),
        (&["--fail-on", "info"], 1),
        (&["--fail-on", "never"], 0),
        (&["-q"], 1),
        (&["--format", "sarif"], 1),
        (&["--allow-partial"], 1),
    ] {
        let args: Vec<&str> = options.iter().copied().chain([name.as_str()]).collect();
        let run = run(&args);
        assert_eq!(run.code, Some(code), "{options:?} {run:?}");
    }
}

#[test]
fn what_cannot_be_checked_ends_in_2() {
    let models = Models::new();
    let good = models.file("a.pkl", HARMLESS);
    let empty = models.dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    for args in [
        &["no/such/model.pkl"][..],
        &[&good, "no/such/model.pkl"],
        &[empty],
        &[&good, "--max-file-size", "3"],
        &["--timeout", "0.000000001", &good],
    ] {
        let run = run(args);
        assert_eq!(run.code, Some(2), "{args:?} {run:?}");
    }
    let partial = run(&[&good, "--max-file-size", "3", "--allow-partial"]);
    assert_eq!(partial.code, Some(0), "{partial:?}");
}

#[test]
fn an_option_wins_over_its_variable() {
    let models = Models::new();
    let good = models.file("a.pkl", HARMLESS);
    for (options, code) in [(&[][..], 2), (&["--timeout", "60"], 0)] {
        let args: Vec<&str> = options.iter().copied().chain([good.as_str()]).collect();
        let mut command = command(&args);
        command.env("MODELAUDIT_TIMEOUT", "0.000000001");
        let run: Run = command.output().unwrap().into();
        assert_eq!(run.code, Some(code), "{options:?} {run:?}");
    }
}

#[test]
fn a_finding_wins_over_a_gap() {
    let models = Models::new();
    let bad = models.file("a.pkl", &dangerous());
    let run = run(&[&bad, "no/such/model.pkl"]);
    assert_eq!(run.code, Some(1), "{run:?}");
}

/// Start it, close the reading end of its standard output, wait.
fn run_for_nobody(args: &[&str]) -> Run {
    let mut child = command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_reader_who_left_is_no_error() {
    for words in [&["rules"][..], &["--help"], &["rules", "--format", "json"]] {
        let run = run_for_nobody(words);
        assert_eq!(run.code, Some(0), "{words:?} {run:?}");
        assert_eq!(run.stderr, "", "{words:?}");
    }
}

#[test]
fn a_reader_who_left_does_not_change_the_verdict() {
    let models = Models::new();
    let bad = models.file("bad.pkl", &dangerous());
    let good = models.file("good.pkl", HARMLESS);
    for (args, code) in [
        (&[bad.as_str()][..], 1),
        (&[&bad, "--format", "json"], 1),
        (&[&good], 0),
        (&["no/such/model.pkl"], 2),
    ] {
        let run = run_for_nobody(args);
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(!run.stderr.contains("defect"), "{run:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_never_clean() {
    let models = Models::new();
    let good = models.file("good.pkl", HARMLESS);
    let bad = models.file("bad.pkl", &dangerous());
    for (args, code) in [
        (&["rules"][..], 2),
        (&[good.as_str()], 2),
        (&[&bad], 1),
        (&[&good, "--output", "/dev/full"], 2),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let run: Run = command(args).stdout(full).output().unwrap().into();
        assert_eq!(run.code, Some(code), "{args:?} {run:?}");
        assert!(run.stderr.contains("cannot write the report"), "{run:?}");
    }
}

#[test]
fn closed_standard_error_is_no_trouble() {
    let models = Models::new();
    let good = models.file("good.pkl", HARMLESS);
    let mut child = command(&[&good, "--large-models", "--progress", "plain"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut wrong = command(&["--bogus"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(wrong.stderr.take());
    assert_eq!(wrong.wait().unwrap().code(), Some(2));
}

/// A scan of standard input that never comes.
struct Waiting {
    child: Child,
    report: PathBuf,
    _dir: tempfile::TempDir,
}

impl Waiting {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let report = dir.path().join("report.json");
        let output = report.to_str().unwrap();
        let child = command(&["-", "--format", "json", "--output", output])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The report is opened once signals are watched.
        let begun = Instant::now();
        while !report.exists() && begun.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(5));
        }
        Waiting {
            child,
            report,
            _dir: dir,
        }
    }

    /// The exit code and what was said.
    fn end(&mut self) -> (Option<i32>, String) {
        let code = end_of(&mut self.child);
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        (code, said)
    }
}

fn signal(child: &Child, name: &str) {
    // The shell's own `kill`, which is there where the program may not be.
    let kill = format!("kill {name} {}", child.id());
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success());
}

/// Wait for the end; the exit code.
fn end_of(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it goes on");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_interrupted_scan_writes_its_report_and_ends_in_130() {
    for name in ["-INT", "-TERM"] {
        let mut waiting = Waiting::start();
        signal(&waiting.child, name);
        let (code, said) = waiting.end();
        assert_eq!(code, Some(130), "{said}");
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(&waiting.report).unwrap()).unwrap();
        assert_eq!(report["interrupted"], true);
        assert_eq!(report["gaps"][0]["why"], "interrupted");
    }
}

#[test]
fn the_second_interrupt_ends_the_process_at_once() {
    let models = Models::new();
    let good = models.file("good.pkl", HARMLESS);
    // Standard output is a pipe that is full, so the report cannot be written.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let stdout = writer.try_clone().unwrap();
    thread::spawn(move || while writer.write(&[0; 4096]).is_ok() {});
    thread::sleep(Duration::from_millis(200));
    let mut child = command(&[&good, "--large-models", "--progress", "plain"])
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("Using extreme"), "{line}");
    signal(&child, "-INT");
    line.clear();
    while !line.contains("interrupted") {
        assert!(said.read_line(&mut line).unwrap() > 0, "{line}");
    }
    assert_eq!(child.try_wait().unwrap(), None, "it waits for its reader");
    signal(&child, "-INT");
    assert_eq!(end_of(&mut child), Some(130));
    drop(reader);
}

#[test]
fn a_pipe_that_stays_silent_runs_out_of_time() {
    let mut child = command(&["-", "--timeout", "0.2", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pipe = child.stdin.take();
    let run: Run = child.wait_with_output().unwrap().into();
    drop(pipe);
    assert_eq!(run.code, Some(2), "{run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["gaps"][0]["why"], "timeout");
}
