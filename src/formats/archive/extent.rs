//! Where an archive ends that the sweep found inside other bytes.
//!
//! The walk follows the archive's own records and believes their lengths only
//! as far as the file goes: what lies beyond the end that they give is swept
//! like all other bytes, and what lies before it is examined by the format.

use crate::budget::Budget;
use crate::detect::Archive;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, StreamEnd};
use crate::wire::cursor::Cursor;
use crate::wire::tar::{self, Likeness};
use crate::wire::zip_directory;

/// Bytes that come out of a stream whose end is looked for.
const UNPACKED_CAP_BYTES: u64 = 256 << 20;

/// Bytes of a tar block.
const BLOCK_BYTES: u64 = tar::BLOCK_BYTES;

/// Bytes of the start header of 7-Zip.
const SEVEN_ZIP_HEADER_BYTES: u64 = 32;

/// The span of the archive that begins at `at`; `None` for a stream that gives
/// more than 256 MiB.
pub fn extent(
    archive: Archive,
    source: &dyn Source,
    at: u64,
    budget: &Budget,
) -> Result<Option<Span>, Fault> {
    let end = match archive.codec() {
        Some(codec) => stream(codec, source, at, budget)?,
        None => container(archive, source, at, budget).map(Some)?,
    };
    Ok(end.map(|end| at..end.clamp(at, source.len())))
}

fn stream(
    codec: Codec,
    source: &dyn Source,
    at: u64,
    budget: &Budget,
) -> Result<Option<u64>, Fault> {
    let seen = codec.measure(source, at..source.len(), UNPACKED_CAP_BYTES, budget)?;
    let is_whole = seen.end != StreamEnd::Capped;
    Ok(is_whole.then(|| at.saturating_add(seen.packed)))
}

fn container(
    archive: Archive,
    source: &dyn Source,
    at: u64,
    budget: &Budget,
) -> Result<u64, Fault> {
    let mut cursor = Cursor::new(source, at);
    match archive {
        Archive::Zip => zip_directory::extent(source, at, budget),
        Archive::Tar => tar(source, at, budget),
        Archive::Rar4 => rar_4(source, at, budget),
        Archive::Rar5 => rar_5(source, at, budget),
        Archive::SevenZip => {
            cursor.skip(12)?;
            let (offset, len) = (cursor.u64()?, cursor.u64()?);
            let front = at.saturating_add(SEVEN_ZIP_HEADER_BYTES);
            Ok(front.saturating_add(offset).saturating_add(len))
        }
        Archive::Cab => {
            cursor.skip(8)?;
            Ok(at.saturating_add(cursor.u32()?.into()))
        }
        Archive::SquashFs => {
            cursor.skip(40)?;
            Ok(at.saturating_add(cursor.u64()?))
        }
        _ => Ok(source.len()),
    }
}

/// Headers and data up to two blocks of zeros, or up to what is no header.
fn tar(source: &dyn Source, start: u64, budget: &Budget) -> Result<u64, Fault> {
    let mut at = start;
    loop {
        budget.check()?;
        let block = source.chunk(at..at.saturating_add(BLOCK_BYTES))?;
        let header = block.first_chunk().and_then(tar::Header::parse);
        match header.filter(|_| tar::likeness(&block) == Likeness::Structure) {
            Some(header) => {
                let blocks = header.size.unwrap_or(0).div_ceil(BLOCK_BYTES);
                let data = blocks.saturating_mul(BLOCK_BYTES);
                at = at.saturating_add(BLOCK_BYTES).saturating_add(data);
            }
            None if at < source.len() && block.iter().all(|&byte| byte == 0) => {
                return Ok(at.saturating_add(BLOCK_BYTES.saturating_mul(2)));
            }
            None => return Ok(at),
        }
    }
}

/// Blocks behind the signature, up to the end block.
fn rar_4(source: &dyn Source, start: u64, budget: &Budget) -> Result<u64, Fault> {
    /// The type of the last block.
    const END: u8 = 0x7b;
    /// Flag: four bytes give the length of data behind the header.
    const HAS_DATA: u16 = 0x8000;
    /// Flag of a file: its lengths have 64 bits.
    const IS_LARGE: u16 = 0x100;
    let mut at = start.saturating_add(7);
    while at.saturating_add(7) <= source.len() {
        budget.check()?;
        let mut cursor = Cursor::new(source, at.saturating_add(2));
        let (kind, flags, len) = (cursor.u8()?, cursor.u16()?, cursor.u16()?);
        if !(0x72..=END).contains(&kind) || len < 7 {
            break;
        }
        let mut data = 0u64;
        if flags & HAS_DATA != 0 {
            data = Cursor::new(source, at.saturating_add(7)).u32()?.into();
            if kind == 0x74 && flags & IS_LARGE != 0 {
                let high = Cursor::new(source, at.saturating_add(32)).u32()?;
                data = data.saturating_add(u64::from(high).wrapping_shl(32));
            }
        }
        at = at.saturating_add(len.into()).saturating_add(data);
        if kind == END {
            break;
        }
    }
    Ok(at)
}

/// Headers behind the signature, each with its data, up to the end header.
fn rar_5(source: &dyn Source, start: u64, budget: &Budget) -> Result<u64, Fault> {
    /// The types of headers.
    const KINDS: std::ops::RangeInclusive<u64> = 1..=5;
    let mut at = start.saturating_add(8);
    while at.saturating_add(7) <= source.len() {
        budget.check()?;
        let mut cursor = Cursor::new(source, at.saturating_add(4));
        let len = vint(&mut cursor)?;
        let body = cursor.position();
        let (kind, flags) = (vint(&mut cursor)?, vint(&mut cursor)?);
        if !KINDS.contains(&kind) || len == 0 {
            break;
        }
        if flags & 1 != 0 {
            vint(&mut cursor)?;
        }
        let data = match flags & 2 {
            0 => 0,
            _ => vint(&mut cursor)?,
        };
        at = body.saturating_add(len).saturating_add(data);
        if kind == *KINDS.end() {
            break;
        }
    }
    Ok(at)
}

/// A number of RAR 5: seven bits a byte, lowest first.
fn vint(cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    let mut value = 0u64;
    for shift in (0u32..63).step_by(7) {
        let byte = cursor.u8()?;
        value |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(value)
}
