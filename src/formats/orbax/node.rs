//! What a record of the database unpacks to: a node, a manifest, or a table of
//! versions.
//!
//! Each has a table of the files that it points into, by paths that are joined
//! to that of the database. A *leaf* goes on with keys, each sharing its
//! beginning with the one before it, and their values: small ones stand in the
//! leaf and become members under their keys, larger ones lie in a file of the
//! table. Columns, not rows: all lengths, then all kinds, then all values.
//!
//! An attacker has a path lead out of the checkpoint, has lengths and counts
//! that the bytes do not hold, and puts what he likes into a value or behind
//! the last.
//!
//! Not checked: whether the places that are pointed to exist.

use super::super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Kind, Member};
use super::super::{Probe, tally::Tally};
use super::files::{self, varint};
use super::keys::Keys;
use super::ocdbt::nobodys;
use crate::rules::flax as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Entries of a node, as TensorStore has it.
const ENTRIES_CAP: u64 = 1 << 20;

/// Bytes of the number of a database, which begins a manifest.
const UUID_BYTES: u64 = 16;

/// Columns behind the keys of an inner node: file, place and length of each
/// child, and how many keys, bytes and bytes of values are below it.
const CHILD_COLUMNS: u64 = 6;

/// A record of the database, unpacked.
pub struct OcdbtNode;

static SPEC: FormatSpec = FormatSpec {
    id: "ocdbt-node",
    title: "OCDBT node or manifest",
    suffixes: &[".ocdbt-node", ".ocdbt-manifest", ".ocdbt-versions"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://google.github.io/tensorstore/kvstore/ocdbt/index.html"],
    limitations: &["Whether the places that it points to exist is not checked."],
};

impl Format for OcdbtNode {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        // There is no magic: the record around it has said what it is.
        match probe.has_suffix(SPEC.suffixes) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let name = artifact.name.to_lowercase();
        let mut tally = Tally::default();
        let ended = if name.ends_with(".ocdbt-manifest") {
            manifest(source, cx, &mut tally)
        } else if name.ends_with(".ocdbt-versions") {
            versions(source, cx, &mut tally)
        } else {
            node(source, cx, &mut tally)
        };
        if let Err(Fault::Malformed { at, what }) = &ended {
            let place = *at..source.len().max(*at);
            tally.add(rules::OCDBT_INVALID.at(place).message(what));
        }
        tally.report(cx);
        ended
    }
}

/// How the database is kept, then the files with its trees.
fn manifest(source: &dyn Source, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let mut cursor = Cursor::new(source, 0);
    cursor.skip(UUID_BYTES)?;
    let kind = varint(&mut cursor)?;
    let (_inline_bytes, _node_bytes) = (varint(&mut cursor)?, varint(&mut cursor)?);
    let _arity = cursor.u8()?;
    if varint(&mut cursor)? == 1 {
        let _level = cursor.u32()?;
    }
    // Where there are several manifests, the first one says no more.
    match kind {
        0 => files::read(&mut cursor, cx, tally).map(drop),
        _ => Ok(()),
    }
}

/// The files with older trees.
fn versions(source: &dyn Source, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let mut cursor = Cursor::new(source, 0);
    let (_arity, _height) = (cursor.u8()?, cursor.u8()?);
    files::read(&mut cursor, cx, tally).map(drop)
}

fn node(source: &dyn Source, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let mut cursor = Cursor::new(source, 0);
    let height = cursor.u8()?;
    let files = files::read(&mut cursor, cx, tally)?;
    let at = cursor.position();
    let count = varint(&mut cursor)?;
    if count == 0 || count > ENTRIES_CAP.min(cursor.remaining()) {
        return Err(Fault::malformed(at, format!("a node of {count} entries")));
    }
    let keys = Keys::read(source, &mut cursor, count, height > 0, cx)?;
    match height {
        0 => leaf(source, &mut cursor, (keys, files), cx)?,
        _ => {
            for _ in 0..count.saturating_mul(CHILD_COLUMNS) {
                cx.tick()?;
                varint(&mut cursor)?;
            }
        }
    }
    cx.accounts();
    nobodys(cursor.position()..source.len(), "the node", cx, tally);
    Ok(())
}

/// The columns of a leaf behind its keys. Values that stand in it become
/// members.
fn leaf(
    source: &dyn Source,
    cursor: &mut Cursor<'_>,
    (mut keys, files): (Keys<'_>, u64),
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut lengths = Vec::new();
    for _ in 0..keys.count() {
        cx.tick()?;
        lengths.push(varint(cursor)?);
    }
    let mut inline = Vec::new();
    for _ in 0..keys.count() {
        cx.tick()?;
        let at = cursor.position();
        inline.push(match cursor.u8()? {
            0 => true,
            1 => false,
            kind => return Err(Fault::malformed(at, format!("a value of the kind {kind}"))),
        });
    }
    let elsewhere = inline.iter().filter(|&&inline| !inline).count();
    for _ in 0..elsewhere {
        cx.tick()?;
        let at = cursor.position();
        let file = varint(cursor)?;
        if file >= files {
            let what = format!("a value in the file {file} of {files}");
            return Err(Fault::malformed(at, what));
        }
    }
    for _ in 0..elsewhere {
        cx.tick()?;
        varint(cursor)?;
    }
    for (len, is_inline) in lengths.into_iter().zip(inline) {
        cx.tick()?;
        let key = keys.next()?;
        let start = cursor.position();
        if is_inline {
            let left = source.len().saturating_sub(start);
            if len > left {
                let what = format!("a value of {len} bytes where {left} are left");
                return Err(Fault::malformed(start, what));
            }
            cursor.skip(len)?;
            if len > 0 {
                let body = Body::Stored(start..cursor.position());
                cx.member(Member::new(key, body))?;
            }
        }
    }
    Ok(())
}
