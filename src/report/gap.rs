//! What was not fully examined, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Location;
use crate::budget::Stop;

/// The kind of reason behind a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The structure is broken, so that not all of it could be followed.
    Malformed,
    /// A format or a feature that this version does not examine.
    Unsupported,
    /// Encrypted content.
    Encrypted,
    /// One of our own limits was reached.
    Limit,
    /// The bytes could not be read.
    Unreadable,
    /// A pointer stands where the content should be.
    NotMaterialised,
    /// Time ran out.
    Timeout,
    /// The memory budget ran out.
    Memory,
    /// A check failed inside; a defect of this program.
    Panicked,
    /// The file changed while it was read.
    Changed,
    /// A person ended the scan early.
    Interrupted,
}

impl Why {
    /// Every reason, in declaration order.
    pub const ALL: [Why; 11] = [
        Why::Malformed,
        Why::Unsupported,
        Why::Encrypted,
        Why::Limit,
        Why::Unreadable,
        Why::NotMaterialised,
        Why::Timeout,
        Why::Memory,
        Why::Panicked,
        Why::Changed,
        Why::Interrupted,
    ];

    /// The word used in JSON and text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::Malformed => "malformed",
            Why::Unsupported => "unsupported",
            Why::Encrypted => "encrypted",
            Why::Limit => "limit",
            Why::Unreadable => "unreadable",
            Why::NotMaterialised => "not-materialised",
            Why::Timeout => "timeout",
            Why::Memory => "memory",
            Why::Panicked => "panicked",
            Why::Changed => "changed",
            Why::Interrupted => "interrupted",
        }
    }
}

impl From<Stop> for Why {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Deadline => Why::Timeout,
            Stop::Cancelled => Why::Interrupted,
            Stop::Memory => Why::Memory,
            Stop::Depth | Stop::Ratio | Stop::Expanded | Stop::Members | Stop::Opcodes => {
                Why::Limit
            }
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A span or an artifact that was not fully examined.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Where.
    pub location: Location,
    /// The kind of reason.
    pub why: Why,
    /// The reason in words, and what to do about it.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_written_as_its_word() {
        for why in Why::ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
        }
    }
}
