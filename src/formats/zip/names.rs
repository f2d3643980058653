//! Names: two for one member, one for two members, and names that lead
//! elsewhere.

use std::collections::HashMap;

use crate::formats::Context;
use crate::report::{Severity, escape_bytes, escape_text};
use crate::rules::archive::{DUPLICATE_MEMBER, NAME_MISMATCH, ODD_NAME, PATH_TRAVERSAL};
use crate::wire::Fault;
use crate::wire::zip_directory::{Difference, Directory, Entry, View};

/// Longest name that file systems and programs agree on, in bytes.
const NAME_CAP_BYTES: usize = 4096;

/// Longest component of a name that file systems take, in bytes.
const COMPONENT_CAP_BYTES: usize = 255;

/// Report what is wrong with the names of the members.
pub(super) fn examine(directory: &Directory, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut seen = Seen::default();
    for entry in &directory.entries {
        cx.tick()?;
        mismatch(entry, cx);
        path(entry, cx);
        if entry.central.is_some() {
            seen.add(entry, cx);
        }
    }
    Ok(())
}

/// A name as the report shows it in a sentence: bounded and visible.
pub(super) fn shown(name: &[u8]) -> String {
    escape_bytes(name)
}

/// A name as text, in full; bytes that are no UTF-8 are written out.
pub(super) fn text(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) => name.utf8_chunks().fold(String::new(), |mut out, chunk| {
            out.push_str(chunk.valid());
            for byte in chunk.invalid() {
                out.push_str(&format!("\\x{byte:02x}"));
            }
            out
        }),
    }
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

/// Names that directories gave to members so far.
#[derive(Default)]
struct Seen<'a> {
    exact: HashMap<&'a [u8], &'a Entry>,
    folded: HashMap<Vec<u8>, &'a Entry>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, entry: &'a Entry, cx: &mut Context<'_>) {
        let name = entry.name();
        if let Some(first) = self.exact.insert(name, entry) {
            let severity = if is_same_content(first, entry) {
                Severity::Low
            } else {
                Severity::High
            };
            let message = format!("two members are called `{}`", shown(name));
            report_duplicate(entry, severity, message, cx);
            return;
        }
        let twin = self.folded.insert(name.to_ascii_lowercase(), entry);
        if let Some(first) = twin.filter(|first| first.name() != name) {
            let message = format!(
                "the names `{}` and `{}` differ only in case",
                shown(first.name()),
                shown(name)
            );
            report_duplicate(entry, Severity::Low, message, cx);
        }
    }
}

fn report_duplicate(entry: &Entry, severity: Severity, message: String, cx: &mut Context<'_>) {
    let draft = DUPLICATE_MEMBER.at(entry.span()).severity(severity);
    cx.report(draft.message(message).within(text(entry.name())));
}

/// Whether two members say that they hold the same: then it does not matter
/// which of them is loaded. A lie about it is found as a wrong checksum.
fn is_same_content(a: &Entry, b: &Entry) -> bool {
    let key = |e: &Entry| e.view().map(|v| (v.crc32, v.unpacked, v.packed, v.method));
    key(a) == key(b)
}

/// What a name does to whoever unpacks by it.
fn path(entry: &Entry, cx: &mut Context<'_>) {
    let mut escaping = entry.views().filter(|view| !escapes(&view.name).is_empty());
    if let Some(view) = escaping.next() {
        let (severity, words) = sum(&escapes(&view.name));
        let message = format!("the name `{}` {words}", shown(&view.name));
        let draft = PATH_TRAVERSAL.at(entry.span()).severity(severity);
        cx.report(draft.message(message).within(text(&view.name)));
    }
    let found = oddities(entry);
    if !found.is_empty() {
        let (severity, words) = sum(&found);
        let message = format!("the name `{}` {words}", shown(entry.name()));
        let draft = ODD_NAME.at(entry.span()).severity(severity);
        cx.report(draft.message(message).within(text(entry.name())));
    }
}

/// The worst of some traits, and all of them in words.
fn sum(found: &[(Severity, &'static str)]) -> (Severity, String) {
    let worst = found.iter().map(|&(severity, _)| severity).max();
    let words: Vec<&str> = found.iter().map(|&(_, words)| words).collect();
    (worst.unwrap_or(Severity::Low), words.join(" and "))
}

/// How a name leads out of the folder it is unpacked to.
fn escapes(name: &[u8]) -> Vec<(Severity, &'static str)> {
    let is_separator = |b: &u8| matches!(b, b'/' | b'\\');
    let mut found = Vec::new();
    if name.split(is_separator).any(|part| part == b"..") {
        found.push((Severity::High, "steps out of its folder with `..`"));
    }
    if name.first().is_some_and(is_separator) {
        found.push((Severity::Medium, "begins at the root"));
    }
    if let [letter, b':', rest @ ..] = name
        && letter.is_ascii_alphabetic()
        && rest.first().is_none_or(is_separator)
    {
        found.push((Severity::High, "names a drive"));
    }
    found
}

/// What else programs understand differently about a member's name.
fn oddities(entry: &Entry) -> Vec<(Severity, &'static str)> {
    let name = entry.name();
    let mut found = Vec::new();
    if name.contains(&0) {
        found.push((Severity::High, "is cut at a zero byte by some programs"));
    } else if is_hiding(name) {
        found.push((Severity::Medium, "hides characters"));
    }
    if name.ends_with(b"/") && entry.views().any(|v| v.unpacked.is_some_and(|n| n > 0)) {
        found.push((
            Severity::Medium,
            "is a folder's while the member holds data",
        ));
    }
    if name.contains(&b'\\') {
        found.push((Severity::Low, "has backslashes"));
    }
    let is_long = |part: &[u8]| part.len() > COMPONENT_CAP_BYTES;
    if name.len() > NAME_CAP_BYTES || name.split(|&b| b == b'/').any(is_long) {
        found.push((Severity::Low, "is longer than file systems take"));
    }
    if name.is_empty() {
        found.push((Severity::Low, "is empty"));
    }
    found
}

/// Whether the name has characters that do not show or that reorder others.
fn is_hiding(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|text| escape_text(text) != text)
}
