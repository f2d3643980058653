//! Xz streams: a header, blocks of LZMA2 behind up to three filters, an index
//! of the blocks and a footer.
//!
//! Streams may follow one another, with zeros between them. Each block says
//! how large a dictionary it wants; what that means is told in
//! [`super::raw_lzma`]. Every length and checksum stands in two places; what
//! disagrees is a remark. Source: the .xz file format, version 1.2.1.

mod block;
mod fields;

use std::io::{self, BufRead as _};

use super::decoder::{AnyStream, Step, Stream, Then};
use super::failure::broken;
use super::packed::Packed;
use super::remark::Remarks;
use block::Block;
use fields::{Check, Varint};

/// The six bytes of every stream.
const MAGIC: &[u8] = b"\xfd7zXZ\0";

/// The two bytes at the end of every stream.
const FOOTER_MAGIC: [u8; 2] = *b"YZ";

/// Streams are padded to a multiple of this many bytes.
const ALIGNMENT: u64 = 4;

/// What the blocks came to, or what the index says they did.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    blocks: u64,
    /// Bytes of the blocks without their padding.
    unpadded: u64,
    unpacked: u64,
}

struct Xz {
    flags: [u8; 2],
    check: Check,
    block: Option<Block>,
    sums: Sums,
}

/// Whether a stream begins with these bytes.
pub fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// The stream at this position; zeros may stand before one that is not the
/// first.
pub(super) fn open<'a>(
    packed: &mut Packed<'a>,
    remarks: &mut Remarks,
    is_first: bool,
) -> io::Result<Option<AnyStream<'a>>> {
    let from = packed.position();
    if !is_first
        && !packed
            .skip_zeros()?
            .saturating_sub(from)
            .is_multiple_of(ALIGNMENT)
    {
        packed.seek(from);
    }
    if !begins(packed.peek(MAGIC.len())?) {
        packed.seek(from);
        return Ok(None);
    }
    let [_, _, _, _, _, _, flags @ .., a, b, c, d] = packed.array::<12>()?;
    let claimed = u32::from_le_bytes([a, b, c, d]);
    let actual = crc32fast::hash(&flags);
    let end = packed.position();
    remarks.checksum(
        end,
        4,
        "CRC-32 of the header",
        claimed.into(),
        actual.into(),
    );
    let [zero, check] = flags;
    if zero != 0 || check > 15 {
        return Err(broken("unknown stream flags"));
    }
    Ok(Some(Box::new(Xz {
        flags,
        check: Check::new(check),
        block: None,
        sums: Sums::default(),
    })))
}

impl<'a> Stream<'a> for Xz {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let Some(block) = &mut self.block else {
            return match self.next(packed, remarks) {
                Ok(Then::End) => Step::last(0, Ok(())),
                Ok(then) => Step { given: 0, then },
                Err(error) => Step::fail(0, error),
            };
        };
        let step = block.step(packed, out, remarks);
        if matches!(step.then, Then::End) {
            self.sums.blocks = self.sums.blocks.saturating_add(1);
            self.sums.unpadded = self.sums.unpadded.saturating_add(block.unpadded());
            self.sums.unpacked = self.sums.unpacked.saturating_add(block.unpacked());
            self.block = None;
            return Step::more(step.given);
        }
        step
    }
}

impl Xz {
    /// What stands here: another block, or the index and the end.
    fn next(&mut self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<Then> {
        let first = packed.fill_buf()?.first().copied();
        if first.ok_or(io::ErrorKind::UnexpectedEof)? > 0 {
            self.block = Some(Block::open(packed, &self.check, remarks)?);
            return Ok(Then::More);
        }
        let begin = packed.position();
        self.index(packed, remarks)?;
        let size = packed.position().saturating_sub(begin);
        self.footer(packed, size, remarks)?;
        Ok(Then::End)
    }

    /// The index, compared with the blocks that were there.
    fn index(&self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        let begin = packed.position();
        let mut read = Varint::new();
        read.byte(packed)?;
        let mut said = Sums {
            blocks: read.number(packed)?,
            ..Sums::default()
        };
        for _ in 0..said.blocks {
            said.unpadded = said.unpadded.saturating_add(read.number(packed)?);
            said.unpacked = said.unpacked.saturating_add(read.number(packed)?);
        }
        while !packed
            .position()
            .saturating_sub(begin)
            .is_multiple_of(ALIGNMENT)
        {
            read.byte(packed)?;
        }
        let end = packed.position();
        let len = end.saturating_sub(begin);
        for (what, claimed, actual) in [
            ("the number of blocks", said.blocks, self.sums.blocks),
            ("the packed length", said.unpadded, self.sums.unpadded),
            ("the unpacked length", said.unpacked, self.sums.unpacked),
        ] {
            remarks.length(end, len, what, claimed, actual);
        }
        let claimed = u32::from_le_bytes(packed.array()?);
        let end = packed.position();
        let name = "CRC-32 of the index";
        remarks.checksum(end, 4, name, claimed.into(), read.crc32().into());
        Ok(())
    }

    /// The footer, which says again what the header and the index say.
    fn footer(&self, packed: &mut Packed<'_>, index: u64, remarks: &mut Remarks) -> io::Result<()> {
        let footer = packed.array::<12>()?;
        let [a, b, c, d, e, f, g, h, flags @ .., y, z] = footer;
        if [y, z] != FOOTER_MAGIC {
            return Err(broken("no stream footer"));
        }
        let end = packed.position();
        let body = footer.get(4..10).unwrap_or_default();
        let claimed = u32::from_le_bytes([a, b, c, d]);
        let actual = crc32fast::hash(body);
        remarks.checksum(
            end,
            12,
            "CRC-32 of the footer",
            claimed.into(),
            actual.into(),
        );
        let backward = u64::from(u32::from_le_bytes([e, f, g, h])).saturating_add(1);
        let size = backward.saturating_mul(ALIGNMENT);
        remarks.length(end, 8, "the size of the index", size, index);
        let number = |flags| u64::from(u16::from_le_bytes(flags));
        let what = "the stream flags at the end";
        remarks.length(end, 4, what, number(flags), number(self.flags));
        Ok(())
    }
}
