//! Global heaps: collections of runs of bytes, to which elements of variable
//! length lead.

use std::collections::HashMap;

use super::file::File;
use crate::report::Span;
use crate::wire::Fault;

/// Objects of a collection by their number.
pub(super) type Collection = HashMap<u16, Span>;

/// The bytes of object `index` of the collection at `address`.
pub(super) fn object(file: &mut File<'_>, address: u64, index: u32) -> Result<Span, Fault> {
    if !file.collections.contains_key(&address) {
        let collection = read(file, address)?;
        file.collections.insert(address, collection);
    }
    let found = u16::try_from(index)
        .ok()
        .and_then(|index| file.collections.get(&address)?.get(&index).cloned());
    found.ok_or_else(|| {
        let what = format!("a heap has no object {index}");
        Fault::malformed(file.place(address), what)
    })
}

fn read(file: &mut File<'_>, address: u64) -> Result<Collection, Fault> {
    file.enter(address)?;
    let length = usize::from(file.widths.length);
    let front = length.saturating_add(8).next_multiple_of(8);
    let bytes = file.block(address, front as u64)?;
    let mut fields = file.fields(&bytes, address);
    fields.signature(b"GCOL")?;
    fields.version(1..=1, "a heap")?;
    fields.skip(3)?;
    let len = fields.length()?;
    let bytes = file.block(address, len.max(front as u64))?;
    file.own(address, front as u64);
    let mut fields = file.fields(&bytes, address);
    fields.skip(front)?;
    let mut found = Collection::new();
    while fields.remaining() >= front {
        let begin = address.saturating_add(fields.position() as u64);
        let index = fields.u16()?;
        fields.skip(6)?;
        let size = fields.length()?;
        fields.skip(front.saturating_sub(length).saturating_sub(8))?;
        // What is free has the number zero, and is the last.
        if index == 0 {
            file.own(begin, front as u64);
            break;
        }
        let start = fields.at();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        fields.skip(size)?;
        found.insert(index, start..fields.at());
        let used = fields.position();
        let padded = size.checked_next_multiple_of(8).unwrap_or(size);
        fields.skip(padded.saturating_sub(size).min(fields.remaining()))?;
        let end = address.saturating_add(used as u64);
        file.own(begin, end.saturating_sub(begin));
    }
    Ok(found)
}
