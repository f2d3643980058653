//! The walk from header to header.

use std::collections::BTreeSet;

use super::entry::{Entry, Pending};
use super::header::{Header, Kind, parts};
use super::pax::{NAME_CAP_BYTES, Overrides};
use super::sparse::{LINES_CAP_BYTES, Map, PARTS_CAP, Parts, put_together};
use super::{BLOCK_BYTES, EXTENSION_CAP_BYTES, REMEMBERED_CAP};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Headers that are looked at for each member in a look at the front.
const HEADERS_PER_MEMBER: usize = 4;

/// What a walk meets, in the order of the file for each reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A member.
    Entry(Box<Entry>),
    /// Bytes between a member and the next block; zeros in an honest archive.
    Padding(Span),
    /// Bytes that are no header where one should be, in front of the first
    /// end mark.
    Damage(Span),
    /// Bytes behind an end mark that are no archive.
    Behind(Span),
    /// There is no end mark: the file ends with a member, or inside one.
    Unended,
    /// Extension members for one member, and none follows.
    Idle(Span),
    /// Records for all members, and none follows: an archive may be empty.
    Records(Span),
    /// An extension member that is broken or cut, and what is wrong.
    Broken(Span, &'static str),
    /// An extension member, or a rest of the archive, that is too long to be
    /// followed.
    Capped(Span, &'static str),
}

/// Follow every reading of the archive in `source`.
pub fn walk(
    source: &dyn Source,
    budget: &Budget,
    told: &mut dyn FnMut(Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut walk = Walk::new(source, budget, told);
    walk.follow(0)?;
    if walk.archive == 0 {
        (walk.told)(Item::Unended)?;
    }
    walk.is_other = true;
    while let Some(at) = walk.others.pop_first() {
        walk.global = Overrides::default();
        walk.follow(at)?;
    }
    Ok(())
}

/// The first members, up to `cap`, the end mark or damage: a look that costs
/// no more than they do.
pub fn front(source: &dyn Source, budget: &Budget, cap: usize) -> Result<Vec<Entry>, Fault> {
    let mut entries = Vec::new();
    let mut told = |item| {
        if let Item::Entry(entry) = item {
            entries.push(*entry);
        }
        Ok(())
    };
    let mut walk = Walk::new(source, budget, &mut told);
    let (mut at, mut pending) = (0, Pending::default());
    // Each member may have a few extensions in front of it.
    for _ in 0..cap.saturating_mul(HEADERS_PER_MEMBER) {
        budget.check()?;
        match walk.header(at)? {
            Found::Header(header) if at < walk.len => {
                at = walk.member(at, *header, &mut pending)?;
            }
            _ => break,
        }
    }
    entries.truncate(cap);
    Ok(entries)
}

struct Walk<'a, 'b> {
    cursor: Cursor<'a>,
    len: u64,
    budget: &'b Budget,
    told: &'b mut dyn FnMut(Item) -> Result<(), Fault>,
    /// Where other readings go on.
    others: BTreeSet<u64>,
    /// Headers that were met since there are other readings.
    seen: BTreeSet<u64>,
    /// Records for all members.
    global: Overrides,
    archive: u32,
    /// Whether only another reading of a size led here.
    is_other: bool,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(
        source: &'a dyn Source,
        budget: &'b Budget,
        told: &'b mut dyn FnMut(Item) -> Result<(), Fault>,
    ) -> Self {
        Walk {
            cursor: Cursor::new(source, 0),
            len: source.len(),
            budget,
            told,
            others: BTreeSet::new(),
            seen: BTreeSet::new(),
            global: Overrides::default(),
            archive: 0,
            is_other: false,
        }
    }

    /// Follow one reading from `at` on, until the end or until it meets one
    /// that was followed.
    fn follow(&mut self, mut at: u64) -> Result<(), Fault> {
        let mut pending = Pending::default();
        while at < self.len {
            self.budget.check()?;
            if self.is_other && self.seen.contains(&at) {
                return Ok(());
            }
            self.remember(at);
            at = match self.header(at)? {
                Found::Header(header) => self.member(at, *header, &mut pending)?,
                Found::Zeros => {
                    self.idle(&mut pending, at)?;
                    self.archive = self.archive.saturating_add(1);
                    self.global = Overrides::default();
                    self.skip(at, true)?
                }
                Found::Other => {
                    self.idle(&mut pending, at)?;
                    self.skip(at, false)?
                }
            };
        }
        self.idle(&mut pending, self.len)
    }

    /// Tell of extension members that end at `end` and that no member follows.
    fn idle(&mut self, pending: &mut Pending, end: u64) -> Result<(), Fault> {
        let Pending { at, is_local, .. } = std::mem::take(pending);
        match at {
            Some(at) if is_local => (self.told)(Item::Idle(at..end)),
            Some(at) => (self.told)(Item::Records(at..end)),
            None => Ok(()),
        }
    }

    fn remember(&mut self, at: u64) {
        if !self.others.is_empty() && self.seen.len() < REMEMBERED_CAP {
            self.seen.insert(at);
        }
    }

    /// What stands at `at`.
    fn header(&mut self, at: u64) -> Result<Found, Fault> {
        self.cursor.seek(at);
        let Some(block) = self.cursor.peek(BLOCK_BYTES as usize)?.first_chunk() else {
            return Ok(Found::Other);
        };
        if block.iter().all(|&b| b == 0) {
            return Ok(Found::Zeros);
        }
        let header = Header::parse(block).filter(|h| h.is_sound() || h.is_plausible());
        Ok(header.map_or(Found::Other, |header| Found::Header(Box::new(header))))
    }

    /// Go to the next header with a right checksum; `zeros` if what stands at
    /// `at` is an end mark. Returns where it is, or the end.
    fn skip(&mut self, from: u64, zeros: bool) -> Result<u64, Fault> {
        let mut at = from;
        // Where the slack begins: behind the zeros of an end mark.
        let mut slack = (!zeros).then_some(from);
        while at < self.len {
            self.budget.check()?;
            self.cursor.seek(at);
            let bytes = self.cursor.peek(BLOCK_BYTES as usize)?;
            let is_zero = bytes.iter().all(|&b| b == 0);
            let header = bytes.first_chunk().and_then(Header::parse);
            if at > from && header.is_some_and(|header| header.is_sound()) {
                break;
            }
            if slack.is_none() && !is_zero {
                slack = Some(at);
            }
            at = at.saturating_add(BLOCK_BYTES).min(self.len);
        }
        if let Some(start) = slack.filter(|&start| start < at) {
            let slack = start..at;
            (self.told)(match self.archive {
                0 => Item::Damage(slack),
                _ => Item::Behind(slack),
            })?;
        }
        Ok(at)
    }

    /// Follow the member whose header stands at `at`; where the next one is.
    fn member(&mut self, at: u64, header: Header, pending: &mut Pending) -> Result<u64, Fault> {
        if matches!(header.kind, Kind::Pax(_) | Kind::LongName(_)) {
            pending.at.get_or_insert(at);
            return self.extension(at, &header, pending);
        }
        let pending = std::mem::take(pending);
        let (data_at, parts) = self.data_at(at, &header)?;
        let mut entry = Entry::new(at, data_at, header, pending, &self.global);
        entry.cut(self.len);
        entry.archive = self.archive;
        entry.is_other_reading = self.is_other;
        entry.sparse = self.map(&entry, &parts)?;
        self.note_other_reading(&entry)?;
        let end = entry.data.end;
        (self.told)(Item::Entry(Box::new(entry)))?;
        self.padding(end)
    }

    /// Where the data of a member begin: behind its header, and behind the
    /// further blocks of a sparse map. Returns the whole map as well.
    fn data_at(&mut self, at: u64, header: &Header) -> Result<(u64, Parts), Fault> {
        let mut data_at = at.saturating_add(BLOCK_BYTES);
        let mut map = header.parts.clone();
        let mut is_extended = header.is_extended;
        while is_extended && data_at < self.len {
            self.budget.check()?;
            self.cursor.seek(data_at);
            let block = self.cursor.peek(BLOCK_BYTES as usize)?;
            is_extended = block.get(504).is_some_and(|&flag| flag != 0);
            if map.len() <= PARTS_CAP {
                map.extend(parts(block.get(..504).unwrap_or_default()));
            }
            data_at = data_at.saturating_add(BLOCK_BYTES);
        }
        Ok((data_at.min(self.len), map))
    }

    /// How a sparse member is put together; `parts` are those of its headers.
    fn map(&mut self, entry: &Entry, parts: &[(u64, u64)]) -> Result<Option<Map>, Fault> {
        let stored = entry.data.clone();
        if entry.header.kind == Kind::Sparse {
            let real = entry.header.real;
            return Ok(Some(match real {
                Some(real) => put_together(parts, real, stored),
                None => Map::Broken("gives no length of the file"),
            }));
        }
        if !entry.records.is_any {
            return Ok(entry.is_star_sparse.then_some(Map::Unknown));
        }
        let mut front = Vec::new();
        if entry.records.has_lines() {
            let len = stored.end.saturating_sub(stored.start);
            self.cursor.seek(stored.start);
            let cap = LINES_CAP_BYTES.min(usize::try_from(len).unwrap_or(usize::MAX));
            front = self.cursor.take(cap as u64, cap)?;
        }
        Ok(Some(entry.records.map(stored, &front)))
    }

    /// The end of the block in which data that end at `end` end.
    fn padding(&mut self, end: u64) -> Result<u64, Fault> {
        let next = round_up(end).min(self.len);
        if end < next {
            (self.told)(Item::Padding(end..next))?;
        }
        Ok(next)
    }

    /// Read what an extension member says about the next one.
    fn extension(&mut self, at: u64, header: &Header, pending: &mut Pending) -> Result<u64, Fault> {
        let data_at = at.saturating_add(BLOCK_BYTES).min(self.len);
        let end = data_at.saturating_add(header.size.unwrap_or(0));
        if end > self.len || header.size.is_none() {
            // What it swallows may be headers: the walk goes on in it.
            let what = "has a size that is none, or runs past the end of the file";
            if pending.at == Some(at) {
                *pending = Pending::default();
            }
            self.idle(pending, at)?;
            (self.told)(Item::Broken(at..data_at, what))?;
            return Ok(data_at);
        }
        let size = end.saturating_sub(data_at);
        if size > EXTENSION_CAP_BYTES as u64 {
            pending.is_local = true;
            (self.told)(Item::Capped(at..end, "is too long to be read"))?;
            return self.padding(end);
        }
        self.cursor.seek(data_at);
        let bytes = self.cursor.take(size, EXTENSION_CAP_BYTES)?;
        let (read, is_broken, is_cut) = self.read_extension(header.kind, &bytes, pending);
        if is_broken {
            (self.told)(Item::Broken(at..end, "has records that are broken"))?;
        }
        if is_cut {
            let what = "gives a name that is too long to be kept whole";
            (self.told)(Item::Capped(at..end, what))?;
        }
        // Behind what readers look at there is room as well.
        self.padding(data_at.saturating_add(read as u64).min(end))?;
        let next = round_up(end).min(self.len);
        let told = round_up(data_at.saturating_add(read as u64)).min(next);
        if told < next {
            (self.told)(Item::Padding(told..next))?;
        }
        Ok(next)
    }

    /// Returns how much of the extension readers look at, whether it is broken,
    /// and whether a name was cut.
    fn read_extension(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        pending: &mut Pending,
    ) -> (usize, bool, bool) {
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        let name = || bytes.get(..end.min(NAME_CAP_BYTES)).map(<[u8]>::to_vec);
        pending.is_local |= kind != Kind::Pax(true);
        match kind {
            Kind::LongName(is_link) => {
                match is_link {
                    true => pending.link = name(),
                    false => pending.name = name(),
                }
                (
                    end.saturating_add(1).min(bytes.len()),
                    false,
                    end > NAME_CAP_BYTES,
                )
            }
            _ => {
                let (mut found, read) = Overrides::read(bytes);
                if kind == Kind::Pax(true) {
                    found.bound();
                }
                let (is_broken, is_cut) = (found.is_broken, found.is_cut);
                match kind {
                    Kind::Pax(true) => self.global.merge(found),
                    _ => pending.pax.merge(found),
                }
                // A broken record is told as one, with all behind it.
                let read = if is_broken { bytes.len() } else { read };
                (read, is_broken, is_cut)
            }
        }
    }

    /// Where readers disagree about the size of a member, come back for the
    /// reading that is not followed.
    fn note_other_reading(&mut self, entry: &Entry) -> Result<(), Fault> {
        let data_at = entry.data.start;
        let other = match entry.other_size {
            Some(size) => round_up(data_at.saturating_add(size)),
            None if entry.idle_size > 0 => round_up(data_at.saturating_add(entry.idle_size)),
            // A size that overflows is none to some.
            None if entry.missing > 0 && self.is_header(data_at)? => data_at,
            None => return Ok(()),
        };
        if other < self.len && other != round_up(entry.data.end) {
            self.others.insert(other);
        }
        Ok(())
    }

    fn is_header(&mut self, at: u64) -> Result<bool, Fault> {
        let found = self.header(at)?;
        Ok(matches!(found, Found::Header(header) if header.is_sound()))
    }
}

/// What stands where a header should be.
enum Found {
    Header(Box<Header>),
    Zeros,
    Other,
}

/// The next multiple of a block.
fn round_up(at: u64) -> u64 {
    at.checked_next_multiple_of(BLOCK_BYTES).unwrap_or(u64::MAX)
}
