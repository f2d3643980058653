//! ISO 9660 images (ECMA-119): a tree of folders, and often a second tree of
//! other names over the same files (Joliet), and a third set of names within
//! the first tree (Rock Ridge).
//!
//! Numbers that an image gives in both byte orders are read in the low-first
//! one. Trees are followed by a list of folders that are still to be read, and
//! no folder is read twice, so an image that leads back into itself ends.

mod descriptor;
mod record;
mod system_use;
#[cfg(test)]
mod tests;
mod walk;

pub use walk::walk;

use crate::report::Span;

/// Bytes of a sector: descriptors stand in whole ones.
pub const SECTOR_BYTES: u64 = 2048;

/// Where descriptors begin; what stands in front is for programs that boot.
pub const DESCRIPTORS_AT: u64 = 16 * SECTOR_BYTES;

/// What a descriptor has behind its type.
pub const SIGNATURE: &[u8] = b"CD001\x01";

/// Which names a tree has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// Those of the standard, or of Rock Ridge.
    Plain,
    /// Those of Joliet.
    Joliet,
}

/// A file, a folder, or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The record that describes it.
    pub at: Span,
    /// The tree that it stands in.
    pub tree: Tree,
    /// Its path from the root: UTF-8, or bytes of Rock Ridge.
    pub name: Vec<u8>,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Mode of Unix, where Rock Ridge tells it.
    pub mode: Option<u32>,
    /// The target of a symbolic link.
    pub target: Option<Vec<u8>>,
    /// Its bytes, cut to what the image has.
    pub data: Span,
    /// Bytes that it should have and the image has not.
    pub missing: u64,
    /// Whether its bytes are in several places, or packed.
    pub is_partial: bool,
}

/// What a walk meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Bytes of a structure: a descriptor, a table, a folder.
    Structure(Span),
    /// There is a tree of this kind.
    Tree(Tree),
    /// A file, a folder, or a link.
    File(Box<File>),
    /// An image that machines boot from.
    Boot(Span),
    /// Something that cannot be followed, and what it does.
    Broken(Span, &'static str),
    /// A limit was reached.
    Capped(&'static str),
    /// The image has a file system of another kind as well.
    Bridge(Span),
}
