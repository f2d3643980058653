//! Why structure could not be followed to its end.

use crate::budget::Stop;
use crate::report::Why;
use crate::source::ReadError;

/// What ended a reading of structure early. The engine turns it into a gap;
/// whatever was reported before stays.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The bytes are not what the format demands.
    #[error("{what}")]
    Malformed {
        /// Offset in the artifact where it shows.
        at: u64,
        /// What is wrong, in words.
        what: String,
    },
    /// A feature that this version does not follow.
    #[error("{what}")]
    Unsupported {
        /// Offset in the artifact where it stands.
        at: u64,
        /// What is not followed, in words.
        what: String,
    },
    /// Content that needs a key.
    #[error("{what}")]
    Encrypted {
        /// Offset in the artifact where it stands.
        at: u64,
        /// What is encrypted, in words.
        what: String,
    },
    /// A limit of the job was reached.
    #[error("{0}")]
    Stop(#[from] Stop),
    /// The bytes could not be read.
    #[error("{0}")]
    Read(ReadError),
}

impl Fault {
    /// The bytes at `at` are not what the format demands.
    pub fn malformed(at: u64, what: impl Into<String>) -> Self {
        Fault::Malformed {
            at,
            what: what.into(),
        }
    }

    /// A feature at `at` that this version does not follow.
    pub fn unsupported(at: u64, what: impl Into<String>) -> Self {
        Fault::Unsupported {
            at,
            what: what.into(),
        }
    }

    /// Where in the artifact, if known.
    pub fn offset(&self) -> Option<u64> {
        match self {
            Fault::Malformed { at, .. }
            | Fault::Unsupported { at, .. }
            | Fault::Encrypted { at, .. } => Some(*at),
            Fault::Stop(_) | Fault::Read(_) => None,
        }
    }

    /// The kind of gap it leaves.
    pub fn why(&self) -> Why {
        match self {
            Fault::Malformed { .. } => Why::Malformed,
            Fault::Unsupported { .. } => Why::Unsupported,
            Fault::Encrypted { .. } => Why::Encrypted,
            Fault::Stop(stop) | Fault::Read(ReadError::Stop(stop)) => (*stop).into(),
            Fault::Read(ReadError::Changed) => Why::Changed,
            Fault::Read(ReadError::Io(_)) => Why::Unreadable,
        }
    }

    /// Whether going on with other work of the same job is pointless.
    pub fn ends_job(&self) -> bool {
        matches!(
            self.why(),
            Why::Timeout | Why::Interrupted | Why::Memory | Why::Changed
        )
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Stop(stop) => Fault::Stop(stop),
            other => Fault::Read(other),
        }
    }
}
