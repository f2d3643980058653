//! Numbers of seven bits a byte, the lowest first.

use crate::budget::Stop;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Bytes of a number of 64 bits.
const VARINT_BYTES: u32 = 10;

/// Bytes that are counted between two looks at the clock.
const COUNT_STEP_BYTES: u64 = 256 << 10;

/// How a number is spelled, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// With as few bytes as it takes: what every library writes.
    Shortest,
    /// With empty bytes at its end, which parsers accept.
    Longer,
    /// With more than 64 bits. Some parsers drop the upper ones, others
    /// refuse the message.
    Overflowing,
}

/// A number and its spelling.
pub(super) struct Number {
    pub(super) value: u64,
    pub(super) spelling: Spelling,
}

/// The number at the cursor.
pub(super) fn varint(cursor: &mut Cursor<'_>) -> Result<Number, Fault> {
    let at = cursor.position();
    let mut value = 0u64;
    for index in 0..VARINT_BYTES {
        let byte = cursor.u8()?;
        let part = u64::from(byte & 0x7f);
        value |= part.checked_shl(index.saturating_mul(7)).unwrap_or(0);
        if byte & 0x80 == 0 {
            let is_last = index.saturating_add(1) == VARINT_BYTES;
            let spelling = match part {
                2.. if is_last => Spelling::Overflowing,
                0 if index > 0 => Spelling::Longer,
                _ => Spelling::Shortest,
            };
            return Ok(Number { value, spelling });
        }
    }
    let what = format!("a number of more than {VARINT_BYTES} bytes");
    Err(Fault::malformed(at, what))
}

/// How many varints end in `span` of `source`. `check` is asked every quarter
/// of a mebibyte whether to go on.
pub fn count_varints(
    source: &dyn Source,
    span: &Span,
    mut check: impl FnMut() -> Result<(), Stop>,
) -> Result<u64, Fault> {
    let mut count = 0u64;
    let mut at = span.start;
    while at < span.end {
        check()?;
        let next = at.saturating_add(COUNT_STEP_BYTES).min(span.end);
        let bytes = source.chunk(at..next)?;
        let ends = bytes.iter().filter(|&byte| byte & 0x80 == 0).count();
        count = count.saturating_add(ends as u64);
        at = next;
    }
    Ok(count)
}
