//! B-trees of version 1: names of old groups, and chunks of old datasets.

use super::event::Chunk;
use super::file::File;
use crate::wire::Fault;

/// Levels that a tree may have; a node has two children at least.
const LEVELS_CAP: u8 = 64;

/// Nodes of a group's names lead to these, by address, in order.
pub(super) fn leaves(file: &mut File<'_>, root: u64) -> Result<Vec<u64>, Fault> {
    let mut found = Vec::new();
    let key = usize::from(file.widths.length);
    walk(file, root, 0, key, &mut |_, child| found.push(child))?;
    Ok(found)
}

/// The chunks of a dataset of so many dimensions, the element's own included.
pub(super) fn chunks(
    file: &mut File<'_>,
    root: u64,
    dimensions: usize,
    found: &mut Vec<Chunk>,
) -> Result<(), Fault> {
    let key = dimensions.saturating_mul(8).saturating_add(8);
    let base = file.base;
    walk(file, root, 1, key, &mut |key, child| {
        let number = |bytes: Option<&[u8]>| {
            let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_le_bytes)
        };
        let start = base.saturating_add(child);
        let len = u64::from(number(key.get(..4)));
        found.push(Chunk {
            span: start..start.saturating_add(len),
            skipped: number(key.get(4..8)),
        });
    })
}

/// Hand the key and the child of every entry of the lowest nodes over.
fn walk(
    file: &mut File<'_>,
    root: u64,
    kind: u8,
    key: usize,
    see: &mut dyn FnMut(&[u8], u64),
) -> Result<(), Fault> {
    let offset = usize::from(file.widths.offset);
    let mut nodes = vec![(root, None)];
    while let Some((address, expected)) = nodes.pop() {
        file.enter(address)?;
        let front = offset.saturating_mul(2).saturating_add(8);
        let bytes = file.block(address, front as u64)?;
        let mut fields = file.fields(&bytes, address);
        fields.signature(b"TREE")?;
        let (found, level) = (fields.u8()?, fields.u8()?);
        if found != kind || level > LEVELS_CAP || expected.is_some_and(|e| e != level) {
            return Err(fields.malformed("a node of a tree is not where it belongs"));
        }
        let count = usize::from(fields.u16()?);
        let step = key.saturating_add(offset);
        let len = front
            .saturating_add(count.saturating_mul(step))
            .saturating_add(key);
        let bytes = file.block(address, len as u64)?;
        file.own(address, len as u64);
        let mut fields = file.fields(&bytes, address);
        fields.skip(front)?;
        let first = nodes.len();
        for _ in 0..count {
            let key = fields.take(key)?;
            let child = fields.defined()?;
            match level.checked_sub(1) {
                None => see(key, child),
                Some(below) => nodes.push((child, Some(below))),
            }
        }
        if let Some(new) = nodes.get_mut(first..) {
            new.reverse();
        }
    }
    Ok(())
}
