//! Python source inside of an archive: which dangerous functions it names.
//!
//! The source is a member and swept as one; what it does is judged here, where
//! it is known who runs it.

use super::inside::{Inner, has_suffix};
use crate::detect::script::python;
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Why, escape_text};
use crate::rules::torch::DANGEROUS_SOURCE;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of one source that are read.
const SOURCE_CAP_BYTES: usize = 16 << 20;

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
    let name = member.shown();
    let mut tally = Tally::default();
    python::judge(&bytes, cx.budget(), &mut |told| {
        let message = format!(
            "`{}` in `{name}`, byte {}, {}",
            escape_text(&told.danger.name),
            told.at,
            told.danger.what
        );
        let draft = DANGEROUS_SOURCE.at(member.span.clone()).message(message);
        let draft = draft.severity(told.danger.severity).evidence(told.excerpt);
        tally.add(draft.within(member.text()));
    })?;
    tally.report(cx);
    Ok(())
}
