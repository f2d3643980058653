//! Object headers: a list of messages, in one or several blocks.
//!
//! Version 1 has no signature and no checksum; version 2 has both, and smaller
//! messages. Either may go on in *continuation blocks*, which may form a
//! circle: each is read once.

use std::collections::HashSet;

use super::fields::Fields;
use super::file::File;
use crate::report::Span;
use crate::wire::Fault;

/// Messages that one header may have.
const MESSAGES_CAP: usize = 1 << 20;

/// Bytes of the first block that are read to learn its length.
const FRONT_BYTES: u64 = 64;

/// A message whose body stands elsewhere.
const SHARED: u8 = 2;

/// Types of messages.
pub(super) mod kind {
    pub const NIL: u16 = 0;
    pub const DATASPACE: u16 = 1;
    pub const LINK_INFO: u16 = 2;
    pub const DATATYPE: u16 = 3;
    pub const LINK: u16 = 6;
    pub const EXTERNAL_FILES: u16 = 7;
    pub const LAYOUT: u16 = 8;
    pub const FILTERS: u16 = 0xb;
    pub const ATTRIBUTE: u16 = 0xc;
    pub const COMMENT: u16 = 0xd;
    pub const SHARED_TABLE: u16 = 0xf;
    pub const CONTINUATION: u16 = 0x10;
    pub const SYMBOL_TABLE: u16 = 0x11;
    pub const ATTRIBUTE_INFO: u16 = 0x15;
    /// The last one that is known.
    pub const LAST: u16 = 0x18;
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub kind: u16,
    /// Whether the body says where the message is.
    pub is_shared: bool,
    /// Address of the body.
    pub address: u64,
    pub body: Vec<u8>,
}

impl Message {
    pub fn fields<'b>(&'b self, file: &File<'_>) -> Fields<'b> {
        file.fields(&self.body, self.address)
    }

    pub fn span(&self, file: &File<'_>) -> Span {
        let start = file.place(self.address);
        start..start.saturating_add(self.body.len() as u64)
    }
}

/// A header that is being read.
struct Reading {
    version: u8,
    /// Whether messages have an order.
    is_ordered: bool,
    messages: Vec<Message>,
    /// Blocks to come: address and length.
    blocks: Vec<(u64, u64)>,
    known: HashSet<u64>,
}

/// The messages of the object whose header is at `address`. What was read
/// before a fault counts: a fault in a later block is in the second place.
pub(super) fn read(
    file: &mut File<'_>,
    address: u64,
) -> Result<(Vec<Message>, Option<Fault>), Fault> {
    let front = file.beginning(address, FRONT_BYTES)?;
    let mut reading = Reading {
        version: 1,
        is_ordered: false,
        messages: Vec::new(),
        blocks: Vec::new(),
        known: HashSet::from([address]),
    };
    let (start, len) = match front.starts_with(b"OHDR") {
        true => reading.new_front(file, address, &front)?,
        false => old_front(file, address, &front)?,
    };
    let mut trouble = reading.block(file, address, start, len).err();
    while trouble.is_none()
        && let Some((address, len)) = reading.blocks.pop()
    {
        trouble = reading.continuation(file, address, len).err();
    }
    match trouble {
        Some(fault) if fault.ends_job() => Err(fault),
        trouble => Ok((reading.messages, trouble)),
    }
}

/// Length of the front and of the whole block of version 1.
fn old_front(file: &File<'_>, address: u64, front: &[u8]) -> Result<(u64, u64), Fault> {
    let mut fields = file.fields(front, address);
    fields.version(1..=1, "an object header")?;
    fields.skip(7)?;
    let len = u64::from(fields.u32()?);
    Ok((16, len.saturating_add(16)))
}

impl Reading {
    /// The same of version 2; its checksum is in the length.
    fn new_front(
        &mut self,
        file: &File<'_>,
        address: u64,
        front: &[u8],
    ) -> Result<(u64, u64), Fault> {
        let mut fields = file.fields(front, address);
        fields.skip(4)?;
        self.version = fields.version(2..=2, "an object header")?;
        let flags = fields.u8()?;
        self.is_ordered = flags & 4 != 0;
        fields.skip(if flags & 0x20 != 0 { 16 } else { 0 })?;
        fields.skip(if flags & 0x10 != 0 { 4 } else { 0 })?;
        let len = fields.uint(1 << (flags & 3))?;
        let start = fields.position() as u64;
        Ok((start, len.saturating_add(start).saturating_add(4)))
    }

    /// Read a continuation block.
    fn continuation(&mut self, file: &mut File<'_>, address: u64, len: u64) -> Result<(), Fault> {
        if !self.known.insert(address) {
            let at = file.place(address);
            return Err(Fault::malformed(
                at,
                "the blocks of an object form a circle",
            ));
        }
        let start = if self.version == 1 { 0 } else { 4 };
        self.block(file, address, start, len)
    }

    /// Read the messages of a block of `len` bytes, which begin at `start` in
    /// it.
    fn block(
        &mut self,
        file: &mut File<'_>,
        address: u64,
        start: u64,
        len: u64,
    ) -> Result<(), Fault> {
        let bytes = file.block(address, len)?;
        file.own(address, start);
        let front = usize::try_from(start).unwrap_or(usize::MAX);
        let messages = match self.version {
            1 => bytes.as_slice(),
            _ => {
                file.check_sum(&bytes, address, "an object header");
                let is_known = front != 4 || bytes.starts_with(b"OCHK");
                if !is_known {
                    let at = file.place(address);
                    return Err(Fault::malformed(at, "there is no `OCHK` here"));
                }
                file.own(address.saturating_add(len.saturating_sub(4)), 4);
                bytes
                    .split_last_chunk::<4>()
                    .map_or(&[][..], |(front, _)| front)
            }
        };
        let mut fields = file.fields(messages, address);
        fields.skip(front)?;
        while fields.remaining() >= self.least() {
            self.message(file, address, &mut fields)?;
        }
        Ok(())
    }

    /// Bytes in front of a message.
    fn least(&self) -> usize {
        match (self.version, self.is_ordered) {
            (1, _) => 8,
            (_, true) => 6,
            _ => 4,
        }
    }

    fn message(
        &mut self,
        file: &mut File<'_>,
        block: u64,
        fields: &mut Fields<'_>,
    ) -> Result<(), Fault> {
        let begin = block.saturating_add(fields.position() as u64);
        let kind = match self.version {
            1 => fields.u16()?,
            _ => u16::from(fields.u8()?),
        };
        let len = usize::from(fields.u16()?);
        let flags = fields.u8()?;
        let read = if self.version == 1 { 5 } else { 4 };
        fields.skip(self.least().saturating_sub(read))?;
        let address = block.saturating_add(fields.position() as u64);
        let body = fields.take(len)?;
        let front = address.saturating_sub(begin);
        match kind {
            kind::NIL => file.own(begin, front),
            _ => file.own(begin, front.saturating_add(len as u64)),
        }
        if self.messages.len() >= MESSAGES_CAP {
            return Err(
                fields.unsupported(format!("an object of more than {MESSAGES_CAP} messages"))
            );
        }
        let is_shared = flags & SHARED != 0;
        if kind == kind::CONTINUATION && !is_shared {
            let mut inner = file.fields(body, address);
            self.blocks.push((inner.defined()?, inner.length()?));
        } else if kind != kind::NIL {
            self.messages.push(Message {
                kind,
                is_shared,
                address,
                body: body.to_vec(),
            });
        }
        Ok(())
    }
}
