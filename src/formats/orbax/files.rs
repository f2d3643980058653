//! The table of files that a node or manifest points into.
//!
//! Paths share their beginning with the one before them, in columns: how much
//! they share, how much is new, how much of it is the path of a database within
//! this one, and the new bytes.

use super::super::Context;
use super::super::tally::Tally;
use super::place;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// The longest path, as on the systems that have files.
const PATH_CAP_BYTES: u64 = 4096;

/// Bits that a byte of a number has.
const VARINT_BITS: u32 = 7;

/// A number in groups of seven bits, the lowest first.
pub(super) fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    let at = cursor.position();
    let mut number = 0u64;
    for shift in (0..u64::BITS).step_by(VARINT_BITS as usize) {
        let byte = cursor.u8()?;
        let bits = u64::from(byte & 0x7f);
        number |= bits.checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Fault::malformed(at, "a number of more than ten bytes"))
}

/// So many numbers.
pub(super) fn column(
    cursor: &mut Cursor<'_>,
    count: u64,
    cx: &mut Context<'_>,
) -> Result<Vec<u64>, Fault> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        cx.tick()?;
        numbers.push(varint(cursor)?);
    }
    Ok(numbers)
}

/// Read the table and judge its paths. Returns how many there are.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<u64, Fault> {
    let at = cursor.position();
    let count = varint(cursor)?;
    if count > cursor.remaining() {
        return Err(Fault::malformed(at, format!("a table of {count} files")));
    }
    let shared = column(cursor, count.saturating_sub(1), cx)?;
    let new = column(cursor, count, cx)?;
    column(cursor, count, cx)?;
    let mut path = Vec::new();
    for (shared, new) in std::iter::once(0).chain(shared).zip(new) {
        cx.tick()?;
        let at = cursor.position();
        let len = shared.saturating_add(new);
        if shared > path.len() as u64 || len > PATH_CAP_BYTES {
            let what = format!("a path of {len} bytes, {shared} of them those of the last one");
            return Err(Fault::malformed(at, what));
        }
        path.truncate(usize::try_from(shared).unwrap_or(usize::MAX));
        path.extend(cursor.take(new, PATH_CAP_BYTES as usize)?);
        let at = at..cursor.position();
        place("the file", &String::from_utf8_lossy(&path), &at, tally);
    }
    Ok(count)
}
