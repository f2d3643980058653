//! Bytes that lie in memory.

use std::fmt::Debug;

use super::{Chunk, ReadError, Source};
use crate::report::Span;

/// A source whose bytes are held in memory, its own or borrowed.
#[derive(Debug, Clone)]
pub struct Memory<B = Vec<u8>>(B);

impl Memory {
    /// Take over these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Memory(bytes.into())
    }
}

impl<'b> Memory<&'b [u8]> {
    /// Look at these bytes where they lie.
    pub fn borrowed(bytes: &'b [u8]) -> Self {
        Memory(bytes)
    }
}

impl<B: AsRef<[u8]>> Memory<B> {
    /// Look at bytes that something else holds.
    pub(super) fn held(bytes: B) -> Self {
        Memory(bytes)
    }

    fn tail(&self, at: u64) -> &[u8] {
        usize::try_from(at)
            .ok()
            .and_then(|at| self.0.as_ref().get(at..))
            .unwrap_or_default()
    }
}

impl<B: AsRef<[u8]> + Send + Sync + Debug> Source for Memory<B> {
    fn len(&self) -> u64 {
        self.0.as_ref().len() as u64
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let tail = self.tail(at);
        let n = tail.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), tail.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        let tail = self.tail(span.start);
        let len = usize::try_from(span.end.saturating_sub(span.start)).unwrap_or(usize::MAX);
        Ok(Chunk::Borrowed(tail.get(..len).unwrap_or(tail)))
    }
}
