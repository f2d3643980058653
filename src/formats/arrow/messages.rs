//! The messages of an IPC stream, one behind the other.

use super::metadata::Metadata;
use super::schema;
use crate::formats::Context;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;
use crate::wire::flatbuffer::{Buffer, Table};

/// What stands in front of the length of a message since version 0.15.
const CONTINUATION: u32 = u32::MAX;

/// The type of a message that is a schema.
const SCHEMA: u8 = 1;

/// The types of a message: schema, dictionary, records, tensor, sparse tensor.
const TYPES: std::ops::RangeInclusive<u8> = SCHEMA..=5;

/// The highest version of the metadata, counted from 0.
const VERSION_CAP: i16 = 4;

/// A message as its first bytes have it.
struct Frame {
    /// Its FlatBuffer; empty for the mark that ends a stream.
    metadata: Span,
}

/// Whether the bytes begin with the message of a schema.
pub(super) fn begins(source: &dyn Source) -> bool {
    let is_schema = |frame: Frame| -> Result<bool, Fault> {
        let buffer = Buffer::new(source, frame.metadata);
        let root = buffer.root()?;
        let is_message = root.u8(1, 0)? == SCHEMA
            && (0..=VERSION_CAP).contains(&root.i16(0, 0)?)
            && root.i64(3, 0)? == 0;
        let Some(schema) = root.table(2)?.filter(|_| is_message) else {
            return Ok(false);
        };
        let endianness = schema.i16(0, 0)?;
        Ok((0..=1).contains(&endianness) && schema.vector(1, 4)?.is_some())
    };
    // What cannot be read is no stream; the examination would say so.
    frame(source, 0)
        .and_then(|frame| match frame.metadata.is_empty() {
            true => Ok(false),
            false => is_schema(frame),
        })
        .unwrap_or(false)
}

/// The frame at `at`.
fn frame(source: &dyn Source, at: u64) -> Result<Frame, Fault> {
    let mut cursor = Cursor::new(source, at);
    let len = match cursor.u32()? {
        CONTINUATION => cursor.u32()?,
        len => len,
    };
    if i32::try_from(len).is_err() {
        return Err(Fault::malformed(at, "a message of negative length"));
    }
    let start = cursor.position();
    cursor.skip(len.into())?;
    Ok(Frame {
        metadata: start..cursor.position(),
    })
}

/// Read every message from `at` on. Returns how many there were, and how the
/// walk ended.
pub(super) fn walk(
    judge: &Metadata<'_>,
    source: &dyn Source,
    at: u64,
    cx: &mut Context<'_>,
) -> (u64, Result<(), Fault>) {
    let mut seen = 0u64;
    let mut at = at;
    while at < source.len() {
        match message(judge, source, at, cx) {
            Ok(Some(next)) => at = next,
            Ok(None) => break,
            Err(fault) => return (seen, Err(fault)),
        }
        seen = seen.saturating_add(1);
    }
    (seen, Ok(()))
}

/// Read one message; where the next one is, or `None` at the end of the
/// stream.
fn message(
    judge: &Metadata<'_>,
    source: &dyn Source,
    at: u64,
    cx: &mut Context<'_>,
) -> Result<Option<u64>, Fault> {
    cx.budget().check()?;
    let frame = frame(source, at)?;
    if frame.metadata.is_empty() {
        return Ok(another(source, frame.metadata.end));
    }
    let end = frame.metadata.end;
    let buffer = Buffer::new(source, frame.metadata);
    let root = buffer.root()?;
    let kind = root.u8(1, 0)?;
    if !TYPES.contains(&kind) {
        let what = format!("a message of type {kind}, which Arrow does not have");
        return Err(Fault::malformed(root.position(), what));
    }
    if kind == SCHEMA
        && let Some(table) = root.table(2)?
    {
        schema::examine(judge, &table, cx)?;
    }
    judge.pairs(root.vector(4, 4)?, "a message", cx)?;
    body(&root, end, source.len()).map(Some)
}

/// Where the body behind a message ends.
fn body(root: &Table<'_, '_>, start: u64, len: u64) -> Result<u64, Fault> {
    let bytes = root.i64(3, 0)?;
    let end = u64::try_from(bytes).ok().and_then(|n| start.checked_add(n));
    end.filter(|&end| end <= len).ok_or_else(|| {
        let what = format!("a message promises {bytes} bytes of data and the file ends before");
        Fault::malformed(root.position(), what)
    })
}

/// Where another stream begins, if one stands right behind the end of one.
fn another(source: &dyn Source, at: u64) -> Option<u64> {
    let first = Cursor::new(source, at).u32().ok()?;
    (first == CONTINUATION).then_some(at)
}
