//! The superblock: where everything begins.
//!
//! It stands at the beginning or behind a *user block* whose length is 512
//! times a power of two and which the library never looks at. Addresses count
//! from the superblock, whatever base address it states.

use super::fields::{Fields, Widths};
use super::file::File;
use crate::source::Source;
use crate::wire::Fault;

/// What a superblock begins with.
pub const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// Bytes of the longest superblock.
const LONGEST_BYTES: u64 = 256;

/// What a superblock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superblock {
    /// Where it stands: the length of the user block.
    pub at: u64,
    /// Its version.
    pub version: u8,
    /// Where the file ends by what it says.
    pub end: u64,
    /// Address of the header of the root group.
    pub(super) root: u64,
    /// Address of the header of its extension.
    pub(super) extension: Option<u64>,
    /// Address of the driver information.
    pub(super) driver: Option<u64>,
    pub(super) widths: Widths,
    pub(super) len: u64,
}

/// Where the superblock stands; behind `within` bytes it is not looked for.
pub fn find(source: &dyn Source, within: u64) -> Option<u64> {
    let places = std::iter::once(0).chain((9..63).map(|power| 1u64 << power));
    let is_here = |at: &u64| {
        let mut seen = [0u8; 8];
        matches!(source.fill_at(*at, &mut seen), Ok(8)) && seen == *SIGNATURE
    };
    let end = source.len().min(within);
    places.take_while(|&at| at < end).find(is_here)
}

impl Superblock {
    /// Read the superblock at `at`.
    pub(super) fn read(file: &mut File<'_>) -> Result<Self, Fault> {
        let bytes = file.beginning(0, LONGEST_BYTES)?;
        let mut fields = Fields::new(&bytes, file.base, Widths::default());
        if fields.take(8)? != SIGNATURE {
            return Err(Fault::malformed(file.base, "there is no superblock here"));
        }
        let version = fields.version(0..=3, "the superblock")?;
        let superblock = match version {
            0 | 1 => old(fields, version)?,
            _ => new(fields, version)?,
        };
        if version >= 2 {
            let end = usize::try_from(superblock.len).unwrap_or(usize::MAX);
            file.check_sum(bytes.get(..end).unwrap_or_default(), 0, "the superblock");
        }
        file.own(0, superblock.len);
        Ok(superblock)
    }
}

fn widths(fields: &mut Fields<'_>) -> Result<Widths, Fault> {
    let widths = Widths {
        offset: fields.u8()?,
        length: fields.u8()?,
    };
    let known = |n: u8| matches!(n, 2 | 4 | 8 | 16 | 32);
    match known(widths.offset) && known(widths.length) {
        true => Ok(widths),
        false => Err(fields.malformed("addresses of this width do not exist")),
    }
}

/// The end as a place in the file: what is stated counts from the stated base.
fn end(at: u64, base: Option<u64>, stated: Option<u64>) -> u64 {
    let stated = stated.unwrap_or(0);
    at.saturating_add(stated.saturating_sub(base.unwrap_or(0)))
}

fn old(mut fields: Fields<'_>, version: u8) -> Result<Superblock, Fault> {
    let at = fields.rest_span().start.saturating_sub(9);
    fields.skip(4)?;
    let widths = widths(&mut fields)?;
    // K of groups and of chunks, and flags.
    fields.skip(if version == 0 { 9 } else { 13 })?;
    let mut fields = refit(fields, widths);
    let base = fields.address()?;
    let _free_space = fields.address()?;
    let stated = fields.address()?;
    let driver = fields.address()?;
    // The entry of the root group.
    let _name = fields.address()?;
    let root = fields.defined()?;
    fields.skip(24)?;
    Ok(Superblock {
        at,
        version,
        end: end(at, base, stated),
        root,
        extension: None,
        driver,
        widths,
        len: fields.at().saturating_sub(at),
    })
}

fn new(mut fields: Fields<'_>, version: u8) -> Result<Superblock, Fault> {
    let at = fields.rest_span().start.saturating_sub(9);
    let widths = widths(&mut fields)?;
    fields.skip(1)?;
    let mut fields = refit(fields, widths);
    let base = fields.address()?;
    let extension = fields.address()?;
    let stated = fields.address()?;
    let root = fields.defined()?;
    fields.skip(4)?;
    Ok(Superblock {
        at,
        version,
        end: end(at, base, stated),
        root,
        extension,
        driver: None,
        widths,
        len: fields.at().saturating_sub(at),
    })
}

/// The rest of the fields with the widths that were just read.
fn refit(mut fields: Fields<'_>, widths: Widths) -> Fields<'_> {
    let start = fields.at();
    Fields::new(fields.rest(), start, widths)
}
