//! OCDBT: the database of TensorStore in which Orbax keeps arrays.
//!
//! `manifest.ocdbt` leads to trees whose nodes, and whose larger values, lie in
//! files of the folder `d`. Every *record* (a manifest or a node) has a magic,
//! its length, a version, the number of its compression, a payload, and a
//! CRC-32C of all of it. Small values stand in the nodes, so what a payload
//! unpacks to becomes a member and is swept.
//!
//! An attacker breaks the length or the sum for readers that do not look, and
//! hides bytes behind a record or in its compression.

use super::super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Kind, Member};
use super::super::{Probe, tally::Tally};
use crate::report::{Span, Why};
use crate::rules::flax as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, Packing, crc32c};
use crate::wire::cursor::Cursor;

/// Kinds of records: their magic, and what they are called.
const RECORDS: &[([u8; 4], &str)] = &[
    ([0x0c, 0xdb, 0x3a, 0x2a], "manifest"),
    ([0x0c, 0xdb, 0x20, 0xde], "node"),
    ([0x0c, 0xdb, 0x12, 0x34], "versions"),
];

/// Magic, length, version, compression and sum of the shortest record.
const RECORD_MIN_BYTES: u64 = 4 + 8 + 1 + 1 + 4;

/// The longest record whose sum is checked; TensorStore writes nodes of a few
/// megabytes.
const RECORD_CAP_BYTES: usize = 64 << 20;

/// A file of the database.
pub struct Ocdbt;

static SPEC: FormatSpec = FormatSpec {
    id: "ocdbt",
    title: "OCDBT database",
    suffixes: &[".ocdbt"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://google.github.io/tensorstore/kvstore/ocdbt/index.html"],
    limitations: &[
        "Records are unpacked and swept; keys and paths in them are not followed.",
        "Files of the database that begin with a value are swept like weights, and the records \
         in them are not unpacked.",
        "Values in the files of the database are not unpacked by the codecs of their arrays.",
    ],
};

/// One record.
struct Record {
    /// What it is called.
    kind: &'static str,
    /// All of it.
    span: Span,
    /// Version of the layout.
    version: u8,
    /// Number of its compression.
    compression: u8,
    /// Between its header and its sum.
    payload: Span,
}

/// The record that begins at `at`; `None` where none does.
fn record(source: &dyn Source, at: u64) -> Result<Option<Record>, Fault> {
    let mut cursor = Cursor::new(source, at);
    if cursor.remaining() < RECORD_MIN_BYTES {
        return Ok(None);
    }
    let magic = cursor.array::<4>()?;
    let Some((_, kind)) = RECORDS.iter().find(|(known, _)| *known == magic) else {
        return Ok(None);
    };
    let len = cursor.u64()?;
    let (version, compression) = (cursor.u8()?, cursor.u8()?);
    let left = source.len().saturating_sub(at);
    if !(RECORD_MIN_BYTES..=left).contains(&len) {
        let what = format!("a record of {len} bytes where {left} are left");
        return Err(Fault::malformed(at, what));
    }
    let end = at.saturating_add(len);
    Ok(Some(Record {
        kind,
        span: at..end,
        version,
        compression,
        payload: cursor.position()..end.saturating_sub(4),
    }))
}

impl Format for Ocdbt {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let begins = RECORDS
            .iter()
            .any(|(magic, _)| probe.head().starts_with(magic));
        let named = probe.has_suffix(SPEC.suffixes);
        // A length that the file does not have is damage under the name, and
        // chance elsewhere.
        match begins && (named || matches!(record(probe.source(), 0), Ok(Some(_)))) {
            true => Claim::Magic,
            false if named => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = examine(artifact.source.as_ref(), cx, &mut tally);
        if let Err(Fault::Malformed { at, what }) = &ended {
            let place = *at..artifact.source.len().max(*at);
            tally.add(rules::OCDBT_INVALID.at(place).message(what));
        }
        tally.report(cx);
        ended
    }
}

fn examine(source: &dyn Source, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let Some(mut one) = record(source, 0)? else {
        return Err(Fault::malformed(0, "no record begins the file"));
    };
    let is_manifest = one.kind == "manifest";
    let mut number = 0u64;
    loop {
        cx.budget().check()?;
        check(source, &one, number, cx, tally)?;
        number = number.saturating_add(1);
        let end = one.span.end;
        let rest = end..source.len();
        match record(source, end)? {
            Some(next) if !is_manifest => one = next,
            _ if is_manifest => {
                cx.accounts();
                if !rest.is_empty() {
                    let more = source.len().saturating_sub(end);
                    let message = format!("{more} bytes follow the manifest");
                    tally.add(rules::OCDBT_INVALID.at(rest.clone()).message(message));
                    cx.slack(rest);
                }
                return Ok(());
            }
            // Values, whose places only the tree knows.
            _ => return Ok(()),
        }
    }
}

/// Check one record and hand its payload on.
fn check(
    source: &dyn Source,
    record: &Record,
    number: u64,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    sum(source, record, cx, tally)?;
    match (record.version, record.compression) {
        (0, 0) => Ok(()),
        (0, 1) => {
            let name = format!("{}-{number}", record.kind);
            let packing = Packing::from(Codec::Zstd);
            let body = Body::Packed(record.payload.clone(), packing);
            Ok(cx.member(Member::new(name, body))?)
        }
        (version, compression) => {
            let detail = format!(
                "a {} of version {version} with the compression {compression} is only swept",
                record.kind
            );
            cx.gap(record.span.clone(), Why::Unsupported, detail);
            Ok(())
        }
    }
}

/// Compare the sum, which is that of all bytes in front of it.
fn sum(
    source: &dyn Source,
    record: &Record,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let len = record.span.end.saturating_sub(record.span.start);
    if len > RECORD_CAP_BYTES as u64 {
        let detail = format!("a record of {len} bytes; its checksum is not compared");
        cx.gap(record.span.clone(), Why::Limit, detail);
        return Ok(());
    }
    let mut cursor = Cursor::new(source, record.span.start);
    let bytes = cursor.take(len.saturating_sub(4), RECORD_CAP_BYTES)?;
    let stated = cursor.u32()?;
    let actual = crc32c(&bytes);
    if actual != stated {
        let message = format!(
            "the {} has the checksum {stated:08x}; its bytes have {actual:08x}",
            record.kind
        );
        let draft = rules::OCDBT_INVALID.at(record.span.clone());
        tally.add(draft.message(message));
    }
    Ok(())
}
