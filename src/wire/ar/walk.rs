//! The walk from header to header.

use super::header::{self, Header};
use super::{Entry, HEADER_BYTES, Item, Kind, SIGNATURE, THIN_SIGNATURE};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Longest name that is read, in bytes.
const NAME_CAP_BYTES: u64 = 16 << 10;

/// Bytes that are searched for a header at a time.
const PIECE_BYTES: u64 = 64 << 10;

/// What ends a header, and where it stands in it.
const END: (&[u8], u64) = (b"`\n", 58);

/// Names of the tables of symbols.
const SYMBOLS: &[&[u8]] = &[
    b"/",
    b"/SYM64/",
    b"__.SYMDEF",
    b"__.SYMDEF SORTED",
    b"__.SYMDEF_64",
    b"__.SYMDEF_64 SORTED",
];

/// Follow the archive in `source`.
pub fn walk(
    source: &dyn Source,
    budget: &Budget,
    told: &mut dyn FnMut(Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(source, 0);
    let magic: [u8; 8] = cursor.array()?;
    let is_thin = match magic.as_slice() {
        SIGNATURE => false,
        THIN_SIGNATURE => true,
        _ => return Err(Fault::malformed(0, "there is no signature of ar")),
    };
    let mut at = cursor.position();
    told(Item::Signature(0..at, is_thin))?;
    let mut walk = Walk {
        source,
        cursor,
        budget,
        is_thin,
        names: 0..0,
    };
    while at < source.len() {
        budget.check()?;
        let entry = walk.entry(at)?;
        at = match entry {
            Some(entry) => {
                let end = entry.data.end;
                if entry.kind == Kind::Names {
                    walk.names = entry.data.clone();
                }
                told(Item::Entry(Box::new(entry)))?;
                walk.padding(end, told)?
            }
            None => {
                let next = walk.next_header(at.saturating_add(1))?;
                told(Item::Damage(at..next))?;
                next
            }
        };
    }
    Ok(())
}

struct Walk<'a, 'b> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    budget: &'b Budget,
    is_thin: bool,
    /// The table of long names.
    names: Span,
}

impl Walk<'_, '_> {
    /// The member whose header stands at `at`.
    fn entry(&mut self, at: u64) -> Result<Option<Entry>, Fault> {
        self.cursor.seek(at);
        let bytes = self.cursor.peek(HEADER_BYTES as usize)?;
        let Some(Header { name: field, size }) = header::parse(bytes) else {
            return Ok(None);
        };
        let field = field.to_vec();
        let mut data_at = at.saturating_add(HEADER_BYTES);
        let mut size = size;
        let mut is_nameless = false;
        let name = match split(&field) {
            Spelling::Short(name) => name.to_vec(),
            Spelling::InTable(offset) => {
                let name = self.long_name(offset)?;
                is_nameless = name.is_none();
                name.unwrap_or(field)
            }
            Spelling::InFront(len) => {
                let room = self.source.len().saturating_sub(data_at);
                let len = len.min(size).min(room);
                is_nameless = len > NAME_CAP_BYTES;
                self.cursor.seek(data_at);
                let name = self
                    .cursor
                    .take(len.min(NAME_CAP_BYTES), NAME_CAP_BYTES as usize)?;
                data_at = data_at.saturating_add(len);
                size = size.saturating_sub(len);
                let end = name.iter().rposition(|&b| b != 0);
                let end = end.map_or(0, |at| at.saturating_add(1));
                name.get(..end).unwrap_or_default().to_vec()
            }
        };
        let kind = self.kind(&name);
        if kind == Kind::Outside {
            size = 0;
        }
        let end = data_at.saturating_add(size);
        let len = self.source.len();
        Ok(Some(Entry {
            header: at..data_at,
            data: data_at..end.min(len),
            missing: end.saturating_sub(len),
            name,
            is_nameless,
            kind,
        }))
    }

    fn kind(&self, name: &[u8]) -> Kind {
        if name == b"//" {
            Kind::Names
        } else if SYMBOLS.contains(&name) {
            Kind::Symbols
        } else if self.is_thin {
            Kind::Outside
        } else {
            Kind::Member
        }
    }

    /// The name at this offset of the table.
    fn long_name(&mut self, offset: u64) -> Result<Option<Vec<u8>>, Fault> {
        let at = self.names.start.saturating_add(offset);
        if at >= self.names.end {
            return Ok(None);
        }
        let end = self.names.end.min(at.saturating_add(NAME_CAP_BYTES));
        let bytes = self.source.chunk(at..end)?;
        let end = memchr::memchr2(b'\n', 0, &bytes);
        let name = end.and_then(|end| bytes.get(..end));
        Ok(name.map(|name| name.strip_suffix(b"/").unwrap_or(name).to_vec()))
    }

    /// The byte that makes the offset of the next header even. Some writers
    /// leave it out.
    fn padding(
        &mut self,
        end: u64,
        told: &mut dyn FnMut(Item) -> Result<(), Fault>,
    ) -> Result<u64, Fault> {
        if end.is_multiple_of(2) || end >= self.source.len() || self.entry(end)?.is_some() {
            return Ok(end);
        }
        let next = end.saturating_add(1);
        told(Item::Padding(end..next))?;
        Ok(next)
    }

    /// Where the next header from `from` on begins, or the end of the file.
    fn next_header(&mut self, from: u64) -> Result<u64, Fault> {
        let (mark, at_mark) = END;
        let len = self.source.len();
        let mut start = from.saturating_add(at_mark);
        while start < len {
            self.budget.check()?;
            let end = start.saturating_add(PIECE_BYTES).min(len);
            let piece = self.source.chunk(start..end.saturating_add(1))?;
            for hit in memchr::memmem::find_iter(&piece, mark) {
                let at = start.saturating_add(hit as u64).saturating_sub(at_mark);
                self.cursor.seek(at);
                let bytes = self.cursor.peek(HEADER_BYTES as usize)?;
                if header::parse(bytes).is_some() {
                    return Ok(at);
                }
            }
            start = end;
        }
        Ok(len)
    }
}

/// Where the name of a member is.
enum Spelling<'a> {
    /// In the header.
    Short(&'a [u8]),
    /// In the table of long names, at this offset.
    InTable(u64),
    /// In front of the data, with this length.
    InFront(u64),
}

fn split(field: &[u8]) -> Spelling<'_> {
    if let Some(len) = field.strip_prefix(b"#1/").and_then(header::number) {
        return Spelling::InFront(len);
    }
    let offset = field.strip_prefix(b"/").map(|digits| {
        // A thin archive may name the place in another archive behind a colon.
        let end = memchr::memchr(b':', digits).unwrap_or(digits.len());
        digits.get(..end).unwrap_or_default()
    });
    if let Some(offset) = offset
        .filter(|digits| !digits.is_empty())
        .and_then(header::number)
    {
        return Spelling::InTable(offset);
    }
    let is_table = field == b"/" || field == b"//" || field == b"/SYM64/";
    match field.strip_suffix(b"/") {
        Some(name) if !is_table => Spelling::Short(name),
        _ => Spelling::Short(field),
    }
}
