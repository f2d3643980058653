//! The value of a constant: what its shape promises, and the texts in it.

use super::node::{TEXT_CAP_BYTES, TEXTS_CAP};
use super::shape;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::{Reader, Value};

/// The type of texts.
const STRING: u64 = 7;

/// Elements of a constant that is one value repeated, in bytes, from which on
/// it is no constant of a model but a way to fill memory.
const SPLAT_CAP_BYTES: u64 = 1 << 36;

/// Lengths of texts that are read from packed content.
const PACKED_TEXTS_CAP: u64 = 1 << 20;

/// Fields of a text that are compared with those of a graph.
const FIELDS_CAP: usize = 1 << 16;

/// Bytes of one element, by the number of its type. Types of less than a byte
/// take one here.
fn element_bytes(dtype: u64) -> Option<u64> {
    Some(match dtype {
        4 | 6 | 10 | 11 | 12 | 24..=32 => 1,
        5 | 14 | 15 | 16 | 17 | 19 => 2,
        1 | 3 | 13 | 22 => 4,
        2 | 8 | 9 | 23 => 8,
        18 => 16,
        _ => return None,
    })
}

/// Bytes of one element, for whoever has a type and no constant.
pub(super) fn bytes_of(dtype: u64) -> Option<u64> {
    element_bytes(dtype)
}

/// What is wrong with a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Elements or bytes are more than 64 bits can count, or fewer than none.
    Overflow,
    /// It has other bytes than it needs.
    Bytes { has: u64, needs: u64 },
    /// One value stands for so many bytes.
    Splat(u64),
}

/// What a constant holds.
#[derive(Debug, Default)]
pub(super) struct Constant {
    dtype: u64,
    /// Number of elements; `None` where it overflows.
    elements: Option<u64>,
    content: Option<Span>,
    /// Where its texts lie: the first few, or those that are graphs.
    pub(super) texts: Vec<Span>,
    /// Tensors within it.
    pub(super) inner: Vec<Span>,
    /// Whether texts were left out.
    pub(super) is_cut: bool,
}

impl Constant {
    /// Read the tensor that lies at `span` of `source`, where the reader stands.
    /// Of texts only those that are graphs are kept, or the first ones where
    /// `all`.
    pub(super) fn read(
        source: &dyn Source,
        reader: &mut Reader<'_>,
        span: &Span,
        all: bool,
    ) -> Result<Self, Fault> {
        let mut constant = Constant {
            elements: Some(1),
            ..Constant::default()
        };
        reader.enter(span)?;
        while let Some(field) = reader.next()? {
            match (field.number, &field.value) {
                (1, Value::Varint(dtype)) => constant.dtype = *dtype,
                (2, Value::Bytes(shape)) => {
                    constant.elements = elements(reader, shape)?;
                }
                (4, Value::Bytes(content)) => constant.content = Some(content.clone()),
                (8, Value::Bytes(text)) => constant.text(source, reader, text, all)?,
                (15, Value::Bytes(variant)) => constant.variant(source, reader, variant)?,
                _ => {}
            }
        }
        reader.leave();
        Ok(constant)
    }

    fn text(
        &mut self,
        source: &dyn Source,
        reader: &mut Reader<'_>,
        text: &Span,
        all: bool,
    ) -> Result<(), Fault> {
        let len = text.end.saturating_sub(text.start);
        let wanted = match all {
            true => self.texts.len() < TEXTS_CAP,
            false => {
                shape::may_be_graph(reader.peek(text, 1)?.first(), len)
                    && shape::is_graph(source, text, FIELDS_CAP)
            }
        };
        if wanted {
            self.texts.push(text.clone());
        }
        Ok(())
    }

    /// A value of another kind: bytes, and tensors.
    fn variant(
        &mut self,
        source: &dyn Source,
        reader: &mut Reader<'_>,
        span: &Span,
    ) -> Result<(), Fault> {
        reader.enter(span)?;
        while let Some(field) = reader.next()? {
            match (field.number, field.bytes()) {
                (2, Some(bytes)) => self.text(source, reader, bytes, false)?,
                (3, Some(tensor)) => self.inner.push(tensor.clone()),
                _ => {}
            }
        }
        reader.leave();
        Ok(())
    }

    /// The texts that its content holds in packed form: all lengths, then all
    /// texts.
    pub(super) fn packed(&mut self, source: &dyn Source, all: bool) -> Result<(), Fault> {
        let (Some(content), Some(count)) = (self.content.clone(), self.elements) else {
            return Ok(());
        };
        if self.dtype != STRING {
            return Ok(());
        }
        let mut reader = Reader::new(source, content.clone());
        let mut lengths = Vec::new();
        for _ in 0..count.min(PACKED_TEXTS_CAP) {
            match reader.next_varint() {
                Ok(Some(len)) => lengths.push(len),
                _ => break,
            }
        }
        self.is_cut |= count > PACKED_TEXTS_CAP;
        let mut at = reader.position();
        for len in lengths {
            let end = at.saturating_add(len).min(content.end);
            let text = at..end;
            self.text(source, &mut reader, &text, all)?;
            at = end;
        }
        Ok(())
    }

    /// What is wrong with it, if anything.
    pub(super) fn wrong(&self) -> Option<Wrong> {
        let Some(elements) = self.elements else {
            return Some(Wrong::Overflow);
        };
        let size = element_bytes(self.dtype)?;
        let Some(needs) = elements.checked_mul(size) else {
            return Some(Wrong::Overflow);
        };
        let has = self
            .content
            .as_ref()
            .map(|content| content.end.saturating_sub(content.start));
        match has {
            Some(has) if has != 0 && has != needs => Some(Wrong::Bytes { has, needs }),
            None | Some(0) if needs > SPLAT_CAP_BYTES => Some(Wrong::Splat(needs)),
            _ => None,
        }
    }
}

/// The texts of the tensor at `span`, as far as they are kept.
pub(super) fn texts(source: &dyn Source, span: &Span) -> Result<Vec<String>, Fault> {
    let mut reader = Reader::new(source, span.clone());
    let mut constant = Constant::read(source, &mut reader, span, true)?;
    constant.packed(source, true)?;
    let mut out = Vec::new();
    for text in &constant.texts {
        let bytes = reader.read(text, TEXT_CAP_BYTES)?;
        out.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(out)
}

/// The product of the dimensions of a shape; `None` where it overflows. A
/// dimension of -1 is not known.
pub(super) fn elements(reader: &mut Reader<'_>, shape: &Span) -> Result<Option<u64>, Fault> {
    let mut product = Some(1u64);
    reader.enter(shape)?;
    while let Some(field) = reader.next()? {
        let (2, Some(dimension)) = (field.number, field.bytes()) else {
            continue;
        };
        reader.enter(dimension)?;
        let mut size = 0u64;
        while let Some(field) = reader.next()? {
            if let (1, Some(number)) = (field.number, field.varint()) {
                size = number;
            }
        }
        reader.leave();
        let is_negative = size > i64::MAX as u64;
        product = product
            .filter(|_| !is_negative)
            .and_then(|product| product.checked_mul(size));
    }
    reader.leave();
    Ok(product)
}
