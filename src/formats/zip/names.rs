//! Names: two for one member, one for two members, and names that lead
//! elsewhere.

use crate::formats::Context;
use crate::formats::archive::{Twins, is_escaping, report_escape, report_oddities, shown, text};
use crate::rules::archive::NAME_MISMATCH;
use crate::wire::Fault;
use crate::wire::zip_directory::{Difference, Directory, Entry, View};

/// Checksum, lengths and method of a member, as far as it says.
type Content = (Option<u32>, Option<u64>, Option<u64>, u16);

/// Report what is wrong with the names of the members.
pub(super) fn examine(directory: &Directory, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut seen = Twins::default();
    for entry in &directory.entries {
        cx.tick()?;
        mismatch(entry, cx);
        path(entry, cx);
        if entry.central.is_some() {
            seen.add(entry.name(), content(entry), entry.span(), cx);
        }
    }
    Ok(())
}

/// The names of one member that its records give it.
fn mismatch(entry: &Entry, cx: &mut Context<'_>) {
    let name = entry.name();
    let local = entry.local.as_ref().map(|l| &l.view.name[..]);
    if let Some(other) = local.filter(|_| entry.differences().contains(&Difference::Name)) {
        let message = format!(
            "the directory calls a member `{}` that calls itself `{}`",
            shown(name),
            shown(other)
        );
        report_mismatch(entry, message, cx);
        return;
    }
    // The extra field is there for names that the header cannot spell; for a
    // plain name it has nothing to say.
    let spelled = |view: &View| view.unicode_name.clone().filter(|_| view.name.is_ascii());
    if let Some(other) = entry.views().find_map(spelled) {
        let message = format!(
            "the header calls a member `{}` that an extra field calls `{}`",
            shown(name),
            shown(&other)
        );
        report_mismatch(entry, message, cx);
    }
}

fn report_mismatch(entry: &Entry, message: String, cx: &mut Context<'_>) {
    let draft = NAME_MISMATCH.at(entry.span()).message(message);
    cx.report(draft.within(text(entry.name())));
}

/// What a member says that it holds. A lie about it is found as a wrong
/// checksum.
fn content(entry: &Entry) -> Option<Content> {
    let view = entry.view()?;
    Some((view.crc32, view.unpacked, view.packed, view.method))
}

/// What the name of a member does to whoever unpacks by it.
fn path(entry: &Entry, cx: &mut Context<'_>) {
    let mut escaping = entry.views().filter(|view| is_escaping(&view.name));
    if let Some(view) = escaping.next() {
        report_escape(&view.name, entry.span(), cx);
    }
    let is_folder = entry.name().ends_with(b"/");
    let holds_data = is_folder && entry.views().any(|v| v.unpacked.is_some_and(|n| n > 0));
    report_oddities(entry.name(), holds_data, entry.span(), cx);
}
