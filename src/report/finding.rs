//! One judged fact.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Location, Severity};

/// A fact about the model that a rule names, with where and why.
///
/// Strings that come from the model are escaped and bounded when the finding
/// is made, so every output may print them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id of the rule, such as `pickle-dangerous-call`.
    pub rule: Cow<'static, str>,
    /// The grade given to this finding.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub message: String,
    /// Where.
    pub location: Location,
    /// The bytes or names that justify it, escaped and bounded.
    pub evidence: String,
    /// Why it matters.
    pub why: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
    /// Weakness and vulnerability ids, and sources.
    pub references: Vec<Cow<'static, str>>,
    /// Content-derived id, the same in every run and on every machine.
    pub fingerprint: String,
    /// How many like it this finding stands for: 1, or more where the list
    /// was cut by [`crate::budget::Limits::findings_per_rule`].
    #[serde(default = "one")]
    pub occurrences: u64,
    /// The steps that led here, for `-v`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<String>,
}

fn one() -> u64 {
    1
}

impl Finding {
    /// The order of findings in a report: worst first, then by place.
    pub fn order(&self, other: &Finding) -> std::cmp::Ordering {
        other
            .severity
            .cmp(&self.severity)
            .then_with(|| self.location.cmp(&other.location))
            .then_with(|| self.rule.cmp(&other.rule))
            .then_with(|| self.message.cmp(&other.message))
            .then_with(|| self.evidence.cmp(&other.evidence))
    }
}
