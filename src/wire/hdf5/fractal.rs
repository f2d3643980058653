//! Fractal heaps: where links, attributes and shared messages lie that do not
//! fit a header.
//!
//! *Managed* objects lie in blocks whose sizes double row by row, found by an
//! offset in a space of their own; *huge* ones lie by themselves, found by
//! address or by a number in a tree; *tiny* ones stand in the id.

use std::collections::HashMap;
use std::rc::Rc;

use super::btree2;
use super::fields::Fields;
use super::file::File;
use crate::wire::Fault;

/// Bytes of a header that are read at most: its fields, and filters.
const HEADER_BYTES: u64 = 1 << 10;

/// Largest block that a heap may have, in bytes, and rows and width of a table.
const DIRECT_CAP_BYTES: u64 = 1 << 40;
const ROWS_CAP: u64 = 256;
const WIDTH_CAP: u64 = 4096;

/// Blocks within blocks.
const LEVELS_CAP: usize = 64;

/// A heap: its table, and where huge objects are.
#[derive(Debug, Default)]
pub(super) struct Heap {
    id_len: usize,
    offset_len: usize,
    length_len: usize,
    has_sums: bool,
    width: u64,
    start: u64,
    most: u64,
    root: Option<u64>,
    rows: u64,
    /// Huge objects whose ids say where they are.
    is_direct: bool,
    huge: HashMap<u64, (u64, u64)>,
}

/// An object in a heap: where it is, or what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Object {
    /// Address and length.
    At(u64, u64),
    /// It stands in its id, from so many bytes on.
    Tiny(usize, usize),
}

/// The heap whose header is at `address`: read once.
pub(super) fn open(file: &mut File<'_>, address: u64) -> Result<Rc<Heap>, Fault> {
    if let Some(heap) = file.heaps.get(&address) {
        return Ok(Rc::clone(heap));
    }
    let bytes = file.beginning(address, HEADER_BYTES)?;
    let mut fields = file.fields(&bytes, address);
    fields.signature(b"FRHP")?;
    fields.version(0..=0, "a heap")?;
    let id_len = usize::from(fields.u16()?);
    let filtered = usize::from(fields.u16()?);
    let flags = fields.u8()?;
    let largest = u64::from(fields.u32()?);
    let _next = fields.length()?;
    let huge = fields.address()?;
    let _free = fields.length()?;
    let manager = fields.address()?;
    for _ in 0..8 {
        fields.length()?;
    }
    let mut heap = table(&mut fields, largest)?;
    heap.id_len = id_len;
    heap.has_sums = flags & 2 != 0;
    if filtered > 0 {
        return Err(fields.unsupported("a heap whose blocks are packed is not read"));
    }
    let len = fields.position().saturating_add(4);
    file.own(address, len as u64);
    file.check_sum(bytes.get(..len).unwrap_or_default(), address, "a heap");
    let wide = usize::from(file.widths.offset).saturating_add(usize::from(file.widths.length));
    heap.is_direct = id_len > wide;
    own_free_space(file, manager);
    heap.own_blocks(file)?;
    if let Some(huge) = huge {
        heap.find_huge(file, huge)?;
    }
    let heap = Rc::new(heap);
    file.heaps.insert(address, Rc::clone(&heap));
    Ok(heap)
}

/// The doubling table, up to the number of rows of the root.
fn table(fields: &mut Fields<'_>, largest: u64) -> Result<Heap, Fault> {
    let width = u64::from(fields.u16()?);
    let (start, most) = (fields.length()?, fields.length()?);
    let bits = u64::from(fields.u16()?);
    let _first_rows = fields.u16()?;
    let root = fields.address()?;
    let rows = u64::from(fields.u16()?);
    let is_sane = (1..=WIDTH_CAP).contains(&width)
        && start.is_power_of_two()
        && most.is_power_of_two()
        && (start..=DIRECT_CAP_BYTES).contains(&most)
        && width.is_power_of_two()
        && rows <= ROWS_CAP
        && bits <= 64;
    if !is_sane {
        return Err(fields.malformed("the table of a heap cannot be so"));
    }
    let by_block = most.ilog2().div_ceil(8);
    let by_object = (largest.max(1).ilog2() / 8).saturating_add(1);
    Ok(Heap {
        offset_len: bits.div_ceil(8) as usize,
        length_len: by_block.min(by_object) as usize,
        width,
        start,
        most,
        root,
        rows,
        ..Heap::default()
    })
}

/// The manager of the free space, and its list.
fn own_free_space(file: &mut File<'_>, manager: Option<u64>) {
    let widths = file.widths;
    let (o, l) = (u64::from(widths.offset), u64::from(widths.length));
    let len = o.saturating_add(l.saturating_mul(7)).saturating_add(18);
    let Some(address) = manager else { return };
    // A manager that cannot be read leaves its bytes to nobody.
    let Ok(bytes) = file.block(address, len) else {
        return;
    };
    let mut fields = file.fields(&bytes, address);
    let list = |fields: &mut Fields<'_>| -> Result<(Option<u64>, u64), Fault> {
        fields.signature(b"FSHD")?;
        fields.skip(2)?;
        for _ in 0..4 {
            fields.length()?;
        }
        fields.skip(8)?;
        fields.length()?;
        let list = fields.address()?;
        fields.length()?;
        Ok((list, fields.length()?))
    };
    if let Ok((list, allocated)) = list(&mut fields) {
        file.own(address, len);
        if let Some(list) = list {
            file.own(list, allocated);
        }
    }
}

impl Heap {
    /// Bytes of a block in a row.
    fn block_len(&self, row: u64) -> u64 {
        let doubled = u32::try_from(row.saturating_sub(1)).unwrap_or(u32::MAX);
        self.start
            .checked_shl(doubled)
            .unwrap_or(u64::MAX)
            .max(self.start)
    }

    /// Offset of a row in its table.
    fn row_offset(&self, row: u64) -> u64 {
        match row {
            0 => 0,
            row => self.width.saturating_mul(self.block_len(row)),
        }
    }

    /// Rows whose entries are blocks of objects.
    fn direct_rows(&self) -> u64 {
        let doubled = self.most.ilog2().saturating_sub(self.start.ilog2());
        u64::from(doubled).saturating_add(2)
    }

    /// Rows of a block of blocks of so many bytes.
    fn rows_of(&self, len: u64) -> u64 {
        let first = self.start.ilog2().saturating_add(self.width.ilog2());
        u64::from(len.max(1).ilog2().saturating_sub(first)).saturating_add(1)
    }

    /// Bytes in front of the entries of a block of blocks.
    fn front_len(&self, file: &File<'_>) -> u64 {
        u64::from(file.widths.offset)
            .saturating_add(5)
            .saturating_add(self.offset_len as u64)
    }

    /// Own every block, once.
    fn own_blocks(&self, file: &mut File<'_>) -> Result<(), Fault> {
        let Some(root) = self.root else {
            return Ok(());
        };
        if self.rows == 0 {
            return self.own_direct(file, root, self.start);
        }
        let mut tables = vec![(root, self.rows)];
        while let Some((address, rows)) = tables.pop() {
            file.enter(address)?;
            let rows = rows.min(ROWS_CAP);
            let offset = u64::from(file.widths.offset);
            let front = self.front_len(file);
            let entries = rows.saturating_mul(self.width);
            let len = entries.saturating_mul(offset).saturating_add(front);
            let len = len.saturating_add(4);
            let bytes = file.block(address, len)?;
            file.own(address, len);
            let mut fields = file.fields(&bytes, address);
            fields.signature(b"FHIB")?;
            file.check_sum(&bytes, address, "a block of a heap");
            fields.skip(
                usize::try_from(front)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(4),
            )?;
            for row in 0..rows {
                for _ in 0..self.width {
                    let size = self.block_len(row);
                    match fields.address()? {
                        Some(child) if row < self.direct_rows() => {
                            self.own_direct(file, child, size)?
                        }
                        Some(child) => tables.push((child, self.rows_of(size))),
                        None => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn own_direct(&self, file: &mut File<'_>, address: u64, len: u64) -> Result<(), Fault> {
        file.enter(address)?;
        file.own(address, len);
        if !self.has_sums || len > super::file::BLOCK_CAP_BYTES {
            return Ok(());
        }
        let mut bytes = file.block(address, len)?;
        let at = usize::try_from(self.front_len(file)).unwrap_or(usize::MAX);
        let Some(sum) = bytes.get_mut(at..at.saturating_add(4)) else {
            return Ok(());
        };
        let mut stated = [0; 4];
        stated
            .iter_mut()
            .zip(sum.iter())
            .for_each(|(to, from)| *to = *from);
        sum.fill(0);
        if super::checksum::lookup3(&bytes) != u32::from_le_bytes(stated) {
            file.wrong_sum(address, len, "a block of a heap");
        }
        Ok(())
    }

    /// Learn where huge objects are, whose ids are numbers.
    fn find_huge(&mut self, file: &mut File<'_>, address: u64) -> Result<(), Fault> {
        let tree = btree2::header(file, address)?;
        let widths = file.widths;
        let mut found = Vec::new();
        tree.walk(file, &mut |record, at| {
            let mut fields = Fields::new(record, at, widths);
            let (address, len) = (fields.defined()?, fields.length()?);
            let id = match tree.kind {
                1 => fields.length()?,
                _ => u64::MAX,
            };
            found.push((id, (address, len)));
            Ok(())
        })?;
        for (id, (address, len)) in found {
            file.own(address, len);
            self.huge.insert(id, (address, len));
        }
        Ok(())
    }

    /// The object with this id.
    pub fn object(&self, file: &mut File<'_>, id: &[u8], at: u64) -> Result<Object, Fault> {
        let mut fields = file.fields(id, at);
        let first = fields.u8()?;
        match (first >> 4) & 3 {
            0 => {
                let offset = fields.uint(self.offset_len)?;
                let len = fields.uint(self.length_len)?;
                let address = self.managed(file, offset, &fields)?;
                Ok(Object::At(address, len))
            }
            1 if self.is_direct => Ok(Object::At(fields.defined()?, fields.length()?)),
            1 => {
                let wide = fields.remaining().min(usize::from(file.widths.length));
                let number = fields.uint(wide)?;
                let found = self.huge.get(&number).copied();
                let (address, len) =
                    found.ok_or_else(|| fields.malformed("a heap has no such object"))?;
                Ok(Object::At(address, len))
            }
            2 if self.id_len > 18 => {
                let low = usize::from(fields.u8()?);
                let len = (usize::from(first & 15) << 8) | low;
                Ok(Object::Tiny(2, len.saturating_add(1)))
            }
            2 => Ok(Object::Tiny(1, usize::from(first & 15).saturating_add(1))),
            _ => Err(fields.malformed("an object of a heap of no known kind")),
        }
    }

    /// The address of an offset in the space of managed objects.
    fn managed(&self, file: &mut File<'_>, offset: u64, fields: &Fields<'_>) -> Result<u64, Fault> {
        let missing = || fields.malformed("a heap has no block at this offset");
        let mut table = self.root.ok_or_else(missing)?;
        let mut rows = self.rows;
        let mut inner = offset;
        if rows == 0 {
            return Ok(table.saturating_add(inner));
        }
        let first = self.width.saturating_mul(self.start);
        for _ in 0..LEVELS_CAP {
            let row = match inner.checked_div(first) {
                None | Some(0) => 0,
                Some(times) => u64::from(times.ilog2()).saturating_add(1),
            };
            if row >= rows {
                return Err(missing());
            }
            let len = self.block_len(row);
            inner = inner.saturating_sub(self.row_offset(row));
            let column = inner.checked_div(len).unwrap_or(0);
            inner = inner.saturating_sub(column.saturating_mul(len));
            let entry = row.saturating_mul(self.width).saturating_add(column);
            let width = u64::from(file.widths.offset);
            let at = table
                .saturating_add(self.front_len(file))
                .saturating_add(entry.saturating_mul(width));
            let bytes = file.block(at, width)?;
            let child = file.fields(&bytes, at).address()?.ok_or_else(missing)?;
            if row < self.direct_rows() {
                return Ok(child.saturating_add(inner));
            }
            (table, rows) = (child, self.rows_of(len));
        }
        Err(missing())
    }
}
