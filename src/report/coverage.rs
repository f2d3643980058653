//! The ledger of bytes: what was swept, what a member owns, what was missed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Accepted, Location};

/// Bytes of one artifact, by what became of them:
/// `swept + delegated + missed = len`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Length of the artifact.
    pub len: u64,
    /// Bytes that went through every sweeper here, holes included.
    pub swept: u64,
    /// Bytes of them that the file system reports as holes: known zeros, which
    /// were not read.
    #[serde(default)]
    pub holes: u64,
    /// Bytes that lie as such in a member, which accounts for them.
    pub delegated: u64,
    /// Bytes that were not looked at; always explained by a gap.
    pub missed: u64,
}

impl Coverage {
    /// Whether the three parts make up the length.
    pub fn adds_up(&self) -> bool {
        self.swept
            .checked_add(self.delegated)
            .and_then(|sum| sum.checked_add(self.missed))
            .is_some_and(|sum| sum == self.len)
    }
}

/// One run of bytes that was examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactReport {
    /// The file and member chain.
    pub location: Location,
    /// Ids of the formats that recognised it; `opaque` where none did.
    pub formats: Vec<String>,
    /// How its bytes were read.
    pub strategy: String,
    /// What became of them.
    pub coverage: Coverage,
    /// Digests of the file in hexadecimal digits, by their names; only those
    /// that were asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: BTreeMap<String, String>,
    /// What loading it calls and is no finding, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Accepted>,
    /// Further callables of this kind that are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub accepted_unlisted: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
