//! Data layouts: where the bytes of a dataset are.

use super::chunks::{self, Index};
use super::event::{External, Storage};
use super::fields::Fields;
use super::file::File;
use super::group::LocalHeap;
use super::selection;
use crate::wire::Fault;

/// Dimensions that a dataset may have, and one for the element.
const RANK_CAP: usize = 33;

/// Classes of layouts.
const COMPACT: u8 = 0;
const CONTIGUOUS: u8 = 1;
const CHUNKED: u8 = 2;
const VIRTUAL: u8 = 3;

/// What a dataset is made of, as far as its layout needs it.
pub(super) struct Shape {
    /// Bytes of all elements.
    pub bytes: Option<u64>,
    /// Its dimensions.
    pub dimensions: Vec<u64>,
}

/// Read a layout message, and what it leads to.
pub(super) fn read(
    file: &mut File<'_>,
    fields: &mut Fields<'_>,
    shape: &Shape,
) -> Result<Storage, Fault> {
    match fields.version(1..=5, "a data layout")? {
        1 | 2 => old(file, fields, shape),
        3 => third(file, fields),
        _ => fourth(file, fields, shape),
    }
}

/// A run that the file has or claims to have.
fn run(file: &mut File<'_>, address: Option<u64>, len: Option<u64>) -> Storage {
    let Some(address) = address else {
        return Storage::None;
    };
    let start = file.place(address);
    let len = len.unwrap_or(0);
    file.own(address, len);
    Storage::Run(start..start.saturating_add(len))
}

/// Bytes that lie in the message.
fn compact(fields: &mut Fields<'_>, len: u64) -> Result<Storage, Fault> {
    let inner = fields.part(usize::try_from(len).unwrap_or(usize::MAX))?;
    Ok(Storage::Run(inner.rest_span()))
}

fn old(file: &mut File<'_>, fields: &mut Fields<'_>, shape: &Shape) -> Result<Storage, Fault> {
    let rank = usize::from(fields.u8()?);
    let class = fields.u8()?;
    fields.skip(5)?;
    let address = match class {
        COMPACT => None,
        _ => fields.address()?,
    };
    let sizes = sizes(fields, rank, 4)?;
    match class {
        COMPACT => {
            let len = u64::from(fields.u32()?);
            compact(fields, len)
        }
        CONTIGUOUS => Ok(run(file, address, shape.bytes)),
        CHUNKED => old_chunks(file, address, rank, sizes),
        _ => Err(fields.unsupported(format!("layouts of class {class} are not known"))),
    }
}

fn third(file: &mut File<'_>, fields: &mut Fields<'_>) -> Result<Storage, Fault> {
    match fields.u8()? {
        CHUNKED => {
            let rank = usize::from(fields.u8()?);
            let address = fields.address()?;
            let sizes = sizes(fields, rank, 4)?;
            old_chunks(file, address, rank, sizes)
        }
        class => plain(file, fields, class),
    }
}

/// Classes that versions 3 and 4 share.
fn plain(file: &mut File<'_>, fields: &mut Fields<'_>, class: u8) -> Result<Storage, Fault> {
    match class {
        COMPACT => {
            let len = u64::from(fields.u16()?);
            compact(fields, len)
        }
        CONTIGUOUS => {
            let address = fields.address()?;
            let len = fields.length()?;
            Ok(run(file, address, Some(len)))
        }
        _ => Err(fields.unsupported(format!("layouts of class {class} are not known"))),
    }
}

fn old_chunks(
    file: &mut File<'_>,
    address: Option<u64>,
    rank: usize,
    sizes: Vec<u64>,
) -> Result<Storage, Fault> {
    let bytes = product(&sizes);
    let index = address.map(|address| (address, Index::Tree { rank }));
    chunks::collect(file, index, bytes)
}

fn fourth(file: &mut File<'_>, fields: &mut Fields<'_>, shape: &Shape) -> Result<Storage, Fault> {
    match fields.u8()? {
        CHUNKED => new_chunks(file, fields, shape),
        VIRTUAL => {
            let Some(heap) = fields.address()? else {
                return Ok(Storage::Virtual(Vec::new()));
            };
            let index = fields.u32()?;
            Ok(Storage::Virtual(selection::sources(file, heap, index)?))
        }
        class => plain(file, fields, class),
    }
}

fn new_chunks(
    file: &mut File<'_>,
    fields: &mut Fields<'_>,
    shape: &Shape,
) -> Result<Storage, Fault> {
    let flags = fields.u8()?;
    let rank = usize::from(fields.u8()?);
    let width = usize::from(fields.u8()?);
    let sizes = sizes(fields, rank, width)?;
    let bytes = product(&sizes);
    let index = match fields.u8()? {
        1 if flags & 2 != 0 => {
            let len = fields.length()?;
            let skipped = fields.u32()?;
            Index::Single { len, skipped }
        }
        1 => Index::Single {
            len: bytes.unwrap_or(0),
            skipped: 0,
        },
        2 => Index::Implicit {
            count: count(&shape.dimensions, &sizes),
        },
        3 => {
            fields.skip(1)?;
            Index::Fixed
        }
        4 => {
            fields.skip(5)?;
            Index::Extensible
        }
        5 => {
            fields.skip(6)?;
            Index::Records {
                dimensions: rank.saturating_sub(1),
            }
        }
        kind => {
            return Err(fields.unsupported(format!("chunk indexes of type {kind} are not known")));
        }
    };
    let address = fields.address()?;
    chunks::collect(file, address.map(|address| (address, index)), bytes)
}

fn sizes(fields: &mut Fields<'_>, rank: usize, width: usize) -> Result<Vec<u64>, Fault> {
    if rank > RANK_CAP {
        return Err(fields.malformed(format!("{rank} dimensions")));
    }
    (0..rank).map(|_| fields.uint(width)).collect()
}

fn product(sizes: &[u64]) -> Option<u64> {
    sizes
        .iter()
        .try_fold(1u64, |all, &size| all.checked_mul(size))
}

/// How many chunks cover a dataset.
fn count(dimensions: &[u64], chunk: &[u64]) -> u64 {
    let covers = dimensions.iter().zip(chunk);
    covers.fold(1u64, |all, (&size, &chunk)| {
        all.saturating_mul(size.div_ceil(chunk.max(1)))
    })
}

/// Read an external data files message.
pub(super) fn external(
    file: &mut File<'_>,
    fields: &mut Fields<'_>,
) -> Result<Vec<External>, Fault> {
    fields.version(1..=1, "a list of external files")?;
    fields.skip(5)?;
    let used = fields.u16()?;
    let heap = fields.defined()?;
    let heap = LocalHeap::open(file, heap)?;
    let mut files = Vec::new();
    for _ in 0..used {
        let name = fields.length()?;
        let offset = fields.length()?;
        let len = fields.length()?;
        files.push(External {
            file: heap.text(name).unwrap_or_default(),
            offset,
            len,
        });
    }
    Ok(files)
}
