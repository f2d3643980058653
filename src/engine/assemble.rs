//! The fold of all outcomes into one report: policy, order, fingerprints.
//!
//! Everything here is a pure function of the outcomes, so that two runs over
//! the same bytes give the same report but for time and memory.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::report::{
    Finding, Gap, Outcome, Policy, Report, SCHEMA_VERSION, ShardSetReport, Stats, Summary, Tool,
};

/// Bytes of the digest that make up a fingerprint.
const FINGERPRINT_BYTES: usize = 12;

/// Fold the outcome of all jobs into the report.
pub fn assemble(
    outcome: Outcome,
    shard_sets: Vec<ShardSetReport>,
    policy: &Policy,
    interrupted: bool,
    stats: Stats,
) -> Report {
    let Outcome {
        findings,
        mut gaps,
        mut artifacts,
        tensors: _,
        descriptions: _,
    } = outcome;
    let (mut findings, suppressed) = under_policy(findings, policy);
    findings.sort_by(Finding::order);
    fingerprint(&mut findings);
    gaps.sort();
    gaps.dedup();
    artifacts.sort_by(|a, b| a.location.cmp(&b.location));
    let mut summary = Summary::of(&findings, &gaps, &artifacts);
    summary.suppressed = suppressed;
    let complete = is_complete(&gaps, &summary) && !interrupted;
    let verdict = policy.verdict(findings.iter().map(|f| f.severity).max(), complete);
    let exit_code = match interrupted {
        true => crate::report::INTERRUPTED_EXIT_CODE,
        false => policy.exit_code(verdict, complete),
    };
    Report {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool::this(),
        verdict,
        exit_code,
        interrupted,
        summary,
        findings,
        gaps,
        artifacts,
        shard_sets,
        stats,
    }
}

/// Whether something was read, and all of it.
fn is_complete(gaps: &[Gap], summary: &Summary) -> bool {
    gaps.is_empty() && summary.files > 0 && summary.bytes_covered == summary.bytes_total
}

/// The findings that the policy reports, graded as it says, and how many it
/// leaves out.
fn under_policy(findings: Vec<Finding>, policy: &Policy) -> (Vec<Finding>, u64) {
    let (mut kept, left_out): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|finding| policy.reports(&finding.rule));
    for finding in &mut kept {
        finding.severity = policy.grade(&finding.rule, finding.severity);
    }
    (
        kept,
        left_out.iter().map(|finding| finding.occurrences).sum(),
    )
}

/// Give every finding an id that depends on what was found and in which
/// artifact, and not on offsets, so that it survives an unrelated change.
/// Equal facts are told apart by counting them.
fn fingerprint(findings: &mut [Finding]) {
    let mut seen: BTreeMap<[u8; FINGERPRINT_BYTES], u64> = BTreeMap::new();
    for finding in findings {
        let within = finding.location.within.as_deref().unwrap_or_default();
        let artifact = finding.location.artifact_path();
        let parts = [
            finding.rule.as_ref(),
            &artifact,
            within,
            &finding.message,
            &finding.evidence,
        ];
        let mut id = digest(&parts.map(str::as_bytes));
        let count = seen.entry(id).or_default();
        *count += 1;
        if *count > 1 {
            id = digest(&[&id, &count.to_le_bytes()]);
        }
        finding.fingerprint = id.iter().map(|b| format!("{b:02x}")).collect();
    }
}

fn digest(parts: &[&[u8]]) -> [u8; FINGERPRINT_BYTES] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let full = hash.finalize();
    std::array::from_fn(|index| full[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ledger::finding;
    use crate::report::{Location, Severity};
    use crate::rules::content;

    fn outcome() -> Outcome {
        let at =
            |path: &str, offset: u64| finding(content::POLYGLOT.at(offset), &Location::file(path));
        Outcome {
            findings: vec![at("b", 1), at("a", 7), at("a", 3)],
            ..Outcome::default()
        }
    }

    fn report(policy: &Policy) -> Report {
        assemble(outcome(), Vec::new(), policy, false, Stats::default())
    }

    #[test]
    fn findings_are_sorted_and_every_fingerprint_is_its_own() {
        let report = report(&Policy::default());
        let order: Vec<_> = report
            .findings
            .iter()
            .map(|f| (f.location.path.as_str(), f.location.offset))
            .collect();
        assert_eq!(order, [("a", Some(3)), ("a", Some(7)), ("b", Some(1))]);
        let ids: std::collections::BTreeSet<_> = report
            .findings
            .iter()
            .map(|f| f.fingerprint.clone())
            .collect();
        assert_eq!(ids.len(), 3);
        assert_eq!(report.exit_code, 1);
    }

    #[test]
    fn an_ignored_rule_is_counted_and_does_not_fail() {
        let policy = Policy {
            ignore: vec![content::POLYGLOT.id.into()],
            ..Policy::default()
        };
        let report = report(&policy);
        assert_eq!((report.findings.len(), report.summary.suppressed), (0, 3));
        assert_eq!(report.exit_code, 2, "nothing was scanned");
    }

    #[test]
    fn a_severity_from_the_policy_decides() {
        let severities = BTreeMap::from([(content::POLYGLOT.id.to_owned(), Severity::Low)]);
        let report = report(&Policy {
            severities,
            ..Policy::default()
        });
        assert_eq!(report.summary.findings.low, 3);
        assert_ne!(report.exit_code, 1);
    }
}
