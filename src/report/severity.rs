//! How bad a finding is: five ordered grades.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The grade of a finding; later variants are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, no harm by itself.
    Info,
    /// Unusual; harmless in most models.
    Low,
    /// Can hurt in some settings; the default threshold for failing.
    Medium,
    /// Likely to hurt whoever loads the model.
    High,
    /// Runs code, or cannot be anything but an attack.
    Critical,
}

impl Severity {
    /// All grades, mildest first.
    pub const ALL: [Severity; 5] = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];

    /// The lower-case word used in options, JSON and text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no grade.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity: use critical, high, medium, low or info")]
pub struct UnknownSeverity(pub String);

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(word: &str) -> Result<Self, UnknownSeverity> {
        Severity::ALL
            .into_iter()
            .find(|s| s.as_str() == word)
            .ok_or_else(|| UnknownSeverity(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grade_reads_back_from_its_word() {
        for grade in Severity::ALL {
            assert_eq!(grade.as_str().parse(), Ok(grade));
        }
        assert!("Severe".parse::<Severity>().is_err());
    }
}
