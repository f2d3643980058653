//! The walk from header to header.

use std::collections::BTreeSet;

use super::header::{Header, Kind};
use super::pax::Overrides;
use super::{BLOCK_BYTES, EXTENSION_CAP_BYTES, REMEMBERED_CAP};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Headers that are looked at for each member in a look at the front.
const HEADERS_PER_MEMBER: usize = 4;

/// Largest size that the field of a header has room for in octal.
const OCTAL_SIZE_MAX: u64 = 0o77_777_777_777;

/// A member, as one reading of the archive has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where its first block begins, that of an extension included.
    pub at: u64,
    /// Its header.
    pub header: Header,
    /// Where its header stands.
    pub header_at: u64,
    /// Its name: that of an extension, or of the header.
    pub name: Vec<u8>,
    /// The target of its link, likewise.
    pub link: Vec<u8>,
    /// Whether an extension gave the name.
    pub is_renamed: Option<Renaming>,
    /// Its bytes, cut to what the file has.
    pub data: Span,
    /// Bytes that it should have and the file has not.
    pub missing: u64,
    /// The size in its header, where an extension gives another one that would
    /// fit into the header as well.
    pub other_size: Option<u64>,
    /// Bytes that the header claims for a member that has none.
    pub idle_size: u64,
    /// Whether it is a sparse member, whose bytes are put together by a map.
    pub is_sparse: bool,
    /// End marks in front of it.
    pub archive: u32,
    /// Whether only the other reading of a size in front of it leads here.
    pub is_other_reading: bool,
}

/// What kind of extension gave a member its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renaming {
    /// A pax record.
    Pax,
    /// A GNU long name.
    Gnu,
}

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
    walk.follow(0, false)?;
    if walk.archive == 0 {
        (walk.told)(Item::Unended)?;
    }
    while let Some(at) = walk.others.pop_first() {
        walk.global = Overrides::default();
        walk.follow(at, true)?;
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
                at = walk.member(at, *header, &mut pending, false)?;
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
}

/// What extension members in front of a header said.
#[derive(Default)]
struct Pending {
    at: Option<u64>,
    pax: Overrides,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
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
        }
    }

    /// Follow one reading from `at` on, until the end or until it meets one
    /// that was followed.
    fn follow(&mut self, mut at: u64, is_other: bool) -> Result<(), Fault> {
        let mut pending = Pending::default();
        while at < self.len {
            self.budget.check()?;
            if is_other && self.seen.contains(&at) {
                return Ok(());
            }
            self.remember(at);
            at = match self.header(at)? {
                Found::Header(header) => self.member(at, *header, &mut pending, is_other)?,
                Found::Zeros => {
                    self.archive = self.archive.saturating_add(1);
                    self.global = Overrides::default();
                    self.skip(at, true)?
                }
                Found::Other => self.skip(at, false)?,
            };
        }
        Ok(())
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
    fn member(
        &mut self,
        at: u64,
        header: Header,
        pending: &mut Pending,
        is_other: bool,
    ) -> Result<u64, Fault> {
        let data_at = self.data_at(at, &header)?;
        match header.kind {
            Kind::Pax(_) | Kind::LongName(_) => {
                let end = self.extension(at, data_at, &header, pending)?;
                pending.at.get_or_insert(at);
                Ok(end)
            }
            _ => {
                let pending = std::mem::take(pending);
                let entry = self.entry(at, data_at, header, pending, is_other);
                self.note_other_reading(&entry, data_at);
                let end = entry.data.end;
                (self.told)(Item::Entry(Box::new(entry)))?;
                self.padding(end)
            }
        }
    }

    /// Where the data of a member begin: behind its header, and behind the
    /// further blocks of a sparse map.
    fn data_at(&mut self, at: u64, header: &Header) -> Result<u64, Fault> {
        let mut data_at = at.saturating_add(BLOCK_BYTES);
        let mut is_extended = header.is_extended;
        while is_extended && data_at < self.len {
            self.budget.check()?;
            self.cursor.seek(data_at);
            let block = self.cursor.peek(BLOCK_BYTES as usize)?;
            is_extended = block.get(504).is_some_and(|&flag| flag != 0);
            data_at = data_at.saturating_add(BLOCK_BYTES);
        }
        Ok(data_at.min(self.len))
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
    fn extension(
        &mut self,
        at: u64,
        data_at: u64,
        header: &Header,
        pending: &mut Pending,
    ) -> Result<u64, Fault> {
        let size = header.size.unwrap_or(0);
        let end = data_at.saturating_add(size);
        let span = at..end.min(self.len);
        if end > self.len || header.size.is_none() {
            (self.told)(Item::Broken(span, "runs past the end of the file"))?;
            return Ok(self.len);
        }
        if size > EXTENSION_CAP_BYTES as u64 {
            (self.told)(Item::Capped(span, "is too long to be read"))?;
            return self.padding(end);
        }
        self.cursor.seek(data_at);
        let bytes = self.cursor.take(size, EXTENSION_CAP_BYTES)?;
        match header.kind {
            Kind::LongName(false) => pending.name = Some(cut_at_nul(bytes)),
            Kind::LongName(true) => pending.link = Some(cut_at_nul(bytes)),
            Kind::Pax(is_global) => {
                let found = Overrides::read(&bytes);
                if found.is_broken {
                    (self.told)(Item::Broken(span, "has records that are broken"))?;
                }
                match is_global {
                    true => self.global.merge(&found),
                    false => pending.pax.merge(&found),
                }
            }
            _ => {}
        }
        self.padding(end)
    }

    fn entry(
        &self,
        at: u64,
        data_at: u64,
        header: Header,
        pending: Pending,
        is_other: bool,
    ) -> Entry {
        let mut pax = self.global.clone();
        pax.merge(&pending.pax);
        let field = header.size.unwrap_or(0);
        let has_data = matches!(
            header.kind,
            Kind::Regular | Kind::Sparse | Kind::Label | Kind::Unknown(_)
        );
        let size = match has_data {
            true => pax.size.unwrap_or(field),
            false => 0,
        };
        let fits = size <= OCTAL_SIZE_MAX || field != 0;
        let end = data_at.saturating_add(size);
        let is_renamed = match (&pax.path, &pending.name) {
            (Some(_), _) => Some(Renaming::Pax),
            (None, Some(_)) => Some(Renaming::Gnu),
            (None, None) => None,
        };
        Entry {
            at: pending.at.unwrap_or(at),
            header_at: at,
            name: pax.path.or(pending.name).unwrap_or(header.name.clone()),
            link: pax.link.or(pending.link).unwrap_or(header.link.clone()),
            is_renamed,
            data: data_at..end.min(self.len),
            missing: end.saturating_sub(self.len),
            other_size: (has_data && fits && size != field).then_some(field),
            idle_size: if has_data { 0 } else { field },
            is_sparse: pax.is_sparse || header.kind == Kind::Sparse,
            archive: self.archive,
            is_other_reading: is_other,
            header,
        }
    }

    /// Where readers disagree about the size of a member, come back for the
    /// reading that is not followed.
    fn note_other_reading(&mut self, entry: &Entry, data_at: u64) {
        let size = match entry.other_size {
            Some(size) => size,
            None if entry.idle_size > 0 => entry.idle_size,
            None => return,
        };
        let other = round_up(data_at.saturating_add(size));
        if other < self.len && other != round_up(entry.data.end) {
            self.others.insert(other);
        }
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

/// A name up to its zero byte, which ends it.
fn cut_at_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = memchr::memchr(0, &bytes).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}
