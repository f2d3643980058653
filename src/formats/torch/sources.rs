//! Python source inside of an archive: which dangerous functions it names.
//!
//! The source is a member and swept as one; what it does is judged here, where
//! it is known who runs it.

use super::inside::{Inner, has_suffix};
use crate::detect::script::python;
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Span, Why, escape_bytes, escape_text};
use crate::rules::torch::DANGEROUS_SOURCE;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of one source that are read.
pub(in crate::formats) const SOURCE_CAP_BYTES: usize = 16 << 20;

/// Whether a member is Python source by its name.
pub(in crate::formats) fn is_python(name: &[u8]) -> bool {
    [".py", ".pyw", ".pyi"].iter().any(|s| has_suffix(name, s))
}

/// Judge a source: one finding for its worst, which says how many there are.
pub(in crate::formats) fn judge(
    source: &dyn Source,
    member: &Inner,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let Some(bytes) = member.head(source, SOURCE_CAP_BYTES, cx.budget())? else {
        return Ok(());
    };
    if member.len > bytes.len() as u64 {
        let detail = format!(
            "of the source `{}` only the front is judged",
            member.shown()
        );
        cx.gap(member.span.clone(), Why::Limit, detail);
    }
    judge_text(member.name(), &bytes, &member.span, cx)
}

/// The same for a source that was read, of the member `name` at `span`.
pub(in crate::formats) fn judge_text(
    name: &[u8],
    bytes: &[u8],
    span: &Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let shown = escape_bytes(name);
    let mut tally = Tally::default();
    python::judge(bytes, cx.budget(), &mut |told| {
        let message = format!(
            "`{}` in `{shown}`, byte {}, {}",
            escape_text(&told.danger.name),
            told.at,
            told.danger.what
        );
        let draft = DANGEROUS_SOURCE.at(span.clone()).message(message);
        let draft = draft.severity(told.danger.severity).evidence(told.excerpt);
        tally.add(draft.within(String::from_utf8_lossy(name)));
    })?;
    tally.report(cx);
    Ok(())
}
