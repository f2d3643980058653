//! The descriptors at the beginning of an image.

use super::{SIGNATURE, Tree};

/// What the boot record of El Torito has behind its signature.
const EL_TORITO: &[u8] = b"EL TORITO SPECIFICATION";

/// Escape sequences that say that names are in two bytes.
const JOLIET: [&[u8]; 3] = [b"%/@", b"%/C", b"%/E"];

/// What a descriptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Descriptor {
    /// A tree of folders.
    Volume(Volume),
    /// The block of the catalogue of boot images.
    Boot(u32),
    /// Another one, which leads nowhere.
    Other,
    /// The end of the descriptors.
    End,
}

/// A tree, and where its tables stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) tree: Tree,
    /// Bytes of a block.
    pub(super) block: u64,
    /// Blocks of the path tables.
    pub(super) tables: [u32; 4],
    /// Bytes of each of them.
    pub(super) table_len: u32,
    /// The record of the root.
    pub(super) root: [u8; 34],
}

/// The descriptor in a sector. `None` where none stands.
pub(super) fn parse(sector: &[u8]) -> Option<Descriptor> {
    let (kind, rest) = sector.split_first()?;
    if !rest.starts_with(SIGNATURE) {
        return None;
    }
    Some(match kind {
        0 if sector
            .get(7..)
            .is_some_and(|system| system.starts_with(EL_TORITO)) =>
        {
            Descriptor::Boot(low(sector, 71)?)
        }
        1 => Descriptor::Volume(volume(sector, Tree::Plain)?),
        2 if JOLIET
            .iter()
            .any(|escape| sector.get(88..).is_some_and(|s| s.starts_with(escape))) =>
        {
            Descriptor::Volume(volume(sector, Tree::Joliet)?)
        }
        255 => Descriptor::End,
        _ => Descriptor::Other,
    })
}

fn volume(sector: &[u8], tree: Tree) -> Option<Volume> {
    let block = sector.get(128..)?.first_chunk::<2>()?;
    let high = |at: usize| Some(u32::from_be_bytes(*sector.get(at..)?.first_chunk()?));
    Some(Volume {
        tree,
        block: u64::from(u16::from_le_bytes(*block)),
        tables: [low(sector, 140)?, low(sector, 144)?, high(148)?, high(152)?],
        table_len: low(sector, 132)?,
        root: *sector.get(156..)?.first_chunk()?,
    })
}

/// A number of four bytes, the low one first.
pub(super) fn low(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
