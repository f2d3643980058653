//! The fixtures of the pickle formats, examined by the formats alone.
//!
//! The engine's golden test scans the same fixtures as a whole; this one shows
//! that what the formats report does not depend on it.

#[path = "common/assemble.rs"]
mod assemble;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Claim, Context, Probe, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, SharedSource, Slice};
use serde_json::{Value, json};

#[derive(Default)]
struct Seen {
    members: Vec<String>,
    findings: RefCell<Vec<Value>>,
    gaps: RefCell<Vec<Value>>,
}

impl Sink for Seen {
    fn finding(&self, draft: Draft) {
        self.findings.borrow_mut().push(json!({
            "rule": draft.rule.id,
            "severity": draft.severity.to_string(),
            "members": self.members,
            "offset": draft.place.offset,
        }));
    }

    fn gap(&self, _at: Place, why: Why, _detail: String) {
        let gap = json!({"why": why.to_string(), "members": self.members});
        self.gaps.borrow_mut().push(gap);
    }
}

/// Examine by every format of the family that claims it, members too.
fn examine(name: &str, source: SharedSource, members: Vec<String>) -> Seen {
    let seen = Seen {
        members,
        ..Seen::default()
    };
    let artifact = Artifact {
        location: Location::file(name),
        name: name.to_owned(),
        source: Arc::clone(&source),
        depth: 0,
    };
    for id in ["pickle", "torch-legacy"] {
        let format = formats::find(id).expect("the format is registered");
        if format.recognise(&Probe::new(&artifact)) < Claim::Magic {
            continue;
        }
        let budget = Budget::unlimited();
        let mut cx = Context::new(&seen, &budget);
        if let Err(fault) = format.examine(&artifact, &mut cx) {
            seen.gap(Place::whole(), fault.why(), fault.to_string());
        }
        for member in cx.finish().0 {
            let body: SharedSource = match member.body {
                Body::Stored(span) => Arc::new(Slice::new(Arc::clone(&source), span)),
                Body::Decoded(bytes) => Arc::new(Memory::new(bytes)),
                Body::Packed(..) => continue,
            };
            let mut inner = seen.members.clone();
            inner.push(member.name.clone());
            let inner = examine(&member.name, body, inner);
            seen.findings.borrow_mut().extend(inner.findings.take());
            seen.gaps.borrow_mut().extend(inner.gaps.take());
        }
    }
    seen
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values
}

fn input(case: &Path, name: &str) -> Vec<u8> {
    let text = case.join(format!("{name}.ops"));
    match std::fs::read_to_string(&text) {
        Ok(text) => assemble::assemble(&text),
        Err(_) => std::fs::read(case.join(name)).expect("the input is there"),
    }
}

fn cases(family: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(family);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root)
        .expect("the family has fixtures")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("expect.json").is_file())
        .collect();
    cases.sort();
    cases
}

/// The exit code that these findings and gaps lead to by default.
fn exit_code(findings: &[Value], gaps: &[Value]) -> u8 {
    let fails = |f: &Value| !matches!(f["severity"].as_str(), Some("low" | "info"));
    match (findings.iter().any(fails), gaps.is_empty()) {
        (true, _) => 1,
        (false, false) => 2,
        (false, true) => 0,
    }
}

fn check(family: &str) {
    let mut wrong = Vec::new();
    for case in cases(family) {
        let expect = std::fs::read_to_string(case.join("expect.json")).expect("readable");
        let expect: Value = serde_json::from_str(&expect).expect("JSON");
        let name = expect["scan"].as_str().expect("a name").to_owned();
        let source = Arc::new(Memory::new(input(&case, &name)));
        let seen = examine(&name, source, Vec::new());
        let (findings, gaps) = (sorted(seen.findings.take()), sorted(seen.gaps.take()));
        let wanted = |key: &str| sorted(expect[key].as_array().cloned().unwrap_or_default());
        let exit = exit_code(&findings, &gaps);
        assert_eq!(expect["exit_code"], exit, "{}", case.display());
        if findings != wanted("findings") || gaps != wanted("gaps") {
            wrong.push(format!("{}: {findings:#?} {gaps:#?}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hostile_and_benign_pickles() {
    check("pickle");
}

#[test]
fn files_of_old_torch() {
    check("torch-legacy");
}
