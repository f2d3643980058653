//! The signature, in front or behind a program that unpacks the archive.

use super::walk::block;
use super::{Generation, Kind};
use crate::budget::Budget;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Readers look for the signature up to here; newer ones go a little further
/// than the 1 MiB of the technical note.
pub const STUB_CAP_BYTES: u64 = 4 << 20;

/// Bytes that are searched at a time.
const PIECE_BYTES: u64 = 64 << 10;

/// What both signatures begin with.
pub const COMMON: &[u8] = b"Rar!\x1a\x07";

/// Where an archive begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Which of the two formats it is.
    pub generation: Generation,
    /// Where its signature stands.
    pub at: u64,
    /// Whether a sound first block follows.
    pub has_start: bool,
}

/// Look for an archive: at the beginning by its signature, and behind up to
/// `stub_bytes` other bytes by a sound first block as well.
pub fn find(source: &dyn Source, stub_bytes: u64, budget: &Budget) -> Result<Option<Found>, Fault> {
    if let Some(found) = at(source, 0)? {
        return Ok(Some(found));
    }
    let end = source.len().min(stub_bytes);
    let mut from = 1;
    while from < end {
        budget.check()?;
        let to = from.saturating_add(PIECE_BYTES).min(end);
        let piece = source.chunk(from..to.saturating_add(COMMON.len() as u64))?;
        for hit in memchr::memmem::find_iter(&piece, COMMON) {
            let found = at(source, from.saturating_add(hit as u64))?;
            if let Some(found) = found.filter(|found| found.has_start) {
                return Ok(Some(found));
            }
        }
        from = to;
    }
    Ok(None)
}

/// The archive whose signature stands at `at`, if one does.
fn at(source: &dyn Source, at: u64) -> Result<Option<Found>, Fault> {
    let mut cursor = Cursor::new(source, at);
    let front = cursor.peek(Generation::New.signature().len())?;
    let generation = [Generation::Old, Generation::New]
        .into_iter()
        .find(|generation| front.starts_with(generation.signature()));
    let Some(generation) = generation else {
        return Ok(None);
    };
    cursor.seek(at.saturating_add(generation.signature().len() as u64));
    let first = block(&mut cursor, generation)?;
    let has_start = first.is_some_and(|block| {
        block.is_sound() && matches!(block.kind, Kind::Main(_) | Kind::Encryption)
    });
    Ok(Some(Found {
        generation,
        at,
        has_start,
    }))
}
