//! A file whose windows are read past the page cache.
//!
//! Reading a cold file through the cache costs a copy, and the kernel's work
//! of finding room for pages that nobody will use again. Only
//! [`Source::chunk`] reads directly: structure is read in small pieces, which
//! the cache is good for.

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use rustix::fs::OFlags;

use super::chunk::Buffer;
use super::{Chunk, Disk, Extent, ReadError, Source};
use crate::report::Span;

/// Places, lengths and addresses of direct reads are multiples of this; no
/// disk in use asks for more.
const ALIGN_BYTES: u64 = 4096;

/// A file read past the page cache.
#[derive(Debug)]
pub struct Direct {
    disk: Arc<Disk>,
    file: File,
}

impl Direct {
    /// Read `disk` directly, or `None` where its file system does not.
    pub fn new(disk: Arc<Disk>) -> Option<Self> {
        let path = format!("/proc/self/fd/{}", disk.file().as_raw_fd());
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::DIRECT.bits() as i32)
            .open(path)
            .ok()?;
        Some(Direct { disk, file })
    }

    /// Read `span`, or `None` where the system does not read it directly.
    fn read(&self, span: &Span) -> Option<Chunk<'static>> {
        let skipped = span.start.checked_rem(ALIGN_BYTES)?;
        let start = span.start.checked_sub(skipped)?;
        let len = span.end.checked_sub(start)?;
        let wanted = usize::try_from(len).ok()?;
        let room = usize::try_from(len.checked_next_multiple_of(ALIGN_BYTES)?).ok()?;
        let mut buffer = Buffer::aligned(room, usize::try_from(ALIGN_BYTES).ok()?).ok()?;
        let mut filled = 0usize;
        while filled < wanted {
            let at = start.checked_add(filled as u64)?;
            let rest = buffer.space().get_mut(filled..)?;
            match self.file.read_at(rest, at) {
                // The end came early, or a read stopped between two blocks:
                // plain reads tell what is the matter.
                Ok(0) | Err(_) => return None,
                Ok(n) => filled = filled.checked_add(n)?,
            }
            if filled < wanted && !(filled as u64).is_multiple_of(ALIGN_BYTES) {
                return None;
            }
        }
        let skipped = usize::try_from(skipped).ok()?;
        Some(Chunk::Pooled(buffer.cut(skipped..wanted)))
    }
}

impl Source for Direct {
    fn len(&self) -> u64 {
        self.disk.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        self.disk.read_at(at, buf)
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        let span = span.start.min(self.len())..span.end.min(self.len());
        if span.end.saturating_sub(span.start) < ALIGN_BYTES {
            return self.disk.chunk(span);
        }
        match self.read(&span) {
            Some(chunk) => Ok(chunk),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn direct(len: usize) -> Option<(File, Direct)> {
        let file = tempfile::tempfile_in(".").ok()?;
        let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        file.write_at(&bytes, 0).unwrap();
        let disk = Disk::from_file(file.try_clone().unwrap(), true).unwrap();
        Some((file, Direct::new(Arc::new(disk))?))
    }

    #[test]
    fn direct_reads_equal_plain_ones_at_any_place() {
        let len = 5 * 4096 + 17;
        let Some((_file, source)) = direct(len) else {
            return;
        };
        for start in [0, 1, 4095, 4096, 4097, len - 1, len, len + 9] {
            for size in [0, 1, 4096, 4097, 9000, len] {
                let span = start as u64..(start + size) as u64;
                let chunk = source.chunk(span).unwrap();
                let mut plain = vec![0; size];
                let n = source.fill_at(start as u64, &mut plain).unwrap();
                assert!(chunk[..] == plain[..n], "{start} {size}");
            }
        }
        // Not only the way round: the file system of this directory reads
        // directly, or the test has nothing to show.
        assert!(source.read(&(3..9000)).is_some() || cfg!(not(target_os = "linux")));
    }

    #[test]
    fn a_file_cut_under_direct_reads_is_told() {
        let Some((file, source)) = direct(64 * 4096) else {
            return;
        };
        file.set_len(4096).unwrap();
        let cut = source.chunk(0..64 * 4096);
        assert!(matches!(cut, Err(ReadError::Changed)));
    }
}
