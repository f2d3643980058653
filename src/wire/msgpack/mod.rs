//! MessagePack as bytes: one value, told token by token.
//!
//! Every value begins with a *marker*, a byte that says what it is and, for
//! short ones, how long; longer ones have a length of one, two or four bytes in
//! big endian behind it. Arrays and maps say how many values follow, and
//! *extensions* are bytes with a number that says whose they are. Described in
//! <https://github.com/msgpack/msgpack/blob/master/spec.md>.
//!
//! An attacker writes lengths and counts that the file does not hold, nests
//! arrays until a reader runs out of stack, and gives a map the same key twice.
//! A [`Walker`] keeps a stack of its own, of bounded height, compares every
//! length and count with the bytes that are left, and moves over what is long:
//! bytes are a span, and never read.

mod keys;
mod marker;

#[cfg(test)]
mod tests;

use keys::Keys;
use marker::{Head, head};

use super::Fault;
use super::cursor::Cursor;
use crate::report::Span;
use crate::source::Source;

/// Arrays and maps that may be open at a time: what the reference
/// implementation's own stack holds.
pub const DEPTH_CAP: usize = 1024;

/// Keys of all open maps that are compared with each other.
pub const KEYS_CAP: usize = 4_000_000;

/// Bytes of a key, the longest that is read.
pub const KEY_CAP_BYTES: usize = 64 << 10;

/// The number of extensions that are points in time.
pub const TIMESTAMP: i8 = -1;

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Nothing.
    Nil,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A float of four or eight bytes.
    Float,
    /// Text, UTF-8 by the specification; its bytes.
    Text(Span),
    /// Bytes.
    Bytes(Span),
    /// As many values follow, and an [`Token::End`].
    Array(u64),
    /// As many keys follow, each with its value, and an [`Token::End`].
    Map(u64),
    /// An extension: its number and its bytes.
    Extension(i8, Span),
    /// The innermost array or map ends.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// From the marker to the end of what belongs to it; an array or a map
    /// is its marker and its count alone, and the end of one is empty.
    pub span: Span,
    /// Arrays and maps around it.
    pub depth: usize,
    /// Whether it is a key of a map.
    pub is_key: bool,
    /// Whether the map has this key already.
    pub is_repeated: bool,
    /// What it is.
    pub token: Token,
}

/// What ended a walk that did not come to the end of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A length or a count is larger than what is left.
    Length,
    /// More than [`DEPTH_CAP`] arrays and maps are open.
    Depth,
    /// A marker that the specification does not use.
    Marker,
    /// The bytes end within a value.
    Short,
}

/// An array or a map that is open.
#[derive(Debug)]
struct Level {
    /// Values that are still to come, keys among them.
    left: u64,
    /// Its keys so far, where it is a map.
    keys: Option<Keys>,
}

/// Walks over one value, however deep.
#[derive(Debug)]
pub struct Walker<'a> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    open: Vec<Level>,
    begun: bool,
    /// Keys that are remembered, over all open maps.
    remembered: usize,
    unseen_keys: bool,
    trouble: Option<Trouble>,
}

impl<'a> Walker<'a> {
    /// Walk over the value at the beginning of `span`.
    pub fn new(source: &'a dyn Source, span: Span) -> Self {
        Walker {
            source,
            cursor: Cursor::within(source, span.start, span.end),
            open: Vec::new(),
            begun: false,
            remembered: 0,
            unseen_keys: false,
            trouble: None,
        }
    }

    /// Offset of the next byte: behind the value, once it was walked over.
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// What ended the walk early.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// Whether there were more keys than are compared for duplicates.
    pub fn has_unseen_keys(&self) -> bool {
        self.unseen_keys
    }

    /// The next token; `None` once the value is over.
    pub fn next_event(&mut self) -> Result<Option<Event>, Fault> {
        let (at, depth) = (self.position(), self.open.len());
        let mut is_key = false;
        match self.open.last_mut() {
            None if self.begun => return Ok(None),
            None => self.begun = true,
            Some(level) if level.left == 0 => return Ok(Some(self.leave(at))),
            Some(level) => {
                is_key = level.keys.is_some() && level.left.is_multiple_of(2);
                level.left = level.left.saturating_sub(1);
            }
        }
        let token = self.token()?;
        let is_repeated = is_key && self.repeated(&token)?;
        let event = Event {
            span: at..self.position(),
            depth,
            is_key,
            is_repeated,
            token,
        };
        self.enter(&event)?;
        Ok(Some(event))
    }

    /// At most `cap` bytes of a text.
    pub fn bytes(&self, span: &Span, cap: usize) -> Result<Vec<u8>, Fault> {
        let len = span.end.saturating_sub(span.start);
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(cap)];
        let filled = self.source.fill_at(span.start, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn leave(&mut self, at: u64) -> Event {
        let closed = self.open.pop().and_then(|level| level.keys);
        let forgotten = closed.map_or(0, |keys| keys.len());
        self.remembered = self.remembered.saturating_sub(forgotten);
        Event {
            span: at..at,
            depth: self.open.len(),
            is_key: false,
            is_repeated: false,
            token: Token::End,
        }
    }

    fn enter(&mut self, event: &Event) -> Result<(), Fault> {
        let (left, keys) = match event.token {
            Token::Array(count) => (count, None),
            Token::Map(count) => (count.saturating_mul(2), Some(Keys::default())),
            _ => return Ok(()),
        };
        let at = event.span.start;
        let room = self.cursor.remaining();
        if left > room {
            self.trouble = Some(Trouble::Length);
            let what = format!("{left} values are announced and {room} bytes are left");
            return Err(Fault::malformed(at, what));
        }
        if self.open.len() >= DEPTH_CAP {
            self.trouble = Some(Trouble::Depth);
            let what = format!("more than {DEPTH_CAP} arrays and maps within each other");
            return Err(Fault::unsupported(at, what));
        }
        self.open.push(Level { left, keys });
        Ok(())
    }

    /// Read a marker and what belongs to it.
    fn token(&mut self) -> Result<Token, Fault> {
        let at = self.position();
        let marker = self.number(1)?;
        let Some(head) = head(u8::try_from(marker).unwrap_or_default()) else {
            self.trouble = Some(Trouble::Marker);
            return Err(Fault::malformed(at, "a marker that is never used"));
        };
        Ok(match head {
            Head::Whole(token) => token,
            Head::Float(width) => {
                self.body(width)?;
                Token::Float
            }
            Head::Unsigned(width) => Token::Integer(i128::from(self.number(width)?)),
            Head::Signed(width) => Token::Integer(signed(self.number(width)?, width)),
            Head::Text(width) => {
                let len = self.number(width)?;
                Token::Text(self.body(len)?)
            }
            Head::FixText(len) => Token::Text(self.body(len)?),
            Head::Bytes(width) => {
                let len = self.number(width)?;
                Token::Bytes(self.body(len)?)
            }
            Head::Array(width) => Token::Array(self.number(width)?),
            Head::Map(width) => Token::Map(self.number(width)?),
            Head::FixExtension(len) => self.extension(len)?,
            Head::Extension(width) => {
                let len = self.number(width)?;
                self.extension(len)?
            }
        })
    }

    fn extension(&mut self, len: u64) -> Result<Token, Fault> {
        let kind = i8::try_from(signed(self.number(1)?, 1)).unwrap_or_default();
        Ok(Token::Extension(kind, self.body(len)?))
    }

    /// A number of so many bytes, big endian.
    fn number(&mut self, width: u64) -> Result<u64, Fault> {
        let mut number = 0u64;
        for _ in 0..width {
            match self.cursor.next_byte()? {
                Some(byte) => number = (number << 8) | u64::from(byte),
                None => {
                    self.trouble = Some(Trouble::Short);
                    return Err(Fault::malformed(
                        self.position(),
                        "the bytes end within a value",
                    ));
                }
            }
        }
        Ok(number)
    }

    /// Move over `len` bytes, which have to be there.
    fn body(&mut self, len: u64) -> Result<Span, Fault> {
        let (at, room) = (self.position(), self.cursor.remaining());
        if len > room {
            self.trouble = Some(Trouble::Length);
            let what = format!("{len} bytes are announced and {room} are left");
            return Err(Fault::malformed(at, what));
        }
        self.cursor.skip(len)?;
        Ok(at..self.position())
    }

    /// Whether the innermost map has this key.
    fn repeated(&mut self, token: &Token) -> Result<bool, Fault> {
        let body = match token {
            Token::Text(span) | Token::Bytes(span) => {
                let len = span.end.saturating_sub(span.start);
                if len > KEY_CAP_BYTES as u64 {
                    let what = format!("a key of {len} bytes; {KEY_CAP_BYTES} are read");
                    return Err(Fault::unsupported(span.start, what));
                }
                self.bytes(span, KEY_CAP_BYTES)?
            }
            _ => Vec::new(),
        };
        if self.remembered >= KEYS_CAP {
            self.unseen_keys = true;
            return Ok(false);
        }
        let keys = self.open.last_mut().and_then(|level| level.keys.as_mut());
        let Some(is_new) = keys.and_then(|keys| keys.see(token, &body)) else {
            return Ok(false);
        };
        self.remembered = self.remembered.saturating_add(usize::from(is_new));
        Ok(!is_new)
    }
}

/// The number with a sign that these low bytes are, in two's complement.
fn signed(number: u64, width: u64) -> i128 {
    let value = i128::from(number);
    let over = match width {
        1 => 1i128 << 8,
        2 => 1i128 << 16,
        4 => 1i128 << 32,
        _ => 1i128 << 64,
    };
    match value >= over >> 1 {
        true => value.saturating_sub(over),
        false => value,
    }
}
