//! Looking for records by their signatures, where no length leads to them.

use memchr::memmem;

use super::fields::{CENTRAL, DESCRIPTOR, END, END_BYTES, LOCAL_BYTES, is_at_front};
use super::{central, end, local, read_up_to};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes looked at in the first piece: often the next record is near, and a
/// file may have very many of them.
const FIRST_PIECE_BYTES: u64 = 1 << 10;

/// Bytes looked at in one piece at most.
const PIECE_BYTES: u64 = 1 << 20;

/// Bytes behind a signature that a check of it may want.
const MARGIN_BYTES: u64 = 32;

/// Call `check` with every position in `span` where `PK` stands, in order,
/// until it answers. It is given the position and the bytes from there on.
fn each_signature<T>(
    source: &dyn Source,
    span: Span,
    budget: &Budget,
    mut check: impl FnMut(u64, &[u8]) -> Result<Option<T>, Fault>,
) -> Result<Option<T>, Fault> {
    let mut from = span.start;
    let mut piece = FIRST_PIECE_BYTES;
    while from < span.end {
        budget.check()?;
        let to = from.saturating_add(piece).min(span.end);
        piece = piece.saturating_mul(2).min(PIECE_BYTES);
        let chunk = source.chunk(from..to.saturating_add(MARGIN_BYTES))?;
        let core = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        for hit in memmem::find_iter(&chunk, b"PK").take_while(|&hit| hit < core) {
            let bytes = chunk.get(hit..).unwrap_or_default();
            if let Some(found) = check(from.saturating_add(hit as u64), bytes)? {
                return Ok(Some(found));
            }
        }
        from = to;
    }
    Ok(None)
}

/// The first position in `span` where a record stands that proves itself: a
/// plausible local header, a whole central record, or an end record that leads
/// to a directory.
pub(super) fn record(
    source: &dyn Source,
    span: Span,
    budget: &Budget,
) -> Result<Option<u64>, Fault> {
    each_signature(source, span, budget, |at, bytes| {
        let proves = if is_at_front(bytes, CENTRAL) {
            central::record_len(source, at)?.is_some() && leads_to_local(bytes)
        } else if is_at_front(bytes, END) {
            at.saturating_add(END_BYTES) <= source.len() && !end::resolve(source, at)?.is_empty()
        } else {
            local::is_plausible(bytes)
        };
        Ok(proves.then_some(at))
    })
}

/// Whether a central record repeats what a plausible local header would say:
/// from "version needed" on, the fields are the same up to the lengths.
fn leads_to_local(central: &[u8]) -> bool {
    let mut header = super::fields::LOCAL.to_vec();
    header.extend_from_slice(central.get(6..).unwrap_or_default());
    header.truncate(LOCAL_BYTES as usize);
    local::is_plausible(&header)
}

/// The end of stored data whose length nothing tells: where a descriptor gives
/// the very length up to it, or where the next record stands, or at the end of
/// `room`, which begins with the data.
pub(super) fn data_end(source: &dyn Source, room: Span, budget: &Budget) -> Result<u64, Fault> {
    let (data_at, limit) = (room.start, room.end);
    let end = each_signature(source, room, budget, |at, bytes| {
        let len = at.saturating_sub(data_at);
        if is_at_front(bytes, DESCRIPTOR) {
            return Ok(local::closes(bytes, len).then_some(at));
        }
        let is_next = local::is_plausible(bytes)
            || (is_at_front(bytes, CENTRAL) && leads_to_local(bytes))
            || (is_at_front(bytes, END) && !end::resolve(source, at)?.is_empty());
        if !is_next {
            return Ok(None);
        }
        let front = len.min(MARGIN_BYTES);
        let front = read_up_to(source, at.saturating_sub(front), front)?;
        Ok(Some(
            at.saturating_sub(local::descriptor_before(&front, len)),
        ))
    })?;
    Ok(end.unwrap_or(limit))
}
