//! The framing format of Snappy: chunks with a kind, a length and a masked
//! CRC-32C, behind a chunk that names the stream.
//!
//! There is no end mark: a stream ends where its span does, in front of no
//! chunk or in the middle of one. Kinds that readers may pass over are passed
//! over; one that they may not is a break, as in every reader. Source: the
//! Snappy framing format description, of 2013-10-25.

use std::io;

use snap::raw::{Decoder as Library, decompress_len};

use super::decoder::{AnyStream, Step, Stream, Then};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;
use super::sums::Crc32c;
use crate::report::Span;

/// The chunk that every stream begins with, and that may stand again in it.
const IDENTIFIER: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// Bytes that a chunk may become.
const CHUNK_BYTES: usize = 64 << 10;

/// Bytes that a packed chunk may have: what the worst chunk packs to.
const PACKED_CAP_BYTES: usize = 76_490;

/// What is added to a checksum once its bits were turned.
const MASK: u32 = 0xa282_ead8;

/// Kinds of chunks.
const COMPRESSED: u8 = 0;
const PLAIN: u8 = 1;
const SKIPPABLE: std::ops::RangeInclusive<u8> = 0x80..=0xfe;

struct Snappy {
    library: Library,
    /// The chunk at hand, unpacked.
    chunk: Vec<u8>,
    handed: usize,
}

/// Whether a stream begins with these bytes.
pub fn begins(head: &[u8]) -> bool {
    head.starts_with(IDENTIFIER)
}

/// The stream at this position, which takes the rest of the span.
pub(super) fn open<'a>(packed: &mut Packed<'a>) -> io::Result<Option<AnyStream<'a>>> {
    if !begins(packed.peek(IDENTIFIER.len())?) {
        return Ok(None);
    }
    packed.skip(IDENTIFIER.len() as u64)?;
    Ok(Some(Box::new(Snappy {
        library: Library::new(),
        chunk: Vec::new(),
        handed: 0,
    })))
}

/// A checksum as it stands in a chunk.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(MASK)
}

/// Go from chunk to chunk, and visit the body of each that is passed over.
pub(super) fn walk(packed: &mut Packed<'_>, mut visit: impl FnMut(Span)) -> io::Result<()> {
    while packed.remaining() > 0 {
        let [kind, a, b, c] = packed.array()?;
        let from = packed.position();
        packed.skip(u32::from_le_bytes([a, b, c, 0]).into())?;
        if SKIPPABLE.contains(&kind) {
            visit(from..packed.position());
        }
    }
    Ok(())
}

impl<'a> Stream<'a> for Snappy {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let waiting = self.chunk.get(self.handed..).unwrap_or_default();
        let n = waiting.len().min(out.len());
        if let (Some(out), Some(bytes)) = (out.get_mut(..n), waiting.get(..n))
            && n > 0
        {
            out.copy_from_slice(bytes);
            self.handed = self.handed.saturating_add(n);
            return Step::more(n);
        }
        match self.next(packed, remarks) {
            Ok(then) => Step { given: 0, then },
            Err(error) => Step::fail(0, error),
        }
    }
}

impl Snappy {
    /// The next chunk, or the end.
    fn next(&mut self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<Then> {
        if packed.remaining() == 0 {
            return Ok(Then::End);
        }
        let [kind, a, b, c] = packed.array()?;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, 0])).unwrap_or(usize::MAX);
        match kind {
            COMPRESSED | PLAIN => self.unpack(packed, kind, len, remarks)?,
            0xff => identifier(packed, len)?,
            kind if SKIPPABLE.contains(&kind) => packed.skip(len as u64)?,
            kind => return Err(Refusal::Chunk(kind).into()),
        }
        Ok(Then::More)
    }

    /// Unpack the body of a chunk.
    fn unpack(
        &mut self,
        packed: &mut Packed<'_>,
        kind: u8,
        len: usize,
        remarks: &mut Remarks,
    ) -> io::Result<()> {
        let claimed = u32::from_le_bytes(packed.array()?);
        let at = packed.position();
        let len = len
            .checked_sub(4)
            .filter(|len| *len <= PACKED_CAP_BYTES)
            .ok_or_else(|| broken("a chunk has a wrong length"))?;
        let body = packed.peek(len)?;
        if body.len() < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.handed = 0;
        match kind {
            PLAIN => {
                self.chunk.clear();
                self.chunk.extend_from_slice(body);
            }
            _ => {
                let told = decompress_len(body).map_err(|error| broken(error.to_string()))?;
                if told > CHUNK_BYTES {
                    return Err(broken("a chunk is larger than the format allows"));
                }
                self.chunk.resize(told, 0);
                let got = self.library.decompress(body, &mut self.chunk);
                // Of a chunk that breaks, nothing is known to be right.
                self.chunk.truncate(*got.as_ref().unwrap_or(&0));
                got.map_err(|error| broken(error.to_string()))?;
            }
        }
        packed.skip(len as u64)?;
        let actual = masked(Crc32c::of(&self.chunk));
        let name = "masked CRC-32C of a chunk";
        remarks.checksum(at, 4, name, claimed.into(), actual.into());
        Ok(())
    }
}

/// The body of a chunk that names the stream again.
fn identifier(packed: &mut Packed<'_>, len: usize) -> io::Result<()> {
    let body = packed.peek(len.min(IDENTIFIER.len()))?;
    if IDENTIFIER.get(4..) != Some(body) {
        return Err(broken("a chunk names another stream"));
    }
    packed.skip(len as u64)
}
