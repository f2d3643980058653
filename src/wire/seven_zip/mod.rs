//! The records of a 7-Zip archive (`7zFormat.txt` of the LZMA SDK, version
//! 0.4), as they stand in the file.
//!
//! An archive begins with a [`Start`], which says where the *header* stands;
//! packed streams lie between the two. The header tells how packed streams make
//! *folders*, how the unpacked stream of a folder is cut into *parts*, and
//! which files the parts are. It may itself be packed (*encoded*), any number
//! of times. An [`Archive`] has every header that reads through: the one the
//! start leads to, and those that stand where nothing owns the bytes, as an
//! update leaves them behind. Nothing here judges.
//!
//! An attacker writes these records. Every count is compared with the bytes it
//! would take, lists and unpacked headers are capped, and all sums are checked.

mod archive;
mod coder;
mod fields;
mod files;
mod header;
#[cfg(test)]
pub(crate) mod sample;
mod search;
mod start;
mod streams;
#[cfg(test)]
mod tests;

pub use archive::{Archive, walk};
pub use coder::{Coder, Unfollowed};
pub use files::{File, utf8};
pub use header::{Header, Remark};
pub use start::{SIGNATURE, START_BYTES, Start};

use crate::report::Span;
use crate::wire::Fault;

/// Numbers of records that several tables have.
const END: u8 = 0x00;
const HEADER: u8 = 0x01;
const CRC: u8 = 0x0a;
const ENCODED_HEADER: u8 = 0x17;

/// Why a header was not read to its end.
#[derive(Debug)]
pub enum Broken {
    /// Its bytes are not what the format demands, or cannot be read.
    Fault(Fault),
    /// It has more than is kept: where, and of what.
    Capped(u64, String),
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Broken::Fault(fault)
    }
}

/// What was read, or why not.
type Parsed<T> = Result<T, Broken>;

/// What one table of streams says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Streams {
    /// Packed streams, as they follow each other in the file.
    pub packs: Vec<Pack>,
    /// Folders, each with the packed streams behind those of the one before.
    pub folders: Vec<Folder>,
}

/// A packed stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Where it lies, as far as the file has it.
    pub span: Span,
    /// How many of its bytes are not there.
    pub missing: u64,
    /// Its checksum, packed, if it is given.
    pub crc32: Option<u32>,
}

/// One unpacked stream, and how it comes to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// What unpacks it.
    pub coders: Vec<Coder>,
    /// Inputs that read an output: the number of each, over all coders.
    pub bonds: Vec<(usize, usize)>,
    /// Inputs that read a packed stream, in the order of those.
    pub inputs: Vec<usize>,
    /// The number of its first packed stream.
    pub first_pack: usize,
    /// Lengths of what comes out of each output.
    pub sizes: Vec<u64>,
    /// Checksum of the unpacked stream.
    pub crc32: Option<u32>,
    /// What the unpacked stream is cut into.
    pub parts: Vec<Part>,
    /// By how much the parts are longer than the folder.
    pub excess: u64,
}

/// A piece of an unpacked stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its length.
    pub len: u64,
    /// Its checksum.
    pub crc32: Option<u32>,
}

impl Pack {
    fn new(from: Option<u64>, len: u64, file_len: u64) -> Pack {
        let start = from.unwrap_or(u64::MAX).min(file_len);
        let end = start.saturating_add(len).min(file_len);
        let is_outside = from.is_none_or(|from| from > file_len);
        let there = if is_outside {
            0
        } else {
            end.saturating_sub(start)
        };
        Pack {
            span: start..start.saturating_add(there),
            missing: len.saturating_sub(there),
            crc32: None,
        }
    }
}

impl Folder {
    /// Length of the unpacked stream, as it is claimed.
    pub fn len(&self) -> u64 {
        let output = self.main_output().and_then(|output| self.sizes.get(output));
        output.copied().unwrap_or(0)
    }

    /// Whether the unpacked stream has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The packed streams that it reads.
    pub fn packs<'a>(&self, packs: &'a [Pack]) -> &'a [Pack] {
        let end = self.first_pack.saturating_add(self.inputs.len());
        let rest = packs.get(self.first_pack..).unwrap_or_default();
        packs.get(self.first_pack..end).unwrap_or(rest)
    }
}
