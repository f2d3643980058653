//! One instruction at a time, as CPython's C unpickler reads it.
//!
//! Lengths are compared with what is there before anything is skipped; long
//! operands become [`Literal`]s and are not copied. Frames have no meaning for
//! the values, and yet they decide what is read: `load` from a stream holds a
//! frame in a buffer, drops the rest of it when an operand does not fit, and
//! reads the operand from behind the frame, while `loads` from memory reads
//! straight on. [`Reading`] chooses between the two.

use super::number::{self, Number};
use super::{Coding, Layout, Literal, Opcode};
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// A number written as text is looked at if its line is not longer than this.
const NUMBER_LINE_BYTES: usize = 256;

/// Blanks between the closing quote of a string and the end of its line.
const BLANKS_BEHIND_QUOTE: usize = 16;

/// A line is searched in steps of this size once it is a long one.
const LONG_LINE_STEP_BYTES: usize = 32 << 10;

/// How an operand that does not fit into its frame is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Straight on, as `pickle.loads` does.
    Straight,
    /// From behind the frame, whose rest is dropped, as `pickle.load` from an
    /// unbuffered stream does.
    Buffered,
}

/// Something about frames that no pickler writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFault {
    /// The operand reaches over the end of its frame.
    Crossed,
    /// The frame is longer than what is left of the stream.
    PastEnd,
    /// The frame begins inside another one.
    Nested,
}

/// The operand of an instruction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// There is none, or its value does not matter (floats).
    None,
    /// A number: a value, an index, a length or a code.
    Int(i64),
    /// An integer that does not fit into 64 bits.
    Big(Literal),
    /// A boolean as protocol 0 writes it.
    Bool(bool),
    /// A text.
    Text(Literal),
    /// Bytes.
    Bytes(Literal),
    /// Module and name of a global.
    Names(Literal, Literal),
}

/// An opcode with its operand and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instruction {
    /// Position of the opcode byte.
    pub at: u64,
    /// Position behind the operand.
    pub end: u64,
    /// The opcode.
    pub opcode: Opcode,
    /// Its operand.
    pub operand: Operand,
    /// What is wrong with its frame.
    pub frame: Option<FrameFault>,
}

/// Decodes a stream front to back.
#[derive(Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    reading: Reading,
    end: u64,
    /// End of the frame at hand; 0 before the first.
    frame_end: u64,
    line_cap: u64,
    /// The instruction at hand.
    now: Instruction,
}

impl<'a> Reader<'a> {
    /// Read the stream that begins at `span.start` and ends before `span.end`.
    pub fn new(source: &'a dyn Source, span: Span, reading: Reading) -> Self {
        Reader {
            end: span.end.min(source.len()),
            cursor: Cursor::within(source, span.start, span.end),
            reading,
            frame_end: 0,
            line_cap: u64::MAX,
            now: Instruction {
                at: span.start,
                end: span.start,
                opcode: Opcode::Stop,
                operand: Operand::None,
                frame: None,
            },
        }
    }

    /// Give up on lines of more than `bytes`.
    pub fn with_line_cap(mut self, bytes: u64) -> Self {
        self.line_cap = bytes;
        self
    }

    /// Begin another stream at position `at`, in the same bytes.
    pub fn restart(&mut self, at: u64) {
        self.cursor.seek(at);
        self.frame_end = 0;
    }

    /// Position of the next opcode.
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// Leave out `n` bytes that are not opcodes; a fault where there are
    /// fewer.
    pub fn skip(&mut self, n: u64) -> Result<(), Fault> {
        self.cursor.skip(n)
    }

    /// The next byte, taken from between two opcodes.
    pub fn raw_byte(&mut self) -> Result<u8, Fault> {
        self.cursor.u8()
    }

    /// Read the next instruction; `None` at the end of the bytes. A
    /// [`Fault::Malformed`] is what the real loader refuses.
    #[inline]
    pub fn step(&mut self) -> Result<Option<&Instruction>, Fault> {
        let at = self.cursor.position();
        let Some(byte) = self.cursor.next_byte()? else {
            return Ok(None);
        };
        let Some(opcode) = Opcode::from_byte(byte) else {
            return Err(no_opcode(at, byte));
        };
        let frame_end = self.frame_end;
        self.now.at = at;
        self.now.opcode = opcode;
        self.now.operand = Operand::None;
        if opcode.layout() != Layout::None {
            self.operand(opcode.layout())?;
        }
        let end = self.cursor.position();
        self.now.end = end;
        self.now.frame = (at < frame_end && end > frame_end).then_some(FrameFault::Crossed);
        if opcode == Opcode::Frame
            && let Some(fault) = self.enter_frame(self.now.operand)?
        {
            self.now.frame = Some(fault);
        }
        Ok(Some(&self.now))
    }

    /// The instruction that was read last.
    #[inline]
    pub fn now(&self) -> &Instruction {
        &self.now
    }

    /// Begin a frame of the given length here.
    fn enter_frame(&mut self, length: Operand) -> Result<Option<FrameFault>, Fault> {
        let at = self.cursor.position();
        let Operand::Int(length) = length else {
            return Ok(None);
        };
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let nested = at < self.frame_end;
        if nested && at.saturating_add(length) > self.frame_end {
            self.align(length);
        }
        let end = self.cursor.position().saturating_add(length);
        if end > self.end && self.reading == Reading::Buffered {
            return Err(Fault::malformed(
                at,
                "a frame reaches past the end of the stream",
            ));
        }
        self.frame_end = self.frame_end.max(end);
        Ok(match () {
            () if end > self.end => Some(FrameFault::PastEnd),
            () if nested => Some(FrameFault::Nested),
            () => None,
        })
    }

    /// Read the operand of the instruction at hand, in place: copying it from
    /// one result into the next was most of the time of a walk.
    fn operand(&mut self, layout: Layout) -> Result<(), Fault> {
        self.now.operand = match layout {
            Layout::None => Operand::None,
            Layout::U1 => Operand::Int(self.number::<1>()?),
            Layout::U2 => Operand::Int(self.number::<2>()?),
            Layout::U4 => Operand::Int(self.number::<4>()?),
            Layout::U8 => Operand::Int(self.number::<8>()?),
            Layout::I4 => Operand::Int(self.signed()?),
            Layout::F8 => {
                self.align(8);
                self.cursor.array::<8>()?;
                Operand::None
            }
            Layout::Long1 => self.long(Layout::Text1)?,
            Layout::Long4 => self.long(Layout::String4)?,
            Layout::Text1 | Layout::Text4 | Layout::Text8 => {
                Operand::Text(self.counted(layout, true)?)
            }
            // Old strings are text or bytes, as the loader is asked; what
            // matters is that they may name things.
            Layout::String1 => Operand::Text(self.counted(Layout::Text1, true)?),
            Layout::String4 => Operand::Text(self.counted(layout, true)?),
            // Bytes are copied out of the buffer and then from behind it, so
            // they read straight on in both ways of reading.
            Layout::Bytes1 => Operand::Bytes(self.counted(Layout::Text1, false)?),
            Layout::Bytes4 => Operand::Bytes(self.counted(Layout::Text4, false)?),
            Layout::Bytes8 => Operand::Bytes(self.counted(Layout::Text8, false)?),
            Layout::TextLine => Operand::Text(self.line(Coding::Plain)?),
            Layout::UnicodeLine => Operand::Text(self.line(Coding::RawUnicode)?),
            Layout::QuotedLine => self.quoted()?,
            Layout::TwoLines => {
                let module = self.line(Coding::Plain)?;
                Operand::Names(module, self.line(Coding::Plain)?)
            }
            Layout::IndexLine => self.index()?,
            Layout::IntLine => self.number_line(number::int_line)?,
            Layout::LongLine => self.number_line(number::long_line)?,
            Layout::FloatLine => self.float_line()?,
        };
        Ok(())
    }

    /// In buffered reading, drop the rest of the frame if `n` bytes do not fit.
    fn align(&mut self, n: u64) {
        let at = self.cursor.position();
        if self.reading == Reading::Buffered
            && at < self.frame_end
            && at.saturating_add(n) > self.frame_end
        {
            self.cursor.seek(self.frame_end);
        }
    }

    /// An unsigned number of `N` bytes; those above `i64::MAX` stay there.
    fn number<const N: usize>(&mut self) -> Result<i64, Fault> {
        self.align(N as u64);
        let bytes = self.cursor.array::<N>()?;
        let value = bytes
            .iter()
            .rev()
            .fold(0u64, |n, &b| (n << 8) | u64::from(b));
        Ok(i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn signed(&mut self) -> Result<i64, Fault> {
        self.align(4);
        Ok(i64::from(i32::from_le_bytes(self.cursor.array()?)))
    }

    /// Bytes behind a length; `whole` if buffered reading wants them in one
    /// piece.
    fn counted(&mut self, length: Layout, whole: bool) -> Result<Literal, Fault> {
        let at = self.cursor.position();
        let len = match length {
            Layout::Text1 => self.number::<1>()?,
            Layout::Text4 => self.number::<4>()?,
            Layout::String4 => self.signed()?,
            _ => self.number::<8>()?,
        };
        let len = u64::try_from(len)
            .map_err(|_| Fault::malformed(at, format!("a negative length ({len})")))?;
        if whole {
            self.align(len);
        }
        let start = self.cursor.position();
        if len > self.cursor.remaining() {
            let left = self.cursor.remaining();
            return Err(Fault::malformed(
                at,
                format!("an operand of {len} bytes where {left} are left"),
            ));
        }
        self.cursor.skip(len)?;
        Ok(Literal::new(
            start..start.saturating_add(len),
            Coding::Plain,
        ))
    }

    /// A two's complement number behind a length.
    fn long(&mut self, length: Layout) -> Result<Operand, Fault> {
        let literal = self.counted(length, true)?;
        let Ok(len @ 0..=8) = usize::try_from(literal.len()) else {
            return Ok(Operand::Big(literal));
        };
        let end = self.cursor.position();
        self.cursor.seek(literal.span().start);
        let mut bytes = [0u8; 8];
        let seen = self.cursor.peek(len)?;
        let negative = seen.last().is_some_and(|&b| b >= 0x80);
        if negative {
            bytes = [0xff; 8];
        }
        if let Some(front) = bytes.get_mut(..seen.len()) {
            front.copy_from_slice(seen);
        }
        self.cursor.seek(end);
        Ok(Operand::Int(i64::from_le_bytes(bytes)))
    }

    /// The next line, as a literal without its line feed.
    fn line(&mut self, coding: Coding) -> Result<Literal, Fault> {
        let start = self.cursor.position();
        let end = self.line_end()?;
        let crosses = start < self.frame_end && end >= self.frame_end;
        if crosses && self.reading == Reading::Buffered {
            self.cursor.seek(self.frame_end);
            let start = self.cursor.position();
            return Ok(Literal::new(start..self.line_end()?, coding));
        }
        Ok(Literal::new(start..end, coding))
    }

    /// Move behind the next line feed; its position.
    fn line_end(&mut self) -> Result<u64, Fault> {
        let start = self.cursor.position();
        let mut step = NUMBER_LINE_BYTES;
        loop {
            let at = self.cursor.position();
            let seen = self.cursor.peek(step)?;
            if seen.is_empty() {
                return Err(Fault::malformed(start, "a line that does not end"));
            }
            let found = memchr::memchr(b'\n', seen);
            let used = found.map_or(seen.len(), |i| i.saturating_add(1));
            self.cursor.seek(at.saturating_add(used as u64));
            if let Some(index) = found {
                return Ok(at.saturating_add(index as u64));
            }
            if at.saturating_sub(start) > self.line_cap {
                return Err(Fault::malformed(start, "a line that is too long"));
            }
            step = LONG_LINE_STEP_BYTES;
        }
    }

    /// Read a line and look at it while it is in the buffer. `None` for a line
    /// that is longer than any ordinary number.
    fn short_line<R>(
        &mut self,
        look: impl FnOnce(&[u8]) -> R,
    ) -> Result<(Literal, Option<R>), Fault> {
        let literal = self.line(Coding::Plain)?;
        let len = usize::try_from(literal.len()).unwrap_or(usize::MAX);
        if len > NUMBER_LINE_BYTES {
            return Ok((literal, None));
        }
        let end = self.cursor.position();
        self.cursor.seek(literal.span().start);
        let seen = look(self.cursor.peek(len)?);
        self.cursor.seek(end);
        Ok((literal, Some(seen)))
    }

    fn number_line(&mut self, look: fn(&[u8]) -> Option<Number>) -> Result<Operand, Fault> {
        let (literal, number) = self.short_line(look)?;
        match number {
            Some(Some(Number::Int(n))) => Ok(Operand::Int(n)),
            Some(Some(Number::Bool(b))) => Ok(Operand::Bool(b)),
            Some(Some(Number::Big)) | None => Ok(Operand::Big(literal)),
            Some(None) => Err(Fault::malformed(
                literal.span().start,
                "text that is no integer",
            )),
        }
    }

    fn index(&mut self) -> Result<Operand, Fault> {
        let (literal, index) = self.short_line(number::index_line)?;
        match index.flatten() {
            Some(n) => Ok(Operand::Int(i64::try_from(n).unwrap_or(i64::MAX))),
            None => Err(Fault::malformed(
                literal.span().start,
                "text that is no memo index",
            )),
        }
    }

    fn float_line(&mut self) -> Result<Operand, Fault> {
        match self.short_line(number::is_float_line)? {
            (literal, Some(false) | None) => Err(Fault::malformed(
                literal.span().start,
                "text that is no float",
            )),
            _ => Ok(Operand::None),
        }
    }

    /// A quoted string: the literal is what stands between the quotes.
    fn quoted(&mut self) -> Result<Operand, Fault> {
        let line = self.line(Coding::Escaped)?.span();
        let end = self.cursor.position();
        let mut last = line.end.saturating_sub(1);
        // Python 2's fast unpickler drops blanks behind the quote, a carriage
        // return for one.
        for _ in 0..BLANKS_BEHIND_QUOTE {
            if last <= line.start || self.byte_at(last)?.is_none_or(|b| b > b' ') {
                break;
            }
            last = last.saturating_sub(1);
        }
        let first = self.byte_at(line.start)?;
        let quoted = last > line.start
            && matches!(first, Some(b'\'' | b'"'))
            && self.byte_at(last)? == first;
        self.cursor.seek(end);
        if !quoted {
            return Err(Fault::malformed(line.start, "a string without quotes"));
        }
        let body = line.start.saturating_add(1)..last;
        Ok(Operand::Text(Literal::new(body, Coding::Escaped)))
    }

    fn byte_at(&mut self, at: u64) -> Result<Option<u8>, Fault> {
        self.cursor.seek(at);
        Ok(self.cursor.peek(1)?.first().copied())
    }
}

#[cold]
fn no_opcode(at: u64, byte: u8) -> Fault {
    Fault::malformed(at, format!("byte 0x{byte:02x} is no pickle opcode"))
}

#[cfg(test)]
mod tests;
