//! The meter between a file and everybody who reads it.

use super::{Chunk, Extent, ReadError, SharedSource, Source};
use crate::budget::Budget;
use crate::report::Span;

/// A source that checks the job's deadline before every read and counts the
/// bytes that pass.
#[derive(Debug, Clone)]
pub struct Metered {
    inner: SharedSource,
    budget: Budget,
}

impl Metered {
    /// Put a meter in front of `inner`.
    pub fn new(inner: SharedSource, budget: Budget) -> Self {
        Metered { inner, budget }
    }
}

impl Source for Metered {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        self.budget.check()?;
        self.inner.read_at(at, buf)
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        self.budget.check()?;
        self.inner.chunk(span)
    }

    fn extent(&self, at: u64) -> Extent {
        self.inner.extent(at)
    }

    fn done(&self, span: Span) {
        self.inner.done(span);
    }
}
