//! Golden tests: every fixture says exactly what its `expect.json` says, no
//! more and no less. `MODELAUDIT_BLESS=1` rewrites the expectations.

use modelaudit::engine::Reading;
use modelaudit::report::Report;

use crate::support::{BLESS, Case, Expect, ExpectedFinding, ExpectedGap, assert_sound, cases};

#[test]
fn every_fixture_gives_exactly_what_it_expects() {
    let bless = std::env::var_os(BLESS).is_some();
    let mut failures = Vec::new();
    for case in cases() {
        let dir = case.lay_out();
        let report = case.scan(dir.path(), Reading::default());
        assert_sound(&report, &case.name);
        let seen = seen(&case, &report);
        if seen == sorted(case.expect.clone()) {
            continue;
        }
        if bless {
            let text = serde_json::to_string_pretty(&seen).unwrap() + "\n";
            std::fs::write(case.dir.join("expect.json"), text).unwrap();
        } else {
            failures.push(difference(&case, &seen, &report));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// What the report says, in the shape of an expectation.
fn seen(case: &Case, report: &Report) -> Expect {
    let path = |path: &str| (case.expect.scan == ".").then(|| path.to_owned());
    sorted(Expect {
        about: case.expect.about.clone(),
        scan: case.expect.scan.clone(),
        exit_code: report.exit_code,
        techniques: case.expect.techniques.clone(),
        findings: report
            .findings
            .iter()
            .map(|f| ExpectedFinding {
                rule: f.rule.to_string(),
                severity: f.severity,
                path: path(&f.location.path),
                members: f.location.members.clone(),
                offset: f.location.offset,
            })
            .collect(),
        gaps: report
            .gaps
            .iter()
            .map(|g| ExpectedGap {
                why: g.why.as_str().to_owned(),
                path: path(&g.location.path),
                members: g.location.members.clone(),
            })
            .collect(),
    })
}

fn sorted(mut expect: Expect) -> Expect {
    expect.findings.sort();
    expect.gaps.sort();
    expect
}

fn difference(case: &Case, seen: &Expect, report: &Report) -> String {
    let mut lines = vec![format!(
        "{}: exit {} (expected {})",
        case.name, seen.exit_code, case.expect.exit_code
    )];
    for finding in &seen.findings {
        if !case.expect.findings.contains(finding) {
            lines.push(format!("  not expected: {finding:?}"));
        }
    }
    for finding in &case.expect.findings {
        if !seen.findings.contains(finding) {
            lines.push(format!("  missing:      {finding:?}"));
        }
    }
    if seen.gaps != sorted(case.expect.clone()).gaps {
        lines.push(format!("  gaps: {:?}", report.gaps));
        lines.push(format!("  expected: {:?}", case.expect.gaps));
    }
    for finding in &report.findings {
        lines.push(format!(
            "    {} {}: {}",
            finding.severity, finding.location, finding.message
        ));
    }
    lines.join("\n")
}
