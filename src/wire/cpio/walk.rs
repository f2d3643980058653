//! The walk from header to header.

use super::header::{self, HEADER_CAP_BYTES, Header};
use super::{Entry, Form, Item, NAME_CAP_BYTES, TRAILER};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Bytes that are searched for a header at a time.
const PIECE_BYTES: u64 = 64 << 10;

/// What headers in ASCII begin with, and the two orders of binary ones.
const MARKS: [&[u8]; 3] = [b"0707", b"\xc7\x71", b"\x71\xc7"];

/// Whether bytes begin as an archive does. In binary, where a header begins
/// with two bytes, a second header must follow.
pub fn likeness(source: &dyn Source, budget: &Budget) -> Result<bool, Fault> {
    let mut walk = Walk {
        source,
        cursor: Cursor::new(source, 0),
        budget,
        is_binary: false,
        archive: 0,
    };
    let Some((header, entry)) = walk.entry(0)? else {
        return Ok(false);
    };
    if !is_likely(&header, &entry) {
        return Ok(false);
    }
    let next = walk.aligned(entry.data.end, entry.header.start, header.alignment());
    Ok(match header.form {
        Form::New | Form::Summed | Form::Old => true,
        Form::Little | Form::Big => {
            let is_next = |next: Option<(Header, Entry)>| {
                next.is_some_and(|(other, entry)| {
                    other.form == header.form && is_likely(&other, &entry)
                })
            };
            entry.missing == 0 && (entry.name == TRAILER || is_next(walk.entry(next)?))
        }
    })
}

/// Follow the archives in `source`.
pub fn walk(
    source: &dyn Source,
    budget: &Budget,
    told: &mut dyn FnMut(Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(source, 0);
    let is_binary = header::parse(cursor.peek(HEADER_CAP_BYTES)?)
        .is_some_and(|header| matches!(header.form, Form::Little | Form::Big));
    let mut walk = Walk {
        source,
        cursor,
        budget,
        is_binary,
        archive: 0,
    };
    let (mut at, mut is_open) = (0, true);
    while at < source.len() {
        budget.check()?;
        let found = walk
            .entry(at)?
            .filter(|(header, entry)| is_open || is_likely(header, entry));
        at = match found {
            Some((header, entry)) => {
                is_open = entry.name != TRAILER;
                walk.member(&header, entry, told)?
            }
            None => {
                let next = walk.next_header(at.saturating_add(1))?;
                told(match is_open {
                    true => Item::Damage(at..next),
                    false => Item::Behind(at..next),
                })?;
                is_open |= next < source.len();
                next
            }
        };
    }
    if is_open {
        told(Item::Unended)?;
    }
    Ok(())
}

struct Walk<'a, 'b> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    budget: &'b Budget,
    /// Whether headers in binary are looked for behind damage.
    is_binary: bool,
    /// Archives that ended.
    archive: u32,
}

impl Walk<'_, '_> {
    /// The member whose header stands at `at`.
    fn entry(&mut self, at: u64) -> Result<Option<(Header, Entry)>, Fault> {
        self.cursor.seek(at);
        let Some(header) = header::parse(self.cursor.peek(HEADER_CAP_BYTES)?) else {
            return Ok(None);
        };
        let len = self.source.len();
        let name_at = at.saturating_add(header.len);
        let name_end = name_at.saturating_add(header.name_len);
        if header.name_len > NAME_CAP_BYTES || name_end > len {
            return Ok(None);
        }
        let field = self.source.chunk(name_at..name_end)?;
        let end = field.iter().rposition(|&b| b != 0);
        let end = end.map_or(0, |at| at.saturating_add(1));
        let data_at = self.aligned(name_end, at, header.alignment());
        let data_end = data_at.saturating_add(header.size);
        let entry = Entry {
            header: at..name_end,
            form: header.form,
            mode: header.mode,
            name: field.get(..end).unwrap_or_default().to_vec(),
            is_terminated: end < field.len(),
            data: data_at..data_end.min(len),
            missing: data_end.saturating_sub(len),
            sum: header.sum,
            archive: self.archive,
        };
        Ok(Some((header, entry)))
    }

    /// Hand over a member, and the padding around its data. Returns where the
    /// next header should stand.
    fn member(
        &mut self,
        header: &Header,
        entry: Entry,
        told: &mut dyn FnMut(Item) -> Result<(), Fault>,
    ) -> Result<u64, Fault> {
        let Span { start, end } = entry.header;
        let data = entry.data.clone();
        let mut padding = |span: Span| match span.is_empty() {
            true => Ok(()),
            false => told(Item::Padding(span)),
        };
        padding(end..data.start)?;
        if entry.name == TRAILER {
            // Readers end here, whatever size it says.
            self.archive = self.archive.saturating_add(1);
            told(Item::Trailer(start..end))?;
            return Ok(data.start);
        }
        let next = self.aligned(data.end, start, header.alignment());
        padding(data.end..next)?;
        told(Item::Entry(Box::new(entry)))?;
        Ok(next)
    }

    /// `at` filled up to the alignment as counted from `base`, and at most the
    /// end of the file.
    fn aligned(&self, at: u64, base: u64, alignment: u64) -> u64 {
        let ahead = at.saturating_sub(base);
        let filled = ahead
            .checked_next_multiple_of(alignment)
            .unwrap_or(u64::MAX);
        base.saturating_add(filled).min(self.source.len())
    }

    /// Where the next header from `from` on begins, or the end of the file.
    fn next_header(&mut self, from: u64) -> Result<u64, Fault> {
        let len = self.source.len();
        let marks = match self.is_binary {
            true => MARKS.as_slice(),
            false => MARKS.get(..1).unwrap_or_default(),
        };
        let mut start = from;
        while start < len {
            self.budget.check()?;
            let end = start.saturating_add(PIECE_BYTES).min(len);
            // A mark may begin with the last byte of the piece.
            let piece = self.source.chunk(start..end.saturating_add(3))?;
            let mut hits: Vec<usize> = Vec::new();
            for mark in marks {
                hits.extend(memchr::memmem::find_iter(&piece, mark));
            }
            hits.sort_unstable();
            for hit in hits {
                let at = start.saturating_add(hit as u64);
                let entry = self.entry(at)?;
                if entry.is_some_and(|(header, entry)| is_likely(&header, &entry)) {
                    return Ok(at);
                }
            }
            start = end;
        }
        Ok(len)
    }
}

/// Whether a header is one beyond doubt: its name ends where it should, and its
/// kind exists.
fn is_likely(header: &Header, entry: &Entry) -> bool {
    let is_name = !entry.name.is_empty() && !entry.name.contains(&0);
    header.has_kind() && is_name && entry.is_terminated
}
