//! Tensors: shape and type against the buffer.

use super::buffers::{Buffers, text};
use super::operators;
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Place, Span, Why, escape_text};
use crate::rules::tensorflow::SHAPE_OVERFLOW;
use crate::rules::tflite as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::flatbuffer::Table;

/// Tensors of one graph that are kept.
const TENSORS_CAP: u32 = 1 << 20;

/// The type of texts.
const STRING: u8 = 5;

/// Bits of one element, by the number of its type.
fn element_bits(kind: u8) -> Option<u64> {
    Some(match kind {
        19 => 2,
        17 | 20 => 4,
        3 | 6 | 9 => 8,
        1 | 7 | 16 | 18 => 16,
        0 | 2 | 15 => 32,
        4 | 8 | 10 | 12 => 64,
        11 => 128,
        _ => return None,
    })
}

/// A tensor, as far as operators need it.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) buffer: u32,
    pub(super) is_text: bool,
}

/// Judge the tensors of a graph.
pub(super) fn examine(
    source: &dyn Source,
    graph: &Table<'_, '_>,
    buffers: &Buffers,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<Vec<Tensor>, Fault> {
    let mut tensors = Vec::new();
    let Some(vector) = graph.vector(0, 4)? else {
        return Ok(tensors);
    };
    if vector.len() > TENSORS_CAP {
        let detail = format!("more than {TENSORS_CAP} tensors; later ones are not compared");
        cx.gap(Place::whole(), Why::Limit, detail);
    }
    for index in 0..vector.len().min(TENSORS_CAP) {
        cx.tick()?;
        let table = vector.table(index)?;
        let buffer = table.u32(2, 0)?;
        let kind = table.u8(1, 0)?;
        tensors.push(Tensor {
            buffer,
            is_text: kind == STRING,
        });
        let at = usize::try_from(buffer).unwrap_or(usize::MAX);
        match buffers.get(at) {
            // Buffer 0 stands for none, also where there is no buffer at all.
            None if buffer != 0 => {
                let message = format!("a tensor names buffer {buffer} of {}", buffers.len());
                tally.add(operators::invalid(table.position(), message));
            }
            None | Some(None) => size(source, &table, kind, None, tally)?,
            Some(Some(data)) => size(source, &table, kind, Some(data), tally)?,
        }
    }
    Ok(tensors)
}

/// Compare the shape with the bytes that are there.
fn size(
    source: &dyn Source,
    table: &Table<'_, '_>,
    kind: u8,
    data: Option<&Span>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let shape = match table.vector(0, 4)? {
        Some(shape) => operators::numbers(source, &shape.span())?,
        None => Vec::new(),
    };
    // A dimension that is not known yet is -1.
    let is_open = shape.contains(&-1);
    let is_negative = shape.iter().any(|size| *size < -1);
    let elements = shape
        .iter()
        .filter(|size| **size >= 0)
        .try_fold(1u64, |product, size| {
            product.checked_mul(u64::from(size.unsigned_abs()))
        });
    let bits = element_bits(kind);
    let needs = elements.and_then(|n| n.checked_mul(bits.unwrap_or(1)));
    let named = || -> Result<String, Fault> {
        let name = table.string(3)?.map(|span| text(source, &span));
        let name = name.transpose()?.unwrap_or_default();
        Ok(escape_text(&name).chars().take(100).collect())
    };
    let Some(needs) = needs.filter(|_| !is_negative) else {
        let name = named()?;
        let what = match is_negative {
            true => "has a dimension below zero",
            false => "has more elements than 64 bits can count",
        };
        let message = format!("the shape of `{name}` {what}");
        let draft = SHAPE_OVERFLOW.at(table.position()).message(message);
        tally.add(draft.within(name));
        return Ok(());
    };
    let (Some(data), Some(_), false) = (data, bits, is_open) else {
        return Ok(());
    };
    // A sparse tensor has fewer values than elements.
    let is_sparse = table.table(6)?.is_some();
    let (has, needs) = (data.end.saturating_sub(data.start), needs.div_ceil(8));
    if has < needs && !is_sparse {
        let name = named()?;
        let message = format!("`{name}` has {has} bytes; its shape and type need {needs}");
        let draft = rules::SIZE_MISMATCH.at(table.position()).message(message);
        tally.add(draft.within(name));
    }
    Ok(())
}
