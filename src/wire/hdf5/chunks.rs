//! Chunks by every kind of index.

use super::arrays;
use super::btree1;
use super::btree2;
use super::event::{Chunk, Storage};
use super::fields::Fields;
use super::file::File;
use crate::wire::Fault;

/// Chunks of one dataset that are told.
const CHUNKS_CAP: usize = 1 << 22;

/// Where chunks are listed.
pub(super) enum Index {
    /// A tree of version 1 with keys of so many dimensions.
    Tree {
        rank: usize,
    },
    /// One chunk, at the address itself.
    Single {
        len: u64,
        skipped: u32,
    },
    /// All chunks one behind the other.
    Implicit {
        count: u64,
    },
    Fixed,
    Extensible,
    /// A tree of version 2 with records of so many dimensions.
    Records {
        dimensions: usize,
    },
}

/// Every chunk that an index lists, where there is one.
pub(super) fn collect(
    file: &mut File<'_>,
    index: Option<(u64, Index)>,
    bytes: Option<u64>,
) -> Result<Storage, Fault> {
    let mut chunks = Vec::new();
    if let Some((address, index)) = index {
        list(file, address, index, bytes.unwrap_or(0), &mut chunks)?;
    }
    let base = file.base;
    for chunk in &chunks {
        let start = chunk.span.start.saturating_sub(base);
        file.own(start, chunk.span.end.saturating_sub(chunk.span.start));
    }
    Ok(Storage::Chunks { chunks, bytes })
}

fn list(
    file: &mut File<'_>,
    address: u64,
    index: Index,
    bytes: u64,
    chunks: &mut Vec<Chunk>,
) -> Result<(), Fault> {
    let base = file.base;
    let mut element = |mut fields: Fields<'_>| {
        if let Some(chunk) = element(&mut fields, base, bytes)? {
            if chunks.len() >= CHUNKS_CAP {
                let what = format!("a dataset of more than {CHUNKS_CAP} chunks");
                return Err(fields.unsupported(what));
            }
            chunks.push(chunk);
        }
        Ok(())
    };
    match index {
        Index::Fixed => arrays::fixed(file, address, &mut element),
        Index::Extensible => arrays::extensible(file, address, &mut element),
        Index::Tree { rank } => btree1::chunks(file, address, rank, chunks),
        Index::Records { dimensions } => records(file, address, dimensions, bytes, chunks),
        Index::Single { len, skipped } => {
            chunks.push(at(base, address, len, skipped));
            Ok(())
        }
        Index::Implicit { count } => {
            // They lie one behind the other: for every purpose here, one run.
            let all = count.saturating_mul(bytes);
            chunks.push(at(base, address, all, 0));
            Ok(())
        }
    }
}

fn at(base: u64, address: u64, len: u64, skipped: u32) -> Chunk {
    let start = base.saturating_add(address);
    Chunk {
        span: start..start.saturating_add(len),
        skipped,
    }
}

/// An element of an array: an address, and where chunks are packed their
/// length and a mask.
fn element(fields: &mut Fields<'_>, base: u64, bytes: u64) -> Result<Option<Chunk>, Fault> {
    let Some(address) = fields.address()? else {
        return Ok(None);
    };
    let (len, skipped) = match fields.remaining().checked_sub(4) {
        Some(width) => (fields.uint(width)?, fields.u32()?),
        None => (bytes, 0),
    };
    Ok(Some(at(base, address, len, skipped)))
}

/// The records of a tree: an address, perhaps length and mask, and offsets.
fn records(
    file: &mut File<'_>,
    address: u64,
    dimensions: usize,
    bytes: u64,
    chunks: &mut Vec<Chunk>,
) -> Result<(), Fault> {
    let tree = btree2::header(file, address)?;
    let (base, widths) = (file.base, file.widths);
    let offsets = dimensions.saturating_mul(8);
    tree.walk(file, &mut |record, at| {
        let front = record.len().saturating_sub(offsets);
        let record = record.get(..front).unwrap_or_default();
        let mut fields = Fields::new(record, base.saturating_add(at), widths);
        chunks.extend(element(&mut fields, base, bytes)?);
        match chunks.len() > CHUNKS_CAP {
            true => Err(fields.unsupported(format!("a dataset of more than {CHUNKS_CAP} chunks"))),
            false => Ok(()),
        }
    })
}
