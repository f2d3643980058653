//! The ledger, the line about coverage, and the verdict.

use std::io;

use crate::render::complete::{is_complete, stated};
use crate::render::layout::{Page, Row};
use crate::render::palette::{self, HEADING};
use crate::render::units::{count, grouped, percent, rate, size, time};
use crate::report::{ArtifactReport, Report, Severity, SeverityCounts, Verdict};

/// Every artifact and what became of its bytes.
pub(super) fn artifacts(page: &mut Page<'_>, artifacts: &[ArtifactReport]) -> io::Result<()> {
    if artifacts.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(HEADING, "Artifacts, in bytes")?;
    let words = [
        "length",
        "swept",
        "in members",
        "missed",
        "strategy",
        "formats",
        "artifact",
    ];
    let mut rows = vec![Row::heading(words)];
    rows.extend(artifacts.iter().map(|artifact| {
        let coverage = &artifact.coverage;
        Row::new([
            grouped(coverage.len),
            grouped(coverage.swept),
            grouped(coverage.delegated),
            grouped(coverage.missed),
            artifact.strategy.clone(),
            artifact.formats.join(", "),
            artifact.location.artifact_path(),
        ])
    }));
    page.table(2, &[0, 1, 2, 3], &rows)
}

/// How much was covered, in how much time and memory.
pub(super) fn coverage(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let (summary, stats) = (&report.summary, &report.stats);
    let mut words = format!(
        "Covered {} of {} ({}) in {} of {}, {}",
        size(summary.bytes_covered),
        size(summary.bytes_total),
        percent(summary.bytes_covered, summary.bytes_total),
        count(summary.artifacts, "artifact"),
        count(summary.files, "file"),
        time(stats.seconds),
    );
    let read = summary.bytes_covered.saturating_sub(summary.bytes_in_holes);
    if let Some(rate) = rate(read, stats.seconds) {
        words.push_str(&format!(" ({rate})"));
    }
    if summary.bytes_in_holes > 0 {
        let holes = size(summary.bytes_in_holes);
        words.push_str(&format!(", {holes} of it holes that need no reading"));
    }
    if stats.peak_memory_bytes > 0 {
        words.push_str(&format!(", peak memory {}", size(stats.peak_memory_bytes)));
    }
    page.entry(0, &[], &words)?;
    match summary.suppressed {
        0 => Ok(()),
        left_out => page.entry(
            0,
            &[],
            &format!(
                "{} left out by --select and --ignore",
                count(left_out, "finding")
            ),
        ),
    }
}

/// The last line.
pub(super) fn verdict(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let verdict = stated(report);
    let counts = by_grade(&report.summary.findings);
    let words = match verdict {
        Verdict::Findings => found(report, &counts),
        Verdict::Incomplete => incomplete(report, &counts),
        Verdict::Clean => match counts.is_empty() {
            true => "Clean: every check ran on every byte".to_owned(),
            false => format!("Clean: every check ran on every byte; {counts} below the threshold"),
        },
    };
    let paint = match verdict {
        Verdict::Findings => palette::severity(worst(&report.summary.findings)),
        other => palette::verdict(other),
    };
    page.line(paint, &words)
}

fn found(report: &Report, counts: &str) -> String {
    let mut words = counts.to_owned();
    if !is_complete(report) {
        words.push_str(&format!("; incomplete: {}", open(report)));
    }
    if report.exit_code == 0 {
        words.push_str("; findings do not fail this scan");
    }
    words
}

fn incomplete(report: &Report, counts: &str) -> String {
    let mut words = format!("Incomplete: {}", open(report));
    match counts.is_empty() {
        true => words.push_str("; no findings in what was examined"),
        false => words.push_str(&format!("; {counts} below the threshold")),
    }
    if report.exit_code == 0 {
        words.push_str("; gaps do not fail this scan");
    }
    words
}

/// What is open, in words.
fn open(report: &Report) -> String {
    let summary = &report.summary;
    if summary.files == 0 && report.gaps.is_empty() {
        return "nothing was examined".to_owned();
    }
    let mut words = Vec::new();
    if report.interrupted {
        words.push("interrupted".to_owned());
    }
    if !report.gaps.is_empty() {
        words.push(count(report.gaps.len() as u64, "gap"));
    }
    let covered = percent(summary.bytes_covered, summary.bytes_total);
    words.push(format!("{covered} of the bytes covered"));
    words.join(", ")
}

/// `3 findings (1 critical, 2 low)`, or nothing.
fn by_grade(counts: &SeverityCounts) -> String {
    let grades: Vec<(u64, Severity)> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| (counts.get(severity), severity))
        .filter(|(number, _)| *number > 0)
        .collect();
    if grades.is_empty() {
        return String::new();
    }
    let total = grades
        .iter()
        .fold(0u64, |sum, (n, _)| sum.saturating_add(*n));
    let list: Vec<String> = grades
        .iter()
        .map(|(number, severity)| format!("{} {severity}", grouped(*number)))
        .collect();
    format!("{} ({})", count(total, "finding"), list.join(", "))
}

fn worst(counts: &SeverityCounts) -> Severity {
    Severity::ALL
        .into_iter()
        .rev()
        .find(|severity| counts.get(*severity) > 0)
        .unwrap_or(Severity::Info)
}
