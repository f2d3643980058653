//! One contiguous read.

use std::ops::{Deref, Range};
use std::sync::{Mutex, PoisonError};

use super::mapped::MappedChunk;
use super::{ReadError, Source};
use crate::report::Span;

/// Bytes that idle buffers may hold together.
const SPARE_CAP_BYTES: usize = 64 << 20;

/// Bytes from which a buffer is kept for its next use: the allocator is quick
/// enough with smaller ones, and a few of them would fill the list.
const SPARE_MIN_BYTES: usize = 64 << 10;

/// Buffers that wait for their next use. Large reads come by the thousand,
/// and fresh pages cost as much as the sweep itself.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Contiguous bytes of a source, owned or borrowed.
#[derive(Debug)]
pub enum Chunk<'a> {
    /// Bytes that already lie in memory.
    Borrowed(&'a [u8]),
    /// Bytes that were read into a reused buffer.
    Pooled(Buffer),
    /// Pages of a mapped file, given back when the chunk is dropped.
    Mapped(MappedChunk),
}

impl Chunk<'_> {
    /// Read `span` of `source` into a buffer.
    pub fn read<S: Source + ?Sized>(source: &S, span: Span) -> Result<Chunk<'static>, ReadError> {
        let end = span.end.min(source.len());
        let len =
            usize::try_from(end.saturating_sub(span.start)).map_err(|_| ReadError::too_large())?;
        let mut buffer = Buffer::of(len)?;
        let filled = source.fill_at(span.start, buffer.space())?;
        buffer = buffer.cut(0..filled);
        Ok(Chunk::Pooled(buffer))
    }

    /// The bytes as a vector of their own; copied only where that is better.
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Chunk::Pooled(buffer) => buffer.into_vec(),
            Chunk::Borrowed(bytes) => bytes.to_vec(),
            Chunk::Mapped(mapped) => mapped.to_vec(),
        }
    }

    /// Fails if pages under this chunk turned out to be missing from the file
    /// while it was in use; what was seen of it then cannot be trusted.
    pub fn verify(&self) -> Result<(), ReadError> {
        match self {
            Chunk::Mapped(mapped) => mapped.verify(),
            Chunk::Borrowed(_) | Chunk::Pooled(_) => Ok(()),
        }
    }
}

impl Deref for Chunk<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Chunk::Borrowed(bytes) => bytes,
            Chunk::Pooled(buffer) => buffer,
            Chunk::Mapped(mapped) => mapped,
        }
    }
}

/// A buffer from the pool; dropping it puts it back.
#[derive(Debug)]
pub struct Buffer {
    /// Never cut short, so that its pages stay filled: `range` says what
    /// counts.
    bytes: Vec<u8>,
    range: Range<usize>,
}

impl Buffer {
    /// A buffer of `len` bytes of any content.
    fn of(len: usize) -> Result<Self, ReadError> {
        let mut bytes = match len < SPARE_MIN_BYTES {
            true => Vec::new(),
            false => take_spare(len),
        };
        if bytes.len() < len {
            let more = len.saturating_sub(bytes.len());
            bytes
                .try_reserve_exact(more)
                .map_err(|_| ReadError::too_large())?;
            bytes.resize(len, 0);
        }
        let range = 0..len;
        Ok(Buffer { bytes, range })
    }

    /// A buffer of `len` bytes whose address is a multiple of `align`.
    pub(super) fn aligned(len: usize, align: usize) -> Result<Self, ReadError> {
        let room = len.checked_add(align).ok_or_else(ReadError::too_large)?;
        let mut buffer = Buffer::of(room)?;
        let address = buffer.bytes.as_ptr().addr();
        let start = address
            .checked_next_multiple_of(align)
            .map_or(0, |at| at.saturating_sub(address));
        buffer.range = start..start.saturating_add(len);
        Ok(buffer)
    }

    /// The part of it that counts from here on.
    pub(super) fn cut(mut self, part: Range<usize>) -> Self {
        let start = self.range.start;
        let place = |at: usize| start.saturating_add(at).min(self.range.end);
        self.range = place(part.start)..place(part.end);
        self
    }

    /// Keep the bytes out of the pool, unless that would hold on to a buffer
    /// made for much more.
    fn into_vec(mut self) -> Vec<u8> {
        if self.range.start > 0 || self.bytes.capacity() / 2 > self.range.end {
            return self.to_vec();
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(self.range.end);
        bytes
    }

    /// Its bytes, to be filled.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.range.clone()).unwrap_or_default()
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.range.clone()).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes.capacity() < SPARE_MIN_BYTES {
            return;
        }
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = spare.iter().map(Vec::capacity).sum();
        if held.saturating_add(self.bytes.capacity()) <= SPARE_CAP_BYTES {
            spare.push(std::mem::take(&mut self.bytes));
        }
    }
}

/// The smallest idle buffer that is large enough, or a new one.
fn take_spare(len: usize) -> Vec<u8> {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = spare.iter().enumerate().filter(|(_, b)| b.len() >= len);
    match fits.min_by_key(|(_, b)| b.len()).map(|(index, _)| index) {
        Some(index) => spare.swap_remove(index),
        None => Vec::new(),
    }
}
