//! Indexes of chunks that are arrays: fixed and extensible ones.
//!
//! An element is the address of a chunk, and where chunks are packed its
//! length and the filters that were left out. Large blocks of elements are
//! stored in pages with a checksum each; pages that were never written hold
//! nothing, which a bit says.

use super::fields::Fields;
use super::file::File;
use crate::wire::Fault;

/// Elements that an index may have.
const ELEMENTS_CAP: u64 = 1 << 32;

/// What both kinds have in common.
struct Array {
    element: u64,
    /// Elements of a page.
    page: u64,
    /// Signature of the blocks that hold elements, and bytes in front of them.
    signature: &'static [u8; 4],
    front: u64,
}

/// Takes an element's fields.
type See<'s> = &'s mut dyn FnMut(Fields<'_>) -> Result<(), Fault>;

impl Array {
    /// Read a block of `count` elements. `bits` says which pages were written,
    /// where that does not stand in the block itself.
    fn block(
        &self,
        file: &mut File<'_>,
        address: u64,
        count: u64,
        bits: Option<&[u8]>,
        see: See<'_>,
    ) -> Result<(), Fault> {
        file.enter(address)?;
        if count <= self.page {
            let len = count
                .saturating_mul(self.element)
                .saturating_add(self.front);
            let bytes = file.block(address, len.saturating_add(4))?;
            file.own(address, len.saturating_add(4));
            file.check_sum(&bytes, address, "an index of chunks");
            let mut fields = file.fields(&bytes, address);
            fields.signature(self.signature)?;
            fields.skip(
                usize::try_from(self.front)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(4),
            )?;
            return self.elements(&mut fields, count, see);
        }
        let pages = count.div_ceil(self.page.max(1));
        let bitmap = match bits {
            Some(_) => 0,
            None => pages.div_ceil(8),
        };
        let front = self.front.saturating_add(bitmap).saturating_add(4);
        let bytes = file.block(address, front)?;
        file.own(address, front);
        file.check_sum(&bytes, address, "an index of chunks");
        let mut fields = file.fields(&bytes, address);
        fields.signature(self.signature)?;
        fields.skip(
            usize::try_from(self.front)
                .unwrap_or(usize::MAX)
                .saturating_sub(4),
        )?;
        let own = fields.take(usize::try_from(bitmap).unwrap_or(usize::MAX))?;
        let bits = bits.unwrap_or(own);
        let step = self.page.saturating_mul(self.element).saturating_add(4);
        for number in 0..pages {
            let byte = usize::try_from(number / 8).ok().and_then(|at| bits.get(at));
            let is_written = byte.is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0);
            let left = count.saturating_sub(number.saturating_mul(self.page));
            let at = number.saturating_mul(step).saturating_add(front);
            let address = address.saturating_add(at);
            if is_written {
                self.written_page(file, address, left.min(self.page), see)?;
            }
        }
        Ok(())
    }

    fn written_page(
        &self,
        file: &mut File<'_>,
        address: u64,
        count: u64,
        see: See<'_>,
    ) -> Result<(), Fault> {
        let len = count.saturating_mul(self.element).saturating_add(4);
        let bytes = file.block(address, len)?;
        file.own(address, len);
        file.check_sum(&bytes, address, "a page of an index");
        let mut fields = file.fields(&bytes, address);
        self.elements(&mut fields, count, see)
    }

    fn elements(&self, fields: &mut Fields<'_>, count: u64, see: See<'_>) -> Result<(), Fault> {
        let len = usize::try_from(self.element).unwrap_or(usize::MAX);
        for _ in 0..count {
            see(fields.part(len)?)?;
        }
        Ok(())
    }
}

/// The elements of a fixed array.
pub(super) fn fixed(file: &mut File<'_>, address: u64, see: See<'_>) -> Result<(), Fault> {
    file.enter(address)?;
    let (o, l) = (u64::from(file.widths.offset), u64::from(file.widths.length));
    let len = o.saturating_add(l).saturating_add(12);
    let bytes = file.block(address, len)?;
    file.own(address, len);
    file.check_sum(&bytes, address, "an index of chunks");
    let mut fields = file.fields(&bytes, address);
    fields.signature(b"FAHD")?;
    fields.version(0..=0, "an index of chunks")?;
    fields.skip(1)?;
    let element = u64::from(fields.u8()?);
    let bits = fields.u8()?;
    let count = fields.length()?;
    let block = fields.address()?;
    let array = Array {
        element,
        page: 1u64.checked_shl(u32::from(bits)).unwrap_or(u64::MAX),
        signature: b"FADB",
        front: o.saturating_add(6),
    };
    if element == 0 || count > ELEMENTS_CAP {
        return Err(fields.malformed("an index of chunks cannot be so"));
    }
    match block {
        Some(block) => array.block(file, block, count, None, see),
        None => Ok(()),
    }
}

/// What the header of an extensible array says.
struct Extensible {
    array: Array,
    /// Elements of the index block, of the first data block, and blocks that
    /// the first super block of its own has.
    first: u64,
    least: u64,
    pointers: u64,
    /// Bits of the number of elements.
    bits: u32,
}

/// The elements of an extensible array.
pub(super) fn extensible(file: &mut File<'_>, address: u64, see: See<'_>) -> Result<(), Fault> {
    file.enter(address)?;
    let (o, l) = (u64::from(file.widths.offset), u64::from(file.widths.length));
    let len = l.saturating_mul(6).saturating_add(o).saturating_add(16);
    let bytes = file.block(address, len)?;
    file.own(address, len);
    file.check_sum(&bytes, address, "an index of chunks");
    let mut fields = file.fields(&bytes, address);
    fields.signature(b"EAHD")?;
    fields.version(0..=0, "an index of chunks")?;
    fields.skip(1)?;
    let element = u64::from(fields.u8()?);
    let bits = u32::from(fields.u8()?);
    let (first, least) = (u64::from(fields.u8()?), u64::from(fields.u8()?));
    let pointers = u64::from(fields.u8()?);
    let page = u32::from(fields.u8()?);
    for _ in 0..6 {
        fields.length()?;
    }
    let index = fields.address()?;
    let is_sane = element > 0
        && bits <= 64
        && least.is_power_of_two()
        && pointers.is_power_of_two()
        && pointers > 1
        && bits >= least.ilog2();
    if !is_sane {
        return Err(fields.malformed("an index of chunks cannot be so"));
    }
    let header = Extensible {
        array: Array {
            element,
            page: 1u64.checked_shl(page).unwrap_or(u64::MAX),
            signature: b"EADB",
            front: o
                .saturating_add(6)
                .saturating_add(u64::from(bits.div_ceil(8))),
        },
        first,
        least,
        pointers,
        bits,
    };
    match index {
        Some(index) => header.index(file, index, see),
        None => Ok(()),
    }
}

impl Extensible {
    /// Data blocks of a super block, and elements of each.
    fn super_block(&self, number: u32) -> (u64, u64) {
        let shift = |value: u64, by: u32| value.checked_shl(by).unwrap_or(u64::MAX);
        (
            shift(1, number / 2),
            shift(self.least, number.saturating_add(1) / 2),
        )
    }

    /// The index block: elements, then addresses of data blocks, then of super
    /// blocks.
    fn index(&self, file: &mut File<'_>, address: u64, see: See<'_>) -> Result<(), Fault> {
        file.enter(address)?;
        let offset = u64::from(file.widths.offset);
        let here = self.pointers.ilog2().saturating_mul(2);
        let blocks = self.pointers.saturating_sub(1).saturating_mul(2);
        let all = self
            .bits
            .saturating_sub(self.least.ilog2())
            .saturating_add(1);
        let supers = all.saturating_sub(here);
        let addresses = blocks.saturating_add(u64::from(supers));
        let elements = self.first.saturating_mul(self.array.element);
        let front = offset.saturating_add(6);
        let len = addresses
            .saturating_mul(offset)
            .saturating_add(elements)
            .saturating_add(front)
            .saturating_add(4);
        let bytes = file.block(address, len)?;
        file.own(address, len);
        file.check_sum(&bytes, address, "an index of chunks");
        let mut fields = file.fields(&bytes, address);
        fields.signature(b"EAIB")?;
        fields.skip(
            usize::try_from(front)
                .unwrap_or(usize::MAX)
                .saturating_sub(4),
        )?;
        self.array.elements(&mut fields, self.first, see)?;
        for number in 0..here {
            let (count, elements) = self.super_block(number);
            for _ in 0..count {
                if let Some(block) = fields.address()? {
                    self.array.block(file, block, elements, Some(&[]), see)?;
                }
            }
        }
        for number in here..all {
            if let Some(block) = fields.address()? {
                self.secondary(file, block, number, see)?;
            }
        }
        Ok(())
    }

    /// A super block: bits of the pages of its data blocks, then their
    /// addresses.
    fn secondary(
        &self,
        file: &mut File<'_>,
        address: u64,
        number: u32,
        see: See<'_>,
    ) -> Result<(), Fault> {
        file.enter(address)?;
        let (count, elements) = self.super_block(number);
        let page = self.array.page;
        let bits = match elements > page {
            true => elements.div_ceil(page.max(1)).div_ceil(8),
            false => 0,
        };
        let offset = u64::from(file.widths.offset);
        let len = bits
            .saturating_add(offset)
            .saturating_mul(count)
            .saturating_add(self.array.front)
            .saturating_add(4);
        let bytes = file.block(address, len)?;
        file.own(address, len);
        file.check_sum(&bytes, address, "an index of chunks");
        let mut fields = file.fields(&bytes, address);
        fields.signature(b"EASB")?;
        let front = usize::try_from(self.array.front).unwrap_or(usize::MAX);
        fields.skip(front.saturating_sub(4))?;
        let bits = usize::try_from(bits).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let written = fields.take(bits.saturating_mul(count))?;
        for number in 0..count {
            let start = number.saturating_mul(bits);
            let own = written.get(start..start.saturating_add(bits));
            if let Some(block) = fields.address()? {
                self.array
                    .block(file, block, elements, Some(own.unwrap_or_default()), see)?;
            }
        }
        Ok(())
    }
}
