//! Quick open records: copies of headers, so that a list of the members needs
//! no walk. A reader that uses them believes the copies.

use super::HEADER_CAP_BYTES;
use super::fields::Fields;
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Bytes of the checksum and of the longest length behind it.
const FRONT_BYTES: usize = 7;

/// Longest record, in bytes: a header and three numbers.
const RECORD_CAP_BYTES: usize = HEADER_CAP_BYTES + 32;

/// A copy of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The record.
    pub span: Span,
    /// Where the header should stand.
    pub at: u64,
    /// The header, as the copy has it.
    pub header: Vec<u8>,
    /// Whether the checksum of the record is right.
    pub is_sound: bool,
}

/// Read the records in `data`, which belong to the block at `block_at`.
/// Returns whether they fill it but for zeros: behind anything else nothing is read.
pub fn copies(
    source: &dyn Source,
    data: Span,
    block_at: u64,
    budget: &Budget,
    told: &mut dyn FnMut(Copied) -> Result<(), Fault>,
) -> Result<bool, Fault> {
    let mut cursor = Cursor::within(source, data.start, data.end);
    while cursor.remaining() > 0 {
        budget.check()?;
        let at = cursor.position();
        let front = cursor.peek(FRONT_BYTES)?;
        if front.iter().all(|&b| b == 0) {
            return Ok(true);
        }
        let mut fields = Fields::new(front);
        let stated = fields.u32();
        let before = fields.rest().len();
        let len = fields.vint();
        let prefix = before.saturating_sub(fields.rest().len()).saturating_add(4);
        let total = len.saturating_add(prefix as u64);
        if fields.is_torn || total > cursor.remaining() || total > RECORD_CAP_BYTES as u64 {
            return Ok(false);
        }
        let record = cursor.take(total, RECORD_CAP_BYTES)?;
        let mut fields = Fields::new(record.get(prefix..).unwrap_or_default());
        let (_flags, back, header_len) = (fields.vint(), fields.vint(), fields.vint());
        let header = fields.bytes(header_len).to_vec();
        told(Copied {
            span: at..cursor.position(),
            at: block_at.saturating_sub(back),
            header,
            is_sound: crc32fast::hash(record.get(4..).unwrap_or_default()) == stated
                && !fields.is_torn,
        })?;
    }
    Ok(true)
}
