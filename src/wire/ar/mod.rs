//! Ar archives: static libraries, Debian packages.
//!
//! A row of members, each behind a header of 60 bytes in ASCII. Names longer
//! than its 16 bytes stand in a table ahead (GNU, and Microsoft's libraries) or
//! in front of the data (BSD); both are resolved here. A *thin* archive names
//! files elsewhere and holds none.
//!
//! Every byte of the file is in exactly one [`Item`].

mod header;
#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;
mod walk;

pub use walk::walk;

use crate::report::Span;

/// What an archive begins with.
pub const SIGNATURE: &[u8] = b"!<arch>\n";

/// What a thin archive begins with.
pub const THIN_SIGNATURE: &[u8] = b"!<thin>\n";

/// Bytes of a header.
pub const HEADER_BYTES: u64 = 60;

/// A member, or a table about the members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its header, and the name behind it where one stands there.
    pub header: Span,
    /// Its bytes, cut to what the file has.
    pub data: Span,
    /// Bytes that it should have and the file has not.
    pub missing: u64,
    /// Its name.
    pub name: Vec<u8>,
    /// Whether the name was looked for in a table and is not there.
    pub is_nameless: bool,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A member.
    Member,
    /// A table of the symbols in the members.
    Symbols,
    /// A table of long names.
    Names,
    /// A member whose bytes are another file.
    Outside,
}

/// What a walk meets, in the order of the file and without holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The signature; whether the archive is thin.
    Signature(Span, bool),
    /// A member or table.
    Entry(Box<Entry>),
    /// The byte behind a member of odd length.
    Padding(Span),
    /// Bytes that are no header where one should be.
    Damage(Span),
}

/// Whether bytes begin as an archive does: by signature, and a first header or
/// nothing behind it. `None` where the signature is not there.
pub fn likeness(head: &[u8]) -> Option<bool> {
    let rest = head
        .strip_prefix(SIGNATURE)
        .or_else(|| head.strip_prefix(THIN_SIGNATURE))?;
    Some(rest.is_empty() || header::parse(rest).is_some())
}
