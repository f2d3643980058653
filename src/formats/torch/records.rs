//! The small records of an archive: version, byte order, alignment.
//!
//! Each is a few bytes that the loader reads as a number or a word. What is
//! read here is what PyTorch writes, and no more is accepted.

use super::inside::{Members, join};
use crate::formats::Context;
use crate::report::escape_bytes;
use crate::rules::torch::ODD_RECORD;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of a record that are read. The longest that PyTorch writes has 40.
const RECORD_CAP_BYTES: usize = 256;

/// The highest version that PyTorch 2.15 reads, `kMaxSupportedFileFormatVersion`.
const VERSION_CAP: u64 = 10;

/// The largest alignment that anybody asks for.
const ALIGNMENT_CAP_BYTES: u64 = 1 << 30;

/// A record and what it must be.
type Row = (&'static [u8], fn(&[u8]) -> bool, &'static str);

const RECORDS: &[Row] = &[
    (b"version", is_version, "a version from 1 to 10"),
    (b".format_version", is_number, "a number"),
    (b".storage_alignment", is_alignment, "an alignment"),
    (b"byteorder", is_order, "`little` or `big`"),
    (b".data/serialization_id", is_id, "digits"),
];

/// Report records that do not say what PyTorch writes.
pub(super) fn examine(
    source: &dyn Source,
    folder: &[u8],
    members: &Members,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    for (name, is_ordinary, what) in RECORDS {
        let Some(member) = members.get(&join(folder, name)) else {
            continue;
        };
        let cap = RECORD_CAP_BYTES;
        let Some(bytes) = member.head(source, cap, cx.budget())? else {
            continue;
        };
        if member.len <= cap as u64 && is_ordinary(&bytes) {
            continue;
        }
        let message = format!("`{}` does not hold {what}", member.shown());
        let shown = bytes.get(..64).unwrap_or(&bytes);
        let draft = ODD_RECORD.at(member.span.clone()).message(message);
        cx.report(draft.evidence(escape_bytes(shown)).within(member.text()));
    }
    Ok(())
}

/// A number as the loader's `stoull` reads it: blanks around it do no harm.
fn number(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

fn is_number(bytes: &[u8]) -> bool {
    number(bytes).is_some()
}

fn is_version(bytes: &[u8]) -> bool {
    number(bytes).is_some_and(|n| (1..=VERSION_CAP).contains(&n))
}

fn is_alignment(bytes: &[u8]) -> bool {
    number(bytes).is_some_and(|n| n <= ALIGNMENT_CAP_BYTES)
}

fn is_order(bytes: &[u8]) -> bool {
    matches!(bytes, b"little" | b"big")
}

fn is_id(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_alphanumeric)
}
