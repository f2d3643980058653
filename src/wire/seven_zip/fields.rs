//! The small pieces that headers are made of: numbers, lists of bits, and
//! checksums.
//!
//! Every one of them may say how many others follow, and that is a claim: a
//! list is begun only where the header has room for it and a cap allows it.

use super::{Broken, Parsed};
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// A number of 1 to 9 bytes: the leading ones of the first byte say how many
/// follow, its other bits are the highest of the number.
pub(super) fn number(cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    let first = cursor.u8()?;
    let more = first.leading_ones();
    let mut low = 0u64;
    for index in 0..more {
        let byte = u64::from(cursor.u8()?);
        low |= byte << index.saturating_mul(8);
    }
    // Seven or eight leading ones leave no bit of the first byte.
    let mask = 0x7fu8.checked_shr(more).unwrap_or(0);
    let high = u64::from(first & mask);
    Ok(low | high.checked_shl(more.saturating_mul(8)).unwrap_or(0))
}

/// A number of things, each of which takes at least one `per` of a byte in the
/// rest of the header. More than that is a lie, and more than `cap` are not
/// kept.
pub(super) fn count(cursor: &mut Cursor<'_>, what: &str, room: Room, cap: usize) -> Parsed<usize> {
    let at = cursor.position();
    let claimed = number(cursor)?;
    let most = match room {
        Room::Bytes => cursor.remaining(),
        Room::Or(others) => cursor.remaining().saturating_add(others),
    };
    if claimed > most {
        let words = format!("{claimed} {what} are claimed where at most {most} have room");
        return Err(Fault::malformed(at, words).into());
    }
    match usize::try_from(claimed).ok().filter(|&n| n <= cap) {
        Some(count) => Ok(count),
        None => Err(Broken::Capped(
            at,
            format!("the header has {claimed} {what}; at most {cap} are kept"),
        )),
    }
}

/// What a thing that is counted takes at least.
#[derive(Debug, Clone, Copy)]
pub(super) enum Room {
    /// A byte of the header.
    Bytes,
    /// A byte of the header, or one of so many things that were read before.
    Or(u64),
}

/// A list of `len` bits, the highest of each byte first.
pub(super) fn bits(cursor: &mut Cursor<'_>, len: usize) -> Result<Vec<bool>, Fault> {
    let need = len.div_ceil(8) as u64;
    if need > cursor.remaining() {
        let at = cursor.position();
        let left = cursor.remaining();
        let words = format!("a list of {len} bits needs {need} bytes and {left} are left");
        return Err(Fault::malformed(at, words));
    }
    let mut bits = Vec::with_capacity(len);
    while bits.len() < len {
        let byte = cursor.u8()?;
        let left = len.saturating_sub(bits.len()).min(8);
        bits.extend((0..left).map(|bit| byte & 0x80u8.checked_shr(bit as u32).unwrap_or(0) != 0));
    }
    Ok(bits)
}

/// A list of `len` bits that is left out where all are set.
pub(super) fn all_or_bits(cursor: &mut Cursor<'_>, len: usize) -> Result<Vec<bool>, Fault> {
    match cursor.u8()? {
        0 => bits(cursor, len),
        _ => Ok(vec![true; len]),
    }
}

/// Checksums of `len` things, those that have one.
pub(super) fn checksums(cursor: &mut Cursor<'_>, len: usize) -> Result<Vec<Option<u32>>, Fault> {
    let given = all_or_bits(cursor, len)?;
    let mut sums = Vec::with_capacity(len);
    for is_given in given {
        sums.push(match is_given {
            true => Some(cursor.u32()?),
            false => None,
        });
    }
    Ok(sums)
}
