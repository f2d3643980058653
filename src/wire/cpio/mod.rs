//! Cpio archives: packages, boot images.
//!
//! A row of headers, names and data, ended by a member called `TRAILER!!!`.
//! Headers come in ASCII (old, new, new with sums) and in binary of either byte
//! order. Boot images are several archives one behind the other, which the
//! kernel reads to the last one and programs to the end of the first.
//!
//! Every byte of the file is in exactly one [`Item`].

mod header;
#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;
mod walk;

pub use walk::{likeness, walk};

use crate::report::Span;

/// The name of the member that ends an archive.
pub const TRAILER: &[u8] = b"TRAILER!!!";

/// Longest name that is read, in bytes.
pub const NAME_CAP_BYTES: u64 = 16 << 10;

/// How a header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// ASCII, hexadecimal (`newc`).
    New,
    /// The same with a sum over the data (`crc`).
    Summed,
    /// ASCII, octal (`odc`).
    Old,
    /// Words of two bytes, low byte first.
    Little,
    /// Words of two bytes, high byte first.
    Big,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its header and its name.
    pub header: Span,
    /// How the header is written.
    pub form: Form,
    /// Kind and permissions, as in Unix.
    pub mode: u32,
    /// Its name without the zero bytes behind it.
    pub name: Vec<u8>,
    /// Whether the name ends with a zero byte, as it must.
    pub is_terminated: bool,
    /// Its bytes, cut to what the file has.
    pub data: Span,
    /// Bytes that it should have and the file has not.
    pub missing: u64,
    /// The sum of its bytes, where the form has one.
    pub sum: Option<u32>,
    /// Archives that ended in front of it.
    pub archive: u32,
}

/// What a walk meets, in the order of the file and without holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A member.
    Entry(Box<Entry>),
    /// The member that ends an archive.
    Trailer(Span),
    /// Bytes between a name or data and what follows.
    Padding(Span),
    /// Bytes that are no header where one should be.
    Damage(Span),
    /// Bytes behind the end of an archive.
    Behind(Span),
    /// The last archive has no end.
    Unended,
}
