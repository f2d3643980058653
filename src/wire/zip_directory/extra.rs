//! The extra field of a record: blocks with an id and a length (APPNOTE 4.5).
//!
//! Readers differ in which of two blocks with one id they take, and in whether
//! they refuse a block that runs past the end, so what stands out is kept.

use std::sync::Arc;

use super::fields::{LOCAL, SENTINEL, u16_at};
use super::local;

/// Sizes and offsets of 64 bits.
const ZIP64: u16 = 0x0001;
/// Strong encryption.
const STRONG: u16 = 0x0017;
/// Another, UTF-8 spelling of the name (Info-ZIP).
const UNICODE_PATH: u16 = 0x7075;

/// What stands out in the extra field of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extra {
    /// A block that readers take numbers or the name from is there twice.
    pub is_doubled: bool,
    /// A block runs past the end of the field.
    pub is_ragged: bool,
    /// The record leaves numbers to the field, and they are not there.
    pub is_short: bool,
    /// A local header stands in the field.
    pub holds_record: bool,
    /// The field says that the member is strongly encrypted.
    pub is_strong: bool,
}

impl Extra {
    /// What stands out in `extra`; `is_short` if numbers were looked for in vain.
    pub(super) fn of(extra: &[u8], is_short: bool) -> Self {
        let mut found = Extra {
            is_short,
            holds_record: holds_record(extra),
            ..Extra::default()
        };
        let mut seen = [false; 2];
        for block in blocks(extra) {
            found.is_ragged |= block.is_ragged;
            found.is_strong |= block.id == STRONG;
            for (id, seen) in [ZIP64, UNICODE_PATH].into_iter().zip(&mut seen) {
                found.is_doubled |= block.id == id && *seen;
                *seen |= block.id == id;
            }
        }
        found
    }
}

/// Whether a local header stands anywhere in the bytes.
fn holds_record(extra: &[u8]) -> bool {
    let mut hits = memchr::memmem::find_iter(extra, &LOCAL);
    hits.any(|at| extra.get(at..).is_some_and(local::is_plausible))
}

/// One block of an extra field.
struct Block<'a> {
    id: u16,
    data: &'a [u8],
    /// Whether its length runs past the end of the field.
    is_ragged: bool,
}

/// The blocks in order; the last one may be cut.
fn blocks(mut extra: &[u8]) -> impl Iterator<Item = Block<'_>> {
    std::iter::from_fn(move || {
        let (id, len) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let rest = extra.get(4..)?;
        let data = rest.get(..len);
        extra = rest.get(len..).unwrap_or_default();
        Some(Block {
            id,
            data: data.unwrap_or(rest),
            is_ragged: data.is_none(),
        })
    })
}

/// The data of the first block with this id.
fn block(extra: &[u8], id: u16) -> Option<&[u8]> {
    blocks(extra).find(|b| b.id == id).map(|b| b.data)
}

/// The numbers of 8 bytes in a zip64 block, in order.
pub(super) struct Zip64<'a> {
    numbers: &'a [u8],
    /// Whether one was looked for that is not there.
    pub(super) is_short: bool,
}

impl<'a> Zip64<'a> {
    /// The block in `extra`; empty where there is none.
    pub(super) fn of(extra: &'a [u8]) -> Self {
        Zip64 {
            numbers: block(extra, ZIP64).unwrap_or_default(),
            is_short: false,
        }
    }

    /// `small`, or the next number of the block where `small` points to it.
    pub(super) fn widen(&mut self, small: u32) -> u64 {
        if small != SENTINEL {
            return u64::from(small);
        }
        match self.numbers.split_first_chunk() {
            Some((front, rest)) => {
                self.numbers = rest;
                u64::from_le_bytes(*front)
            }
            None => {
                self.is_short = true;
                u64::from(small)
            }
        }
    }
}

/// The name in the Unicode path block. It counts only where its checksum is
/// that of the name in the header, as readers have it.
pub(super) fn unicode_name(extra: &[u8], name: &[u8]) -> Option<Arc<[u8]>> {
    let data = block(extra, UNICODE_PATH)?;
    let (&version, rest) = data.split_first()?;
    let (crc32, other) = rest.split_first_chunk()?;
    let holds = version == 1 && u32::from_le_bytes(*crc32) == crc32fast::hash(name);
    (holds && other != name).then(|| other.into())
}
