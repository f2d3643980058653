//! HDF5: a tree of groups and datasets, followed from the superblock to every
//! name, attribute and run of data.
//!
//! `walk` visits each *object* (a group, a dataset, a committed datatype)
//! once and tells what it meets as [`Event`]s: links, attributes, datasets, and
//! what could not be read, which ends that object and nothing else. Two
//! generations of every structure are in use and both are followed: symbol
//! tables and link messages, version 1 and 2 headers and B-trees, five kinds of
//! chunk index. Addresses count from the superblock and may point anywhere, in
//! circles too, so that
//!
//! * nothing recurses; nodes of trees and heaps are entered once,
//! * a block is read only if it lies in the file, and in bounded pieces,
//! * all blocks together are a small multiple of the file, see `file`.
//!
//! Bytes that a structure accounts for are *owned*; [`Walked::unowned`] is the
//! rest. Specification: HDF Group, "HDF5 File Format Specification Version 3.0",
//! and `H5*.c` of the reference library where it is silent.

mod arrays;
mod attribute;
mod btree1;
mod btree2;
mod checksum;
mod chunks;
mod datatype;
mod event;
mod fields;
mod file;
mod filters;
mod fractal;
mod global;
mod group;
mod header;
mod layout;
mod link;
mod messages;
mod owned;
#[cfg(test)]
pub(crate) mod sample;
mod selection;
mod superblock;
#[cfg(test)]
mod tests;
mod walk;

pub use datatype::{Class, Datatype};
pub use event::{
    Attribute, Chunk, Dataset, Event, External, Link, Remark, Remarked, Source as VirtualSource,
    Storage, Target,
};
pub use filters::Filter;
pub use superblock::{SIGNATURE, Superblock, find};
pub use walk::{Walked, walk};
