//! The two spellings of a name of the older generation.

use crate::formats::Context;
use crate::formats::archive::{is_escaping, report_escape, shown, text};
use crate::report::Span;
use crate::rules::archive::NAME_MISMATCH;
use crate::wire::rar::{File, Generation};

/// The name with the separators of other archives. The older generation
/// separates by backslashes, whatever the system.
pub(super) fn unified(name: &[u8], generation: Generation) -> Vec<u8> {
    let unify = |&b: &u8| match (b, generation) {
        (b'\\', Generation::Old) => b'/',
        _ => b,
    };
    name.iter().map(unify).collect()
}

/// Report a plain spelling that is another name than the one in Unicode, or
/// that leads elsewhere.
pub(super) fn compare(file: &File, at: Span, cx: &mut Context<'_>) {
    let Some(plain) = &file.plain_name else {
        return;
    };
    if is_other_name(plain, &file.name) {
        let message = format!(
            "the header calls a member `{}` for programs without Unicode and `{}` for others",
            shown(plain),
            shown(&file.name)
        );
        let draft = NAME_MISMATCH.at(at.clone()).message(message);
        cx.report(draft.within(text(&file.name)));
    }
    if !is_escaping(&file.name) {
        report_escape(plain, at, cx);
    }
}

/// Whether two spellings differ in more than letters that the plain one cannot
/// have: what is ASCII in the name must stand there in the same order, and the
/// endings must agree.
fn is_other_name(plain: &[u8], name: &[u8]) -> bool {
    if name.is_ascii() {
        return plain != name;
    }
    let mut left = plain.iter();
    let mut wanted = name.iter().filter(|b| b.is_ascii());
    let is_kept = wanted.all(|b| left.any(|other| other == b));
    !is_kept || (ending(name).is_ascii() && ending(plain) != ending(name))
}

/// What stands behind the last dot or separator.
fn ending(name: &[u8]) -> &[u8] {
    let at = name.iter().rposition(|b| matches!(b, b'.' | b'/' | b'\\'));
    at.and_then(|at| name.get(at..)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::is_other_name;

    #[test]
    fn letters_that_the_plain_name_cannot_have_are_no_difference() {
        let name = "mod\u{e8}le/poids \u{4e2d}.pt".as_bytes();
        assert!(!is_other_name(b"mod\x8ale/poids ?.pt", name));
        assert!(!is_other_name(b"modele/poids _.pt", name));
        assert!(!is_other_name(b"a.txt", b"a.txt"));
    }

    #[test]
    fn another_name_or_ending_is_one() {
        assert!(is_other_name(b"a.txt", b"a.pt"));
        assert!(is_other_name(b"mod\x8ale.txt", "mod\u{e8}le.pt".as_bytes()));
        assert!(is_other_name(b"readme.pt", "mod\u{e8}le.pt".as_bytes()));
    }
}
