//! One name for a file and a folder: a program that opens the file by its name
//! may get what lies in the folder.

use std::collections::HashSet;

use super::names::{shown, text};
use crate::formats::Context;
use crate::report::{Severity, Span};
use crate::rules::archive::DUPLICATE_MEMBER;

/// Files and folders of one archive so far, by names without what some systems
/// leave out: spaces and dots at the end of each component.
#[derive(Debug, Default)]
pub(in crate::formats) struct Folders {
    files: HashSet<Vec<u8>>,
    folders: HashSet<Vec<u8>>,
}

impl Folders {
    /// Report a member that is a file where another one makes a folder of that
    /// name, or the other way round.
    pub(in crate::formats) fn add(
        &mut self,
        name: &[u8],
        is_folder: bool,
        at: Span,
        cx: &mut Context<'_>,
    ) {
        let key = bare(name);
        let parent = key.iter().rposition(|&b| b == b'/');
        let parent = parent.and_then(|end| key.get(..end)).map(<[u8]>::to_vec);
        let mut is_both = false;
        if let Some(parent) = parent {
            is_both |= self.files.contains(&parent);
            self.folders.insert(parent);
        }
        if is_folder {
            is_both |= self.files.contains(&key);
            self.folders.insert(key);
        } else {
            is_both |= self.folders.contains(&key);
            self.files.insert(key);
        }
        if is_both {
            let message = format!("`{}` has the name of a file and of a folder", shown(name));
            let draft = DUPLICATE_MEMBER.at(at).severity(Severity::High);
            cx.report(draft.message(message).within(text(name)));
        }
    }
}

/// The name as systems have it that ignore spaces and dots at the end of a
/// component, with one kind of separator.
fn bare(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for part in name.split(|b| matches!(b, b'/' | b'\\')) {
        let end = part.iter().rposition(|b| !matches!(b, b' ' | b'.'));
        let kept = end.and_then(|end| part.get(..=end)).unwrap_or_default();
        if kept.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(b'/');
        }
        out.extend_from_slice(kept);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn spaces_and_dots_at_the_end_do_not_count() {
        assert_eq!(bare(b"a.pdf "), b"a.pdf");
        assert_eq!(bare(b"./a. ./b\\c"), b"a/b/c");
        assert_eq!(bare(b" /. /"), b"");
        assert_eq!(bare(b" a"), b" a");
    }
}
