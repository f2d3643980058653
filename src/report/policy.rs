//! The thresholds, and the verdict under them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Severity;

/// The exit code of a scan that a person ended early, as shells have it for
/// an interrupt.
pub const INTERRUPTED_EXIT_CODE: u8 = 130;

/// What counts as failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Lowest grade that fails; `None` never fails on findings.
    pub fail_on: Option<Severity>,
    /// Whether gaps are accepted.
    pub allow_partial: bool,
    /// Rules to report; empty means all.
    pub select: Vec<String>,
    /// Rules not to report.
    pub ignore: Vec<String>,
    /// Grades that replace those of the rules.
    pub severities: BTreeMap<String, Severity>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            fail_on: Some(Severity::Medium),
            allow_partial: false,
            select: Vec::new(),
            ignore: Vec::new(),
            severities: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Whether findings of this rule are reported.
    pub fn reports(&self, rule: &str) -> bool {
        (self.select.is_empty() || self.select.iter().any(|r| r == rule))
            && !self.ignore.iter().any(|r| r == rule)
    }

    /// The grade of a finding of this rule that has `own` as its grade.
    pub fn grade(&self, rule: &str, own: Severity) -> Severity {
        self.severities.get(rule).copied().unwrap_or(own)
    }

    /// The outcome for findings whose worst grade is `worst`, when
    /// `complete` says whether everything was covered.
    ///
    /// With [`Policy::fail_on`] switched off, the word still follows the
    /// default threshold: only the exit code is relaxed.
    pub fn verdict(&self, worst: Option<Severity>, complete: bool) -> Verdict {
        let threshold = self.fail_on.unwrap_or(Severity::Medium);
        match worst {
            Some(worst) if worst >= threshold => Verdict::Findings,
            _ if !complete => Verdict::Incomplete,
            _ => Verdict::Clean,
        }
    }

    /// The exit code that goes with a verdict.
    pub fn exit_code(&self, verdict: Verdict, complete: bool) -> u8 {
        match verdict {
            Verdict::Findings if self.fail_on.is_some() => 1,
            _ if !complete && !self.allow_partial => 2,
            _ => 0,
        }
    }
}

/// The outcome in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was covered and nothing reached the threshold.
    Clean,
    /// Nothing reached the threshold, but not everything was covered.
    Incomplete,
    /// A finding reached the threshold.
    Findings,
}

impl Verdict {
    /// The word used in JSON and text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Incomplete => "incomplete",
            Verdict::Findings => "findings",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_wins_over_a_gap() {
        let policy = Policy::default();
        let verdict = policy.verdict(Some(Severity::High), false);
        assert_eq!(verdict, Verdict::Findings);
        assert_eq!(policy.exit_code(verdict, false), 1);
    }

    #[test]
    fn a_gap_fails_unless_it_is_allowed() {
        let strict = Policy::default();
        let verdict = strict.verdict(Some(Severity::Low), false);
        assert_eq!(verdict, Verdict::Incomplete);
        assert_eq!(strict.exit_code(verdict, false), 2);
        let lenient = Policy {
            allow_partial: true,
            ..Policy::default()
        };
        assert_eq!(lenient.exit_code(verdict, false), 0);
    }

    #[test]
    fn never_failing_still_names_the_findings() {
        let policy = Policy {
            fail_on: None,
            ..Policy::default()
        };
        let verdict = policy.verdict(Some(Severity::Critical), true);
        assert_eq!(verdict, Verdict::Findings);
        assert_eq!(policy.exit_code(verdict, true), 0);
    }
}
