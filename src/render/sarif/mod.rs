//! SARIF 2.1.0, such that GitHub code scanning accepts it.
//!
//! A result points at a file, on line 1, because services show nothing else;
//! the byte span stands beside it. What lies in a member says so in words, in
//! a logical location and in `artifacts`, never in a URI. Gaps are
//! notifications of an invocation that was not successful: no reader of this
//! file can take a partial scan for a clean one.

mod artifacts;
mod descriptors;
mod log;
mod uri;

use artifacts::{Artifacts, NUMBER_CAP};
use descriptors::{Rules, filled, level, security_severity};
use log::*;

use super::complete::is_complete;
use super::units::grouped;
use crate::report::{Finding, Gap, Report, Why, escape_text};

/// Results in one run that GitHub accepts.
const RESULTS_CAP: usize = 25_000;

/// Results in one run that GitHub shows.
const SHOWN_RESULTS_CAP: usize = 5_000;

/// Gaps that become notifications of their own.
const NOTIFICATIONS_CAP: usize = 1_000;

/// The log of a report.
pub(super) fn log(report: &Report) -> Log {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by(|a, b| a.order(b));
    let total = findings.len();
    findings.truncate(RESULTS_CAP);
    let rules = Rules::of(&findings);
    let mut artifacts = Artifacts::of(&report.artifacts);
    let results = findings
        .iter()
        .map(|finding| result(finding, &rules, &mut artifacts))
        .collect();
    let notifications = notifications(report, total, &mut artifacts);
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: report.tool.name.clone(),
                    semantic_version: report.tool.version.clone(),
                    rules: rules.into_descriptors(),
                },
            },
            automation_details: AutomationDetails {
                id: "modelaudit/scan/",
            },
            invocations: [Invocation {
                execution_successful: is_complete(report),
                exit_code: report.exit_code,
                tool_execution_notifications: notifications,
            }],
            column_kind: "unicodeCodePoints",
            artifacts: artifacts.into_list(),
            results,
            properties: properties(report),
        }],
    }
}

fn properties(report: &Report) -> RunProperties {
    let summary = &report.summary;
    RunProperties {
        verdict: report.verdict.as_str(),
        files: summary.files,
        artifacts: summary.artifacts,
        bytes_total: summary.bytes_total,
        bytes_covered: summary.bytes_covered,
        gaps: summary.gaps,
        suppressed: summary.suppressed,
    }
}

fn result(finding: &Finding, rules: &Rules, artifacts: &mut Artifacts) -> SarifResult {
    let at = &finding.location;
    let inside = !at.members.is_empty();
    let member = inside.then(|| artifacts.index(at)).flatten();
    SarifResult {
        rule_id: finding.rule.to_string(),
        rule_index: rules.index(&finding.rule),
        level: level(finding.severity),
        message: message(&sentence(finding)),
        locations: [artifacts.location(at)],
        partial_fingerprints: (!finding.fingerprint.is_empty()).then(|| Fingerprints {
            primary: finding.fingerprint.clone(),
            own: finding.fingerprint.clone(),
        }),
        occurrence_count: finding.occurrences.min(NUMBER_CAP),
        properties: ResultProperties {
            severity: finding.severity.as_str(),
            security_severity: security_severity(finding.severity),
            evidence: escape_text(&finding.evidence),
            members: at.members.iter().map(|name| escape_text(name)).collect(),
            byte_offset: at.offset,
            byte_length: at.length,
            member_artifact_index: member,
        },
    }
}

/// What was found and where in the file: a service shows the file and line 1,
/// and nothing of the rest.
fn sentence(finding: &Finding) -> String {
    let at = &finding.location;
    let mut words = filled(&finding.message, &finding.rule);
    let mut place = Vec::new();
    if !at.members.is_empty() {
        place.push(format!("in {}", at.members.join("!")));
    }
    if let Some(name) = &at.within {
        place.push(format!("in `{name}`"));
    }
    if let Some(offset) = at.offset {
        place.push(format!("at byte {offset}"));
    }
    if !place.is_empty() {
        words.push_str(&format!(" ({})", place.join(", ")));
    }
    words
}

/// A plain message. Square brackets would make a link of text from a model,
/// so they are escaped where they could.
fn message(text: &str) -> Message {
    let text = escape_text(text);
    let text = match text.contains("](") {
        true => text.replace('[', "\\[").replace(']', "\\]"),
        false => text,
    };
    Message { text }
}

/// The gaps, and what was cut here.
fn notifications(report: &Report, results: usize, artifacts: &mut Artifacts) -> Vec<Notification> {
    let gaps = report.gaps.len();
    let mut out: Vec<Notification> = report
        .gaps
        .iter()
        .take(NOTIFICATIONS_CAP)
        .map(|gap| notification(gap, artifacts))
        .collect();
    let mut note = |id: &str, level, text: String| {
        out.push(Notification {
            level,
            descriptor: DescriptorReference { id: id.to_owned() },
            message: Message { text },
            locations: Vec::new(),
        });
    };
    if gaps > NOTIFICATIONS_CAP {
        let text = format!(
            "{} more gaps are not listed here; the JSON report has all of them",
            grouped((gaps - NOTIFICATIONS_CAP) as u64)
        );
        note("output-cap", "error", text);
    }
    if gaps == 0 && !is_complete(report) {
        let text = "not every byte was covered, so the result is not complete";
        note("incomplete", "error", text.to_owned());
    }
    if results > SHOWN_RESULTS_CAP {
        let text = format!(
            "{} findings; this file lists the {} most severe and GitHub shows {} of them",
            grouped(results as u64),
            grouped(results.min(RESULTS_CAP) as u64),
            grouped(SHOWN_RESULTS_CAP as u64),
        );
        note("output-cap", "warning", text);
    }
    out
}

fn notification(gap: &Gap, artifacts: &mut Artifacts) -> Notification {
    let level = match gap.why {
        Why::Malformed | Why::Unsupported | Why::Encrypted | Why::NotMaterialised => "warning",
        _ => "error",
    };
    let text = format!(
        "{}: not fully examined ({}): {}",
        gap.location,
        gap.why,
        filled(&gap.detail, gap.why.as_str())
    );
    Notification {
        level,
        descriptor: DescriptorReference {
            id: format!("gap/{}", gap.why),
        },
        message: message(&text),
        locations: vec![artifacts.location(&gap.location)],
    }
}
