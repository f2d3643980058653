//! The wire format of Protocol Buffers as fields, without a schema.
//!
//! A [`Reader`] walks one message field by field, in the order of the file.
//! A field that holds bytes is a span: nothing of it is read unless the caller
//! [enters](Reader::enter) it as a message or a run of packed numbers, or asks
//! for its [text](Reader::read). What is open is a stack of ends, so that
//! messages in messages cost no recursion, and all of them share one buffer.
//!
//! A message may repeat a field that its schema has once; parsers then keep the
//! last one, or merge messages. The walk gives each of them, and whoever judges
//! must judge them all. Nothing is silently passed over: a number that is
//! spelled with more bytes than it needs says so in [`Field::spelling`], and a
//! field that the caller does not know has a [span](Field::span) to hand on.
//!
//! Specification: <https://protobuf.dev/programming-guides/encoding/>.

#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;
mod varint;

pub use varint::{Spelling, count_varints};

use super::Fault;
use super::cursor::Cursor;
use crate::report::Span;
use crate::source::Source;
use varint::{Number, varint};

/// Messages that may be open at a time. Of Google's libraries Go has the
/// largest limit, which is this; C++, Java and Python stop at 100.
pub const DEPTH_CAP: usize = 10_000;

/// Bytes that [`Reader::peek`] lends at most.
pub const PEEK_CAP_BYTES: usize = 64 << 10;

/// Fields of a group that are passed over to find its end. Groups were given
/// up in 2008, and no model format has any.
const GROUP_FIELDS_CAP: u32 = 1 << 16;

/// Types of a field by their number on the wire.
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const GROUP: u8 = 3;
const GROUP_END: u8 = 4;
const FIXED32: u8 = 5;

/// One field of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number in the schema, from 1 on.
    pub number: u32,
    /// What it holds.
    pub value: Value,
    /// The whole field in the source, its tag and length included.
    pub span: Span,
    /// How its tag, length and number are spelled: the worst of them.
    pub spelling: Spelling,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number: the 64 bits, which the schema may read as signed, zigzag,
    /// boolean or 32 bits.
    Varint(u64),
    /// 8 bytes, little endian.
    Fixed64(u64),
    /// 4 bytes, little endian.
    Fixed32(u32),
    /// Text, bytes, a message or packed numbers: where they lie.
    Bytes(Span),
    /// The fields of a group, without the tags around them.
    Group(Span),
}

impl Field {
    /// Where the text, bytes, message or packed numbers lie.
    pub fn bytes(&self) -> Option<&Span> {
        match &self.value {
            Value::Bytes(span) => Some(span),
            _ => None,
        }
    }

    /// The number of a varint, as `uint64`.
    pub fn varint(&self) -> Option<u64> {
        match self.value {
            Value::Varint(number) => Some(number),
            _ => None,
        }
    }

    /// The number of a varint, as `int64`.
    pub fn int64(&self) -> Option<i64> {
        self.varint().map(u64::cast_signed)
    }

    /// The number of a varint, as `int32` and enumerations are read: parsers
    /// drop the upper bits.
    pub fn int32(&self) -> Option<i32> {
        self.varint().map(int32)
    }
}

/// The `int32` in a varint: its lower 32 bits.
#[allow(
    clippy::cast_possible_truncation,
    reason = "parsers drop the upper bits"
)]
pub fn int32(varint: u64) -> i32 {
    (varint as u32).cast_signed()
}

/// What stands in front of each field.
struct Tag {
    number: u32,
    kind: u8,
    spelling: Spelling,
}

/// Walks messages.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a dyn Source,
    cursor: Cursor<'a>,
    /// Ends of the messages around the innermost one.
    outer: Vec<u64>,
    /// End of the innermost message.
    end: u64,
    /// Where its next field begins.
    at: u64,
}

impl<'a> Reader<'a> {
    /// Walk the message that is `span` of `source`.
    pub fn new(source: &'a dyn Source, span: Span) -> Self {
        let end = span.end.min(source.len());
        Reader {
            source,
            cursor: Cursor::within(source, span.start, end),
            outer: Vec::new(),
            end,
            at: span.start,
        }
    }

    /// Where the walk goes on.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Where the innermost message ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Messages that were entered and not left.
    pub fn depth(&self) -> usize {
        self.outer.len()
    }

    /// The next field of the innermost message; `None` at its end, until it is
    /// [left](Reader::leave).
    #[allow(
        clippy::should_implement_trait,
        reason = "a fault ends the walk, and an iterator goes on behind `None`"
    )]
    pub fn next(&mut self) -> Result<Option<Field>, Fault> {
        let start = self.at;
        if start >= self.end {
            return Ok(None);
        }
        self.cursor.seek(start);
        let tag = self.tag()?;
        let (value, end, spelling) = match tag.kind {
            GROUP => self.group(tag.number)?,
            kind => self.value(kind, start)?,
        };
        self.at = end;
        Ok(Some(Field {
            number: tag.number,
            value,
            span: start..end,
            spelling: spelling.max(tag.spelling),
        }))
    }

    /// Go on inside of the bytes of the field that was read last: with its
    /// fields, or with its packed numbers.
    pub fn enter(&mut self, span: &Span) -> Result<(), Fault> {
        if self.outer.len() >= DEPTH_CAP {
            let what = format!("more than {DEPTH_CAP} messages in each other");
            return Err(Fault::unsupported(span.start, what));
        }
        self.outer.push(self.end);
        self.end = span.end.min(self.end);
        self.at = span.start;
        Ok(())
    }

    /// Go on behind the message that was entered last, wherever the walk
    /// stands in it. Whether there was one.
    pub fn leave(&mut self) -> bool {
        let Some(end) = self.outer.pop() else {
            return false;
        };
        self.at = self.end;
        self.end = end;
        true
    }

    /// The next of the packed varints that were entered; `None` at their end.
    pub fn next_varint(&mut self) -> Result<Option<u64>, Fault> {
        if self.at >= self.end {
            return Ok(None);
        }
        self.cursor.seek(self.at);
        let number = self.number()?;
        self.at = self.cursor.position();
        Ok(Some(number.value))
    }

    /// The beginning of a span near the field that was read last: `cap` bytes,
    /// and never more than [`PEEK_CAP_BYTES`].
    pub fn peek(&mut self, span: &Span, cap: usize) -> Result<&[u8], Fault> {
        self.cursor.seek(span.start);
        let want = clamp(span, cap.min(PEEK_CAP_BYTES));
        self.cursor.peek(want)
    }

    /// The beginning of a span, at most `cap` bytes of it.
    pub fn read(&mut self, span: &Span, cap: usize) -> Result<Vec<u8>, Fault> {
        let want = clamp(span, cap);
        if want <= PEEK_CAP_BYTES {
            return self.peek(span, want).map(<[u8]>::to_vec);
        }
        let end = span.start.saturating_add(want as u64);
        Ok(self.source.chunk(span.start..end)?.to_vec())
    }

    fn tag(&mut self) -> Result<Tag, Fault> {
        let at = self.cursor.position();
        let Number { value, spelling } = self.number()?;
        let number = u32::try_from(value >> 3).ok();
        match number.filter(|_| value <= u32::MAX.into()) {
            None => Err(Fault::malformed(at, "the tag of a field has over 32 bits")),
            Some(0) => Err(Fault::malformed(at, "a field with the number 0")),
            Some(number) => Ok(Tag {
                number,
                kind: value.to_le_bytes().first().copied().unwrap_or(0) & 7,
                spelling,
            }),
        }
    }

    /// A varint that ends within the innermost message.
    fn number(&mut self) -> Result<Number, Fault> {
        let at = self.cursor.position();
        let number = varint(&mut self.cursor)?;
        if self.cursor.position() > self.end {
            return Err(Fault::malformed(at, "a number runs out of its message"));
        }
        Ok(number)
    }

    /// The value of a field that begins at `start`, where it ends, and how its
    /// number or length is spelled. The cursor stays in front of bytes.
    fn value(&mut self, kind: u8, start: u64) -> Result<(Value, u64, Spelling), Fault> {
        let mut spelling = Spelling::Shortest;
        let value = match kind {
            VARINT => {
                let number = self.number()?;
                spelling = number.spelling;
                Value::Varint(number.value)
            }
            FIXED64 => Value::Fixed64(self.cursor.u64()?),
            FIXED32 => Value::Fixed32(self.cursor.u32()?),
            BYTES => {
                let len = self.number()?;
                let span = self.span(len.value, start)?;
                let end = span.end;
                return Ok((Value::Bytes(span), end, len.spelling));
            }
            GROUP_END => {
                return Err(Fault::malformed(
                    start,
                    "the end of a group that is not open",
                ));
            }
            other => {
                let what = format!("the type {other}, which Protocol Buffers do not have");
                return Err(Fault::malformed(start, what));
            }
        };
        let end = self.cursor.position();
        if end > self.end {
            return Err(Fault::malformed(start, "a field runs out of its message"));
        }
        Ok((value, end, spelling))
    }

    /// The `len` bytes from here on, which must lie in the innermost message.
    fn span(&self, len: u64, start: u64) -> Result<Span, Fault> {
        let from = self.cursor.position();
        let left = self.end.saturating_sub(from);
        if len > left {
            let what = format!("a field of {len} bytes in a message that has {left} left");
            return Err(Fault::malformed(start, what));
        }
        Ok(from..from.saturating_add(len))
    }

    /// Find the end of a group.
    fn group(&mut self, number: u32) -> Result<(Value, u64, Spelling), Fault> {
        let first = self.cursor.position();
        let mut open = vec![number];
        let mut worst = Spelling::Shortest;
        for _ in 0..GROUP_FIELDS_CAP {
            let at = self.cursor.position();
            if at >= self.end {
                return Err(Fault::malformed(first, "a group without its end"));
            }
            let tag = self.tag()?;
            worst = worst.max(tag.spelling);
            match tag.kind {
                GROUP if open.len() < DEPTH_CAP => open.push(tag.number),
                GROUP => return Err(Fault::unsupported(at, "groups in too many groups")),
                GROUP_END if open.pop() != Some(tag.number) => {
                    return Err(Fault::malformed(at, "the end of another group"));
                }
                GROUP_END if open.is_empty() => {
                    return Ok((Value::Group(first..at), self.cursor.position(), worst));
                }
                GROUP_END => {}
                kind => {
                    let (_, end, spelling) = self.value(kind, at)?;
                    worst = worst.max(spelling);
                    self.cursor.seek(end);
                }
            }
        }
        let what = format!("a group of more than {GROUP_FIELDS_CAP} fields");
        Err(Fault::unsupported(first, what))
    }
}

/// Bytes of a span, at most `cap`.
fn clamp(span: &Span, cap: usize) -> usize {
    let len = span.end.saturating_sub(span.start);
    usize::try_from(len).unwrap_or(usize::MAX).min(cap)
}
