//! FlatBuffers: tables, vectors and strings that point at each other.
//!
//! A [`Buffer`] is a span of a source that holds one; a [`Table`] is read field
//! by field, by number, with the default where a field is left out. Nothing is
//! believed: every offset is compared with the span, a vtable with its table, a
//! vector with the bytes that its elements need. Offsets may lead in circles
//! or to one table a million times, so each step is paid for from a budget of
//! the buffer, and nothing here recurses. Scalars are read where they lie: a
//! buffer of any size costs the memory of one field.
//!
//! Specification: `flatbuffers.dev`, "FlatBuffers internals".

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use super::Fault;
use crate::report::Span;
use crate::source::Source;

/// Tables, vectors and strings that one buffer may be asked for.
pub const STEPS_CAP: u64 = 1 << 22;

/// A span that holds a FlatBuffer.
#[derive(Debug)]
pub struct Buffer<'a> {
    source: &'a dyn Source,
    span: Span,
    steps_left: Cell<u64>,
}

impl<'a> Buffer<'a> {
    /// The buffer in `span` of `source`.
    pub fn new(source: &'a dyn Source, span: Span) -> Self {
        let end = span.end.min(source.len());
        Buffer {
            source,
            span: span.start.min(end)..end,
            steps_left: Cell::new(STEPS_CAP),
        }
    }

    /// The table that the first four bytes lead to.
    pub fn root(&self) -> Result<Table<'_, 'a>, Fault> {
        let at = self.follow(self.span.start)?;
        Table::at(self, at)
    }

    /// The next `N` bytes at a position of the source.
    fn array<const N: usize>(&self, at: u64) -> Result<[u8; N], Fault> {
        let mut out = [0; N];
        self.check(at, N as u64)?;
        match self.source.fill_at(at, &mut out)? {
            filled if filled == N => Ok(out),
            _ => Err(Fault::malformed(at, "the buffer ends inside a field")),
        }
    }

    /// The position that the offset at `at` leads to.
    fn follow(&self, at: u64) -> Result<u64, Fault> {
        let offset = u32::from_le_bytes(self.array(at)?);
        Ok(at.saturating_add(offset.into()))
    }

    /// A fault where the span does not hold `len` bytes at `at`.
    fn check(&self, at: u64, len: u64) -> Result<(), Fault> {
        let end = at.saturating_add(len);
        if at < self.span.start || end > self.span.end {
            let what = "an offset leads out of the buffer";
            return Err(Fault::malformed(at.min(self.span.end), what));
        }
        Ok(())
    }

    fn step(&self, at: u64) -> Result<(), Fault> {
        match self.steps_left.get().checked_sub(1) {
            Some(left) => {
                self.steps_left.set(left);
                Ok(())
            }
            None => {
                let what = format!("more than {STEPS_CAP} tables, vectors and strings");
                Err(Fault::unsupported(at, what))
            }
        }
    }
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table<'b, 'a> {
    buffer: &'b Buffer<'a>,
    at: u64,
    vtable: u64,
    /// Bytes of the vtable, its two lengths included.
    vtable_len: u16,
    /// Bytes of the table.
    len: u16,
}

impl<'b, 'a> Table<'b, 'a> {
    fn at(buffer: &'b Buffer<'a>, at: u64) -> Result<Self, Fault> {
        buffer.step(at)?;
        let back = i64::from(i32::from_le_bytes(buffer.array(at)?));
        let vtable = at
            .checked_add_signed(back.saturating_neg())
            .ok_or_else(|| Fault::malformed(at, "a vtable in front of the buffer"))?;
        let [a, b, c, d] = buffer.array::<4>(vtable)?;
        let vtable_len = u16::from_le_bytes([a, b]);
        let len = u16::from_le_bytes([c, d]);
        if vtable_len < 4 || !vtable_len.is_multiple_of(2) || len < 4 {
            return Err(Fault::malformed(vtable, "a vtable with impossible lengths"));
        }
        buffer.check(vtable, vtable_len.into())?;
        buffer.check(at, len.into())?;
        Ok(Table {
            buffer,
            at,
            vtable,
            vtable_len,
            len,
        })
    }

    /// Its first byte in the source.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Where field number `field`, which needs `size` bytes, is.
    fn field(&self, field: u16, size: u16) -> Result<Option<u64>, Fault> {
        let slot = field.saturating_mul(2).saturating_add(4);
        if slot.saturating_add(2) > self.vtable_len {
            return Ok(None);
        }
        let at = self.vtable.saturating_add(slot.into());
        let offset = u16::from_le_bytes(self.buffer.array(at)?);
        if offset == 0 {
            return Ok(None);
        }
        if offset.checked_add(size).is_none_or(|end| end > self.len) {
            return Err(Fault::malformed(at, "a field that its table does not hold"));
        }
        Ok(Some(self.at.saturating_add(offset.into())))
    }

    fn scalar<const N: usize>(&self, field: u16) -> Result<Option<[u8; N]>, Fault> {
        let size = u16::try_from(N).unwrap_or(u16::MAX);
        match self.field(field, size)? {
            Some(at) => self.buffer.array(at).map(Some),
            None => Ok(None),
        }
    }

    /// A number of 1 byte, or `default`.
    pub fn u8(&self, field: u16, default: u8) -> Result<u8, Fault> {
        let bytes = self.scalar(field)?;
        Ok(bytes.map_or(default, u8::from_le_bytes))
    }

    /// A number of 2 bytes, or `default`.
    pub fn i16(&self, field: u16, default: i16) -> Result<i16, Fault> {
        let bytes = self.scalar(field)?;
        Ok(bytes.map_or(default, i16::from_le_bytes))
    }

    /// A number of 4 bytes, or `default`.
    pub fn u32(&self, field: u16, default: u32) -> Result<u32, Fault> {
        let bytes = self.scalar(field)?;
        Ok(bytes.map_or(default, u32::from_le_bytes))
    }

    /// A number of 8 bytes, or `default`.
    pub fn i64(&self, field: u16, default: i64) -> Result<i64, Fault> {
        let bytes = self.scalar(field)?;
        Ok(bytes.map_or(default, i64::from_le_bytes))
    }

    /// The table of a field.
    pub fn table(&self, field: u16) -> Result<Option<Table<'b, 'a>>, Fault> {
        let Some(at) = self.field(field, 4)? else {
            return Ok(None);
        };
        Table::at(self.buffer, self.buffer.follow(at)?).map(Some)
    }

    /// The vector of a field, whose elements have `item_bytes` bytes each.
    pub fn vector(&self, field: u16, item_bytes: u32) -> Result<Option<Vector<'b, 'a>>, Fault> {
        let Some(at) = self.field(field, 4)? else {
            return Ok(None);
        };
        let at = self.buffer.follow(at)?;
        self.buffer.step(at)?;
        let len = u32::from_le_bytes(self.buffer.array(at)?);
        let start = at.saturating_add(4);
        let bytes = u64::from(len).saturating_mul(item_bytes.into());
        self.buffer.check(start, bytes)?;
        Ok(Some(Vector {
            buffer: self.buffer,
            span: start..start.saturating_add(bytes),
            len,
        }))
    }

    /// The bytes of a string.
    pub fn string(&self, field: u16) -> Result<Option<Span>, Fault> {
        Ok(self.vector(field, 1)?.map(|vector| vector.span))
    }
}

/// A vector.
#[derive(Debug, Clone)]
pub struct Vector<'b, 'a> {
    buffer: &'b Buffer<'a>,
    span: Span,
    len: u32,
}

impl<'b, 'a> Vector<'b, 'a> {
    /// Elements in it.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of all elements.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The table that element `index` of a vector of tables leads to.
    pub fn table(&self, index: u32) -> Result<Table<'b, 'a>, Fault> {
        let at = u64::from(index).saturating_mul(4);
        let at = self.span.start.saturating_add(at);
        if at.saturating_add(4) > self.span.end {
            return Err(Fault::malformed(
                at,
                "an element behind the end of its vector",
            ));
        }
        Table::at(self.buffer, self.buffer.follow(at)?)
    }
}
