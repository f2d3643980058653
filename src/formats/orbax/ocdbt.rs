//! OCDBT: the database of TensorStore in which Orbax keeps arrays.
//!
//! `manifest.ocdbt` leads to trees whose nodes, and whose larger values, lie in
//! files of the folder `d`. Every *record* (a manifest or a node) has a magic,
//! its length, a version, the number of its compression, a payload, and a
//! CRC-32C of all of it. Small values stand in the nodes: a payload becomes a
//! member, unpacked, and is examined as an [`super::OcdbtNode`]. Values between
//! the records become members as well.
//!
//! An attacker breaks the length or the sum for readers that do not look, and
//! hides bytes behind a record, behind its packed payload or in a value.

use super::super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Kind, Member};
use super::super::{Probe, tally::Tally};
use super::record::{self, Record, record};
use super::walk::{Part, Walk, is_data_file};
use crate::report::{Span, Why};
use crate::rules::embedded::ARCHIVE;
use crate::rules::flax as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, Packing, crc32c, zstd_frames};
use crate::wire::cursor::Cursor;

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
        "Values are unpacked where they are Zstandard frames, and only swept where another codec \
         packed them.",
        "Records between values of another codec are not found, unless they end the file.",
    ],
};

impl Format for Ocdbt {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let begins = record::Kind::of(probe.head()).is_some();
        let named = probe.has_suffix(SPEC.suffixes);
        // A length that the file does not have is damage under the name, and
        // chance elsewhere.
        let is_one = match begins {
            true => named || matches!(record(probe.source(), 0), Ok(Some(_))),
            false => is_data_file(probe),
        };
        match is_one {
            true => Claim::Magic,
            false if named => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut tally = Tally::default();
        let ended = match record(source, 0) {
            Ok(Some(first)) if first.kind == record::Kind::Manifest => {
                manifest(source, &first, cx, &mut tally)
            }
            Ok(_) => data(source, cx, &mut tally),
            Err(fault) => Err(fault),
        };
        if let Err(Fault::Malformed { at, what }) = &ended {
            let place = *at..source.len().max(*at);
            tally.add(rules::OCDBT_INVALID.at(place).message(what));
        }
        tally.report(cx);
        ended
    }
}

/// A file that is one manifest.
fn manifest(
    source: &dyn Source,
    first: &Record,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    cx.accounts();
    check(source, first, 0, cx, tally)?;
    nobodys(first.span.end..source.len(), "the manifest", cx, tally);
    Ok(())
}

/// A file of nodes and values.
fn data(source: &dyn Source, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let mut walk = Walk::new(source, cx.budget());
    let (mut number, mut is_known) = (0u64, true);
    while let Some(part) = walk.next()? {
        match part {
            Part::Record(record) => check(source, &record, number, cx, tally)?,
            Part::Values(run) => {
                let name = format!("values-{number}");
                cx.judged(run.clone(), &ARCHIVE);
                cx.member(Member::new(name, Body::Packed(run, Codec::Zstd.into())))?;
            }
            Part::Index(_) => {}
            Part::Unknown(_) => is_known = false,
        }
        number = number.saturating_add(1);
    }
    let end = walk.position();
    if number == 0 {
        return Err(Fault::malformed(0, "no record begins the file"));
    }
    if is_known && end == source.len() {
        cx.accounts();
    }
    Ok(())
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
    let kind = record.kind.name();
    let payload = record.payload.clone();
    let body = match (record.version, record.compression) {
        (0, 0) => Body::Stored(payload),
        (0, 1) => packed(source, payload, cx, tally)?,
        (version, compression) => {
            let detail = format!(
                "a {kind} of version {version} with the compression {compression} is only swept"
            );
            cx.gap(record.span.clone(), Why::Unsupported, detail);
            return Ok(());
        }
    };
    let name = format!("{number}.ocdbt-{kind}");
    Ok(cx.member(Member::new(name, body))?)
}

/// A payload that is packed: one frame, and nothing behind it.
fn packed(
    source: &dyn Source,
    payload: Span,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<Body, Fault> {
    let packing = Packing::from(Codec::Zstd);
    let (end, _) = zstd_frames(source, payload.clone(), cx.budget())?;
    if end == payload.start {
        // The decoder tells what is wrong with it.
        return Ok(Body::Packed(payload, packing));
    }
    let frames = payload.start..end;
    cx.judged(frames.clone(), &ARCHIVE);
    nobodys(end..payload.end, "a packed payload", cx, tally);
    Ok(Body::Packed(frames, packing))
}

/// Bytes behind something that should end there.
pub(super) fn nobodys(rest: Span, what: &str, cx: &mut Context<'_>, tally: &mut Tally) {
    if !rest.is_empty() {
        let more = rest.end.saturating_sub(rest.start);
        let message = format!("{more} bytes follow {what}");
        tally.add(rules::OCDBT_INVALID.at(rest.clone()).message(message));
        cx.slack(rest);
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
        let kind = record.kind.name();
        let message =
            format!("the {kind} has the checksum {stated:08x}; its bytes have {actual:08x}");
        let draft = rules::OCDBT_INVALID.at(record.span.clone());
        tally.add(draft.message(message));
    }
    Ok(())
}
