//! Bytes that belong to no member and no record.

use crate::budget::Budget;
use crate::formats::Context;
use crate::report::{Severity, Span};
use crate::rules::Draft;
use crate::rules::archive::UNOWNED_BYTES;
use crate::source::{ReadError, Source};
use crate::wire::Fault;

/// Unowned bytes are looked at in pieces of this size.
const PIECE_BYTES: u64 = 1 << 20;

/// Unowned bytes that are shown as evidence.
const SHOWN_BYTES: u64 = 32;

/// Report bytes that nothing owns, unless they are padding, and have them
/// examined as a file of their own; `place` says in words where they lie.
pub(in crate::formats) fn report_unowned(
    source: &dyn Source,
    span: Span,
    place: &str,
    severity: Severity,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    if let Some(draft) = unowned(source, span.clone(), place, cx.budget())? {
        cx.report(draft.severity(severity));
        cx.slack(span);
    }
    Ok(())
}

/// The finding about bytes that nothing owns, unless they are padding.
pub(in crate::formats) fn unowned(
    source: &dyn Source,
    span: Span,
    place: &str,
    budget: &Budget,
) -> Result<Option<Draft>, ReadError> {
    if is_zero(source, &span, budget)? {
        return Ok(None);
    }
    let count = span.end.saturating_sub(span.start);
    let shown = span.start..span.end.min(span.start.saturating_add(SHOWN_BYTES));
    let evidence = source.chunk(shown)?;
    let message = format!("{count} bytes {place} belong to no member and no record");
    let draft = UNOWNED_BYTES.at(span).message(message);
    Ok(Some(draft.bytes(&evidence)))
}

/// Whether the span holds zeros alone. Stops at the first byte that is none.
pub(in crate::formats) fn is_zero(
    source: &dyn Source,
    span: &Span,
    budget: &Budget,
) -> Result<bool, ReadError> {
    let mut from = span.start;
    while from < span.end {
        budget.check()?;
        let to = from.saturating_add(PIECE_BYTES).min(span.end);
        if source.chunk(from..to)?.iter().any(|&b| b != 0) {
            return Ok(false);
        }
        from = to;
    }
    Ok(true)
}
