//! Attributes: a name, a type, and a value of up to any size.

use super::datatype::{self, Datatype, Leaf};
use super::file::File;
use super::global;
use super::header::kind;
use super::messages;
use crate::report::Span;
use crate::wire::Fault;

/// Texts that are looked up in heaps for one value: elements of one attribute
/// or dataset.
pub(super) const TEXTS_CAP: usize = 1 << 21;

/// Bytes of elements that are read at a time.
const PIECE_BYTES: u64 = 1 << 20;

/// What it costs to look at one part of an element, in bytes.
const STEP_BYTES: u64 = 2;

/// An attribute without the path of its object.
pub(super) struct Body {
    pub name: String,
    pub datatype: Datatype,
    pub elements: Option<u64>,
    pub value: Span,
}

/// Read the body of an attribute message at `address`.
pub(super) fn read(file: &mut File<'_>, address: u64, bytes: &[u8]) -> Result<Body, Fault> {
    let mut fields = file.fields(bytes, address);
    let version = fields.version(1..=3, "an attribute")?;
    let flags = fields.u8()?;
    let name_len = usize::from(fields.u16()?);
    let type_len = usize::from(fields.u16()?);
    let space_len = usize::from(fields.u16()?);
    fields.skip(if version == 3 { 1 } else { 0 })?;
    let padded = |len: usize| match version {
        1 => len.next_multiple_of(8),
        _ => len,
    };
    let name = fields.part(padded(name_len))?.text();
    let mut datatype = fields.part(padded(type_len))?;
    let mut space = fields.part(padded(space_len))?;
    let value = fields.rest_span();
    let flags = if version == 1 { 0 } else { flags };
    let datatype = match flags & 1 {
        0 => datatype::read(&mut datatype)?,
        _ => {
            let (at, body) = messages::shared(file, &mut datatype, kind::DATATYPE)?;
            datatype::read(&mut file.fields(&body, at))?
        }
    };
    let (elements, _) = match flags & 2 {
        0 => messages::dataspace(&mut space)?,
        _ => {
            let (at, body) = messages::shared(file, &mut space, kind::DATASPACE)?;
            messages::dataspace(&mut file.fields(&body, at))?
        }
    };
    let wanted = elements.and_then(|n| n.checked_mul(datatype.size));
    let have = value.end.saturating_sub(value.start);
    let len = wanted.unwrap_or(have).min(have);
    Ok(Body {
        name,
        datatype,
        elements,
        value: value.start..value.start.saturating_add(len),
    })
}

/// The texts and runs of bytes of the elements in `span`, and whether there are
/// more of them. Those that are elements of one length are left out where
/// `heap_only`.
pub(super) fn texts(
    file: &mut File<'_>,
    datatype: &Datatype,
    span: Span,
    heap_only: bool,
) -> Result<(Vec<Span>, bool), Fault> {
    let mut found = Vec::new();
    let leaves: Vec<_> = datatype
        .leaves
        .iter()
        .filter(|(_, leaf)| !heap_only || matches!(leaf, Leaf::Heap(_)))
        .collect();
    if leaves.is_empty() || datatype.size == 0 {
        return Ok((found, datatype.is_cut));
    }
    // Parts of an element may be made to lie over one another.
    let step = (leaves.len() as u64).saturating_mul(STEP_BYTES);
    let mut at = span.start;
    while at.saturating_add(datatype.size) <= span.end {
        let count = PIECE_BYTES.checked_div(datatype.size).unwrap_or(0).max(1);
        let len = count
            .saturating_mul(datatype.size)
            .min(span.end.saturating_sub(at));
        let piece = file.block(at.saturating_sub(file.base), len)?;
        let size = usize::try_from(datatype.size).unwrap_or(usize::MAX);
        for element in piece.chunks_exact(size) {
            file.charge(step, at)?;
            for (offset, leaf) in &leaves {
                if found.len() >= TEXTS_CAP {
                    return Ok((found, true));
                }
                let offset = *offset;
                found.extend(one(file, element, at, offset, *leaf)?);
            }
            at = at.saturating_add(datatype.size);
        }
    }
    Ok((found, datatype.is_cut))
}

/// What one leaf of an element at `at` leads to.
fn one(
    file: &mut File<'_>,
    element: &[u8],
    at: u64,
    offset: u64,
    leaf: Leaf,
) -> Result<Option<Span>, Fault> {
    let start = at.saturating_add(offset);
    match leaf {
        Leaf::Bytes(len) => {
            let end = start.saturating_add(len);
            Ok((end <= at.saturating_add(element.len() as u64)).then_some(start..end))
        }
        Leaf::Heap(each) => {
            let from = usize::try_from(offset).unwrap_or(usize::MAX);
            let inner = element.get(from..).unwrap_or_default();
            let mut fields = file.fields(inner, start.saturating_sub(file.base));
            let count = u64::from(fields.u32()?);
            let Some(collection) = fields.address()? else {
                return Ok(None);
            };
            let index = fields.u32()?;
            if count == 0 || collection == 0 {
                return Ok(None);
            }
            let object = global::object(file, collection, index)?;
            let end = object
                .start
                .saturating_add(count.saturating_mul(each.max(1)));
            Ok(Some(object.start..end.min(object.end)))
        }
    }
}
