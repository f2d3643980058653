//! Names: two for one member, one for two members, and names that lead
//! elsewhere.

use crate::formats::Context;
use crate::formats::archive::{Twins, is_escaping, report_escape, report_oddities, shown, text};
use crate::rules::archive::NAME_MISMATCH;
use crate::wire::Fault;
use crate::wire::zip_directory::{Difference, Directory, Entry, FLAG_UTF8, View};

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
            let other = entry.view().and_then(|view| view.unicode_name.as_deref());
            if let Some(other) = other {
                seen.add(other, content(entry), entry.span(), cx);
            }
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
    let renamed = |view: &View| {
        view.unicode_name
            .clone()
            .filter(|other| !spells(other, &view.name))
    };
    if let Some(other) = entry.views().find_map(renamed) {
        let message = format!(
            "the header calls a member `{}` that an extra field calls `{}`",
            shown(name),
            shown(&other)
        );
        report_mismatch(entry, message, cx);
        return;
    }
    let is_utf8 = |view: &View| view.flags & FLAG_UTF8 != 0;
    let mut marks = entry.views().map(is_utf8);
    let first = marks.next();
    if !name.is_ascii() && marks.any(|other| Some(other) != first) {
        let message = format!(
            "only one record of `{}` says that the name is UTF-8",
            shown(name)
        );
        report_mismatch(entry, message, cx);
    }
}

/// Whether `other` can be the UTF-8 spelling of a name in some code page. The
/// extra field is there for names that the header cannot spell; about a plain
/// name it has nothing to say. No code page has dots and slashes as parts of
/// other characters.
fn spells(other: &[u8], name: &[u8]) -> bool {
    let bones = |name: &[u8]| -> Vec<u8> {
        let is_bone = |b: &&u8| matches!(b, b'.' | b'/');
        name.iter().filter(is_bone).copied().collect()
    };
    !name.is_ascii() && bones(other) == bones(name)
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

/// What the names of a member do to whoever unpacks by them.
fn path(entry: &Entry, cx: &mut Context<'_>) {
    let holds_data = entry.views().any(|v| v.unpacked.is_some_and(|n| n > 0));
    let mut has_escape = false;
    for name in names(entry) {
        if !has_escape && is_escaping(name) {
            has_escape = true;
            report_escape(name, entry.span(), cx);
        }
        report_oddities(name, holds_data && name.ends_with(b"/"), entry.span(), cx);
    }
}

/// Every name that the records give a member, once.
fn names(entry: &Entry) -> Vec<&[u8]> {
    let mut names: Vec<&[u8]> = Vec::new();
    for view in entry.views() {
        for name in [Some(&view.name), view.unicode_name.as_ref()] {
            if let Some(name) = name.filter(|name| !names.contains(&&name[..])) {
                names.push(name);
            }
        }
    }
    names
}
