//! Links as members, and members that are unpacked through them.

use std::collections::HashSet;

use super::names::{leaves, shown, text};
use crate::formats::Context;
use crate::report::{Severity, Span};
use crate::rules::archive::SYMLINK;

/// Links that are remembered.
const REMEMBERED_CAP: usize = 1 << 18;

/// Symbolic links of one archive so far.
#[derive(Debug, Default)]
pub(in crate::formats) struct Links {
    names: HashSet<Vec<u8>>,
}

impl Links {
    /// Remember the link, and report it by where it leads; `target` is empty
    /// where that cannot be told.
    pub(in crate::formats) fn add(
        &mut self,
        name: &[u8],
        target: &[u8],
        at: Span,
        cx: &mut Context<'_>,
    ) {
        report_link(name, name, target, "a symbolic link", at, cx);
        if self.names.len() < REMEMBERED_CAP {
            let name = name.strip_suffix(b"/").unwrap_or(name);
            self.names.insert(name.to_vec());
        }
    }

    /// Report a member one of whose folders is a link: it is written where
    /// that leads.
    pub(in crate::formats) fn through(&self, name: &[u8], at: Span, cx: &mut Context<'_>) {
        if self.names.is_empty() {
            return;
        }
        let ends = memchr::memchr2_iter(b'/', b'\\', name);
        let mut folders = ends.filter_map(|end| name.get(..end));
        if let Some(link) = folders.find(|folder| self.names.contains(*folder)) {
            let message = format!(
                "the member `{}` is unpacked through the link `{}`",
                shown(name),
                shown(link)
            );
            let draft = SYMLINK.at(at).severity(Severity::High);
            cx.report(draft.message(message).within(text(name)));
        }
    }
}

/// Report a link called `name` whose target counts from `base`, the name of
/// something in the folder that it counts from; `words` say what kind it is.
pub(in crate::formats) fn report_link(
    name: &[u8],
    base: &[u8],
    target: &[u8],
    words: &str,
    at: Span,
    cx: &mut Context<'_>,
) {
    let (severity, how) = if target.is_empty() {
        (Severity::Medium, "cannot be told where it leads")
    } else if leaves(base, target) {
        (Severity::High, "leads out of the folder it is unpacked to")
    } else {
        (SYMLINK.severity, "stays within the archive")
    };
    let message = format!("the member `{}` is {words} that {how}", shown(name));
    let draft = SYMLINK.at(at).severity(severity).bytes(target);
    cx.report(draft.message(message).within(text(name)));
}
