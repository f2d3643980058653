//! Text for people and tokenizers, and text that is a program.
//!
//! Neither has structure to examine; what matters is which of the two it is.
//! *Prose* quotes code that nobody runs: a vocabulary holds `eval(` and a model
//! card shows how to call `os.system`, so sweepers that look for code leave it
//! alone. Text that another format reads as well, a configuration or a
//! template, is data: what loads it acts on it. *Source code* and configuration, told by its suffix, is run or read
//! by somebody: everything counts there, and characters that reorder text on
//! the screen are a finding, because what a reviewer sees is then not what the
//! interpreter reads (CVE-2021-42574).
//!
//! Not checked here: what a program does. Python is judged by
//! [`python`](super::python), notebooks by [`notebook`](super::notebook); the
//! bytes of all others are swept.

use super::program::begins_script;
use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::rules::content as rules;
use crate::source::{Margins, Source, windows};
use crate::wire::Fault;

/// Bytes of a program that are looked at in one go.
const WINDOW_BYTES: u64 = 1 << 20;

/// Bytes of one bidirectional control in UTF-8.
const CONTROL_BYTES: u64 = 3;

/// One byte in this many may be wrong in text of an 8-bit encoding.
const WRONG_BYTE_SHARE: usize = 16;

/// Text for people and for tokenizers.
pub struct Text;

/// Programs, and configuration that programs read.
pub struct SourceCode;

static TEXT: FormatSpec = FormatSpec {
    id: "text",
    title: "Text",
    suffixes: &[
        ".csv",
        ".htm",
        ".html",
        ".json",
        ".jsonl",
        ".log",
        ".md",
        ".model",
        ".rst",
        ".tiktoken",
        ".tsv",
        ".txt",
        ".vocab",
        ".xml",
    ],
    runs_code: false,
    content: Content::Prose,
    layer_of: None,
    references: &["https://www.unicode.org/versions/latest/"],
    limitations: &["Text has no structure to examine; its bytes are swept."],
};

static SOURCE_CODE: FormatSpec = FormatSpec {
    id: "source-code",
    title: "Source code or configuration",
    suffixes: &[
        ".bash",
        ".bat",
        ".c",
        ".cfg",
        ".cmd",
        ".conf",
        ".cpp",
        ".cu",
        ".dockerfile",
        ".env",
        ".go",
        ".h",
        ".hpp",
        ".ini",
        ".ipynb",
        ".java",
        ".jl",
        ".js",
        ".lua",
        ".mjs",
        ".php",
        ".pl",
        ".ps1",
        ".py",
        ".pyi",
        ".pyx",
        ".r",
        ".rb",
        ".rs",
        ".sh",
        ".sql",
        ".toml",
        ".ts",
        ".yaml",
        ".yml",
        ".zsh",
    ],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://trojansource.codes"],
    limitations: &["What programs other than Python do is not examined; their bytes are swept."],
};

impl Format for Text {
    fn spec(&self) -> &'static FormatSpec {
        &TEXT
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match looks_like_text(probe.head()) {
            _ if probe.has_suffix(SOURCE_CODE.suffixes) => Claim::No,
            // Somebody runs it, whatever its name.
            _ if begins_script(probe.head()) => Claim::No,
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        if let Some(end) = json_end(artifact.source.as_ref(), cx)? {
            cx.slack(end..artifact.source.len());
        }
        Ok(())
    }
}

impl Format for SourceCode {
    fn spec(&self) -> &'static FormatSpec {
        &SOURCE_CODE
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SOURCE_CODE.suffixes);
        match named && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = bidirectional(artifact, cx, &mut tally);
        tally.report(cx);
        ended
    }
}

/// Where the JSON value ends that a text is, if it is one and something stands
/// behind it that is no further value.
fn json_end(source: &dyn Source, cx: &mut Context<'_>) -> Result<Option<u64>, Fault> {
    let mut open = 0u64;
    let mut in_string = false;
    let mut escaped = false;
    let mut at = 0;
    while at < source.len() {
        cx.budget().check()?;
        let chunk = source.chunk(at..at.saturating_add(WINDOW_BYTES))?;
        for (index, &byte) in chunk.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' if open > 0 => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => open = open.saturating_add(1),
                b'}' | b']' if open > 0 => open = open.saturating_sub(1),
                b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf if open == 0 => continue,
                _ if open == 0 => return Ok(None),
                _ => {}
            }
            if open == 0 {
                let end = at.saturating_add(index as u64).saturating_add(1);
                return Ok(Some(end).filter(|_| ends_there(source, end)));
            }
        }
        at = at.saturating_add(chunk.len() as u64);
        chunk.verify()?;
    }
    Ok(None)
}

/// Whether what stands behind a JSON value is something, and no further value.
fn ends_there(source: &dyn Source, end: u64) -> bool {
    let mut next = [0u8; 64];
    // Bytes that cannot be read look like bytes that are not there.
    let filled = source.fill_at(end, &mut next).unwrap_or(0);
    let rest = next.get(..filled).unwrap_or_default().trim_ascii_start();
    !matches!(rest.first(), None | Some(b'{' | b'[' | b','))
}

/// Find the characters that reorder text, in the whole file.
fn bidirectional(
    artifact: &Artifact,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    let margins = Margins {
        before: 0,
        after: CONTROL_BYTES,
    };
    for (core, outer) in windows(0..source.len(), source.len(), WINDOW_BYTES, margins) {
        cx.budget().check()?;
        let chunk = source.chunk(outer)?;
        let starts = memchr::memchr_iter(0xe2, &chunk);
        let owned = core.end.saturating_sub(core.start);
        for start in starts.take_while(|&start| (start as u64) < owned) {
            let name = control(chunk.get(start..).unwrap_or_default());
            if let Some(name) = name {
                let at = core.start.saturating_add(start as u64);
                let place = at..at.saturating_add(CONTROL_BYTES);
                let message = format!("the source code holds a {name}");
                tally.add(rules::BIDIRECTIONAL_CODE.at(place).message(message));
            }
        }
        chunk.verify()?;
    }
    Ok(())
}

/// The name of the bidirectional control that these bytes begin with.
fn control(bytes: &[u8]) -> Option<&'static str> {
    match bytes.get(..3)? {
        [0xe2, 0x80, 0xaa] => Some("left-to-right embedding"),
        [0xe2, 0x80, 0xab] => Some("right-to-left embedding"),
        [0xe2, 0x80, 0xac] => Some("end of an embedding"),
        [0xe2, 0x80, 0xad] => Some("left-to-right override"),
        [0xe2, 0x80, 0xae] => Some("right-to-left override"),
        [0xe2, 0x81, 0xa6] => Some("left-to-right isolate"),
        [0xe2, 0x81, 0xa7] => Some("right-to-left isolate"),
        [0xe2, 0x81, 0xa8] => Some("first strong isolate"),
        [0xe2, 0x81, 0xa9] => Some("end of an isolate"),
        _ => None,
    }
}

/// Whether the first bytes of a file are text, all of them: UTF-8, UTF-16 with
/// a byte order mark, or an 8-bit encoding that is mostly ASCII.
pub(super) fn looks_like_text(head: &[u8]) -> bool {
    if let Some(wide) = head.strip_prefix(b"\xff\xfe") {
        return is_wide_text(wide, u16::from_le_bytes);
    }
    if let Some(wide) = head.strip_prefix(b"\xfe\xff") {
        return is_wide_text(wide, u16::from_be_bytes);
    }
    if !head.iter().all(|&b| is_text_byte(b)) {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character that the end of the head cuts is not wrong.
        Err(error) => error.error_len().is_none() || is_mostly_ascii(head),
    }
}

/// Text of an 8-bit encoding: few bytes that are not UTF-8, and no controls.
fn is_mostly_ascii(head: &[u8]) -> bool {
    let wrong: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let is_odd = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    !head.iter().any(is_odd) && wrong.saturating_mul(WRONG_BYTE_SHARE) <= head.len()
}

/// Printable, a blank, or one of the controls that text files hold.
fn is_text_byte(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7f || matches!(byte, 0x08..=0x0d | 0x1b)
}

fn is_wide_text(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> bool {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.try_into().ok())
        .map(unit);
    let mut decoded = char::decode_utf16(units).peekable();
    let mut seen = 0usize;
    while let Some(next) = decoded.next() {
        seen = seen.saturating_add(1);
        match next {
            Ok(c) if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => return false,
            // Half of a pair is fine where the head ends between the two.
            Err(_) if decoded.peek().is_some() => return false,
            _ => {}
        }
    }
    seen > 0
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;
    use crate::report::Severity;

    #[test]
    fn text_is_told_from_bytes() {
        for text in [
            &b"plain\r\n\ttext\x0c"[..],
            "größe 模型 🦙".as_bytes(),
            &"ß".as_bytes()[..1],
            b"\xef\xbb\xbfwith a mark",
            b"\xff\xfea\0b\0\n\0",
            b"\xfe\xff\0a\0b",
            b"Copyright \xa9 somebody, in an encoding of eight bits",
            b"\x1b[1mnotebook output\x1b[0m",
        ] {
            assert!(looks_like_text(text), "{text:?}");
        }
        for bytes in [
            &b"\x80\x04\x95\x0a."[..],
            b"PK\x03\x04abc",
            b"text with a NUL\0",
            b"\xff\xd8\xff\xe0JFIF",
            b"\xff\xfe\0\0",
            b"\xff\xfe",
            b"\xe2\xc3\xa9\xff\xd0\x90abcd",
        ] {
            assert!(!looks_like_text(bytes), "{bytes:?}");
        }
        let long = "€".repeat(16 << 10);
        for cut in 1..10 {
            assert!(looks_like_text(&long.as_bytes()[..(16 << 10) - cut]));
        }
    }

    #[test]
    fn the_suffix_tells_programs_from_prose() {
        assert_eq!(
            recognise(&SourceCode, "modeling.py", "import os"),
            Claim::Magic
        );
        assert_eq!(recognise(&Text, "modeling.py", "import os"), Claim::No);
        assert_eq!(recognise(&Text, "vocab.txt", "import os"), Claim::Magic);
        assert_eq!(
            recognise(&Text, "LICENSE", "Permission is granted"),
            Claim::Magic
        );
        assert_eq!(recognise(&SourceCode, "README.md", "import os"), Claim::No);
        assert_eq!(recognise(&SourceCode, "x.py", "\0"), Claim::No);
        assert!(examine(&Text, "README.md", "a\u{202e}b").is_clean());
    }

    #[test]
    fn reordered_source_code_is_found_wherever_it_stands() {
        let clean = "print('größe 模型 — “x”')\n".repeat(60_000);
        assert!(examine(&SourceCode, "a.py", clean.clone()).is_clean());
        for control in ["\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}"] {
            for at in [0, (1 << 20) - 4, 1 << 20] {
                let mut at = at;
                while !clean.is_char_boundary(at) {
                    at += 1;
                }
                let text = format!("{}{control}{}", &clean[..at], &clean[at..]);
                let said = examine(&SourceCode, "a.py", text);
                assert_eq!(said.severity("bidirectional-source-code"), Severity::Medium);
                assert_eq!(said.findings[0].place.offset, Some(at as u64));
                assert!(!said.findings[0].message.contains("more"));
            }
        }
    }

    #[test]
    fn a_control_across_two_windows_is_found_once() {
        for before in (1 << 20) - 3..=(1 << 20) {
            let text = format!("{}\u{202e}{}", "x".repeat(before), "y".repeat(10));
            let said = examine(&SourceCode, "a.js", text);
            assert_eq!(said.findings[0].place.offset, Some(before as u64));
            assert!(!said.findings[0].message.contains("more"));
        }
        assert!(mangle(&SourceCode, "a.py", "x = 'a\u{202e}b'".as_bytes()) > 0);
    }
}
