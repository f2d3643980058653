//! Why decoding ended before the end of the stream.
//!
//! Everything arrives as an [`io::Error`], because decoders are readers;
//! [`failure`] tells the three kinds apart again.

use std::io;

use crate::budget::Stop;
use crate::report::Why;
use crate::source::ReadError;

/// What ended a decoder early.
#[derive(Debug)]
pub enum Failure {
    /// The source: a limit of the job, a change, an error of the system.
    Source(ReadError),
    /// The stream asks for more than is given to it, or for what is not there.
    Refused(Refusal),
    /// The stream breaks, or stops before its end mark.
    Broken,
}

/// What a stream asks for and does not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A window or dictionary, in bytes, above [`super::WINDOW_CAP_BYTES`].
    #[error("the stream needs a window of {0} bytes, more than the {cap} that are given to one", cap = super::WINDOW_CAP_BYTES)]
    Window(u64),
    /// A model of PPMd, in bytes, above what one gets.
    #[error("the stream needs a model of {0} bytes, more than the {cap} that are given to one", cap = super::MODEL_CAP_BYTES)]
    Model(u32),
    /// More memory than there is.
    #[error("there is no memory for the decoder")]
    Memory,
    /// A dictionary that is kept elsewhere.
    #[error("the stream was packed with a dictionary that is not part of it")]
    Dictionary,
    /// A filter that is not followed, by its number.
    #[error("the stream went through a filter (0x{0:x}) that is not followed")]
    Filter(u64),
    /// More filters behind one another than are followed.
    #[error("the stream went through {0} filters, more than are followed")]
    Filters(usize),
    /// LZMA with more bits for literals than LZMA2 and its reference library
    /// allow.
    #[error("the stream needs {0} bits for the places of literals in LZMA, more than are followed")]
    LiteralBits(u8),
    /// A kind of chunk that readers may not pass over, and do not know.
    #[error("a chunk of the unknown kind 0x{0:02x} may not be passed over")]
    Chunk(u8),
}

impl Refusal {
    /// The kind of gap it leaves.
    pub fn why(self) -> Why {
        match self {
            Refusal::Window(_) | Refusal::Model(_) => Why::Limit,
            Refusal::Memory => Stop::Memory.into(),
            Refusal::Dictionary
            | Refusal::Filter(_)
            | Refusal::Filters(_)
            | Refusal::LiteralBits(_)
            | Refusal::Chunk(_) => Why::Unsupported,
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        io::Error::other(refusal)
    }
}

/// What is behind a failed read of a decoder.
pub fn failure(error: io::Error) -> Failure {
    let Some(inner) = error.into_inner() else {
        return Failure::Broken;
    };
    match inner.downcast::<ReadError>() {
        Ok(read) => Failure::Source(*read),
        Err(inner) => match inner.downcast::<Refusal>() {
            Ok(refusal) => Failure::Refused(*refusal),
            Err(_) => Failure::Broken,
        },
    }
}

/// The error of the source behind a failed read of a decoder, if it was that.
pub fn read_error(error: io::Error) -> Option<ReadError> {
    match failure(error) {
        Failure::Source(read) => Some(read),
        Failure::Refused(_) | Failure::Broken => None,
    }
}

/// An error that says that the packed bytes are broken.
pub(super) fn broken(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
