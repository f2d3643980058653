//! Archives behind each other: where each of them begins and ends.
//!
//! An archive ends with an end record whose numbers lead back to the beginning
//! of that archive (APPNOTE 4.3.16). What lies between two archives, or behind
//! the last one, becomes a member too: the reader loads whatever it is told to.

use memchr::memmem;

use crate::formats::{Body, Context, Member};
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// Signature of a local header, with which an archive begins.
pub(super) const LOCAL: &[u8] = b"PK\x03\x04";

const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const LOCATOR: &[u8] = b"PK\x06\x07";
const END64: &[u8] = b"PK\x06\x06";

/// Bytes of an end record without its comment.
const END_BYTES: u64 = 22;

/// Bytes of a zip64 locator.
const LOCATOR_BYTES: u64 = 20;

/// Bytes of a zip64 end record up to its extensible part.
const END64_BYTES: u64 = 56;

/// The file is searched in steps of this size.
const STEP_BYTES: u64 = 1 << 20;

/// Name every archive of the file, and every run of bytes beside them.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    let len = source.len();
    let mut at = 0;
    while at < len {
        cx.budget().check()?;
        let is_archive = starts_with(source, at, LOCAL)?;
        let end = match is_archive {
            true => archive_end(source, at, cx)?,
            false => find(source, LOCAL, at.saturating_add(1), cx)?,
        };
        let end = end.unwrap_or(len).max(at.saturating_add(1)).min(len);
        let kind = if is_archive { "archive" } else { "bytes" };
        cx.member(Member {
            name: format!("{kind}@{at}"),
            body: Body::Stored(at..end),
            stated: None,
        })?;
        at = end;
    }
    Ok(())
}

/// Where the archive that begins at `start` ends; `None` where no end record
/// is its own.
fn archive_end(
    source: &dyn Source,
    start: u64,
    cx: &mut Context<'_>,
) -> Result<Option<u64>, Fault> {
    let mut from = start;
    while let Some(at) = find(source, END, from, cx)? {
        if let Some(end) = own_end(source, start, at)? {
            return Ok(Some(end));
        }
        from = at.saturating_add(1);
    }
    Ok(None)
}

/// The end of the end record at `at`, if its directory is that of an archive
/// that begins at `start`.
fn own_end(source: &dyn Source, start: u64, at: u64) -> Result<Option<u64>, Fault> {
    let record = bytes::<{ END_BYTES as usize }>(source, at)?;
    let Some(record) = record else {
        return Ok(None);
    };
    let comment = number(&record, 20..22);
    let end = at.saturating_add(END_BYTES).saturating_add(comment);
    let narrow = (number(&record, 12..16), number(&record, 16..20), at);
    for (size, offset, before) in wide(source, start, at)?.into_iter().chain([narrow]) {
        let directory = start.saturating_add(offset);
        let fits = directory.saturating_add(size) == before;
        if fits && (size == 0 || starts_with(source, directory, CENTRAL)?) {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

/// Size and offset of the directory, and where it ends, by the zip64 record in
/// front of the end record at `at`.
fn wide(source: &dyn Source, start: u64, at: u64) -> Result<Option<(u64, u64, u64)>, Fault> {
    let Some(locator_at) = at.checked_sub(LOCATOR_BYTES) else {
        return Ok(None);
    };
    let locator = bytes::<{ LOCATOR_BYTES as usize }>(source, locator_at)?;
    let Some(locator) = locator.filter(|bytes| bytes.starts_with(LOCATOR)) else {
        return Ok(None);
    };
    let record_at = start.saturating_add(number(&locator, 8..16));
    let record = bytes::<{ END64_BYTES as usize }>(source, record_at)?;
    let record = record.filter(|bytes| bytes.starts_with(END64));
    Ok(record.map(|r| (number(&r, 40..48), number(&r, 48..56), record_at)))
}

/// The `N` bytes at `at`, if there are so many.
fn bytes<const N: usize>(source: &dyn Source, at: u64) -> Result<Option<[u8; N]>, Fault> {
    let mut out = [0u8; N];
    let filled = source.fill_at(at, &mut out)?;
    Ok((filled == N).then_some(out))
}

/// The little-endian number in these bytes.
fn number(bytes: &[u8], place: std::ops::Range<usize>) -> u64 {
    let digits = bytes.get(place).unwrap_or_default();
    let value = digits.iter().rev();
    value.fold(0u64, |n, &b| (n << 8) | u64::from(b))
}

fn starts_with(source: &dyn Source, at: u64, signature: &[u8]) -> Result<bool, Fault> {
    Ok(bytes::<4>(source, at)?.is_some_and(|bytes| bytes == signature))
}

/// The first place from `from` on where the signature stands.
fn find(
    source: &dyn Source,
    signature: &[u8],
    from: u64,
    cx: &mut Context<'_>,
) -> Result<Option<u64>, Fault> {
    let len = source.len();
    let overlap = signature.len().saturating_sub(1) as u64;
    let mut at = from;
    while at < len {
        cx.budget().check()?;
        let step = at.saturating_add(STEP_BYTES).min(len);
        let span: Span = at..step.saturating_add(overlap).min(len);
        let chunk = source.chunk(span)?;
        if let Some(found) = memmem::find(&chunk, signature) {
            return Ok(Some(at.saturating_add(found as u64)));
        }
        at = step;
    }
    Ok(None)
}
