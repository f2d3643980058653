//! Making text and bytes that come from a model safe to show.
//!
//! Model content reaches terminals, logs and web pages through reports, so
//! control characters, terminal escapes and characters that reorder or hide
//! text are written out as escapes, and length is bounded.

use std::fmt::Write as _;

/// Longest escaped evidence, in characters, before it is cut.
const EVIDENCE_CAP_CHARS: usize = 240;

/// `raw` with everything that could act on a terminal or hide from the eye
/// written as `\u{..}`. Ordinary text comes back unchanged.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Bytes as bounded, visible text: printable UTF-8 stays, all else is `\xNN`,
/// and a cut is marked with `…` and the full length in bytes.
pub fn bytes(raw: &[u8]) -> String {
    let mut out = String::new();
    let mut shown = 0usize;
    for chunk in raw.utf8_chunks() {
        for c in chunk.valid().chars() {
            if shown >= EVIDENCE_CAP_CHARS {
                return cut(out, raw.len());
            }
            out.push_str(&text(c.encode_utf8(&mut [0; 4])));
            shown = shown.saturating_add(1);
        }
        for b in chunk.invalid() {
            if shown >= EVIDENCE_CAP_CHARS {
                return cut(out, raw.len());
            }
            let _ = write!(out, "\\x{b:02x}");
            shown = shown.saturating_add(1);
        }
    }
    out
}

fn cut(mut shown: String, total: usize) -> String {
    let _ = write!(shown, "… ({total} bytes)");
    shown
}

/// Control characters, and the format characters that reorder or hide text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_do_not_survive() {
        assert_eq!(text("a\x1b[31mred\u{9b}x"), "a\\u{1b}[31mred\\u{9b}x");
        assert_eq!(text("\u{202e}txt.exe"), "\\u{202e}txt.exe");
    }

    #[test]
    fn ordinary_text_is_unchanged() {
        assert_eq!(text("größe 模型 weights.0"), "größe 模型 weights.0");
    }

    #[test]
    fn bytes_are_bounded_and_say_so() {
        assert_eq!(bytes(b"id\n\xff"), "id\\n\\xff");
        let long = bytes(&[b'a'; 1000]);
        assert!(long.ends_with("… (1000 bytes)"));
        assert!(long.chars().count() < 270);
    }
}
