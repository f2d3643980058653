//! Pictures, sounds and printed pages.
//!
//! They lie beside models by the thousand and are no danger themselves. They
//! are recognised so that something else under their name is noticed, and so
//! that a file which is a picture and an archive at once is told as both. Of a
//! PNG the end is known: what stands behind it is examined as a file of its
//! own.
//!
//! Not checked: what is in them, and what stands behind the end of the others.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// A row: one kind of media.
pub struct Media {
    spec: &'static FormatSpec,
    sign: fn(&[u8]) -> Claim,
}

/// What every row begins from.
const ROW: FormatSpec = FormatSpec {
    id: "",
    title: "",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &["The content is not examined; its bytes are swept."],
};

/// The signature of PNG and the head of its first chunk.
const PNG_HEAD: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// The id of [`PNG`].
const PNG_ID: &str = "png";

pub(super) static PNG: Media = Media {
    spec: &FormatSpec {
        id: PNG_ID,
        title: "a PNG picture",
        suffixes: &[".png", ".apng"],
        references: &["https://www.w3.org/TR/png-3/"],
        ..ROW
    },
    sign: |head| claim(head.starts_with(PNG_HEAD), Claim::Structure),
};

pub(super) static JPEG: Media = Media {
    spec: &FormatSpec {
        id: "jpeg",
        title: "a JPEG picture",
        suffixes: &[".jpg", ".jpeg", ".jpe"],
        references: &["https://www.w3.org/Graphics/JPEG/itu-t81.pdf"],
        ..ROW
    },
    sign: |head| {
        let is_jpeg = matches!(head, [0xff, 0xd8, 0xff, 0xc0..=0xfe, ..]);
        claim(is_jpeg, Claim::Magic)
    },
};

pub(super) static GIF: Media = Media {
    spec: &FormatSpec {
        id: "gif",
        title: "a GIF picture",
        suffixes: &[".gif"],
        references: &["https://www.w3.org/Graphics/GIF/spec-gif89a.txt"],
        ..ROW
    },
    sign: |head| {
        claim(
            matches!(head, [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..]),
            Claim::Magic,
        )
    },
};

pub(super) static PDF: Media = Media {
    spec: &FormatSpec {
        id: "pdf",
        title: "a PDF document",
        suffixes: &[".pdf"],
        references: &["ISO 32000-2"],
        ..ROW
    },
    sign: |head| claim(head.starts_with(b"%PDF-"), Claim::Magic),
};

pub(super) static RIFF: Media = Media {
    spec: &FormatSpec {
        id: "riff",
        title: "a RIFF sound or picture",
        suffixes: &[".wav", ".webp", ".avi"],
        references: &["https://www.rfc-editor.org/rfc/rfc2361"],
        ..ROW
    },
    sign: |head| {
        let is_riff = matches!(head, [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..]
            if [&b"WAVE"[..], b"WEBP", b"AVI "].iter().any(|k| kind.starts_with(k)));
        claim(is_riff, Claim::Magic)
    },
};

fn claim(is_so: bool, claim: Claim) -> Claim {
    match is_so {
        true => claim,
        false => Claim::No,
    }
}

impl Format for Media {
    fn spec(&self) -> &'static FormatSpec {
        self.spec
    }

    fn kind(&self) -> Kind {
        Kind::Media
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        (self.sign)(probe.head())
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if self.spec.id == PNG_ID
            && let Some(end) = png_end(source, cx)?
        {
            cx.slack(end..source.len());
        }
        Ok(())
    }
}

/// Behind the last chunk of a PNG; `None` where the chunks do not lead there.
fn png_end(source: &dyn Source, cx: &mut Context<'_>) -> Result<Option<u64>, Fault> {
    /// Length, type and checksum of a chunk.
    const AROUND_BYTES: u64 = 12;
    let mut at = 8u64;
    while at.saturating_add(AROUND_BYTES) <= source.len() {
        cx.tick()?;
        let mut cursor = Cursor::new(source, at);
        let head: [u8; 8] = cursor.array()?;
        let [a, b, c, d, kind @ ..] = head;
        let len = u64::from(u32::from_be_bytes([a, b, c, d]));
        at = at.saturating_add(AROUND_BYTES).saturating_add(len);
        if kind == *b"IEND" {
            return Ok(Some(at.min(source.len())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;

    fn picture() -> Vec<u8> {
        let mut bytes = PNG_HEAD.to_vec();
        bytes.extend([0u8; 17]);
        bytes.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
        bytes
    }

    #[test]
    fn pictures_are_recognised_by_content() {
        for (format, bytes) in [
            (&PNG, &picture()[..]),
            (&JPEG, b"\xff\xd8\xff\xe0\0\x10JFIF"),
            (&GIF, b"GIF89a\x01\0\x01\0"),
            (&PDF, b"%PDF-1.7\n"),
            (&RIFF, b"RIFF\0\0\0\0WAVEfmt "),
        ] {
            assert!(recognise(format, "x", bytes) >= Claim::Magic);
            assert_eq!(recognise(format, "x.png", &b"\0\0\0\0"[..]), Claim::No);
        }
    }

    #[test]
    fn what_stands_behind_a_picture_is_slack() {
        assert!(examine(&PNG, "x", picture()).named.slack.is_empty());
        let more = [picture(), b"more".to_vec()].concat();
        let end = picture().len() as u64;
        let said = examine(&PNG, "x", more.clone());
        assert_eq!(said.named.slack.len(), 1);
        assert_eq!(said.named.slack[0], end..end + 4);
        assert!(mangle(&PNG, "x", &more) > 0);
    }
}
