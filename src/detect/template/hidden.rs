//! Characters of a template that the eye does not see.

use super::{Notice, Verdict};
use crate::report::Severity;
use crate::rules::template as rules;

/// Judge the characters of a template.
pub(super) fn judge(text: &str, verdict: &mut Verdict) {
    if text.is_ascii() {
        return;
    }
    let mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = mark
        .char_indices()
        .filter_map(|(at, c)| Some((at, c, hides(c)?)));
    let worst = found.reduce(|a, b| if b.2.0 > a.2.0 { b } else { a });
    let Some((at, c, (severity, what))) = worst else {
        return;
    };
    let near = mark.get(at..).unwrap_or_default();
    let code = u32::from(c);
    verdict.add(Notice {
        rule: &rules::HIDDEN_CHARACTERS,
        severity,
        what: format!("holds the character U+{code:04X}, {what}"),
        excerpt: near.chars().take(80).collect(),
    });
}

/// How bad a character is that hides, and what it does.
fn hides(c: char) -> Option<(Severity, &'static str)> {
    match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some((Severity::Medium, "which reorders the text around it"))
        }
        '\u{e0000}'..='\u{e007f}' => {
            Some((Severity::Medium, "which models read and people do not see"))
        }
        '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => {
            Some((Severity::Low, "which is not seen"))
        }
        _ => None,
    }
}
