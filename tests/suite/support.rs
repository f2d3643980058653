//! What the tests share: fixtures, scans of bytes and paths, and reports made
//! comparable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use modelaudit::engine::{self, Backing, Input, Machine, Plan, Reading, Request, Tier, Unobserved};
use modelaudit::report::{Report, Severity};
use modelaudit::source::{Memory, SharedSource};
use serde::{Deserialize, Serialize};

use crate::assemble;

/// Set to rewrite expectations instead of comparing with them.
pub const BLESS: &str = "MODELAUDIT_BLESS";

/// A machine with room for everything a test does.
pub const MACHINE: Machine = Machine {
    total_memory: 16 << 30,
    available_memory: 8 << 30,
    cores: 2,
};

/// The folder with all fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// One fixture: a folder with input and `expect.json`.
pub struct Case {
    /// `format/case`.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// What a scan of it must say.
    pub expect: Expect,
}

/// The content of `expect.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What the fixture proves, in one sentence.
    pub about: String,
    /// The file to scan, or `.` for the folder.
    pub scan: String,
    /// The exit code of the scan.
    pub exit_code: u8,
    /// Attack techniques that it shows, by the slugs of `techniques.rs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub techniques: Vec<String>,
    /// Every finding.
    #[serde(default)]
    pub findings: Vec<ExpectedFinding>,
    /// Every gap.
    #[serde(default)]
    pub gaps: Vec<ExpectedGap>,
}

/// One finding, as far as a fixture pins it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFinding {
    /// Rule id.
    pub rule: String,
    /// Grade.
    pub severity: Severity,
    /// File inside the fixture's folder; left out where one file is scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Member chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Byte offset in the innermost artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// One gap, as far as a fixture pins it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedGap {
    /// The reason.
    pub why: String,
    /// File inside the fixture's folder; left out where one file is scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Member chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// Every fixture, in the order of their names.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in folders(&fixtures()) {
        for dir in folders(&format) {
            let name = format!("{}/{}", base(&format), base(&dir));
            let text = std::fs::read_to_string(dir.join("expect.json"))
                .unwrap_or_else(|e| panic!("{name}: expect.json: {e}"));
            let expect =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: expect.json: {e}"));
            cases.push(Case { name, dir, expect });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());
    cases
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut found: Vec<_> = entries
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

fn base(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

impl Case {
    /// The inputs of the case: file name and bytes, opcode text assembled.
    pub fn inputs(&self) -> Vec<(String, Vec<u8>)> {
        let mut inputs = Vec::new();
        for entry in walkdir::WalkDir::new(&self.dir).sort_by_file_name() {
            let entry = entry.unwrap();
            if !entry.file_type().is_file() || entry.file_name() == "expect.json" {
                continue;
            }
            let name = entry
                .path()
                .strip_prefix(&self.dir)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let bytes = std::fs::read(entry.path()).unwrap();
            match name.strip_suffix(".ops") {
                Some(target) => {
                    let text = String::from_utf8(bytes).unwrap();
                    inputs.push((target.to_owned(), assemble::assemble(&text)));
                }
                None => inputs.push((name, bytes)),
            }
        }
        inputs
    }

    /// Lay the inputs out in a folder of their own.
    pub fn lay_out(&self) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in self.inputs() {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        dir
    }

    /// Scan the case from a folder it was laid out in.
    pub fn scan(&self, dir: &Path, reading: Reading) -> Report {
        let target = match self.expect.scan.as_str() {
            "." => dir.to_owned(),
            file => dir.join(file),
        };
        let mut request = Request::new(vec![Input::Path(target)], MACHINE);
        request.reading = reading;
        relative(engine::scan(&request, &Unobserved), dir)
    }
}

/// A request for one run of bytes under a name.
pub fn request_for(name: &str, bytes: impl Into<Vec<u8>>) -> Request {
    request_for_source(name, Arc::new(Memory::new(bytes)))
}

/// A request for one source under a name.
pub fn request_for_source(name: &str, source: SharedSource) -> Request {
    Request::new(
        vec![Input::Source {
            name: name.to_owned(),
            source,
        }],
        MACHINE,
    )
}

/// Scan bytes under a name.
pub fn scan_bytes(name: &str, bytes: impl Into<Vec<u8>>) -> Report {
    scan(&request_for(name, bytes))
}

/// Scan, unobserved.
pub fn scan(request: &Request) -> Report {
    engine::scan(request, &Unobserved)
}

/// Scan one path.
pub fn scan_path(path: &Path) -> Report {
    scan(&Request::new(vec![Input::Path(path.to_owned())], MACHINE))
}

/// A plan to force on any file.
pub fn forced(tier: Tier, backing: Backing, window: u64, lanes: usize) -> Reading {
    let plan = Plan {
        tier,
        read_as: tier,
        backing,
        window,
        lanes,
        drop_behind: true,
        too_tight: None,
    };
    Reading {
        forced: Some(plan),
        ..Reading::default()
    }
}

/// The report with paths relative to `dir`, and without what may differ from
/// run to run or from plan to plan.
pub fn relative(mut report: Report, dir: &Path) -> Report {
    let prefix = format!("{}/", dir.display());
    let strip = |path: &mut String| *path = path.replace(&prefix, "");
    for finding in &mut report.findings {
        strip(&mut finding.location.path);
        finding.fingerprint.clear();
    }
    for gap in &mut report.gaps {
        strip(&mut gap.location.path);
        strip(&mut gap.detail);
    }
    for artifact in &mut report.artifacts {
        strip(&mut artifact.location.path);
        artifact.strategy.clear();
        artifact.coverage.holes = 0;
    }
    report.summary.bytes_in_holes = 0;
    for set in &mut report.shard_sets {
        set.index.iter_mut().for_each(strip);
        for shard in &mut set.shards {
            strip(&mut shard.path);
            shard.strategy.clear();
            shard.seconds = 0.0;
        }
    }
    report.stats = Default::default();
    report
}

/// Everything that must hold of any report.
pub fn assert_sound(report: &Report, what: &str) {
    for artifact in &report.artifacts {
        let path = artifact.location.artifact_path();
        assert!(
            artifact.coverage.adds_up(),
            "{what}: {path}: {:?}",
            artifact.coverage
        );
        let explained = report
            .gaps
            .iter()
            .any(|g| g.location.path == artifact.location.path);
        assert!(
            artifact.coverage.missed == 0 || explained,
            "{what}: {path} has a hole without a gap"
        );
    }
    for gap in &report.gaps {
        assert!(!gap.detail.is_empty(), "{what}: a gap without words");
    }
    for finding in &report.findings {
        assert!(
            modelaudit::rules::find(&finding.rule).is_some(),
            "{what}: {}",
            finding.rule
        );
        assert!(
            !finding.message.is_empty() && !finding.why.is_empty() && !finding.remedy.is_empty()
        );
    }
    let total = &report.summary;
    assert!(
        total.bytes_covered <= total.bytes_total,
        "{what}: {total:?}"
    );
    let clean = report.verdict == modelaudit::report::Verdict::Clean;
    assert!(
        !clean || (report.gaps.is_empty() && total.bytes_covered == total.bytes_total),
        "{what}"
    );
}
