//! Groups: the names in them, in both styles.

use super::btree1;
use super::btree2;
use super::event::Target;
use super::file::File;
use super::fractal::{self, Object};
use super::header::{Message, kind};
use super::link::{self, Named, To};
use super::messages::{self, Dense};
use crate::report::Span;
use crate::wire::Fault;

/// Bytes of a link that lies in a heap, at most.
const LINK_CAP_BYTES: u64 = 1 << 20;

/// An entry of a group, and where it lies.
pub(super) struct Entry {
    pub at: Span,
    pub named: Named,
}

/// A heap of names.
pub(super) struct LocalHeap {
    bytes: Vec<u8>,
}

impl LocalHeap {
    /// Read the heap whose header is at `address`.
    pub fn open(file: &mut File<'_>, address: u64) -> Result<Self, Fault> {
        let len = u64::from(file.widths.length)
            .saturating_mul(2)
            .saturating_add(u64::from(file.widths.offset))
            .saturating_add(8);
        let bytes = file.block(address, len)?;
        file.own(address, len);
        let mut fields = file.fields(&bytes, address);
        fields.signature(b"HEAP")?;
        fields.version(0..=0, "a heap of names")?;
        fields.skip(3)?;
        let size = fields.length()?;
        let _free = fields.length()?;
        let segment = fields.defined()?;
        let bytes = file.block(segment, size)?;
        file.own(segment, size);
        Ok(LocalHeap { bytes })
    }

    /// The text at an offset, up to its NUL.
    pub fn text(&self, offset: u64) -> Option<String> {
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let end = memchr::memchr(0, rest).unwrap_or(rest.len());
        Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
    }
}

/// Takes the entries of a group.
pub(super) type See<'s> = &'s mut dyn FnMut(Entry);

/// The entries that a message of a group leads to.
pub(super) fn entries(file: &mut File<'_>, message: &Message, see: See<'_>) -> Result<(), Fault> {
    let mut fields = message.fields(file);
    match message.kind {
        kind::LINK => {
            let named = link::read(&mut fields)?;
            let at = message.span(file);
            see(Entry { at, named });
            Ok(())
        }
        kind::LINK_INFO => {
            let dense = messages::dense(&mut fields, kind::LINK_INFO)?;
            dense_links(file, &dense, see)
        }
        kind::SYMBOL_TABLE => {
            let (tree, heap) = (fields.defined()?, fields.defined()?);
            symbols(file, tree, heap, see)
        }
        _ => Ok(()),
    }
}

/// A symbol table: a tree that leads to nodes of entries.
fn symbols(file: &mut File<'_>, tree: u64, heap: u64, see: See<'_>) -> Result<(), Fault> {
    let heap = LocalHeap::open(file, heap)?;
    let each = u64::from(file.widths.offset)
        .saturating_mul(2)
        .saturating_add(24);
    for node in btree1::leaves(file, tree)? {
        file.enter(node)?;
        let front = file.block(node, 8)?;
        let mut fields = file.fields(&front, node);
        fields.signature(b"SNOD")?;
        fields.skip(2)?;
        let count = u64::from(fields.u16()?);
        let len = each.saturating_mul(count).saturating_add(8);
        let bytes = file.block(node, len)?;
        file.own(node, len);
        let mut fields = file.fields(&bytes, node);
        fields.skip(8)?;
        for _ in 0..count {
            let start = fields.at();
            let offset = fields.uint(usize::from(file.widths.offset))?;
            let name = heap.text(offset);
            let object = fields.address()?;
            let cache = fields.u32()?;
            fields.skip(4)?;
            let value = u64::from(fields.u32()?);
            fields.skip(12)?;
            let name = name.ok_or_else(|| fields.malformed("a name is not in its heap"))?;
            let to = match (cache, object) {
                (2, _) | (_, None) => To::Else(Target::Soft(heap.text(value).unwrap_or_default())),
                (_, Some(object)) => To::Object(object),
            };
            let at = start..fields.at();
            see(Entry {
                at,
                named: Named { name, to },
            });
        }
    }
    Ok(())
}

/// Links in a heap, by the tree of their names.
fn dense_links(file: &mut File<'_>, dense: &Dense, see: See<'_>) -> Result<(), Fault> {
    each(file, dense, 4, &mut |file, address, len| {
        if len > LINK_CAP_BYTES {
            let span = file.span(address, len)?;
            let what = format!("a link of {len} bytes is not read");
            return Err(Fault::unsupported(span.start, what));
        }
        let bytes = file.block(address, len)?;
        let named = link::read(&mut file.fields(&bytes, address))?;
        let at = file.span(address, len)?;
        see(Entry { at, named });
        Ok(())
    })
}

/// Takes the address and the length of an object in a heap.
pub(super) type SeeObject<'s> = &'s mut dyn FnMut(&mut File<'_>, u64, u64) -> Result<(), Fault>;

/// Every object that the tree of names leads to. Ids stand `front` bytes into
/// a record.
pub(super) fn each(
    file: &mut File<'_>,
    dense: &Dense,
    front: usize,
    see: SeeObject<'_>,
) -> Result<(), Fault> {
    let Some(heap) = dense.heap else {
        return Ok(());
    };
    let heap = fractal::open(file, heap)?;
    let mut ids: Vec<(Vec<u8>, u64)> = Vec::new();
    if let Some(names) = dense.names {
        let tree = btree2::header(file, names)?;
        tree.walk(file, &mut |record, at| {
            ids.push((record.get(front..).unwrap_or_default().to_vec(), at));
            Ok(())
        })?;
    }
    if let Some(order) = dense.order {
        let tree = btree2::header(file, order)?;
        tree.walk(file, &mut |_, _| Ok(()))?;
    }
    for (id, at) in ids {
        match heap.object(file, &id, at)? {
            Object::At(address, len) => see(file, address, len)?,
            Object::Tiny(from, len) => {
                let place = at.saturating_add(front as u64).saturating_add(from as u64);
                see(file, place, len as u64)?;
            }
        }
    }
    Ok(())
}
