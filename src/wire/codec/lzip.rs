//! Lzip members: six bytes, LZMA with fixed properties and an end mark, the
//! CRC-32 and the lengths.
//!
//! Members may follow one another, and every reader takes their contents as
//! one; what follows the last of them is left alone. The first version of the
//! format has no length of the member. Source: the lzip manual, chapter "File
//! format".

use std::io;

use super::decoder::{AnyStream, Step, Stream, Then};
use super::failure::broken;
use super::packed::Packed;
use super::raw_lzma::{RawLzma, UNKNOWN_LEN};
use super::remark::Remarks;

/// The four bytes of every member.
const MAGIC: &[u8] = b"LZIP";

/// `lc` 3, `lp` 0, `pb` 2.
const PROPERTIES: u8 = 0x5d;

struct Lzip {
    raw: RawLzma,
    /// Position of the first byte.
    begin: u64,
    version: u8,
    sum: crc32fast::Hasher,
    given: u64,
}

/// Whether a member of a known version begins with these bytes.
pub fn begins(head: &[u8]) -> bool {
    matches!(head, [b'L', b'Z', b'I', b'P', 0 | 1, bits, ..] if dictionary(*bits).is_some())
}

/// The size of the dictionary from its byte: a power of two less some
/// sixteenths of it, 4 KiB to 512 MiB.
fn dictionary(bits: u8) -> Option<u32> {
    let base = 1u32.checked_shl(u32::from(bits & 0x1f))?;
    let less = (base / 16).saturating_mul(u32::from(bits >> 5));
    let size = base.saturating_sub(less);
    (4 << 10..=512 << 20).contains(&size).then_some(size)
}

/// The member at this position.
pub(super) fn open<'a>(packed: &mut Packed<'a>) -> io::Result<Option<AnyStream<'a>>> {
    let begin = packed.position();
    if !packed.peek(MAGIC.len())?.starts_with(MAGIC) {
        return Ok(None);
    }
    let [_, _, _, _, version, bits] = packed.array()?;
    if version > 1 {
        return Err(broken("unknown version of lzip"));
    }
    let size = dictionary(bits).ok_or_else(|| broken("an unknown size of the dictionary"))?;
    let [a, b, c, d] = size.to_le_bytes();
    Ok(Some(Box::new(Lzip {
        raw: RawLzma::lzma([PROPERTIES, a, b, c, d], UNKNOWN_LEN)?,
        begin,
        version,
        sum: crc32fast::Hasher::new(),
        given: 0,
    })))
}

impl<'a> Stream<'a> for Lzip {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let step = self.raw.next(packed, out);
        self.sum.update(out.get(..step.given).unwrap_or_default());
        self.given = self.given.saturating_add(step.given as u64);
        match step.then {
            Then::End => Step::last(step.given, self.trailer(packed, remarks)),
            _ => step,
        }
    }
}

impl Lzip {
    fn trailer(&self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        let claimed = u32::from_le_bytes(packed.array()?);
        let actual = self.sum.clone().finalize();
        let end = packed.position();
        remarks.checksum(end, 4, "CRC-32", claimed.into(), actual.into());
        let claimed = u64::from_le_bytes(packed.array()?);
        let end = packed.position();
        remarks.length(end, 8, "the unpacked length", claimed, self.given);
        if self.version > 0 {
            let claimed = u64::from_le_bytes(packed.array()?);
            let end = packed.position();
            let len = end.saturating_sub(self.begin);
            remarks.length(end, 8, "the length of the member", claimed, len);
        }
        Ok(())
    }
}
