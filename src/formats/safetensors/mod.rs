//! Safetensors: eight bytes of length, a JSON header, and tensors.
//!
//! The format is made to be harmless: the header names each tensor's dtype,
//! shape and bytes, and nothing is executed. What is left to an attacker is
//! the header. Offsets that lie make careless readers touch memory that is not
//! the tensor's; keys that stand twice make two readers see two models; holes
//! and trailing bytes carry other formats; and metadata, which is text, is
//! interpreted by libraries that should not.
//!
//! The header is read twice: here, as strictly as the format's description
//! demands, and by the reference implementation. The two have to agree on
//! whether it is valid and on every tensor ([`second`]).
//!
//! Not checked here: the numbers in the tensors. Their bytes are swept like all
//! others.

mod header;
mod layout;
mod metadata;
mod second;

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod tests;

use header::Header;

use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::report::Why;
use crate::rules::safetensors as rules;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Bytes of the header's length.
const LENGTH_BYTES: u64 = 8;

/// The longest header that the reference implementation accepts.
const HEADER_CAP_BYTES: u64 = 100_000_000;

/// Safetensors.
pub struct Safetensors;

static SPEC: FormatSpec = FormatSpec {
    id: "safetensors",
    title: "Safetensors",
    suffixes: &[".safetensors"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/huggingface/safetensors#format"],
    limitations: &["The values of the tensors are not judged, only swept."],
};

impl Format for Safetensors {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        let Some((length, json)) = probe.head().split_first_chunk::<8>() else {
            return if named { Claim::Name } else { Claim::No };
        };
        let room = probe.len().saturating_sub(LENGTH_BYTES);
        let fits = (2..=room).contains(&u64::from_le_bytes(*length));
        match begins_object(json) {
            true if fits => Claim::Structure,
            true if named => Claim::Magic,
            _ if named => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = examine(artifact, cx, &mut tally);
        if let Err(Fault::Malformed { at, what }) = &ended {
            let place = *at..artifact.source.len().max(*at);
            tally.add(rules::INVALID_HEADER.at(place).message(what));
        }
        tally.report(cx);
        ended
    }
}

/// Whether JSON text begins with an object and its first key, or is empty.
fn begins_object(json: &[u8]) -> bool {
    let mut seen = json.iter().filter(|b| !b.is_ascii_whitespace());
    seen.next() == Some(&b'{') && matches!(seen.next(), Some(b'"' | b'}'))
}

fn examine(artifact: &Artifact, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    let mut cursor = Cursor::new(source, 0);
    let length = cursor.u64()?;
    let end = length.saturating_add(LENGTH_BYTES);
    if length > HEADER_CAP_BYTES {
        tally.add(
            rules::OVERSIZED_HEADER
                .at(0..LENGTH_BYTES)
                .message(format!("the header is said to be {length} bytes long")),
        );
        let detail = format!(
            "the safetensors header is {length} bytes long; at most {HEADER_CAP_BYTES} are read"
        );
        cx.gap(0..end.min(source.len()), Why::Limit, detail);
        return Ok(());
    }
    if end > source.len() {
        let have = source.len().saturating_sub(LENGTH_BYTES);
        let what = format!("the header is said to be {length} bytes long and {have} are there");
        return Err(Fault::malformed(0, what));
    }
    if length > 0 && cursor.peek(1)?.first() != Some(&b'{') {
        let draft = rules::INVALID_HEADER.at(LENGTH_BYTES);
        tally.add(draft.message("the header does not begin with `{`"));
    }
    let mut header = Header::default();
    header.read(source, LENGTH_BYTES..end, cx, tally)?;
    cx.accounts();
    for span in layout::check(&mut header, end, source.len(), tally) {
        cx.slack(span);
    }
    second::compare(&header, source, end, cx, tally)?;
    for entry in header.entries {
        let bytes = entry.len();
        cx.tensor(entry.name, Some(bytes));
    }
    Ok(())
}
