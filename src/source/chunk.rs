//! One contiguous read.

use std::ops::Deref;

use super::mapped::MappedChunk;
use super::{ReadError, Source};
use crate::report::Span;

/// Contiguous bytes of a source, owned or borrowed.
#[derive(Debug)]
pub enum Chunk<'a> {
    /// Bytes that already lie in memory.
    Borrowed(&'a [u8]),
    /// Bytes that were read into a buffer.
    Read(Vec<u8>),
    /// Pages of a mapped file, given back when the chunk is dropped.
    Mapped(MappedChunk),
}

impl Chunk<'_> {
    /// Read `span` of `source` into a buffer of its own.
    pub fn read<S: Source + ?Sized>(source: &S, span: Span) -> Result<Chunk<'static>, ReadError> {
        let end = span.end.min(source.len());
        let len = usize::try_from(end.saturating_sub(span.start))
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::OutOfMemory))?;
        let mut buf = Vec::new();
        buf.try_reserve_exact(len)
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::OutOfMemory))?;
        buf.resize(len, 0);
        let filled = source.fill_at(span.start, &mut buf)?;
        buf.truncate(filled);
        Ok(Chunk::Read(buf))
    }

    /// Fails if pages under this chunk turned out to be missing from the file
    /// while it was in use; what was seen of it then cannot be trusted.
    pub fn verify(&self) -> Result<(), ReadError> {
        match self {
            Chunk::Mapped(mapped) => mapped.verify(),
            Chunk::Borrowed(_) | Chunk::Read(_) => Ok(()),
        }
    }
}

impl Deref for Chunk<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Chunk::Borrowed(bytes) => bytes,
            Chunk::Read(bytes) => bytes,
            Chunk::Mapped(mapped) => mapped,
        }
    }
}
