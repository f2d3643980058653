//! A span of another source: a stored member, without a copy.

use super::{Chunk, Extent, ReadError, SharedSource, Source};
use crate::report::Span;

/// The bytes of a parent between two positions.
#[derive(Debug, Clone)]
pub struct Slice {
    parent: SharedSource,
    span: Span,
}

impl Slice {
    /// The given span of `parent`, cut to what the parent has.
    pub fn new(parent: SharedSource, span: Span) -> Self {
        let end = span.end.min(parent.len());
        let start = span.start.min(end);
        Slice {
            parent,
            span: start..end,
        }
    }

    /// A position in the parent, never behind the end of the slice.
    fn outer(&self, at: u64) -> u64 {
        self.span.start.saturating_add(at).min(self.span.end)
    }
}

impl Source for Slice {
    fn len(&self) -> u64 {
        self.span.end.saturating_sub(self.span.start)
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let from = self.outer(at);
        let left = self.span.end.saturating_sub(from);
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        match buf.get_mut(..n) {
            Some(buf) if n > 0 => self.parent.read_at(from, buf),
            _ => Ok(0),
        }
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        self.parent
            .chunk(self.outer(span.start)..self.outer(span.end))
    }

    fn extent(&self, at: u64) -> Extent {
        let inner = |end: u64| end.min(self.span.end).saturating_sub(self.span.start);
        match self.parent.extent(self.outer(at)) {
            Extent::Data(end) => Extent::Data(inner(end)),
            Extent::Hole(end) => Extent::Hole(inner(end)),
        }
    }

    fn done(&self, span: Span) {
        self.parent
            .done(self.outer(span.start)..self.outer(span.end));
    }
}
