//! Thrift's compact protocol as a stream of events, without a schema.
//!
//! A [`Reader`] turns one struct into [`Event`]s, in order and without
//! recursion. Each value comes with its *path*: the ids of the fields that lead
//! to it, outermost first; elements of lists add nothing to it. A Parquet
//! footer is such a struct, and what matters in it is found by path.
//!
//! A count in the file is compared with the bytes that are left, of which each
//! element needs one at least, and text is a span until somebody reads it.
//! Specification: `thrift/doc/specs/thrift-compact-protocol.md`.

#[cfg(test)]
mod tests;

use super::Fault;
use super::cursor::Cursor;
use crate::report::Span;
use crate::source::Source;

/// Structs and lists that may be open at a time; Thrift's own limit is 64.
pub const DEPTH_CAP: usize = 64;

/// Types by their number on the wire.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Bytes of a varint of 64 bits.
const VARINT_BYTES: u32 = 10;

/// One thing in the struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'r> {
    /// What it is.
    pub token: Token,
    /// Its bytes in the source: of a text, the text itself.
    pub span: Span,
    /// Ids of the fields that lead to it.
    pub path: &'r [i16],
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A struct, list, set or map begins.
    Begin,
    /// It ends.
    End,
    /// A boolean.
    Bool(bool),
    /// An integer of 8 to 64 bits.
    Int(i64),
    /// A number of 64 bits in floating point, or a UUID.
    Fixed,
    /// Text or bytes.
    Binary,
}

/// What is open.
#[derive(Debug)]
struct Open {
    kind: Kind,
    /// Fields that lead to it.
    path_len: usize,
}

#[derive(Debug)]
enum Kind {
    /// A struct, with the id of its last field.
    Struct(i16),
    /// Elements that are left; the type of the next one and of the one after
    /// it, which differ in maps.
    Items { left: u64, next: u8, after: u8 },
}

/// Reads one struct.
#[derive(Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    open: Vec<Open>,
    path: Vec<i16>,
    is_begun: bool,
}

impl<'a> Reader<'a> {
    /// Read the struct that begins `span` of `source`.
    pub fn new(source: &'a dyn Source, span: Span) -> Self {
        Reader {
            cursor: Cursor::within(source, span.start, span.end),
            open: Vec::new(),
            path: Vec::new(),
            is_begun: false,
        }
    }

    /// Where reading goes on.
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// The next event; `None` behind the end of the struct.
    #[allow(
        clippy::should_implement_trait,
        reason = "the event borrows the reader"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Fault> {
        let start = self.cursor.position();
        if !self.is_begun {
            self.is_begun = true;
            self.enter(Kind::Struct(0))?;
            return Ok(Some(self.event(Token::Begin, start..start)));
        }
        let Some(open) = self.open.last_mut() else {
            return Ok(None);
        };
        self.path.truncate(open.path_len);
        let kind = match &mut open.kind {
            Kind::Items { left: 0, .. } => None,
            Kind::Items { left, next, after } => {
                *left = left.saturating_sub(1);
                let kind = *next;
                std::mem::swap(next, after);
                Some(kind)
            }
            Kind::Struct(last) => {
                let header = self.cursor.u8()?;
                match header & 0x0f {
                    STOP => None,
                    kind => {
                        *last = match header >> 4 {
                            0 => field_id(&mut self.cursor)?,
                            delta => last.wrapping_add(delta.into()),
                        };
                        self.path.push(*last);
                        Some(kind)
                    }
                }
            }
        };
        let is_field = matches!(open.kind, Kind::Struct(_));
        match kind {
            None => {
                self.open.pop();
                let end = self.cursor.position();
                Ok(Some(self.event(Token::End, start..end)))
            }
            Some(kind) => self.value(kind, is_field).map(Some),
        }
    }

    fn event(&self, token: Token, span: Span) -> Event<'_> {
        Event {
            token,
            span,
            path: &self.path,
        }
    }

    fn value(&mut self, kind: u8, is_field: bool) -> Result<Event<'_>, Fault> {
        let start = self.cursor.position();
        let token = match kind {
            // The header of a field is its value; an element has a byte.
            TRUE | FALSE if is_field => Token::Bool(kind == TRUE),
            TRUE | FALSE => Token::Bool(self.cursor.u8()? == TRUE),
            3 => Token::Int(i8::from_le_bytes(self.cursor.array()?).into()),
            4..=6 => Token::Int(zigzag(varint(&mut self.cursor)?)),
            7 => self.fixed(8)?,
            13 => self.fixed(16)?,
            8 => {
                let len = varint(&mut self.cursor)?;
                let start = self.cursor.position();
                self.cursor.skip(len)?;
                let end = self.cursor.position();
                return Ok(self.event(Token::Binary, start..end));
            }
            LIST | SET => self.list()?,
            MAP => self.map()?,
            STRUCT => self.enter(Kind::Struct(0))?,
            other => {
                let what = format!("the type {other}, which Thrift does not have");
                return Err(Fault::malformed(start, what));
            }
        };
        let end = self.cursor.position();
        Ok(self.event(token, start..end))
    }

    fn fixed(&mut self, bytes: u64) -> Result<Token, Fault> {
        self.cursor.skip(bytes)?;
        Ok(Token::Fixed)
    }

    fn list(&mut self) -> Result<Token, Fault> {
        let header = self.cursor.u8()?;
        let left = match header >> 4 {
            15 => varint(&mut self.cursor)?,
            short => short.into(),
        };
        let kind = header & 0x0f;
        self.items(left, left, kind, kind)
    }

    fn map(&mut self) -> Result<Token, Fault> {
        let left = varint(&mut self.cursor)?;
        let kinds = match left {
            0 => 0,
            _ => self.cursor.u8()?,
        };
        self.items(left.saturating_mul(2), left, kinds >> 4, kinds & 0x0f)
    }

    fn items(&mut self, left: u64, count: u64, next: u8, after: u8) -> Result<Token, Fault> {
        if left > self.cursor.remaining() {
            let what = format!("{count} elements are more than there are bytes");
            return Err(Fault::malformed(self.cursor.position(), what));
        }
        self.enter(Kind::Items { left, next, after })
    }

    fn enter(&mut self, kind: Kind) -> Result<Token, Fault> {
        if self.open.len() >= DEPTH_CAP {
            let what = format!("more than {DEPTH_CAP} levels of structs and lists");
            return Err(Fault::unsupported(self.cursor.position(), what));
        }
        self.open.push(Open {
            kind,
            path_len: self.path.len(),
        });
        Ok(Token::Begin)
    }
}

fn field_id(cursor: &mut Cursor<'_>) -> Result<i16, Fault> {
    let at = cursor.position();
    i16::try_from(zigzag(varint(cursor)?))
        .map_err(|_| Fault::malformed(at, "the id of a field has more than 16 bits"))
}

fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    let at = cursor.position();
    let mut value = 0u64;
    for index in 0..VARINT_BYTES {
        let byte = cursor.u8()?;
        let part = u64::from(byte & 0x7f);
        value |= part.checked_shl(index.saturating_mul(7)).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Fault::malformed(at, "a number without its end"))
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}
