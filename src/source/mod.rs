//! Bytes by position, wherever they lie.
//!
//! A [`Source`] is read-only and positional: every read names its offset, so
//! one source serves many readers at once and there is no cursor to disturb.
//! What stands behind it (memory, a file, mapped windows, a span of another
//! source, the output of a decoder) cannot be told from the outside.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod cache;
mod chunk;
mod digested;
mod direct;
mod disk;
mod fault;
mod joined;
mod mapped;
mod memory;
mod metered;
mod slice;
mod unpacked;
mod volume;
mod window;

pub use chunk::Chunk;
pub use digested::Digested;
pub use direct::Direct;
pub use disk::Disk;
pub use joined::{Joined, Piece};
pub use mapped::Mapped;
pub use memory::Memory;
pub use metered::Metered;
pub use slice::Slice;
pub use unpacked::{Spool, Unpacked};
pub use volume::Volume;
pub use window::{Margins, Window, windows};

use std::sync::Arc;

use crate::budget::Stop;
use crate::report::Span;

/// Why bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A limit of the job was reached.
    #[error("{0}")]
    Stop(#[from] Stop),
    /// The file was cut or replaced while it was read.
    #[error("the file changed while it was read")]
    Changed,
}

impl ReadError {
    /// More bytes were asked for in one piece than memory can hold.
    fn too_large() -> Self {
        std::io::Error::from(std::io::ErrorKind::OutOfMemory).into()
    }
}

/// What lies at a position of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Bytes that must be read, up to this position.
    Data(u64),
    /// Zeros that the file system vouches for, up to this position.
    Hole(u64),
}

/// Positional, read-only access to the bytes of an artifact.
pub trait Source: Send + Sync + std::fmt::Debug {
    /// Length in bytes; fixed for the life of the source.
    fn len(&self) -> u64;

    /// Fill the front of `buf` from position `at`. May read less than asked;
    /// `Ok(0)` means that `at` is at or behind the end.
    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError>;

    /// The bytes of `span` in one piece, borrowed where they already lie in
    /// memory. Shorter than asked only where the source ends.
    ///
    /// The caller chooses a bounded span: nothing here limits the memory.
    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        Chunk::read(self, span)
    }

    /// What lies at `at`: data to read, or a hole. Everything is data unless
    /// the source knows better.
    fn extent(&self, _at: u64) -> Extent {
        Extent::Data(self.len())
    }

    /// Nobody will read `span` again, as far as can be known: a source that
    /// brought it into the page cache may drop it there.
    fn done(&self, _span: Span) {}

    /// Whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fill `buf` from position `at`, short only where the source ends.
    /// Returns how many bytes were filled.
    fn fill_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let mut filled = 0usize;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let from = at.saturating_add(filled as u64);
            match self.read_at(from, rest)? {
                0 => break,
                n => filled = filled.saturating_add(n),
            }
        }
        Ok(filled)
    }
}

/// A shared source.
pub type SharedSource = Arc<dyn Source>;
