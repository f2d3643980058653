//! Findings by artifact, what their rules mean, and the gaps.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::render::layout::Page;
use crate::render::palette::{self, FAINT, HEADING, NAME, PLAIN};
use crate::render::units::{count, grouped};
use crate::report::{Finding, Gap, Location};

/// Findings grouped by artifact: the artifact with the worst one first, and
/// the worst first in each.
pub(super) fn write(page: &mut Page<'_>, findings: &[Finding], verbose: bool) -> io::Result<()> {
    for (artifact, group) in by_artifact(findings) {
        page.gap()?;
        page.line(HEADING, &artifact)?;
        for finding in group {
            one(page, finding, verbose)?;
        }
    }
    Ok(())
}

fn by_artifact(findings: &[Finding]) -> Vec<(String, Vec<&Finding>)> {
    let mut groups: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let artifact = finding.location.artifact_path();
        groups.entry(artifact).or_default().push(finding);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    for (_, group) in &mut groups {
        group.sort_by(|a, b| a.order(b));
    }
    let worst = |group: &[&Finding]| group.first().map(|finding| finding.severity);
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(worst(group)));
    groups
}

fn one(page: &mut Page<'_>, finding: &Finding, verbose: bool) -> io::Result<()> {
    let rule = format!("{}:", finding.rule);
    let label = [
        (
            palette::severity(finding.severity),
            finding.severity.as_str(),
        ),
        (NAME, rule.as_str()),
    ];
    page.entry(2, &label, &finding.message)?;
    let mut at = place(&finding.location);
    if finding.occurrences > 1 {
        let others = finding.occurrences - 1;
        at.push(format!("and {} like it", grouped(others)));
    }
    if !at.is_empty() {
        page.entry(4, &[(FAINT, "at:")], &at.join(", "))?;
    }
    if !finding.evidence.is_empty() {
        page.entry(4, &[(FAINT, "evidence:")], &finding.evidence)?;
    }
    if verbose {
        for step in &finding.trace {
            page.entry(4, &[(FAINT, "trace:")], step)?;
        }
        page.entry(4, &[(FAINT, "fingerprint:")], &finding.fingerprint)?;
    }
    Ok(())
}

/// The place inside the artifact, in words.
fn place(location: &Location) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(offset) = location.offset {
        words.push(match location.opcode {
            Some(number) => format!("byte {offset} (opcode {number})"),
            None => format!("byte {offset}"),
        });
    }
    if let Some(length) = location.length {
        words.push(format!("{} long", count(length, "byte")));
    }
    if let Some(name) = &location.within {
        words.push(format!("in `{name}`"));
    }
    words
}

/// What the rules mean that were met, each once, and what to do.
pub(super) fn explain(page: &mut Page<'_>, findings: &[Finding], verbose: bool) -> io::Result<()> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.rule.cmp(&b.rule)));
    let mut seen = BTreeSet::new();
    sorted.retain(|finding| seen.insert(finding.rule.as_ref()));
    if sorted.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(HEADING, "What this means, and what to do")?;
    for finding in sorted {
        page.entry(2, &[(NAME, &finding.rule)], "")?;
        page.entry(4, &[(PLAIN, "why:")], &finding.why)?;
        page.entry(4, &[(PLAIN, "do:")], &finding.remedy)?;
        if verbose && !finding.references.is_empty() {
            page.entry(4, &[(FAINT, "see:")], &finding.references.join(", "))?;
        }
    }
    Ok(())
}

/// What was not fully examined. Gaps of one artifact with one reason follow
/// each other as they stand in the report.
pub(super) fn gaps(page: &mut Page<'_>, gaps: &[Gap]) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(HEADING, "Not fully examined")?;
    for gap in gaps {
        page.line(PLAIN, &format!("  {}", gap.location))?;
        let why = format!("{}:", gap.why);
        page.entry(
            4,
            &[(palette::verdict(crate::report::Verdict::Incomplete), &why)],
            &gap.detail,
        )?;
    }
    Ok(())
}
