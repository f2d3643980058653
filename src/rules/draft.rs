//! A finding in the making: what an examiner or a sweeper knows, before the
//! engine adds the artifact, the policy and the fingerprint.

use super::Rule;
use crate::report::{Place, Severity};

/// A rule that was met at a place in the artifact at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The rule.
    pub rule: &'static Rule,
    /// The grade; the rule's own unless [`Draft::severity`] changed it.
    pub severity: Severity,
    /// What was found; the rule's title unless [`Draft::message`] said more.
    pub message: String,
    /// Where in the artifact.
    pub place: Place,
    /// The bytes or names that justify it. Escaped later, so raw text is fine.
    pub evidence: String,
    /// The steps that led here, for `-v`.
    pub trace: Vec<String>,
}

impl Draft {
    pub(super) fn new(rule: &'static Rule, place: Place) -> Self {
        Draft {
            rule,
            severity: rule.severity,
            message: rule.title.to_owned(),
            place,
            evidence: String::new(),
            trace: Vec::new(),
        }
    }

    /// Say what was found, in one sentence without a full stop.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Grade this finding differently from its rule.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Give the text that justifies it.
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = evidence.into();
        self
    }

    /// Give the bytes that justify it; they are escaped and bounded.
    pub fn bytes(self, evidence: &[u8]) -> Self {
        self.evidence(crate::report::escape_bytes(evidence))
    }

    /// Name the thing inside the artifact that it is about: a tensor, a key.
    pub fn within(mut self, name: impl Into<String>) -> Self {
        self.place.within = Some(name.into());
        self
    }

    /// Give the number of the opcode in its stream, counted from 1.
    pub fn opcode(mut self, number: u64) -> Self {
        self.place.opcode = Some(number);
        self
    }

    /// Add the steps that led here.
    pub fn trace(mut self, trace: Vec<String>) -> Self {
        self.trace = trace;
        self
    }
}
