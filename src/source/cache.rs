//! What the page cache holds of a file, and giving back what a scan brought
//! into it.
//!
//! A scan of a cold model would otherwise push what other programs work with
//! out of memory. Only what was not there before is dropped: the file is cut
//! into stretches, each is asked for before the first byte is read, and a
//! stretch of which a single page was cached is left alone.

#![allow(unsafe_code)]

use std::fs::File;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, AsRawFd};

use memmap2::MmapOptions;
use rustix::fs::{Advice, fadvise};

use crate::report::Span;

/// Length of a stretch, at least.
const STRETCH_BYTES: u64 = 16 << 20;

/// Stretches of one file, at most: longer files have longer ones.
const MOST_STRETCHES: u64 = 4096;

/// Bytes in front of a place that was read which stay: the next window reads
/// them once more, as its margin.
const KEPT_BYTES: u64 = 1 << 20;

/// Bytes whose pages are looked up at a time where the kernel has no call that
/// counts them.
const LOOKUP_BYTES: u64 = 1 << 30;

/// The number of `cachestat(2)`, the same on all machines. Kernels before 6.5
/// do not have it.
const CACHESTAT: libc::c_long = 451;

/// Argument and answer of `cachestat`, as `linux/mman.h` lays them out.
#[repr(C)]
struct Range {
    off: u64,
    len: u64,
}

#[repr(C)]
#[derive(Default)]
struct Counts {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// Bytes of `span` that the page cache holds, rounded up to pages. `None`
/// where the system does not tell.
pub fn cached_bytes(file: &File, span: &Span) -> Option<u64> {
    if span.is_empty() {
        return Some(0);
    }
    let pages = counted(file, span).or_else(|| looked_up(file, span))?;
    let page = page_bytes();
    Some(pages.saturating_mul(page))
}

fn counted(file: &File, span: &Span) -> Option<u64> {
    let range = Range {
        off: span.start,
        len: span.end.saturating_sub(span.start),
    };
    let mut counts = Counts::default();
    // SAFETY: both structures are laid out as the call wants them and live
    // across it; the kernel writes into the second one alone.
    let done = unsafe {
        libc::syscall(
            CACHESTAT,
            file.as_raw_fd(),
            &raw const range,
            &raw mut counts,
            0,
        )
    };
    (done == 0).then_some(counts.cached)
}

/// The same through `mincore`, which older kernels have.
fn looked_up(file: &File, span: &Span) -> Option<u64> {
    let page = page_bytes();
    let mut at = span.start.saturating_sub(span.start.checked_rem(page)?);
    let mut pages = 0u64;
    while at < span.end {
        let end = at.saturating_add(LOOKUP_BYTES).min(span.end);
        let len = usize::try_from(end.saturating_sub(at)).ok()?;
        // SAFETY: the mapping is never read: only its address is handed to
        // `mincore`, so that nothing the file does can be seen through it.
        let map = unsafe { MmapOptions::new().offset(at).len(len).map(file).ok()? };
        let count = usize::try_from((len as u64).div_ceil(page)).ok()?;
        let mut flags = vec![0u8; count];
        // SAFETY: the range is the mapping made above, and `flags` has one
        // byte for each of its pages.
        let done = unsafe { libc::mincore(map.as_ptr() as *mut _, len, flags.as_mut_ptr().cast()) };
        if done != 0 {
            return None;
        }
        pages = pages.saturating_add(flags.iter().filter(|&&flag| flag & 1 == 1).count() as u64);
        at = end;
    }
    Some(pages)
}

fn page_bytes() -> u64 {
    // SAFETY: a plain question without arguments in memory.
    let answer = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(answer).unwrap_or(4096).max(1)
}

/// Which stretches of a file were not in the cache when it was opened.
#[derive(Debug)]
pub struct Brought {
    stretch: u64,
    /// One for each stretch: whether all of it was cold.
    cold: Vec<bool>,
    len: u64,
}

impl Brought {
    /// Ask for every stretch of a file of `len` bytes. `None` where the system
    /// does not tell: then nothing may be dropped.
    pub fn look(file: &File, len: u64) -> Option<Self> {
        let stretch = STRETCH_BYTES.max(len.div_ceil(MOST_STRETCHES));
        let mut cold = Vec::new();
        let mut at = 0u64;
        while at < len {
            let end = at.saturating_add(stretch).min(len);
            cold.push(cached_bytes(file, &(at..end))? == 0);
            at = end;
        }
        Some(Brought { stretch, cold, len })
    }

    /// Drop what was read of `span`, and leave what was there before.
    pub fn drop_behind(&self, file: &File, span: &Span) {
        let end = match span.end >= self.len {
            true => self.len,
            false => span.end.saturating_sub(KEPT_BYTES),
        };
        let mut at = span.start.saturating_sub(KEPT_BYTES);
        while at < end {
            let Some(index) = at.checked_div(self.stretch) else {
                return;
            };
            let next = index
                .saturating_add(1)
                .saturating_mul(self.stretch)
                .min(end);
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            if self.cold.get(index).copied().unwrap_or(false)
                && let Some(len) = NonZeroU64::new(next.saturating_sub(at))
            {
                // Advice: where it is not taken, the kernel sorts it out.
                let _ = fadvise(file.as_fd(), at, Some(len), Advice::DontNeed);
            }
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    use super::*;

    /// A file on disk, written through, and dropped from the cache; `None`
    /// where this directory lies on no disk.
    fn cold(mebibytes: usize) -> Option<File> {
        let mut file = tempfile::tempfile_in(".").ok()?;
        for index in 0..mebibytes {
            file.write_all(&vec![index as u8; 1 << 20]).ok()?;
        }
        file.sync_all().ok()?;
        fadvise(file.as_fd(), 0, None, Advice::DontNeed).ok()?;
        let len = (mebibytes as u64) << 20;
        (cached_bytes(&file, &(0..len)) == Some(0)).then_some(file)
    }

    #[test]
    fn both_ways_of_asking_count_the_same_pages() {
        let Some(file) = cold(4) else { return };
        file.read_exact_at(&mut [0; 4096], 1 << 20).unwrap();
        let span = 0..4 << 20;
        let looked_up = looked_up(&file, &span).unwrap();
        assert!(looked_up > 0);
        if let Some(counted) = counted(&file, &span) {
            assert_eq!(counted, looked_up);
        }
        assert_eq!(cached_bytes(&file, &(3..3)), Some(0));
    }

    #[test]
    fn what_was_brought_is_dropped_and_what_was_there_stays() {
        let Some(file) = cold(40) else { return };
        let second = 16 << 20..32u64 << 20;
        let mut page = [0; 4096];
        file.read_exact_at(&mut page, 20 << 20).unwrap();
        let before = cached_bytes(&file, &second).unwrap();
        assert!(before > 0);
        let brought = Brought::look(&file, 40 << 20).unwrap();
        assert_eq!(brought.cold, [true, false, true]);
        let mut all = vec![0; 40 << 20];
        file.read_exact_at(&mut all, 0).unwrap();
        brought.drop_behind(&file, &(0..40 << 20));
        assert_eq!(cached_bytes(&file, &(0..16 << 20)), Some(0));
        assert_eq!(cached_bytes(&file, &(32 << 20..40 << 20)), Some(0));
        assert!(cached_bytes(&file, &second).unwrap() >= before);
    }

    #[test]
    fn the_margin_of_the_next_window_stays() {
        let Some(file) = cold(20) else { return };
        let brought = Brought::look(&file, 20 << 20).unwrap();
        let mut all = vec![0; 20 << 20];
        file.read_exact_at(&mut all, 0).unwrap();
        brought.drop_behind(&file, &(0..8 << 20));
        assert_eq!(cached_bytes(&file, &(0..7 << 20)), Some(0));
        assert_eq!(cached_bytes(&file, &(7 << 20..8 << 20)), Some(1 << 20));
    }
}
