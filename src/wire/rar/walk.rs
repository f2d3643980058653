//! The walk from block to block.

use super::{Block, Found, Generation, Kind, Main, new, old};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Bytes behind damage in which the next block is looked for.
const SEARCH_CAP_BYTES: u64 = 1 << 20;

/// Longest header that is looked for behind damage, in bytes.
const SOUGHT_CAP_BYTES: u64 = 4 << 10;

/// Positions between two looks at the clock.
const POSITIONS_PER_CHECK: u64 = 1024;

/// What a walk meets, in the order of the file and without holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The signature.
    Signature(Span),
    /// A block and its data.
    Block(Box<Block>),
    /// Bytes that are no block where one should be.
    Damage(Span),
    /// Blocks that cannot be read without a key.
    Veiled(Span),
    /// Bytes behind the end of the archive.
    Behind(Span),
    /// There is no block for the end.
    Unended,
}

/// Follow the archive that was found.
pub fn walk(
    source: &dyn Source,
    found: Found,
    budget: &Budget,
    told: &mut dyn FnMut(Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(source, 0);
    let generation = found.generation;
    let len = source.len();
    let mut at = found.at.saturating_add(generation.signature().len() as u64);
    told(Item::Signature(found.at..at))?;
    while at < len {
        budget.check()?;
        cursor.seek(at);
        let here = block(&mut cursor, generation)?;
        let Some(block) = here.filter(|b| b.is_sound() || leads_on(&mut cursor, b, generation))
        else {
            at = skip(&mut cursor, at, generation, budget, told)?;
            continue;
        };
        at = block.data.end;
        let ends = matches!(block.kind, Kind::End { .. });
        let veils = is_veil(&block.kind);
        told(Item::Block(Box::new(block)))?;
        if ends || veils {
            let rest = at..len;
            return match (rest.is_empty(), ends) {
                (true, _) => Ok(()),
                (false, true) => told(Item::Behind(rest)),
                (false, false) => told(Item::Veiled(rest)),
            };
        }
    }
    told(Item::Unended)
}

/// Whether everything behind a block is encrypted.
fn is_veil(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Encryption
            | Kind::Main(Main {
                is_encrypted: true,
                ..
            })
    )
}

/// The block at the cursor, if one stands there.
pub(super) fn block(
    cursor: &mut Cursor<'_>,
    generation: Generation,
) -> Result<Option<Block>, Fault> {
    let at = cursor.position();
    let len = at.saturating_add(cursor.remaining());
    let parsed = match generation {
        Generation::Old => {
            let wanted = old::header_len(cursor.peek(old::BASE_BYTES)?);
            old::parse(cursor.peek(wanted)?)
        }
        Generation::New => new::read(cursor)?,
    };
    Ok(parsed.map(|parsed| {
        let header_end = at.saturating_add(parsed.header_len);
        let data_end = header_end.saturating_add(parsed.data_len);
        Block {
            header: at..header_end,
            data: header_end..data_end.min(len),
            missing: data_end.saturating_sub(len),
            checksum: parsed.checksum,
            is_torn: parsed.is_torn,
            kind: parsed.kind,
        }
    }))
}

/// Whether a block with a wrong checksum ends where the file does, or where
/// another block begins.
fn leads_on(cursor: &mut Cursor<'_>, found: &Block, generation: Generation) -> bool {
    if found.missing > 0 {
        return false;
    }
    cursor.seek(found.data.end);
    cursor.remaining() == 0
        || block(cursor, generation).is_ok_and(|next| next.is_some_and(|next| next.missing == 0))
}

/// Pass over bytes that are no block. Returns where the next one begins, or
/// the end of the file.
fn skip(
    cursor: &mut Cursor<'_>,
    from: u64,
    generation: Generation,
    budget: &Budget,
    told: &mut dyn FnMut(Item) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    cursor.seek(from);
    let len = from.saturating_add(cursor.remaining());
    let end = len.min(from.saturating_add(SEARCH_CAP_BYTES));
    let mut at = from;
    let next = loop {
        at = at.saturating_add(1);
        if at >= end {
            break len;
        }
        if at.is_multiple_of(POSITIONS_PER_CHECK) {
            budget.check()?;
        }
        cursor.seek(at);
        if is_likely(cursor, generation)?
            && block(cursor, generation)?
                .is_some_and(|b| b.is_sound() && !matches!(b.kind, Kind::Other(_)))
        {
            break at;
        }
    };
    told(Item::Damage(from..next))?;
    Ok(next)
}

/// A cheap look at whether a block of moderate length may begin at the cursor.
fn is_likely(cursor: &mut Cursor<'_>, generation: Generation) -> Result<bool, Fault> {
    Ok(match (generation, cursor.peek(7)?) {
        (Generation::Old, [_, _, 0x73..=0x7b, _, _, low, high]) => {
            u64::from(u16::from_le_bytes([*low, *high])) <= SOUGHT_CAP_BYTES
        }
        (Generation::New, [_, _, _, _, 1..=0x7f, 1..=5, _]) => true,
        // Lengths of two bytes.
        (Generation::New, [_, _, _, _, 0x80..=0xff, high, 1..=5]) => {
            u64::from(*high) < SOUGHT_CAP_BYTES >> 7
        }
        _ => false,
    })
}
