//! Operators that run kernels of TensorFlow: the node that their options hold,
//! and the texts that they are given.
//!
//! The options are a FlexBuffer with a vector of two texts, the name of the
//! operator and its node as TensorFlow serialises it. A FlexBuffer is read from
//! its end: the width of the root, its type, the root.

use super::operators::{Known, numbers};
use crate::formats::tensorflow::judge::Names;
use crate::formats::tensorflow::node::Node;
use crate::formats::tensorflow::ops::{Operand, Row};
use crate::report::Span;
use crate::source::{Memory, Source};
use crate::wire::Fault;

/// Longest options that are read, in bytes.
const OPTIONS_CAP_BYTES: u64 = 16 << 20;

/// Texts of one tensor that are looked at.
const TEXTS_CAP: usize = 64;

/// Longest text, in bytes.
const TEXT_CAP_BYTES: usize = 4096;

/// The type of a vector of values with types of their own.
const VECTOR: u8 = 10;

/// The operator that options name, and its node.
pub(super) fn node(
    source: &dyn Source,
    options: Option<&Span>,
) -> Result<Option<(String, Vec<u8>)>, Fault> {
    let Some(span) = options else {
        return Ok(None);
    };
    let len = span.end.saturating_sub(span.start);
    if len > OPTIONS_CAP_BYTES {
        let what = format!("options of {len} bytes");
        return Err(Fault::unsupported(span.start, what));
    }
    let chunk = source.chunk(span.clone())?;
    let texts = texts(&chunk);
    let node = texts.as_ref().and_then(|texts| texts.get(1)).cloned();
    let Some(node) = node else { return Ok(None) };
    let op = texts
        .and_then(|texts| texts.into_iter().next())
        .unwrap_or_default();
    Ok(Some((String::from_utf8_lossy(&op).into_owned(), node)))
}

/// The first two texts of a FlexBuffer that is a vector of them.
fn texts(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let [front @ .., kind, width] = bytes else {
        return None;
    };
    let width = usize::from(*width);
    let at = front.len().checked_sub(width)?;
    if kind >> 2 != VECTOR {
        return None;
    }
    let vector = at.checked_sub(number(front, at, width)?)?;
    let width = 1usize.checked_shl(u32::from(kind & 3))?;
    let count = number(front, vector.checked_sub(width)?, width)?;
    if count != 2 {
        return None;
    }
    let mut out = Vec::new();
    for index in 0..2usize {
        let at = vector.checked_add(index.checked_mul(width)?)?;
        let start = at.checked_sub(number(front, at, width)?)?;
        // The width of a text's length stands with its type.
        let kinds = vector.checked_add(width.checked_mul(count)?)?;
        let kind = front.get(kinds.checked_add(index)?)?;
        let own = 1usize.checked_shl(u32::from(kind & 3))?;
        let len = number(front, start.checked_sub(own)?, own)?;
        out.push(front.get(start..start.checked_add(len)?)?.to_vec());
    }
    Some(out)
}

/// A number of so many bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    if !matches!(width, 1 | 2 | 4 | 8) {
        return None;
    }
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    let value = bytes
        .iter()
        .rev()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(value).ok()
}

/// What an operator acts on: texts of its inputs, or of its node's attributes.
pub(super) fn names(
    source: &dyn Source,
    row: &Row,
    node: Option<&(String, Vec<u8>)>,
    inputs: Option<&Span>,
    known: &Known<'_>,
) -> Result<Names, Fault> {
    let mut names = Names::default();
    match (row.operand, node, inputs) {
        (Operand::Attr(key), Some((_, bytes)), _) => {
            let memory = Memory::borrowed(bytes);
            let span = 0..bytes.len() as u64;
            if let Ok(node) = Node::read(&memory, &span) {
                names.texts = node.texts(&memory, key).unwrap_or_default();
            }
        }
        (Operand::Input(index), _, Some(inputs)) => {
            let numbers = numbers(source, inputs)?;
            let tensor = numbers
                .get(index)
                .and_then(|number| usize::try_from(*number).ok())
                .and_then(|number| known.tensors.get(number))
                .filter(|tensor| tensor.is_text);
            let data = tensor
                .and_then(|tensor| usize::try_from(tensor.buffer).ok())
                .and_then(|buffer| known.buffers.get(buffer))
                .and_then(Option::as_ref);
            if let Some(data) = data {
                names.texts = tensor_texts(source, data)?;
            }
        }
        _ => {}
    }
    Ok(names)
}

/// The texts of a tensor: how many, where each begins, and the bytes.
fn tensor_texts(source: &dyn Source, data: &Span) -> Result<Vec<String>, Fault> {
    let len = data.end.saturating_sub(data.start).min(OPTIONS_CAP_BYTES);
    let chunk = source.chunk(data.start..data.start.saturating_add(len))?;
    let at = |index: usize| number(&chunk, index.checked_mul(4)?, 4);
    let count = at(0).unwrap_or(0).min(TEXTS_CAP);
    let text = |index: usize| -> Option<String> {
        let (from, to) = (at(index.checked_add(1)?)?, at(index.checked_add(2)?)?);
        let text = chunk.get(from..to)?;
        let text = text.get(..TEXT_CAP_BYTES).unwrap_or(text);
        Some(String::from_utf8_lossy(text).into_owned())
    };
    Ok((0..count).filter_map(text).collect())
}
