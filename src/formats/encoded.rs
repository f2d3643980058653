//! Text that is a file in disguise: one long run of base64 or hexadecimal
//! digits, and nothing else.
//!
//! A payload that is written as text passes filters that look for its first
//! bytes, and one line of a loader turns it back. So where the whole text is
//! one such run and the decoded bytes begin like something that is unpacked or
//! run, they are a member and examined as a file of their own.
//!
//! Not decoded: runs inside other text, other alphabets, text above 64 MiB.

use super::pickle::Pickle;
use super::text::looks_like_text;
use super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Member, Probe};
use crate::detect::program_at_start;
use crate::report::{Place, Why};
use crate::rules::content::ENCODED;
use crate::source::Memory;
use crate::wire::{Fault, base64};

/// Longest text that is decoded, in bytes.
const TEXT_CAP_BYTES: u64 = 64 << 20;

/// Shortest text that is looked at, in bytes.
const TEXT_LEAST_BYTES: u64 = 24;

/// Name of the decoded bytes.
const DECODED_NAME: &str = "decoded";

/// A text that is an encoded file.
pub struct Encoded;

static SPEC: FormatSpec = FormatSpec {
    id: "encoded-text",
    title: "an encoded file",
    suffixes: &[".b64", ".base64", ".hex"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &["https://www.rfc-editor.org/rfc/rfc4648"],
    limitations: &["Only texts that are one run of digits are decoded, up to 64 MiB."],
};

/// Ways to write bytes as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Hexadecimal,
    Base64,
}

impl Alphabet {
    /// The alphabet of a text all through, hexadecimal before base64.
    fn of(text: &[u8]) -> Option<Self> {
        let all =
            |is_digit: fn(u8) -> bool| text.iter().all(|&b| is_digit(b) || b.is_ascii_whitespace());
        if all(|b| b.is_ascii_hexdigit()) {
            Some(Alphabet::Hexadecimal)
        } else if all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
            Some(Alphabet::Base64)
        } else {
            None
        }
    }

    fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Alphabet::Hexadecimal => hexadecimal(text),
            Alphabet::Base64 => base64::decode(text),
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Alphabet::Hexadecimal => "hexadecimal digits",
            Alphabet::Base64 => "base64",
        }
    }
}

impl Format for Encoded {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let is_long = probe.len() >= TEXT_LEAST_BYTES && looks_like_text(head);
        let decoded = match is_long {
            true => Alphabet::of(head).and_then(|alphabet| alphabet.decode(head)),
            false => None,
        };
        match decoded.as_deref().and_then(sign) {
            Some(_) => Claim::Magic,
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if source.len() > TEXT_CAP_BYTES {
            let detail = format!("the encoded text is longer than {TEXT_CAP_BYTES} bytes");
            cx.gap(Place::whole(), Why::Limit, detail);
            return Ok(());
        }
        let _lease = cx.budget().lease(source.len().saturating_mul(2));
        let text = source.chunk(0..source.len())?.to_vec();
        let decoded =
            Alphabet::of(&text).and_then(|alphabet| Some((alphabet, alphabet.decode(&text)?)));
        let Some((alphabet, bytes)) = decoded else {
            return Ok(());
        };
        if let Some(what) = sign(&bytes) {
            let title = alphabet.title();
            let message =
                format!("the text is {title} all through, and what it stands for is {what}");
            cx.report(ENCODED.at(Place::whole()).message(message));
            cx.member(Member::new(DECODED_NAME, Body::Decoded(bytes)))?;
        }
        Ok(())
    }
}

/// What decoded bytes begin like, if it is something that is unpacked or run.
fn sign(bytes: &[u8]) -> Option<&'static str> {
    /// Beginnings that no text has when it is decoded by chance.
    const SIGNS: [(&[u8], &str); 10] = [
        (b"PK\x03\x04", "a zip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"\xfd7zXZ\0", "an xz stream"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard stream"),
        (b"BZh91AY&SY", "a bzip2 stream"),
        (b"\x1f\x8b\x08\0", "a gzip stream"),
        (b"\x1f\x8b\x08\x08", "a gzip stream"),
        (b"\x04\x22\x4d\x18", "an LZ4 stream"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    ];
    let known = SIGNS.iter().find(|(sign, _)| bytes.starts_with(sign));
    if let Some((_, what)) = known {
        return Some(what);
    }
    if program_at_start(bytes).is_some() {
        return Some("a program");
    }
    let artifact = Artifact {
        location: crate::report::Location::file(DECODED_NAME),
        name: DECODED_NAME.to_owned(),
        source: std::sync::Arc::new(Memory::new(bytes)),
        depth: 0,
    };
    let is_pickle = Pickle.recognise(&Probe::new(&artifact)) == Claim::Structure;
    is_pickle.then_some("a Python pickle")
}

/// The bytes of pairs of digits; blanks are passed over, and a last digit
/// without a partner.
fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut high: Option<u8> = None;
    for &byte in text.iter().filter(|b| !b.is_ascii_whitespace()) {
        let digit = u8::try_from(char::from(byte).to_digit(16)?).ok()?;
        high = match high {
            None => Some(digit),
            Some(high) => {
                out.push(high.wrapping_shl(4) | digit);
                None
            }
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;

    const PICKLE: &[u8] = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.";

    fn in_hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn a_payload_written_as_text_is_a_member() {
        let base64 = "gASMBXBvc2l4jAZzeXN0ZW2TjAJpZIVSLg==\n";
        for text in [
            in_hex(PICKLE),
            in_hex(PICKLE).to_uppercase(),
            base64.to_owned(),
        ] {
            assert_eq!(recognise(&Encoded, "notes.txt", text.clone()), Claim::Magic);
            let said = examine(&Encoded, "notes.txt", text);
            assert_eq!(said.rules(), ["encoded-payload"]);
            assert_eq!(said.named.members[0].body, Body::Decoded(PICKLE.to_vec()));
        }
        assert!(mangle(&Encoded, "notes.txt", base64.as_bytes()) > 0);
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "one two three four five six seven",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
            "thequickbrownfoxjumpsoverthelazydog",
            "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
            "d131dd02c5e6eec4 a1b2c3d4e5f60718\n",
        ] {
            assert_eq!(recognise(&Encoded, "vocab.txt", text), Claim::No, "{text}");
        }
    }
}
