//! RAR archives: blocks one behind the other, each a header and data.
//!
//! There are two generations with nothing in common but the idea: 1.5 to 4.x,
//! and 5 to 7 ([technical note](https://www.rarlab.com/technote.htm)). Both
//! are read into the same [`Block`]s here. An archive may stand behind a
//! program that unpacks it, so readers look for its signature ([`find()`]).
//!
//! Blocks have checksums over their headers. A wrong one is told and the block
//! is followed all the same, as long as it leads somewhere. Bytes that are no
//! block are handed over as such, so that every byte of the file has an owner.

mod fields;
mod find;
mod name;
mod new;
mod old;
mod quick;
#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;
mod walk;

pub use find::{COMMON, Found, STUB_CAP_BYTES, find};
pub use quick::{Copied, copies};
pub use walk::{Item, walk};

use crate::report::Span;

/// Longest header of the newer generation, in bytes: what its length, of at
/// most three bytes, has room for.
pub const HEADER_CAP_BYTES: usize = (2 << 20) + 7;

/// Which of the two formats it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// RAR 1.5 to 4.x.
    Old,
    /// RAR 5 and later.
    New,
}

impl Generation {
    /// What stands in front of the first block.
    pub const fn signature(self) -> &'static [u8] {
        match self {
            Generation::Old => b"Rar!\x1a\x07\x00",
            Generation::New => b"Rar!\x1a\x07\x01\x00",
        }
    }
}

/// A header and its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its header, with the checksum in front.
    pub header: Span,
    /// Its data, cut to what the file has.
    pub data: Span,
    /// Bytes of data that it should have and the file has not.
    pub missing: u64,
    /// The checksum that the header states, and the one that it has: of 16
    /// bits in the older generation, of 32 in the newer one.
    pub checksum: (u32, u32),
    /// Whether fields of the header run past its end.
    pub is_torn: bool,
    /// What it is.
    pub kind: Kind,
}

impl Block {
    /// Whether the checksum of the header is right.
    pub fn is_sound(&self) -> bool {
        self.checksum.0 == self.checksum.1
    }
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The archive as a whole.
    Main(Main),
    /// A member.
    File(Box<File>),
    /// Data of the archive or of the member in front of it: a comment, a
    /// stream, recovery data.
    Service(Box<File>),
    /// All headers behind this one are encrypted.
    Encryption,
    /// The end of the archive, and whether another volume follows.
    End {
        /// Whether another volume follows.
        has_next: bool,
    },
    /// A block of this type, which is not read.
    Other(u64),
}

/// What the archive says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Main {
    /// Whether it is one volume of several.
    pub is_volume: bool,
    /// Whether members are packed as one stream.
    pub is_solid: bool,
    /// Whether all headers behind this one are encrypted.
    pub is_encrypted: bool,
}

/// A member, or data about one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its name, in UTF-8 where the archive says which characters they are.
    pub name: Vec<u8>,
    /// A second spelling of it, for systems without Unicode.
    pub plain_name: Option<Vec<u8>>,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether its data are encrypted.
    pub is_encrypted: bool,
    /// Whether it begins in a volume in front, or goes on in the next one.
    pub is_split: bool,
    /// The method by which it is packed; zero is stored.
    pub method: u8,
    /// Its length unpacked, where it is told.
    pub unpacked: Option<u64>,
    /// CRC-32 of it unpacked, where it is told.
    pub crc32: Option<u32>,
    /// Mode of Unix, if it comes from there.
    pub mode: Option<u32>,
    /// What it is a link to.
    pub target: Option<Target>,
    /// What a service block says besides.
    pub sub_data: Vec<u8>,
}

/// What a member stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How.
    pub link: Link,
    /// The name, as the archive spells it.
    pub name: Vec<u8>,
}

/// How a member stands for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A symbolic link of Unix or Windows.
    Symbolic,
    /// A junction of Windows: always an absolute path.
    Junction,
    /// A hard link to a member.
    Hard,
    /// The same content as a member.
    Copy,
    /// A kind that is not known.
    Unknown(u64),
}

/// A header that was read: its length, that of its data, and the rest.
struct Parsed {
    header_len: u64,
    data_len: u64,
    checksum: (u32, u32),
    is_torn: bool,
    kind: Kind,
}
