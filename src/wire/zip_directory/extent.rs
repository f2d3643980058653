//! Where an archive that begins somewhere in other bytes ends.

use super::fields::{
    ARCHIVE_EXTRA, CENTRAL, DIGITAL, END, END_BYTES, END64, LOCAL, LOCATOR, LOCATOR_BYTES,
    is_at_front, u16_at, u32_at, u64_at,
};
use super::{central, local, read_up_to, search};
use crate::budget::Budget;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes behind a record in which the next one is looked for, and in which the
/// end of data of untold length must lie.
const SEARCH_CAP_BYTES: u64 = 256 << 20;

/// Bytes between two records in which the next one is looked for.
const HOLE_CAP_BYTES: u64 = 1 << 20;

/// The end of the archive whose first local header stands at `at`: behind its
/// end record, or behind the last record that follows another.
pub fn extent(source: &dyn Source, at: u64, budget: &Budget) -> Result<u64, Fault> {
    let mut broken_to = 0;
    let mut end = at;
    let mut next = at;
    loop {
        budget.check()?;
        match step(source, next, &mut broken_to, budget)? {
            Some(Step::End(behind)) => return Ok(behind.min(source.len())),
            Some(Step::More(behind)) if behind > next => {
                next = behind;
                end = behind.min(source.len());
            }
            _ => {
                let from = next.saturating_add(1);
                let room = from..from.saturating_add(HOLE_CAP_BYTES).min(source.len());
                match search::record(source, room, budget)? {
                    Some(found) => next = found,
                    None => return Ok(end),
                }
            }
        }
    }
}

/// What stands at a position of the archive.
enum Step {
    /// A record, and with it what lies up to here.
    More(u64),
    /// The end record, and its comment up to here.
    End(u64),
}

fn step(
    source: &dyn Source,
    at: u64,
    broken_to: &mut u64,
    budget: &Budget,
) -> Result<Option<Step>, Fault> {
    let head = read_up_to(source, at, END_BYTES)?;
    if is_at_front(&head, LOCAL) {
        let limit = source.len().min(at.saturating_add(SEARCH_CAP_BYTES));
        let local = local::read(source, at, None, limit, broken_to, budget)?;
        return Ok(local.map(|local| Step::More(local.next)));
    }
    let behind = |len: u64| Some(Step::More(at.saturating_add(len)));
    if is_at_front(&head, CENTRAL) {
        return Ok(central::record_len(source, at)?.and_then(behind));
    }
    Ok(match head.first_chunk() {
        Some(&END) => u16_at(&head, 20)
            .map(|comment| at.saturating_add(END_BYTES).saturating_add(comment.into()))
            .map(Step::End),
        Some(&END64) => u64_at(&head, 4).and_then(|n| behind(n.saturating_add(12))),
        Some(&LOCATOR) => behind(LOCATOR_BYTES),
        Some(&ARCHIVE_EXTRA) => {
            u32_at(&head, 4).and_then(|n| behind(u64::from(n).saturating_add(8)))
        }
        Some(&DIGITAL) => u16_at(&head, 4).and_then(|n| behind(u64::from(n).saturating_add(6))),
        _ => None,
    })
}
