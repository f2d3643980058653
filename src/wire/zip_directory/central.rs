//! The run of records that makes up a central directory.

use std::sync::Arc;

use super::fields::{
    CENTRAL, CENTRAL_BYTES, View, central_lengths, central_view, is_at_front, u16_at, u32_at,
};
use super::{Caps, read_up_to};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// One record of a central directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Central {
    /// The whole record.
    pub span: Span,
    /// What it says about the member.
    pub view: View,
    /// Where it says that the local header is.
    pub(super) stated_at: u64,
    /// Where that is in the file, a stub in front included.
    pub local_at: u64,
    /// System and version that made it; the high byte is the system.
    pub made_by: u16,
    /// File attributes as that system has them.
    pub attributes: u32,
    /// Number of the disk that holds the member.
    pub disk: u16,
}

impl Central {
    /// The file mode, where the record was made by a system that has one.
    ///
    /// Readers do not agree on which systems count, and some look at the mode
    /// whatever the system is; so a mode that is there counts.
    pub fn mode(&self) -> Option<u32> {
        let mode = self.attributes.checked_shr(16).unwrap_or(0);
        (mode != 0).then_some(mode)
    }
}

/// Read the records from `at` on, up to the first thing that is none, and give
/// each to `take`. Returns where the run ends. Ends early where `take` says
/// so.
pub(super) fn read(
    source: &dyn Source,
    at: u64,
    base: i64,
    budget: &Budget,
    mut take: impl FnMut(Central) -> bool,
) -> Result<u64, Fault> {
    let mut cursor = Cursor::new(source, at);
    loop {
        budget.check()?;
        let start = cursor.position();
        let Some(central) = next(&mut cursor, base)? else {
            return Ok(start);
        };
        let end = central.span.end;
        if !take(central) {
            return Ok(end);
        }
    }
}

/// The record at the cursor, or `None` where none stands there in full.
fn next(cursor: &mut Cursor<'_>, base: i64) -> Result<Option<Central>, Fault> {
    let start = cursor.position();
    let fixed = cursor.peek(CENTRAL_BYTES as usize)?.to_vec();
    let lengths = central_lengths(&fixed).filter(|_| is_at_front(&fixed, CENTRAL));
    let Some((name_len, extra_len, comment_len)) = lengths else {
        return Ok(None);
    };
    let rest = name_len
        .saturating_add(extra_len)
        .saturating_add(comment_len);
    if CENTRAL_BYTES.saturating_add(rest) > cursor.remaining() {
        return Ok(None);
    }
    cursor.skip(CENTRAL_BYTES)?;
    let name: Arc<[u8]> = cursor.take(name_len, Caps::NAME_BYTES)?.into();
    let extra = cursor.take(extra_len, Caps::NAME_BYTES)?;
    cursor.skip(comment_len)?;
    let Some((view, stated)) = central_view(&fixed, name, &extra) else {
        return Ok(None);
    };
    Ok(Some(Central {
        span: start..cursor.position(),
        view,
        stated_at: stated,
        // A place before the file is none.
        local_at: stated.checked_add_signed(base).unwrap_or(u64::MAX),
        made_by: u16_at(&fixed, 4).unwrap_or(0),
        attributes: u32_at(&fixed, 38).unwrap_or(0),
        disk: u16_at(&fixed, 34).unwrap_or(0),
    }))
}

/// Length of the central record at `at`, where one stands there in full.
pub(super) fn record_len(source: &dyn Source, at: u64) -> Result<Option<u64>, Fault> {
    let fixed = read_up_to(source, at, CENTRAL_BYTES)?;
    let lengths = central_lengths(&fixed).filter(|_| is_at_front(&fixed, CENTRAL));
    Ok(lengths.and_then(|(name, extra, comment)| {
        let len = CENTRAL_BYTES
            .saturating_add(name)
            .saturating_add(extra)
            .saturating_add(comment);
        (at.saturating_add(len) <= source.len()).then_some(len)
    }))
}
