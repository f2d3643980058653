//! Accepted calls: why loading an artifact is harmless although it calls
//! something. One is a callable, the reason why calling it is no finding, and
//! how often it is called.

use serde::{Deserialize, Serialize};

/// A callable that loading an artifact calls and that is no finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its name, as one reads it.
    pub callable: String,
    /// Why calling it is no finding.
    pub why: String,
    /// How often it is called.
    pub calls: u64,
}
