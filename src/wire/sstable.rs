//! Sorted tables as LevelDB writes them, and TensorFlow's checkpoint index with
//! them.
//!
//! A *table* is blocks of records, an index block that says where each of them
//! lies, and a footer of 48 bytes with a magic number. In a block each key
//! shares its beginning with the one before it. A block may be packed with
//! Snappy, and has a checksum. [`Table::open`] reads the footer and the index,
//! [`Table::block`] one block, and [`Records`] walk it.
//!
//! Blocks have to lie one behind the other, as every writer puts them, so that
//! a small file cannot have one block read a million times. A checksum that is
//! wrong is told and the block is read all the same: readers that do not check
//! it would.
//!
//! Specification: `doc/table_format.md` of LevelDB.

#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;

use super::Fault;
use super::codec::crc32c;
use crate::report::Span;
use crate::source::Source;

/// Bytes of a footer.
pub const FOOTER_BYTES: u64 = 48;

/// The last bytes of a table.
pub const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();

/// Type and checksum behind each block.
const TRAILER_BYTES: u64 = 5;

/// Longest block that is read, packed or not, in bytes. Writers end one at
/// 256 KiB, or behind the record that goes beyond.
const BLOCK_CAP_BYTES: u64 = 64 << 20;

/// Blocks of one table.
const BLOCKS_CAP: usize = 1 << 20;

/// Longest key that is put together, in bytes.
const KEY_CAP_BYTES: usize = 64 << 10;

/// What is added to a checksum once its bits were turned.
const MASK: u32 = 0xa282_ead8;

/// A table whose footer and index could be read.
#[derive(Debug)]
pub struct Table<'a> {
    source: &'a dyn Source,
    /// Where the blocks of records lie, in order.
    pub blocks: Vec<Span>,
    /// The index block and the one with what describes the table, and the
    /// footer.
    pub own: Vec<Span>,
    /// Whether the checksum of the index is wrong.
    pub is_wrong: bool,
}

/// The records of one block, in memory.
#[derive(Debug)]
pub struct Block {
    bytes: Vec<u8>,
    /// Where it lies in the table, its trailer included.
    pub span: Span,
    /// Whether its checksum is wrong.
    pub is_wrong: bool,
}

/// A record: its key, as the walk put it together, and its value.
pub type Record<'k, 'b> = (&'k [u8], &'b [u8]);

/// Walks the records of a block.
#[derive(Debug)]
pub struct Records<'b> {
    rest: &'b [u8],
    at: u64,
    key: Vec<u8>,
}

/// A block by offset and length.
#[derive(Debug, Clone, Copy)]
struct Handle {
    at: u64,
    len: u64,
}

impl Handle {
    /// The block with its trailer.
    fn span(self) -> Span {
        let end = self.at.saturating_add(self.len);
        self.at..end.saturating_add(TRAILER_BYTES)
    }
}

impl<'a> Table<'a> {
    /// Read the footer and the index of the table that fills `source`.
    pub fn open(source: &'a dyn Source) -> Result<Self, Fault> {
        let at = source.len().saturating_sub(FOOTER_BYTES);
        let footer = source.chunk(at..source.len())?.to_vec();
        if footer.len() as u64 != FOOTER_BYTES || !footer.ends_with(&MAGIC) {
            return Err(Fault::malformed(at, "the file does not end as a table"));
        }
        let mut rest = footer.as_slice();
        let wrong = || Fault::malformed(at, "a footer without two places");
        let meta = handle(&mut rest).ok_or_else(wrong)?;
        let index = handle(&mut rest).ok_or_else(wrong)?;
        let mut table = Table {
            source,
            blocks: Vec::new(),
            own: vec![meta.span(), index.span(), at..source.len()],
            is_wrong: false,
        };
        let block = table.read(index, at)?;
        table.is_wrong = block.is_wrong;
        let mut records = block.records();
        while let Some((_, value)) = records.next()? {
            let mut value = value;
            let place = handle(&mut value)
                .ok_or_else(|| Fault::malformed(index.at, "an index entry without a place"))?;
            table.blocks.push(place.span());
            if table.blocks.len() > BLOCKS_CAP {
                let what = format!("more than {BLOCKS_CAP} blocks");
                return Err(Fault::unsupported(index.at, what));
            }
        }
        table.order(at)?;
        Ok(table)
    }

    /// A fault where blocks do not lie one behind the other.
    fn order(&self, end: u64) -> Result<(), Fault> {
        let mut behind = 0;
        for span in &self.blocks {
            if span.start < behind || span.end > end {
                let what = "a block that lies in another one, or outside of the table";
                return Err(Fault::malformed(span.start.min(end), what));
            }
            behind = span.end;
        }
        Ok(())
    }

    /// Read the block that lies at `span`, one of [`Table::blocks`].
    pub fn block(&self, span: &Span) -> Result<Block, Fault> {
        let len = span.end.saturating_sub(span.start);
        let handle = Handle {
            at: span.start,
            len: len.saturating_sub(TRAILER_BYTES),
        };
        self.read(handle, self.source.len())
    }

    fn read(&self, handle: Handle, end: u64) -> Result<Block, Fault> {
        let span = handle.span();
        if span.end > end {
            let at = span.start.min(end);
            return Err(Fault::malformed(at, "a block that the table does not have"));
        }
        if handle.len > BLOCK_CAP_BYTES {
            let what = format!("a block of {} bytes", handle.len);
            return Err(Fault::unsupported(span.start, what));
        }
        let chunk = self.source.chunk(span.clone())?;
        let short = || Fault::malformed(span.start, "a block without its end");
        let (front, sum) = chunk.split_last_chunk::<4>().ok_or_else(short)?;
        let (&kind, bytes) = front.split_last().ok_or_else(short)?;
        let is_wrong = masked(crc32c(front)) != u32::from_le_bytes(*sum);
        let bytes = match kind {
            0 => bytes.to_vec(),
            1 => unpacked(bytes, span.start)?,
            other => {
                let what = format!("a block that is packed in a way with the number {other}");
                return Err(Fault::unsupported(span.start, what));
            }
        };
        chunk.verify()?;
        let len = records_len(&bytes)
            .ok_or_else(|| Fault::malformed(span.start, "a block without its restarts"))?;
        let bytes = bytes.get(..len).unwrap_or_default().to_vec();
        Ok(Block {
            bytes,
            span,
            is_wrong,
        })
    }
}

impl Block {
    /// Its records, from the first one on.
    pub fn records(&self) -> Records<'_> {
        Records {
            rest: &self.bytes,
            at: self.span.start,
            key: Vec::new(),
        }
    }
}

impl<'b> Records<'b> {
    /// The next record: its key and its value.
    #[allow(
        clippy::should_implement_trait,
        reason = "the key is put together in a buffer of the walk"
    )]
    pub fn next(&mut self) -> Result<Option<Record<'_, 'b>>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let wrong = || Fault::malformed(self.at, "a record that its block does not hold");
        let mut rest = self.rest;
        let shared = length(&mut rest).ok_or_else(wrong)?;
        let own = length(&mut rest).ok_or_else(wrong)?;
        let value = length(&mut rest).ok_or_else(wrong)?;
        let (own, rest) = rest.split_at_checked(own).ok_or_else(wrong)?;
        let (value, rest) = rest.split_at_checked(value).ok_or_else(wrong)?;
        if shared > self.key.len() {
            return Err(wrong());
        }
        if shared.saturating_add(own.len()) > KEY_CAP_BYTES {
            let what = format!("a key of more than {KEY_CAP_BYTES} bytes");
            return Err(Fault::unsupported(self.at, what));
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(own);
        self.rest = rest;
        Ok(Some((&self.key, value)))
    }
}

/// A checksum as it stands behind a block.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(MASK)
}

/// What Snappy packed.
fn unpacked(bytes: &[u8], at: u64) -> Result<Vec<u8>, Fault> {
    let wrong = |error: snap::Error| Fault::malformed(at, format!("a packed block: {error}"));
    let len = snap::raw::decompress_len(bytes).map_err(wrong)?;
    if len as u64 > BLOCK_CAP_BYTES {
        let what = format!("a block that unpacks to {len} bytes");
        return Err(Fault::unsupported(at, what));
    }
    snap::raw::Decoder::new()
        .decompress_vec(bytes)
        .map_err(wrong)
}

/// Bytes of the records in a block: what stands in front of its restarts.
fn records_len(block: &[u8]) -> Option<usize> {
    let (front, count) = block.split_last_chunk::<4>()?;
    let restarts = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    front.len().checked_sub(restarts.checked_mul(4)?)
}

fn handle(rest: &mut &[u8]) -> Option<Handle> {
    let at = varint(rest)?;
    let len = varint(rest)?;
    // Both are used in sums.
    (at <= i64::MAX as u64 && len <= i64::MAX as u64).then_some(Handle { at, len })
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    u32::try_from(varint(rest)?)
        .ok()
        .and_then(|len| usize::try_from(len).ok())
}

/// Seven bits a byte, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
