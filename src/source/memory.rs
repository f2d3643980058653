//! Bytes that lie in memory.

use super::{Chunk, ReadError, Source};
use crate::report::Span;

/// A source whose bytes are held in memory.
#[derive(Debug, Clone)]
pub struct Memory(Vec<u8>);

impl Memory {
    /// Take over these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Memory(bytes.into())
    }

    fn tail(&self, at: u64) -> &[u8] {
        usize::try_from(at)
            .ok()
            .and_then(|at| self.0.get(at..))
            .unwrap_or_default()
    }
}

impl Source for Memory {
    fn len(&self) -> u64 {
        self.0.len() as u64
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
