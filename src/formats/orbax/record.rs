//! A record of the database: its frame, and what it says of itself.

use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// The magic of a node of a tree.
pub(super) const NODE_MAGIC: [u8; 4] = [0x0c, 0xdb, 0x20, 0xde];

/// Magic, length, version, compression and sum of the shortest record.
const RECORD_MIN_BYTES: u64 = 4 + 8 + 1 + 1 + 4;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// How the database is kept, and where its latest trees are.
    Manifest,
    /// A node of a tree: keys, and their values or where those lie.
    Node,
    /// Where older trees are.
    Versions,
}

/// Kinds of records by their magic.
const RECORDS: [([u8; 4], Kind); 3] = [
    ([0x0c, 0xdb, 0x3a, 0x2a], Kind::Manifest),
    (NODE_MAGIC, Kind::Node),
    ([0x0c, 0xdb, 0x12, 0x34], Kind::Versions),
];

impl Kind {
    /// What it is called in messages and in names of members.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Manifest => "manifest",
            Kind::Node => "node",
            Kind::Versions => "versions",
        }
    }

    /// The kind of a record that begins like this.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let begins = |(magic, _): &&([u8; 4], Kind)| head.starts_with(magic);
        RECORDS.iter().find(begins).map(|(_, kind)| *kind)
    }
}

/// One record.
#[derive(Debug)]
pub(super) struct Record {
    /// What it is.
    pub(super) kind: Kind,
    /// All of it.
    pub(super) span: Span,
    /// Version of the layout.
    pub(super) version: u8,
    /// Number of its compression.
    pub(super) compression: u8,
    /// Between its header and its sum.
    pub(super) payload: Span,
}

/// The record that begins at `at`; `None` where none does.
pub(super) fn record(source: &dyn Source, at: u64) -> Result<Option<Record>, Fault> {
    let mut cursor = Cursor::new(source, at);
    if cursor.remaining() < RECORD_MIN_BYTES {
        return Ok(None);
    }
    let Some(kind) = Kind::of(&cursor.array::<4>()?) else {
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
