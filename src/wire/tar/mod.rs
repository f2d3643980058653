//! Tar archives, as they stand in the file: one header block of 512 bytes in
//! front of each member, and extension members that change what the next
//! header says (pax records, GNU long names).
//!
//! There is no directory, so where a member begins follows from all sizes
//! before it, and one size that readers understand differently makes two
//! archives of the same bytes. A walk therefore follows *every reading*: where
//! two are possible, it goes on with the one of Python's `tarfile` and comes
//! back for the other. It goes on behind the end mark and behind damage as
//! well, to the next block whose checksum is that of a header. Nothing here
//! judges.
//!
//! An attacker writes every field. Sizes are compared with the file, extension
//! members are read up to a cap, and a walk steps over each block once.

mod entry;
mod header;
mod pax;
#[cfg(test)]
pub(crate) mod sample;
mod sparse;
#[cfg(test)]
mod tests;
mod walk;

pub use entry::{Entry, Renaming};
pub use header::{Header, Kind};
pub use sparse::{Map, PARTS_CAP, SIZE_CAP_BYTES};
pub use walk::{Item, front, walk};

/// Bytes of a header, and the unit of everything in an archive.
pub const BLOCK_BYTES: u64 = 512;

/// Bytes of one extension member that are read: a name, or pax records.
pub const EXTENSION_CAP_BYTES: usize = 1 << 20;

/// Headers that are remembered so that a second reading ends where it meets
/// the first.
pub const REMEMBERED_CAP: usize = 1 << 20;

/// Whether a block is one that begins an archive: a header with a right
/// checksum, or one that only its magic gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// It is not.
    No,
    /// It has the magic, and its checksum is wrong.
    Magic,
    /// It has a right checksum.
    Structure,
}

/// What the first block of a file looks like.
pub fn likeness(head: &[u8]) -> Likeness {
    let Some(header) = head.first_chunk().and_then(Header::parse) else {
        return Likeness::No;
    };
    match (header.is_sound(), header.has_magic()) {
        (true, _) => Likeness::Structure,
        (false, true) => Likeness::Magic,
        (false, false) => Likeness::No,
    }
}
