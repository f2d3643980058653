//! The record of a file in its folder.

use super::Tree;
use super::descriptor::low;

/// Bytes of a record in front of its name.
const HEAD_BYTES: usize = 33;

/// The record describes a folder.
const FOLDER: u8 = 0x02;

/// The file goes on in the next record.
const CONTINUES: u8 = 0x80;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Bytes of the record.
    pub(super) len: usize,
    /// The first block.
    pub(super) block: u32,
    /// Blocks of attributes in front of the data.
    pub(super) attributes: u8,
    /// Bytes of data.
    pub(super) size: u32,
    /// Whether it is a folder.
    pub(super) is_folder: bool,
    /// Whether the data are in several places.
    pub(super) is_partial: bool,
    /// The field of the name.
    pub(super) name: &'a [u8],
    /// What other standards have put behind it.
    pub(super) system_use: &'a [u8],
}

impl Record<'_> {
    /// Whether it is the folder itself, or the one that holds it.
    pub(super) fn is_self_or_parent(&self) -> bool {
        matches!(self.name, [0 | 1])
    }

    /// The name as text, without the number of the version.
    pub(super) fn text(&self, tree: Tree) -> Vec<u8> {
        let name = match tree {
            Tree::Plain => self.name.to_vec(),
            Tree::Joliet => {
                let units = self.name.chunks_exact(2);
                let units = units.filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
                let units: Vec<u16> = units.map(u16::from_be_bytes).collect();
                String::from_utf16_lossy(&units).into_bytes()
            }
        };
        let end = name.iter().rposition(|&b| b == b';');
        let name = end.and_then(|end| name.get(..end)).unwrap_or(&name);
        match tree {
            Tree::Plain => name.strip_suffix(b".").unwrap_or(name).to_vec(),
            Tree::Joliet => name.to_vec(),
        }
    }
}

/// The record that `bytes` begin with. `None` where it is broken.
pub(super) fn parse(bytes: &[u8]) -> Option<Record<'_>> {
    let len = usize::from(*bytes.first()?);
    let record = bytes.get(..len)?;
    let name_len = usize::from(*record.get(32)?);
    let name_end = HEAD_BYTES.checked_add(name_len)?;
    let name = record.get(HEAD_BYTES..name_end)?;
    let flags = *record.get(25)?;
    let interleave = record.get(26..28)?;
    let system_at = name_end.checked_next_multiple_of(2)?;
    Some(Record {
        len,
        block: low(record, 2)?,
        attributes: *record.get(1)?,
        size: low(record, 10)?,
        is_folder: flags & FOLDER != 0,
        is_partial: flags & CONTINUES != 0 || interleave != [0, 0],
        name,
        system_use: record.get(system_at..).unwrap_or_default(),
    })
}
