//! Names of members: what they do to whoever unpacks by them, and one name for
//! two members.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::formats::Context;
use crate::report::{Severity, Span, escape_bytes, escape_text};
use crate::rules::archive::{DUPLICATE_MEMBER, ODD_NAME, PATH_TRAVERSAL};

/// Longest name that file systems and programs agree on, in bytes.
const NAME_CAP_BYTES: usize = 4096;

/// Longest component of a name that file systems take, in bytes.
const COMPONENT_CAP_BYTES: usize = 255;

/// A name as the report shows it in a sentence: bounded and visible.
pub(in crate::formats) fn shown(name: &[u8]) -> String {
    escape_bytes(name)
}

/// A name as text, in full; bytes that are no UTF-8 are written out.
pub(in crate::formats) fn text(name: &[u8]) -> String {
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

/// Names that members of one archive have so far, each with the content `C`
/// that the member says it has.
pub(in crate::formats) struct Twins<'a, C> {
    exact: HashMap<Cow<'a, [u8]>, Option<C>>,
    folded: HashMap<Vec<u8>, Cow<'a, [u8]>>,
}

impl<C> Default for Twins<'_, C> {
    fn default() -> Self {
        Twins {
            exact: HashMap::new(),
            folded: HashMap::new(),
        }
    }
}

impl<'a, C: PartialEq> Twins<'a, C> {
    /// Report a member whose name another one has. Where both say that they
    /// hold the same, it does not matter which of them is loaded.
    pub(in crate::formats) fn add(
        &mut self,
        name: impl Into<Cow<'a, [u8]>>,
        content: Option<C>,
        at: Span,
        cx: &mut Context<'_>,
    ) {
        let name = name.into();
        if let Some(first) = self.exact.get_mut(&name) {
            let severity = match *first == content {
                true => Severity::Low,
                false => Severity::High,
            };
            *first = content;
            let message = format!("two members are called `{}`", shown(&name));
            report_twin(&name, at, severity, message, cx);
            return;
        }
        self.exact.insert(name.clone(), content);
        let twin = self.folded.insert(name.to_ascii_lowercase(), name.clone());
        if let Some(first) = twin {
            let message = format!(
                "the names `{}` and `{}` differ only in case",
                shown(&first),
                shown(&name)
            );
            report_twin(&name, at, Severity::Low, message, cx);
        }
    }
}

fn report_twin(name: &[u8], at: Span, severity: Severity, message: String, cx: &mut Context<'_>) {
    let draft = DUPLICATE_MEMBER.at(at).severity(severity);
    cx.report(draft.message(message).within(text(name)));
}

/// Whether a name leads out of the folder it is unpacked to.
pub(in crate::formats) fn is_escaping(name: &[u8]) -> bool {
    !escapes(name).is_empty()
}

/// Report a name that leads out of the folder it is unpacked to.
pub(in crate::formats) fn report_escape(name: &[u8], at: Span, cx: &mut Context<'_>) {
    let found = escapes(name);
    if !found.is_empty() {
        let (severity, words) = sum(&found);
        let message = format!("the name `{}` {words}", shown(name));
        let draft = PATH_TRAVERSAL.at(at).severity(severity);
        cx.report(draft.message(message).within(text(name)));
    }
}

/// Report what else programs understand differently about a name; `holds_data`
/// if it is a folder's and the member is none.
pub(in crate::formats) fn report_oddities(
    name: &[u8],
    holds_data: bool,
    at: Span,
    cx: &mut Context<'_>,
) {
    let found = oddities(name, holds_data);
    if !found.is_empty() {
        let (severity, words) = sum(&found);
        let message = format!("the name `{}` {words}", shown(name));
        let draft = ODD_NAME.at(at).severity(severity);
        cx.report(draft.message(message).within(text(name)));
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
fn oddities(name: &[u8], holds_data: bool) -> Vec<(Severity, &'static str)> {
    let mut found = Vec::new();
    if name.contains(&0) {
        found.push((Severity::High, "is cut at a zero byte by some programs"));
    } else if is_hiding(name) {
        found.push((Severity::Medium, "hides characters"));
    }
    if holds_data {
        found.push((
            Severity::Medium,
            "is a folder's while the member holds data",
        ));
    }
    if name.contains(&b'\\') {
        found.push((Severity::Low, "has backslashes"));
    }
    let mut parts = name.split(|b| matches!(b, b'/' | b'\\'));
    if parts.clone().any(is_device) {
        found.push((Severity::Low, "is a device's on Windows"));
    }
    if parts.clone().any(is_trimmed) {
        found.push((Severity::Low, "ends otherwise on Windows"));
    }
    if parts.any(is_stream) {
        found.push((Severity::Low, "is a hidden stream's on Windows"));
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

/// Whether Windows takes a component for a device, with whatever extension.
fn is_device(part: &[u8]) -> bool {
    let stem = part.split(|&b| b == b'.').next().unwrap_or_default();
    let stem = stem.trim_ascii_end().to_ascii_lowercase();
    match &stem[..] {
        b"con" | b"prn" | b"aux" | b"nul" | b"conin$" | b"conout$" => true,
        [b'c', b'o', b'm', digit] | [b'l', b'p', b't', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}

/// Whether Windows leaves out the end of a component: spaces and dots.
fn is_trimmed(part: &[u8]) -> bool {
    !matches!(part, b"." | b"..") && part.ends_with(b".") || part.ends_with(b" ")
}

/// Whether a component names a stream beside a file of NTFS, with its type. A
/// colon alone is in the names of ordinary tensors.
fn is_stream(part: &[u8]) -> bool {
    let types = [&b":$data"[..], b":$index_allocation", b":$bitmap"];
    let part = part.to_ascii_lowercase();
    types.iter().any(|end| part.ends_with(end))
}

/// Whether the name has characters that do not show or that reorder others.
fn is_hiding(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|text| escape_text(text) != text)
}

/// Whether a link called `name` with this target leads out of the folder.
pub(in crate::formats) fn leaves(name: &[u8], target: &[u8]) -> bool {
    let is_separator = |b: &u8| matches!(b, b'/' | b'\\');
    let has_drive = matches!(target, [letter, b':', ..] if letter.is_ascii_alphabetic());
    if target.first().is_some_and(is_separator) || has_drive {
        return true;
    }
    let folders = name.split(is_separator).filter(|p| !p.is_empty()).count();
    let mut depth = folders.saturating_sub(1);
    for part in target.split(is_separator) {
        depth = match part {
            b"" | b"." => depth,
            b".." => match depth.checked_sub(1) {
                Some(up) => up,
                None => return true,
            },
            _ => depth.saturating_add(1),
        };
    }
    false
}
