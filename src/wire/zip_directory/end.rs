//! End records: where they are, what they say, and which central directory
//! they lead to.
//!
//! Readers differ in which end record they take (the last signature, or the
//! one whose comment reaches the end) and in how they find the directory from
//! it (by the stated offset, or by the stated size counted back). So every
//! record and every way is tried, and what leads to a central record counts,
//! wherever in the file that stands.

use memchr::memmem;

use super::fields::{
    CENTRAL, CENTRAL_BYTES, END, END_BYTES, END64, END64_BYTES, LOCATOR, LOCATOR_BYTES, SENTINEL,
    is_at_front, u16_at, u32_at, u64_at,
};
use super::read_up_to;
use crate::report::Span;
use crate::source::{ReadError, Source};

/// Bytes of the end in which readers look for an end record: the record with
/// the longest comment.
pub(super) const TAIL_BYTES: u64 = END_BYTES + (64 << 10);

/// One end record and the directory it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The record with its comment, as far as the file goes.
    pub span: Span,
    /// The zip64 record, where its numbers were used.
    pub wide: Option<Span>,
    /// Where the comment says that it ends; behind the file where it lies.
    pub claimed_end: u64,
    /// Entries that it promises.
    pub entries: u64,
    /// Length of the directory that it promises, in bytes.
    pub size: u64,
    /// Whether a disk number is not that of a single file.
    pub has_disks: bool,
    /// First byte of the central directory, as found.
    pub directory_at: u64,
    /// What must be added to stated offsets: the length of a stub in front.
    /// Negative where the record lies so that readers come out further ahead.
    pub base: i64,
}

impl End {
    /// Whether it leads to a directory without records, right in front of it.
    pub(super) fn is_empty(&self) -> bool {
        let own = self.wide.as_ref().unwrap_or(&self.span);
        self.directory_at == own.start
    }

    /// The record with its comment, and with its zip64 record and locator.
    pub fn records(&self) -> impl Iterator<Item = Span> + use<> {
        let at = self.span.start;
        let locator = at.saturating_sub(LOCATOR_BYTES)..at;
        let wide = self.wide.clone().map(|wide| [wide, locator]);
        std::iter::once(self.span.clone()).chain(wide.into_iter().flatten())
    }
}

/// What one end record says, by its 32-bit or its zip64 numbers.
struct Says {
    wide: Option<Span>,
    /// Where the directory should end.
    before: u64,
    entries: u64,
    size: u64,
    offset: u64,
    has_disks: bool,
}

/// Positions where an end record may stand, last first, in the last bytes of a
/// source, which begin at `start`.
pub(super) fn positions(start: u64, tail: &[u8]) -> Vec<u64> {
    let mut found: Vec<u64> = memmem::find_iter(tail, &END)
        .map(|at| start.saturating_add(at as u64))
        .collect();
    found.reverse();
    found
}

/// Every reading of the end record at `at` that leads to a central directory.
pub(super) fn resolve(source: &dyn Source, at: u64) -> Result<Vec<End>, ReadError> {
    let fixed = read_up_to(source, at, END_BYTES)?;
    let Some((narrow, comment)) = narrow(&fixed, at) else {
        return Ok(Vec::new());
    };
    let claimed_end = at.saturating_add(END_BYTES).saturating_add(comment);
    let mut found: Vec<End> = Vec::new();
    let wide = wide(source, at, &narrow)?;
    for says in wide.into_iter().chain([narrow]) {
        for (directory_at, base) in places(source, &says)? {
            let is_new = |e: &End| (e.directory_at, e.base) != (directory_at, base);
            if found.iter().all(is_new) {
                found.push(End {
                    span: at..claimed_end.min(source.len()),
                    wide: says.wide.clone(),
                    claimed_end,
                    entries: says.entries,
                    size: says.size,
                    has_disks: says.has_disks,
                    directory_at,
                    base,
                });
            }
        }
    }
    Ok(found)
}

/// The record's own numbers, and the length of its comment.
fn narrow(fixed: &[u8], at: u64) -> Option<(Says, u64)> {
    if !is_at_front(fixed, END) {
        return None;
    }
    let (here, all) = (u16_at(fixed, 8)?, u16_at(fixed, 10)?);
    let is_single = |disk: u16| disk == 0 || disk == u16::MAX;
    let says = Says {
        wide: None,
        before: at,
        entries: all.into(),
        size: u32_at(fixed, 12)?.into(),
        offset: u32_at(fixed, 16)?.into(),
        has_disks: !is_single(u16_at(fixed, 4)?) || !is_single(u16_at(fixed, 6)?) || here != all,
    };
    Some((says, u16_at(fixed, 20)?.into()))
}

/// The numbers of the zip64 records that a locator in front of the end record
/// at `at` can mean: the one where it says, and the one that stands right
/// before it. The second is where some readers look first, and where the
/// record is once a stub in front has moved it.
fn wide(source: &dyn Source, at: u64, narrow: &Says) -> Result<Vec<Says>, ReadError> {
    let mut found: Vec<Says> = Vec::new();
    let Some(locator_at) = at.checked_sub(LOCATOR_BYTES) else {
        return Ok(found);
    };
    let locator = read_up_to(source, locator_at, LOCATOR_BYTES)?;
    let Some(stated) = u64_at(&locator, 8).filter(|_| is_at_front(&locator, LOCATOR)) else {
        return Ok(found);
    };
    let is_several = u32_at(&locator, 4) != Some(0) || u32_at(&locator, 16) > Some(1);
    let adjacent = locator_at.saturating_sub(END64_BYTES);
    for record_at in [stated, adjacent] {
        let fixed = read_up_to(source, record_at, END64_BYTES)?;
        let is_new = found.iter().all(|says| says.before != record_at);
        if is_new && let Some(says) = wide_record(&fixed, record_at, is_several || narrow.has_disks)
        {
            found.push(says);
        }
    }
    Ok(found)
}

/// The zip64 record at `at` whose fixed part is at hand.
fn wide_record(fixed: &[u8], at: u64, has_disks: bool) -> Option<Says> {
    if !is_at_front(fixed, END64) {
        return None;
    }
    let (here, all) = (u64_at(fixed, 24)?, u64_at(fixed, 32)?);
    let disks = u32_at(fixed, 16)? != 0 || u32_at(fixed, 20)? != 0 || here != all;
    Some(Says {
        before: at,
        wide: Some(at..at.saturating_add(END64_BYTES)),
        entries: all,
        size: u64_at(fixed, 40)?,
        offset: u64_at(fixed, 48)?,
        has_disks: disks || has_disks,
    })
}

/// Where the directory can be by what an end record says: the position and
/// what it means for stated offsets.
fn places(source: &dyn Source, says: &Says) -> Result<Vec<(u64, i64)>, ReadError> {
    let mut found = Vec::new();
    let counted_back = says.before.checked_sub(says.size);
    if says.wide.is_none() && says.offset == u64::from(SENTINEL) {
        // Info-ZIP can leave the offset to a zip64 record that it does not
        // write; the other offsets are right then.
        let at = counted_back.unwrap_or(u64::MAX);
        found.extend(holds_directory(source, says, at)?.then_some((at, 0)));
        return Ok(found);
    }
    let counted_back = counted_back.and_then(|at| Some((at, base(at, says.offset)?)));
    for (at, base) in counted_back.into_iter().chain([(says.offset, 0)]) {
        if holds_directory(source, says, at)? && found.iter().all(|&(other, _)| other != at) {
            found.push((at, base));
        }
    }
    Ok(found)
}

/// What must be added to `stated` to come to `at`.
fn base(at: u64, stated: u64) -> Option<i64> {
    i64::try_from(at)
        .ok()?
        .checked_sub(i64::try_from(stated).ok()?)
}

fn holds_directory(source: &dyn Source, says: &Says, at: u64) -> Result<bool, ReadError> {
    if says.size == 0 && says.entries == 0 && at == says.before {
        return Ok(true);
    }
    let fits = at.saturating_add(CENTRAL_BYTES) <= source.len();
    Ok(fits && is_at_front(&read_up_to(source, at, 4)?, CENTRAL))
}
