//! A file whose windows are mapped into memory and given back.
//!
//! Only [`Source::chunk`] maps: structure is read with plain reads, so that a
//! parser never touches a page that may vanish. A mapped *region* is a large
//! stretch of address space (500 MB by default); the chunks cut from it are
//! what becomes resident, and dropping a chunk gives its pages back, so that
//! memory stays flat however long the file is.
//!
//! This module, [`super::fault`] beside it and [`super::cache`] are the home of
//! every `unsafe` block that has to do with reading.

#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ops::{Deref, Range};
use std::sync::{Arc, Mutex, PoisonError};

use memmap2::{Mmap, MmapOptions, UncheckedAdvice};

use super::fault::FaultSlot;
use super::{Chunk, Disk, Extent, ReadError, Source};
use crate::report::Span;

/// How far a region reaches into the next one, so that chunks with margins
/// that begin near its end still lie in one piece.
const REGION_OVERLAP_BYTES: u64 = 32 << 20;

/// Shorter chunks are read: faults and giving pages back cost more than a copy.
const SMALLEST_MAPPED_BYTES: u64 = 128 << 10;

/// Regions that stay mapped for the next chunk; at least one per lane is
/// useful, more only holds address space.
const REGIONS_KEPT: usize = 4;

/// A file read through mapped windows.
#[derive(Debug)]
pub struct Mapped {
    disk: Arc<Disk>,
    window: u64,
    /// Chunks from this length on are mapped.
    least: u64,
    ahead: bool,
    recent: Mutex<VecDeque<Arc<Region>>>,
}

impl Mapped {
    /// Read `disk` through mapped windows of `window` bytes. With `ahead`, the
    /// system is told to fetch as much behind each chunk as the chunk is long:
    /// faults alone read a cold file in small pieces.
    pub fn new(disk: Arc<Disk>, window: u64, ahead: bool) -> Self {
        Mapped {
            disk,
            window: window.max(1),
            least: SMALLEST_MAPPED_BYTES.min(window),
            ahead,
            recent: Mutex::default(),
        }
    }

    /// The region that holds `span`, mapped now unless it still is.
    fn region(&self, span: &Span) -> Result<Option<Arc<Region>>, ReadError> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = recent.iter().find(|r| r.holds(span)) {
            return Ok(Some(Arc::clone(found)));
        }
        let start = span
            .start
            .checked_rem(self.window)
            .map_or(0, |r| span.start.saturating_sub(r));
        let end = start
            .saturating_add(self.window)
            .saturating_add(REGION_OVERLAP_BYTES);
        let wide = start..end.max(span.end).min(self.disk.len());
        let Some(region) = Region::map(&self.disk, wide)? else {
            return Ok(None);
        };
        let region = Arc::new(region);
        recent.push_back(Arc::clone(&region));
        if recent.len() > REGIONS_KEPT {
            recent.pop_front();
        }
        Ok(Some(region))
    }
}

impl Source for Mapped {
    fn len(&self) -> u64 {
        self.disk.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        self.disk.read_at(at, buf)
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        let span = span.start.min(self.len())..span.end.min(self.len());
        if span.is_empty() {
            return Ok(Chunk::Borrowed(&[]));
        }
        let len = span.end.saturating_sub(span.start);
        if len < self.least {
            return Chunk::read(self.disk.as_ref(), span);
        }
        if self.ahead {
            self.disk
                .advise_soon(span.start..span.end.saturating_add(len));
        }
        match self.region(&span)? {
            Some(region) => Ok(Chunk::Mapped(region.chunk(&span))),
            // Every fault slot is taken: plain reads are always safe.
            None => Chunk::read(self.disk.as_ref(), span),
        }
    }

    fn extent(&self, at: u64) -> Extent {
        self.disk.extent(at)
    }

    fn done(&self, span: Span) {
        self.disk.done(span);
    }
}

/// A mapped stretch of a file, watched for vanishing pages.
#[derive(Debug)]
struct Region {
    // Declared before `map`: the slot must be released before the addresses
    // it watches can be mapped to something else.
    slot: FaultSlot,
    map: Mmap,
    span: Span,
}

impl Region {
    /// Map `span` of the file, or `None` where no fault slot is free.
    fn map(disk: &Disk, span: Span) -> Result<Option<Region>, ReadError> {
        let len = usize::try_from(span.end.saturating_sub(span.start))
            .map_err(|_| ReadError::too_large())?;
        // SAFETY: the mapping is private to this module and read-only. The
        // file may be changed by others while it is mapped: every reader of a
        // chunk treats the bytes as untrusted and re-reads nothing it has
        // validated, and a page that vanishes is replaced by zeros through
        // the fault slot below and reported by `MappedChunk::verify`.
        let map = unsafe {
            MmapOptions::new()
                .offset(span.start)
                .len(len)
                .map(disk.file())?
        };
        Ok(
            FaultSlot::watch(map.as_ptr() as usize, map.len()).map(|slot| Region {
                slot,
                map,
                span,
            }),
        )
    }

    fn holds(&self, span: &Span) -> bool {
        self.span.start <= span.start && span.end <= self.span.end
    }

    /// The chunk for `span`, which must lie inside the region; cut to it
    /// otherwise.
    fn chunk(self: Arc<Self>, span: &Span) -> MappedChunk {
        let index = |at: u64| {
            usize::try_from(at.saturating_sub(self.span.start))
                .unwrap_or(usize::MAX)
                .min(self.map.len())
        };
        let range = index(span.start)..index(span.end);
        MappedChunk {
            range,
            region: self,
        }
    }
}

/// Mapped bytes; dropping them gives their pages back to the system.
#[derive(Debug)]
pub struct MappedChunk {
    region: Arc<Region>,
    range: Range<usize>,
}

impl MappedChunk {
    /// Fails if a page of the region was missing from the file.
    pub(super) fn verify(&self) -> Result<(), ReadError> {
        if self.region.slot.faulted() {
            Err(ReadError::Changed)
        } else {
            Ok(())
        }
    }
}

impl Deref for MappedChunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.region.map.get(self.range.clone()).unwrap_or_default()
    }
}

impl Drop for MappedChunk {
    fn drop(&mut self) {
        let len = self.range.end.saturating_sub(self.range.start);
        // SAFETY: the range lies inside the map. `DontNeed` on a read-only
        // mapping of a file only drops pages from this process; another chunk
        // of the same region that still looks at them faults them in again
        // with the content of the file.
        let _ = unsafe {
            self.region
                .map
                .unchecked_advise_range(UncheckedAdvice::DontNeed, self.range.start, len)
        };
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    fn mapped(len: u64, window: u64) -> (std::fs::File, Mapped) {
        let file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        file.write_at(&bytes, 0).unwrap();
        let disk = Disk::from_file(file.try_clone().unwrap(), true).unwrap();
        (file, Mapped::new(Arc::new(disk), window, true))
    }

    #[test]
    fn chunks_equal_plain_reads_at_any_window() {
        let len = 3 * 4096 + 17;
        for window in [1, 5000, 4096, 1 << 20] {
            let (_file, source) = mapped(len, window);
            for start in [0, 1, 4095, 4096, len - 1, len, len + 9] {
                for size in [0, 1, 4097, len] {
                    let chunk = source.chunk(start..start + size).unwrap();
                    let mut plain = vec![0; size as usize];
                    let n = source.fill_at(start, &mut plain).unwrap();
                    assert_eq!(&chunk[..], &plain[..n]);
                    chunk.verify().unwrap();
                }
            }
        }
    }

    #[test]
    fn a_file_cut_under_a_mapping_is_reported_and_not_fatal() {
        let (file, source) = mapped(64 * 4096, 1 << 20);
        let chunk = source.chunk(0..64 * 4096).unwrap();
        assert_eq!(chunk[0], 0);
        file.set_len(4096).unwrap();
        let sum: u64 = chunk.iter().map(|&b| u64::from(b)).sum();
        assert!(sum > 0, "the part that is still there can be read");
        assert!(matches!(chunk.verify(), Err(ReadError::Changed)));
    }
}
