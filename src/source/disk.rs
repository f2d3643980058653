//! A file, read by position with plain system calls.
//!
//! This is the one place that opens and reads files for the scan. A read that
//! meets the end too early means that the file was cut under us, and says so.

use std::fs::{File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{Advice, SeekFrom, fadvise, seek};
use rustix::io::Errno;

use super::cache::{Brought, cached_bytes};
use super::{Extent, ReadError, Source, Volume};
use crate::report::Span;

/// What tells one state of a file from another: inode, length, and the time
/// of the last change.
type Stamp = (u64, u64, i64, i64);

/// The unit in which a file's room on the disk is told, on every system.
const BLOCK_BYTES: u64 = 512;

/// An open file of known length.
#[derive(Debug)]
pub struct Disk {
    file: File,
    len: u64,
    stamp: Stamp,
    sparse: bool,
    /// What may be dropped from the page cache again.
    brought: Option<Brought>,
}

impl Disk {
    /// Open the file at `path`. With `sparse`, holes that the file system
    /// reports are told by [`Source::extent`].
    pub fn open(path: &Path, sparse: bool) -> Result<Self, ReadError> {
        Ok(Disk::from_file(File::open(path)?, sparse)?)
    }

    /// Take over an open file.
    pub fn from_file(file: File, sparse: bool) -> std::io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Disk {
            file,
            len: meta.len(),
            stamp: stamp(&meta),
            // A file that takes as much room as it is long has no holes.
            sparse: sparse && meta.blocks().saturating_mul(BLOCK_BYTES) < meta.len(),
            brought: None,
        })
    }

    /// From now on, drop from the page cache what is read and was not there
    /// before, once it is [done](Source::done) with.
    pub fn leave_no_cache(mut self) -> Self {
        self.brought = Brought::look(&self.file, self.len);
        self
    }

    /// Bytes of the file that the page cache holds; 0 where the system does
    /// not tell.
    pub fn cached_bytes(&self) -> u64 {
        cached_bytes(&self.file, &(0..self.len)).unwrap_or(0)
    }

    /// What kind of place it lies in.
    pub fn volume(&self) -> Volume {
        Volume::of(&self.file)
    }

    /// Tell the system that `span` will be read front to back.
    pub fn advise_sequential(&self, span: Span) {
        let len = std::num::NonZeroU64::new(span.end.saturating_sub(span.start));
        // Advice only: a file system without it reads just the same.
        let _ = fadvise(self.file.as_fd(), span.start, len, Advice::Sequential);
    }

    /// Tell the system that `span` will be read soon.
    pub fn advise_soon(&self, span: Span) {
        if let Some(len) = std::num::NonZeroU64::new(span.end.saturating_sub(span.start)) {
            let _ = fadvise(self.file.as_fd(), span.start, Some(len), Advice::WillNeed);
        }
    }

    /// Fails if the file is no longer the one that was opened.
    pub fn verify(&self) -> Result<(), ReadError> {
        let now = self.file.metadata()?;
        if stamp(&now) == self.stamp {
            Ok(())
        } else {
            Err(ReadError::Changed)
        }
    }

    /// The open file, for mapping it.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        seek(self.file.as_fd(), to)
    }
}

fn stamp(meta: &Metadata) -> Stamp {
    (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())
}

impl Source for Disk {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = left.min(buf.len());
        let Some(buf) = buf.get_mut(..wanted).filter(|b| !b.is_empty()) else {
            return Ok(0);
        };
        loop {
            match self.file.read_at(buf, at) {
                Ok(0) => return Err(ReadError::Changed),
                Ok(n) => return Ok(n),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn extent(&self, at: u64) -> Extent {
        if !self.sparse || at >= self.len {
            return Extent::Data(self.len);
        }
        match self.seek(SeekFrom::Data(at)) {
            Ok(data) if data > at => Extent::Hole(data.min(self.len)),
            Ok(_) => match self.seek(SeekFrom::Hole(at)) {
                Ok(hole) if hole > at => Extent::Data(hole.min(self.len)),
                _ => Extent::Data(self.len),
            },
            // No data from here on: the rest is one hole.
            Err(Errno::NXIO) => Extent::Hole(self.len),
            Err(_) => Extent::Data(self.len),
        }
    }

    fn done(&self, span: Span) {
        if let Some(brought) = &self.brought {
            brought.drop_behind(&self.file, &span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_shrinks_is_told_from_one_that_ends() {
        let file = tempfile::tempfile().unwrap();
        file.write_at(b"0123456789", 0).unwrap();
        let disk = Disk::from_file(file, true).unwrap();
        let mut buf = [0; 4];
        assert_eq!(disk.read_at(8, &mut buf).unwrap(), 2);
        assert_eq!(disk.read_at(10, &mut buf).unwrap(), 0);
        disk.file.set_len(4).unwrap();
        assert!(matches!(disk.read_at(8, &mut buf), Err(ReadError::Changed)));
        assert!(matches!(disk.verify(), Err(ReadError::Changed)));
    }

    #[test]
    fn holes_are_told_only_when_asked_for() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(64 << 20).unwrap();
        file.write_at(b"x", 32 << 20).unwrap();
        let disk = Disk::from_file(file.try_clone().unwrap(), true).unwrap();
        let Extent::Hole(data) = disk.extent(0) else {
            return;
        };
        assert!(data <= 32 << 20);
        let Extent::Data(end) = disk.extent(32 << 20) else {
            panic!("data at the byte written")
        };
        assert_eq!(disk.extent(end), Extent::Hole(64 << 20));
        let dense = Disk::from_file(file, false).unwrap();
        assert_eq!(dense.extent(0), Extent::Data(64 << 20));
    }
}
