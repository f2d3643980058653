//! Smaller messages, and where shared ones stand.

use super::fields::Fields;
use super::file::File;
use super::fractal::{self, Object};
use super::header::{self, Message, kind};
use crate::wire::Fault;

/// Bytes of the body of a message that is shared in a heap, at most.
const BODY_CAP_BYTES: u64 = 1 << 20;

/// Number of elements of a dataspace, `None` where 64 bits do not hold it, and
/// its dimensions.
pub(super) fn dataspace(fields: &mut Fields<'_>) -> Result<(Option<u64>, Vec<u64>), Fault> {
    let version = fields.version(1..=2, "a dataspace")?;
    let rank = fields.u8()?;
    let _flags = fields.u8()?;
    let kind = match version {
        1 => {
            fields.skip(5)?;
            1
        }
        _ => fields.u8()?,
    };
    let mut count = Some(if kind == 2 { 0 } else { 1u64 });
    let mut dimensions = Vec::with_capacity(usize::from(rank));
    for _ in 0..rank {
        let size = fields.length()?;
        // Nothing times anything is nothing, however long.
        count = match size {
            0 => Some(0),
            _ => count.and_then(|count| count.checked_mul(size)),
        };
        dimensions.push(size);
    }
    Ok((count, dimensions))
}

/// Address of the heap and of the trees of names of dense links or attributes.
pub(super) struct Dense {
    pub heap: Option<u64>,
    pub names: Option<u64>,
    pub order: Option<u64>,
}

/// Read a link info or an attribute info message.
pub(super) fn dense(fields: &mut Fields<'_>, of: u16) -> Result<Dense, Fault> {
    fields.version(0..=0, "a table of names")?;
    let flags = fields.u8()?;
    let width = if of == kind::LINK_INFO { 8 } else { 2 };
    fields.skip(if flags & 1 != 0 { width } else { 0 })?;
    Ok(Dense {
        heap: fields.address()?,
        names: fields.address()?,
        order: if flags & 2 != 0 {
            fields.address()?
        } else {
            None
        },
    })
}

/// The body of a message, wherever it stands: its address, and its bytes.
pub(super) fn resolve(file: &mut File<'_>, message: &Message) -> Result<(u64, Vec<u8>), Fault> {
    match message.is_shared {
        true => shared(file, &mut message.fields(file), message.kind),
        false => Ok((message.address, message.body.clone())),
    }
}

/// Follow a shared message of this type.
pub(super) fn shared(
    file: &mut File<'_>,
    fields: &mut Fields<'_>,
    of: u16,
) -> Result<(u64, Vec<u8>), Fault> {
    let version = fields.version(1..=3, "a shared message")?;
    let place = fields.u8()?;
    if version == 3 && place == 1 {
        let at = fields.at().saturating_sub(file.base);
        let id = fields.take(8)?;
        let bit = 1u16.checked_shl(u32::from(of)).unwrap_or(0);
        let table = file.shared.iter().find(|(types, _)| types & bit != 0);
        let Some(&(_, heap)) = table else {
            return Err(fields.malformed("a message is shared in a table that is not there"));
        };
        let heap = fractal::open(file, heap)?;
        return match heap.object(file, id, at)? {
            Object::At(address, len) if len <= BODY_CAP_BYTES => {
                Ok((address, file.block(address, len)?))
            }
            Object::Tiny(from, len) => {
                let body = id.get(from..from.saturating_add(len)).unwrap_or_default();
                Ok((at.saturating_add(from as u64), body.to_vec()))
            }
            Object::At(_, len) => {
                Err(fields.unsupported(format!("a shared message of {len} bytes is not read")))
            }
        };
    }
    fields.skip(if version == 1 { 6 } else { 0 })?;
    let address = fields.defined()?;
    committed(file, address, of)
}

/// A message of another object: a committed datatype.
fn committed(file: &mut File<'_>, address: u64, of: u16) -> Result<(u64, Vec<u8>), Fault> {
    let known = file.committed.get(&address).cloned();
    if let Some((at, body)) = known.filter(|_| of == kind::DATATYPE) {
        file.charge(body.len() as u64, file.place(at))?;
        return Ok((at, body));
    }
    let (messages, _) = header::read(file, address)?;
    let found = messages.into_iter().find(|m| m.kind == of && !m.is_shared);
    let missing = || Fault::malformed(file.place(address), "a shared message is not there");
    let found = found.ok_or_else(missing)?;
    let body = (found.address, found.body);
    if of == kind::DATATYPE {
        file.committed.insert(address, body.clone());
    }
    Ok(body)
}

/// Read the table of shared messages that the superblock's extension names.
pub(super) fn shared_table(file: &mut File<'_>, fields: &mut Fields<'_>) -> Result<(), Fault> {
    fields.version(0..=0, "the table of shared messages")?;
    let table = fields.defined()?;
    let count = fields.u8()?;
    let each = u64::from(file.widths.offset)
        .saturating_mul(2)
        .saturating_add(14);
    let len = each.saturating_mul(u64::from(count)).saturating_add(8);
    let bytes = file.block(table, len)?;
    file.own(table, len);
    file.check_sum(&bytes, table, "the table of shared messages");
    let mut fields = file.fields(&bytes, table);
    fields.signature(b"SMTB")?;
    for _ in 0..count {
        fields.skip(1)?;
        let is_tree = fields.u8()? == 1;
        let types = fields.u16()?;
        let _least = fields.u32()?;
        let most = u64::from(fields.u16()?);
        fields.skip(2)?;
        let _messages = fields.u16()?;
        let index = fields.address()?;
        if let Some(heap) = fields.address()? {
            file.shared.push((types, heap));
        }
        own_index(file, index, is_tree, most)?;
    }
    Ok(())
}

/// The index of shared messages: nothing in it is needed, but its bytes belong
/// to it.
fn own_index(
    file: &mut File<'_>,
    index: Option<u64>,
    is_tree: bool,
    most: u64,
) -> Result<(), Fault> {
    let Some(address) = index else { return Ok(()) };
    if is_tree {
        let tree = super::btree2::header(file, address)?;
        return tree.walk(file, &mut |_, _| Ok(()));
    }
    let record = u64::from(file.widths.offset).saturating_add(5).max(17);
    let len = most.saturating_mul(record).saturating_add(8);
    file.own(address, len);
    Ok(())
}
