//! Encodings without opinions: bounds-checked reading of numbers, JSON and
//! archive records over a [`Source`](crate::source::Source).
//!
//! Nothing here judges. A length, a count or an offset from a file is a lie
//! until it was compared with what is there; a reader that finds one returns
//! a [`Fault`] with the offset where it stands.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod ar;
pub mod base64;
pub mod codec;
pub mod cpio;
pub mod cursor;
mod fault;
pub mod flatbuffer;
pub mod gguf;
pub mod hdf5;
pub mod iso;
pub mod json;
pub mod marshal;
pub mod msgpack;
pub mod pickle;
pub mod protobuf;
pub mod python_literal;
pub mod rar;
pub mod seven_zip;
pub mod sstable;
pub mod tar;
pub mod thrift;
pub mod wide;
pub mod yaml;
pub mod zip_directory;

pub use fault::Fault;
