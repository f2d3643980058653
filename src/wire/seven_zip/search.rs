//! Headers that nothing leads to.
//!
//! A program that updates an archive in place leaves the old header behind, and
//! an attacker can leave one for programs that look for it. A header is found
//! by its first bytes and proves itself by reading through to its end.

use memchr::memmem;

use super::fields::number;
use super::header::{Header, Reader};
use super::{ENCODED_HEADER, HEADER};
use crate::report::Span;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// What every header with content begins with: its own number, and those of
/// the tables down to the packed streams.
const BEGINNINGS: [&[u8]; 2] = [&[HEADER, 0x04, 0x06], &[ENCODED_HEADER, 0x06]];

/// The number of the record that follows the count of packed streams.
const SIZE: u8 = 0x09;

/// Bytes looked at in one piece.
const PIECE_BYTES: u64 = 1 << 20;

/// Bytes behind a piece in which a beginning may end.
const MARGIN_BYTES: u64 = 2;

/// Headers that are kept.
const HEADER_CAP: usize = 16;

/// Bytes that may be read and unpacked for headers, over all places tried.
const WORK_CAP_BYTES: u64 = 256 << 20;

/// Add the headers that stand in `room` to `found`. Returns whether the search
/// ended early.
pub(super) fn headers(
    reader: &mut Reader<'_>,
    room: Span,
    found: &mut Vec<Header>,
) -> Result<bool, Fault> {
    let mut from = room.start;
    while from < room.end {
        reader.budget.check()?;
        let to = from.saturating_add(PIECE_BYTES).min(room.end);
        let end = to.saturating_add(MARGIN_BYTES).min(room.end);
        let hits = {
            let chunk = reader.file.chunk(from..end)?;
            hits(&chunk, from, to)
        };
        let mut behind = from;
        for at in hits {
            if at < behind {
                continue;
            }
            if found.len() >= HEADER_CAP || reader.work > WORK_CAP_BYTES {
                return Ok(true);
            }
            if let Some(header) = header(reader, at..room.end)? {
                behind = header.span.end;
                found.push(header);
            }
        }
        from = to.max(behind);
    }
    Ok(false)
}

/// Positions where a header may begin, in order.
fn hits(chunk: &[u8], from: u64, to: u64) -> Vec<u64> {
    let finds = |beginning| memmem::find_iter(chunk, beginning);
    let mut hits: Vec<u64> = BEGINNINGS
        .into_iter()
        .flat_map(finds)
        .map(|hit| from.saturating_add(hit as u64))
        .filter(|&at| at < to)
        .collect();
    hits.sort_unstable();
    hits
}

/// The header at the front of `span`, if it proves to be one.
fn header(reader: &mut Reader<'_>, span: Span) -> Result<Option<Header>, Fault> {
    reader.work = reader.work.saturating_add(1);
    if !is_plausible(reader, &span).unwrap_or(false) {
        return Ok(None);
    }
    let header = reader.read(span)?;
    let is_inside = header.streams.packs.iter().all(|pack| pack.missing == 0);
    let has_content = !header.streams.folders.is_empty() && !header.files.is_empty();
    Ok((header.broken.is_none() && is_inside && has_content).then_some(header))
}

/// Whether the table of packed streams goes on as it must.
fn is_plausible(reader: &Reader<'_>, span: &Span) -> Result<bool, Fault> {
    let mut cursor = Cursor::within(reader.file, span.start, span.end);
    if cursor.u8()? == HEADER {
        cursor.skip(1)?;
    }
    cursor.skip(1)?;
    number(&mut cursor)?;
    number(&mut cursor)?;
    Ok(cursor.u8()? == SIZE)
}
