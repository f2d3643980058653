//! The walk that puts the records together: directories first, then the file
//! from front to back, then the pairs and the slack.

use std::collections::BTreeMap;

use super::fields::{
    ARCHIVE_EXTRA, CENTRAL, DIGITAL, END, END_BYTES, END64, END64_BYTES, LOCAL, LOCATOR,
    LOCATOR_BYTES, MARKER_BYTES, is_at_front, is_marker,
};
use super::{Caps, Central, Directory, End, Entry, Local, Run, View, central, end, local};
use super::{read_up_to, search};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// The state of a walk over one archive.
pub(super) struct Walk<'a> {
    source: &'a dyn Source,
    caps: Caps,
    budget: &'a Budget,
    centrals: Vec<Central>,
    /// Local headers by position.
    locals: BTreeMap<u64, Local>,
    ends: Vec<End>,
    /// Runs of central records by position of the first.
    runs: BTreeMap<u64, Run>,
    /// The runs that were read, each with the base that was added.
    read: Vec<(u64, i64)>,
    /// Runs of central records that no end record leads to.
    orphans: Vec<Span>,
    /// Records without entries of their own: zip64 ends, locators, signatures.
    others: Vec<Span>,
    /// Whether a record says that the directory is encrypted.
    is_sealed: bool,
    /// The end of what was decoded in vain to find the end of a member.
    broken_to: u64,
    /// Where the walk from front to back ended.
    walked_to: u64,
    name_bytes: usize,
    is_cut: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a dyn Source, caps: Caps, budget: &'a Budget) -> Self {
        Walk {
            source,
            caps,
            budget,
            centrals: Vec::new(),
            locals: BTreeMap::new(),
            ends: Vec::new(),
            runs: BTreeMap::new(),
            read: Vec::new(),
            orphans: Vec::new(),
            others: Vec::new(),
            is_sealed: false,
            broken_to: 0,
            walked_to: 0,
            name_bytes: 0,
            is_cut: false,
        }
    }

    /// Follow the end record at `at`, if one stands there, to its directory
    /// and the local headers behind that. That of an archive inside a member
    /// belongs to the member.
    pub(super) fn follow_end(&mut self, at: u64) -> Result<(), Fault> {
        if self.ends.iter().any(|e| e.span.start == at) {
            return Ok(());
        }
        for end in end::resolve(self.source, at)? {
            if self.is_of_member(&end) {
                continue;
            }
            if self.ends.len() >= self.caps.ends {
                self.is_cut = true;
                break;
            }
            let (directory_at, base) = (end.directory_at, end.base);
            let is_empty = end.is_empty();
            self.ends.push(end);
            if !is_empty && self.is_news(directory_at, base)? {
                self.read_run(directory_at, base)?;
            }
        }
        Ok(())
    }

    /// Walk over everything that follows something, and search what follows
    /// nothing.
    pub(super) fn front_to_back(&mut self) -> Result<(), Fault> {
        let len = self.source.len();
        let mut at = self.marker()?;
        let mut is_found = false;
        while at < len && !self.is_full() {
            self.budget.check()?;
            let next = self.step(at, is_found)?;
            is_found = false;
            at = match next {
                Some(next) => next.max(at.saturating_add(1)),
                None => {
                    let from = at.saturating_add(1);
                    let limit = self.next_anchor(from);
                    let hit = search::record(self.source, from..limit, self.budget)?;
                    is_found = hit.is_some();
                    hit.unwrap_or(limit)
                }
            };
        }
        self.walked_to = at;
        // Directories whose end record is lost still name their members.
        for orphan in std::mem::take(&mut self.orphans) {
            if !self.has_run(orphan.start) {
                self.read_run(orphan.start, 0)?;
            }
            self.others.push(orphan);
        }
        Ok(())
    }

    /// Step over the marker of an archive that was to be split.
    fn marker(&mut self) -> Result<u64, Fault> {
        let head = read_up_to(self.source, 0, 8)?;
        if !is_marker(&head) {
            return Ok(0);
        }
        self.others.push(0..MARKER_BYTES);
        Ok(MARKER_BYTES)
    }

    /// Whether no more local headers are kept.
    fn is_full(&self) -> bool {
        self.is_cut && self.locals.len() >= self.caps.entries
    }

    /// Take the record at `at` and return where the walk goes on, or `None`
    /// where no record stands there.
    fn step(&mut self, at: u64, is_found: bool) -> Result<Option<u64>, Fault> {
        if let Some(local) = self.locals.get(&at) {
            return Ok(Some(self.onward(local, false)));
        }
        if let Some(end) = self.ends.iter().find(|e| e.span.start == at) {
            // A comment may hold records: only the fixed part is stepped over.
            return Ok(Some(end.span.start.saturating_add(END_BYTES)));
        }
        if let Some(run) = self.runs.get(&at) {
            return Ok(Some(run.span.end));
        }
        let head = read_up_to(self.source, at, END_BYTES)?;
        if is_at_front(&head, LOCAL) {
            if !self.add_local(at, None)? {
                return Ok(None);
            }
            let added = self.locals.get(&at);
            return Ok(added.map(|local| self.onward(local, is_found)));
        }
        if is_at_front(&head, CENTRAL) {
            return self.step_central(at);
        }
        self.step_end(at, &head)
    }

    /// A central record that no end record led to so far.
    fn step_central(&mut self, at: u64) -> Result<Option<u64>, Fault> {
        let Some(len) = central::record_len(self.source, at)? else {
            return Ok(None);
        };
        let end = at.saturating_add(len);
        self.is_cut |= !append(&mut self.orphans, at..end, self.caps.entries);
        Ok(Some(end))
    }

    /// The records at the end of an archive.
    fn step_end(&mut self, at: u64, head: &[u8]) -> Result<Option<u64>, Fault> {
        if is_at_front(head, END) {
            self.follow_end(at)?;
        }
        self.is_sealed |= is_at_front(head, ARCHIVE_EXTRA);
        // Of records whose length they tell themselves, only what is fixed is
        // theirs: the rest is for nobody to read, and a place to hide things.
        let len = match head.first_chunk() {
            Some(&END) => Some(END_BYTES),
            Some(&END64) => Some(END64_BYTES),
            Some(&LOCATOR) => Some(LOCATOR_BYTES),
            Some(&ARCHIVE_EXTRA) => Some(8),
            Some(&DIGITAL) => Some(6),
            _ => None,
        };
        let end = len.map(|n| at.saturating_add(n));
        let end = end.filter(|&end| end <= self.next_anchor(at.saturating_add(1)));
        if let Some(end) = end {
            self.is_cut |= !append(&mut self.others, at..end, self.caps.entries);
        }
        Ok(end)
    }

    /// Where the walk goes on behind `local`. One that was found by searching
    /// must not swallow what is known to follow.
    fn onward(&self, local: &Local, is_found: bool) -> u64 {
        let anchor = self.next_anchor(local.at.saturating_add(1));
        let is_last = local.next >= self.source.len();
        if local.next > anchor || (is_found && is_last) {
            local.data_at.min(anchor)
        } else {
            local.next
        }
    }

    /// The first known record at or behind `at`, else the end of the file.
    fn next_anchor(&self, at: u64) -> u64 {
        let local = self.locals.range(at..).next().map(|(&at, _)| at);
        let run = self.runs.range(at..).next().map(|(&at, _)| at);
        let ends = self.ends.iter().map(|e| e.span.start);
        let end = ends.filter(|&e| e >= at).min();
        let all = local.into_iter().chain(run).chain(end);
        all.min().unwrap_or(self.source.len())
    }

    /// Whether the end record is that of an archive that is a member: it lies
    /// in the data of one, and its offsets count from there, so that whoever
    /// opens the member comes to the same directory. (An archive that does not
    /// pack shows in the packed data too.) One that lies there and counts from
    /// the front of the file is another end of it.
    fn is_of_member(&self, end: &End) -> bool {
        let at = end.span.start;
        let before = self.locals.range(..=at).next_back();
        before.is_some_and(|(_, l)| {
            let is_inside = (l.data_at..l.next).contains(&at);
            let is_relative = i64::try_from(l.data_at).is_ok_and(|data_at| end.base >= data_at);
            is_inside && is_relative
        })
    }

    /// Whether reading the directory at `at` with this base would show
    /// anything new: records not read yet, or other local headers.
    fn is_news(&self, at: u64, base: i64) -> Result<bool, Fault> {
        if self.read.contains(&(at, base)) {
            return Ok(false);
        }
        if !self.has_run(at) {
            return Ok(true);
        }
        let mut leads = false;
        central::read(self.source, at, base, self.budget, |central| {
            let header = read_up_to(self.source, central.local_at, 4);
            leads = header.is_ok_and(|h| is_at_front(&h, LOCAL));
            false
        })?;
        let same_base = self.read.iter().any(|&(_, other)| other == base);
        Ok(leads && !same_base)
    }

    fn has_run(&self, at: u64) -> bool {
        let before = self.runs.range(..=at).next_back();
        before.is_some_and(|(_, run)| run.span.contains(&at))
    }

    /// Read the central records from `at` on and the local headers they name.
    fn read_run(&mut self, at: u64, base: i64) -> Result<(), Fault> {
        let first = self.centrals.len();
        let mut records = 0u64;
        let (source, budget) = (self.source, self.budget);
        let end = central::read(source, at, base, budget, |central| {
            records = records.saturating_add(1);
            self.keep(central)
        })?;
        let run = Run {
            span: at..end,
            records,
        };
        self.runs.insert(at, run);
        self.read.push((at, base));
        for index in first..self.centrals.len() {
            self.budget.check()?;
            self.find_local(index, base)?;
        }
        Ok(())
    }

    /// Keep a central record; whether there is room for more.
    fn keep(&mut self, central: Central) -> bool {
        if !self.has_room(&central.view) || self.centrals.len() >= self.caps.entries {
            self.is_cut = true;
            return false;
        }
        self.centrals.push(central);
        true
    }

    /// Account for the names of `view`; whether they fit.
    fn has_room(&mut self, view: &View) -> bool {
        let other = view.unicode_name.as_ref().map_or(0, |n| n.len());
        let bytes = view.name.len().saturating_add(other);
        self.name_bytes = self.name_bytes.saturating_add(bytes);
        self.name_bytes <= self.caps.name_bytes
    }

    /// Find the local header that a kept central record names. Some writers
    /// put a stub in front and correct only part of the offsets.
    fn find_local(&mut self, index: usize, base: i64) -> Result<(), Fault> {
        let Some(central) = self.centrals.get(index) else {
            return Ok(());
        };
        let (moved, plain) = (central.local_at, central.stated_at);
        let view = central.view.clone();
        if self.add_local(moved, Some(&view))? || base == 0 {
            return Ok(());
        }
        if self.add_local(plain, Some(&view))?
            && let Some(central) = self.centrals.get_mut(index)
        {
            central.local_at = plain;
        }
        Ok(())
    }

    /// Read and keep the local header at `at`; whether one stands there.
    fn add_local(&mut self, at: u64, hint: Option<&View>) -> Result<bool, Fault> {
        if self.locals.contains_key(&at) {
            return Ok(true);
        }
        let limit = self.next_anchor(at.saturating_add(1));
        let (source, budget) = (self.source, self.budget);
        let broken_to = &mut self.broken_to;
        let Some(local) = local::read(source, at, hint, limit, broken_to, budget)? else {
            return Ok(false);
        };
        if !self.has_room(&local.view) || self.locals.len() >= self.caps.entries {
            self.is_cut = true;
            return Ok(false);
        }
        self.locals.insert(at, local);
        Ok(true)
    }

    /// Pair central records with local headers, and work out the slack.
    pub(super) fn finish(mut self) -> Directory {
        let slack = self.slack();
        let named: std::collections::BTreeSet<u64> =
            self.centrals.iter().map(|c| c.local_at).collect();
        let mut entries: Vec<Entry> = Vec::new();
        for central in std::mem::take(&mut self.centrals) {
            let local = self.locals.get(&central.local_at).cloned();
            entries.push(Entry {
                central: Some(central),
                local,
            });
        }
        let hidden = self
            .locals
            .into_iter()
            .filter(|(at, _)| !named.contains(at));
        entries.extend(hidden.map(|(_, local)| Entry {
            central: None,
            local: Some(local),
        }));
        entries.sort_by_key(|e| (e.span().start, e.central.as_ref().map(|c| c.span.start)));
        self.ends.sort_by_key(|e| (e.span.start, e.directory_at));
        Directory {
            entries,
            ends: self.ends,
            runs: self.runs.into_values().collect(),
            others: self.others,
            slack,
            is_sealed: self.is_sealed,
            is_cut: self.is_cut,
        }
    }

    /// The complement of everything that is owned.
    fn slack(&self) -> Vec<Span> {
        let mut owned: Vec<Span> = self.others.clone();
        for local in self.locals.values() {
            let data = local.data_at.saturating_add(local.view.packed.unwrap_or(0));
            owned.push(local.at..data.max(local.next));
        }
        for central in &self.centrals {
            if let Some(local) = self.locals.get(&central.local_at) {
                let packed = central.view.packed.unwrap_or(0);
                owned.push(local.data_at..local.data_at.saturating_add(packed));
            }
        }
        owned.extend(self.runs.values().map(|run| run.span.clone()));
        owned.extend(self.ends.iter().flat_map(End::records));
        if self.is_full() {
            // Nobody knows what stands there; that it was left out is told.
            owned.push(self.walked_to..self.source.len());
        }
        complement(owned, self.source.len())
    }
}

/// Add a span to a list, as part of the last one where that ends there;
/// whether there was room.
fn append(list: &mut Vec<Span>, span: Span, cap: usize) -> bool {
    let has_room = list.len() < cap;
    match list.last_mut() {
        Some(last) if last.end == span.start => last.end = span.end,
        _ if has_room => list.push(span),
        _ => return false,
    }
    true
}

/// What of `0..len` none of `owned` holds.
fn complement(mut owned: Vec<Span>, len: u64) -> Vec<Span> {
    owned.sort_by_key(|span| span.start);
    owned.push(len..len);
    let mut free = Vec::new();
    let mut at = 0;
    for span in owned {
        let start = span.start.min(len);
        if start > at {
            free.push(at..start);
        }
        at = at.max(span.end);
    }
    free
}
