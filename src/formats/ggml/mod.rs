//! GGML: the files of llama.cpp, whisper.cpp and their kind before GGUF.
//!
//! `ggml`, `ggmf` and `ggjt` hold a handful of numbers, a vocabulary and the
//! tensors; `ggla` holds an adapter. Nothing says which numbers these are:
//! each program wrote its own, a *dialect*, and reads it without a check. The
//! dialects are data here (`DIALECTS`); the one whose
//! reading ends exactly where the file ends is the file's own, and if none
//! does, the one that comes furthest.
//!
//! Nothing in such a file is executed. What an attacker has are counts and
//! lengths that programs from those days trust, and bytes behind the tensors.
//!
//! Not checked here: the words of the vocabulary and the numbers in the
//! tensors. Saved sessions (`ggsn`) are raw memory and not followed.

mod dialects;
mod reading;

#[cfg(test)]
mod tests;

use dialects::Dialect;
use reading::{Ended, Reading};

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::report::escape_text;
use crate::rules::gguf as rules;
use crate::wire::Fault;

/// GGML and its successors before GGUF.
pub struct Ggml;

static SPEC: FormatSpec = FormatSpec {
    id: "ggml",
    title: "GGML",
    suffixes: &[".ggml", ".ggmf", ".ggjt", ".ggla"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/ggml-org/ggml", "CVE-2024-21836"],
    limitations: &[
        "Words of the vocabulary and values of the tensors are not judged, only swept.",
        "Dialects other than those of llama.cpp, whisper.cpp, rwkv.cpp and the examples of ggml \
         are named as a gap.",
    ],
};

impl Format for Ggml {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match probe.head() {
            // The magics are numbers, and these files little endian. Behind
            // the oldest stands the size of a vocabulary.
            [b'l', b'm', b'g', b'g', _, _, _, 0, ..] => Claim::Magic,
            [
                b'f' | b't' | b'a' | b'n',
                b'm' | b'j' | b'l' | b's',
                b'g',
                b'g',
                1..=8 | 100 | 101,
                0,
                0,
                0,
                ..,
            ] => Claim::Magic,
            _ if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let probe = Probe::new(artifact);
        let Some((magic, version)) = start(probe.head()) else {
            return Err(Fault::malformed(0, "the file has no magic of GGML"));
        };
        let mut best: Option<Reading> = None;
        for dialect in dialects::of(magic, version) {
            let reading = Reading::read(artifact.source.as_ref(), dialect, cx)?;
            if best
                .as_ref()
                .is_none_or(|best| reading.score() > best.score())
            {
                best = Some(reading);
            }
            if best.as_ref().is_some_and(Reading::is_whole) {
                break;
            }
        }
        match best {
            Some(reading) if reading.fits() => {
                tell(reading, artifact, cx);
                Ok(())
            }
            _ => Err(unread(magic, version, cx)),
        }
    }
}

/// The magic and the number behind it.
fn start(head: &[u8]) -> Option<([u8; 4], u32)> {
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let version = rest
        .first_chunk::<4>()
        .copied()
        .map_or(0, u32::from_le_bytes);
    magic.ends_with(b"gg").then_some((*magic, version))
}

/// No dialect has a tensor. Of the magics with one dialect, that is damage.
fn unread(magic: [u8; 4], version: u32, cx: &mut Context<'_>) -> Fault {
    let name = escape_text(&String::from_utf8_lossy(&magic));
    let one = matches!(&magic, b"fmgg" | b"tjgg" | b"algg");
    if one {
        let message = "neither the vocabulary nor a tensor can be read";
        cx.report(rules::INVALID_HEADER.at(0).message(message));
        return Fault::malformed(0, message);
    }
    let what = format!(
        "recognised as GGML (`{name}`, number {version}) in no dialect that this version knows; \
         only its bytes are swept"
    );
    Fault::unsupported(0, what)
}

/// Report what the reading met, and name its tensors.
fn tell(reading: Reading, artifact: &Artifact, cx: &mut Context<'_>) {
    let len = artifact.source.len();
    let mut tally = reading.findings;
    cx.accounts();
    let rest = reading.position.min(len)..len;
    match reading.ended {
        Ended::Whole => {}
        Ended::OutOfFile(draft) => tally.add(draft),
        Ended::Broken => {
            let size = rest.end.saturating_sub(rest.start);
            let message = format!("{size} bytes follow the last tensor");
            tally.add(rules::TRAILING_DATA.at(rest.clone()).message(message));
            cx.slack(rest);
        }
    }
    tally.report(cx);
    for (name, bytes) in reading.tensors {
        cx.tensor(name, Some(bytes));
    }
}
