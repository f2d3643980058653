//! The output of a decoder: in memory while it is small, then in an anonymous
//! temporary file. Nothing is ever written under a name.
//!
//! A decoder writes straight into the *room* that a spool has, so that bytes
//! are not copied on their way; pages of that room are filled with zeros by the
//! system, and only once they are used.

use std::fs::File;
use std::io::Write as _;

use memmap2::{Advice, MmapMut};

use super::{Chunk, Disk, Extent, Memory, ReadError, SharedSource, Slice, Source};
use crate::budget::{Budget, Lease, Stop};
use crate::report::Span;

/// Room for the first bytes: most members end here.
const FIRST_BYTES: usize = 16 << 10;

/// Room for members of middle size.
const SECOND_BYTES: usize = 1 << 20;

/// Bytes that are written to the file in one piece.
const PIECE_BYTES: usize = 512 << 10;

/// Collects decoded bytes until they are complete.
#[derive(Debug)]
pub struct Spool {
    budget: Budget,
    lease: Lease,
    held: Held,
    len: u64,
    /// Where the file comes from.
    open: fn() -> std::io::Result<File>,
}

#[derive(Debug)]
enum Held {
    /// All bytes so far, at the front.
    Memory(Room),
    /// All bytes so far, which somebody has looked at.
    Head(SharedSource),
    /// Whole pieces in the file, and the bytes behind them.
    File {
        file: File,
        piece: Vec<u8>,
        filled: usize,
    },
}

/// Zeroed memory that grows.
enum Room {
    Small(Vec<u8>),
    Large(MmapMut),
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({})", self.as_ref().len())
    }
}

impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        match self {
            Room::Small(bytes) => bytes,
            Room::Large(pages) => pages,
        }
    }
}

impl Room {
    /// Room for `len` bytes.
    fn of(len: usize) -> Result<Room, ReadError> {
        if len <= SECOND_BYTES {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(len).map_err(|_| Stop::Memory)?;
            bytes.resize(len, 0);
            return Ok(Room::Small(bytes));
        }
        let pages = MmapMut::map_anon(len).map_err(|_| Stop::Memory)?;
        // Advice only: small pages hold the same.
        let _ = pages.advise(Advice::HugePage);
        Ok(Room::Large(pages))
    }

    fn from(&mut self, at: usize) -> &mut [u8] {
        let bytes = match self {
            Room::Small(bytes) => bytes.as_mut_slice(),
            Room::Large(pages) => pages,
        };
        bytes.get_mut(at..).unwrap_or_default()
    }
}

impl Spool {
    /// An empty spool that spills above the job's `spill_bytes`.
    pub fn new(budget: Budget) -> Self {
        let lease = budget.lease(0);
        Spool {
            budget,
            lease,
            held: Held::Memory(Room::Small(Vec::new())),
            len: 0,
            open: tempfile::tempfile,
        }
    }

    /// Go on behind `head`, which is to be written to the file first.
    pub fn resume(budget: Budget, head: SharedSource) -> Result<Self, ReadError> {
        let mut spool = Spool::new(budget);
        spool.len = head.len();
        spool.held = Held::Head(head);
        Ok(spool)
    }

    /// Bytes collected so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was collected yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Room for the next bytes, never empty; what is put there counts once it
    /// is [taken](Spool::take). Fails where there is no memory and no file.
    pub fn room(&mut self) -> Result<&mut [u8], ReadError> {
        self.make_room()?;
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        Ok(match &mut self.held {
            Held::Memory(room) => room.from(len),
            Held::Head(_) => &mut [],
            Held::File { piece, filled, .. } => piece.get_mut(*filled..).unwrap_or_default(),
        })
    }

    /// The first `n` bytes of the room are bytes of the output.
    pub fn take(&mut self, n: usize) {
        self.len = self.len.saturating_add(n as u64);
        if let Held::File { filled, .. } = &mut self.held {
            *filled = filled.saturating_add(n);
        }
    }

    /// Add decoded bytes.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), ReadError> {
        while !bytes.is_empty() {
            let room = self.room()?;
            let n = room.len().min(bytes.len());
            if let (Some(room), Some(front)) = (room.get_mut(..n), bytes.get(..n)) {
                room.copy_from_slice(front);
            }
            bytes = bytes.get(n..).unwrap_or_default();
            self.take(n);
        }
        Ok(())
    }

    /// Grow, spill or write out, so that there is room.
    fn make_room(&mut self) -> Result<(), ReadError> {
        let spill = usize::try_from(self.budget.limits().spill_bytes).unwrap_or(usize::MAX);
        match &mut self.held {
            Held::Memory(room) => {
                let have = room.as_ref().len();
                if self.len < have as u64 {
                    return Ok(());
                }
                if have >= spill {
                    return self.spill();
                }
                let steps = [FIRST_BYTES, SECOND_BYTES, spill];
                let next = steps.into_iter().find(|&step| step > have);
                let next = next.unwrap_or(spill).min(spill);
                let mut larger = Room::of(next)?;
                if let Some(front) = larger.from(0).get_mut(..have) {
                    front.copy_from_slice(room.as_ref());
                }
                *room = larger;
                self.lease = self.budget.lease(next as u64);
            }
            Held::File {
                file,
                piece,
                filled,
            } if *filled >= piece.len() => {
                file.write_all(piece)?;
                *filled = 0;
            }
            Held::Head(_) => return self.spill(),
            Held::File { .. } => {}
        }
        Ok(())
    }

    /// Write out what is still to be written, so that finishing cannot fail for
    /// want of space.
    pub fn flush(&mut self) -> Result<(), ReadError> {
        if let Held::File {
            file,
            piece,
            filled,
        } = &mut self.held
        {
            file.write_all(piece.get(..*filled).unwrap_or_default())?;
            *filled = 0;
        }
        Ok(())
    }

    /// Move what is in memory to a file.
    fn spill(&mut self) -> Result<(), ReadError> {
        let mut file = (self.open)()?;
        match &self.held {
            Held::Memory(room) => file.write_all(room.as_ref())?,
            Held::Head(head) => file.write_all(&head.chunk(0..head.len())?)?,
            Held::File { .. } => {}
        }
        self.held = Held::File {
            file,
            piece: vec![0; PIECE_BYTES],
            filled: 0,
        };
        self.lease = self.budget.lease(PIECE_BYTES as u64);
        Ok(())
    }

    /// The collected bytes as a source.
    pub fn finish(mut self) -> Result<Unpacked, ReadError> {
        self.flush()?;
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        let body = match self.held {
            Held::Memory(room) => Body::Memory(Memory::held(Filled { room, len })),
            Held::Head(head) => Body::Head(head),
            Held::File { file, .. } => Body::File(Disk::from_file(file, false)?),
        };
        Ok(Unpacked {
            body,
            _lease: self.lease,
        })
    }

    /// Every byte that was taken, in pieces of at most `size` bytes, also where
    /// room could no longer be made: what could not be written is in memory.
    pub fn drain(
        self,
        size: u64,
        mut each: impl FnMut(&[u8]) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let (kept, rest): (SharedSource, Vec<u8>) = match self.held {
            Held::Memory(_) => (std::sync::Arc::new(self.finish()?), Vec::new()),
            Held::Head(head) => (head, Vec::new()),
            Held::File {
                file,
                mut piece,
                filled,
            } => {
                piece.truncate(filled);
                let disk: SharedSource = std::sync::Arc::new(Disk::from_file(file, false)?);
                // A write that failed may have left a part of its bytes.
                let whole = self.len.saturating_sub(filled as u64);
                (std::sync::Arc::new(Slice::new(disk, 0..whole)), piece)
            }
        };
        let mut at = 0;
        while at < kept.len() {
            let chunk = kept.chunk(at..at.saturating_add(size))?;
            each(&chunk)?;
            at = at.saturating_add(chunk.len() as u64);
        }
        each(&rest)
    }
}

/// The front of a room.
#[derive(Debug)]
struct Filled {
    room: Room,
    len: usize,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        self.room.as_ref().get(..self.len).unwrap_or_default()
    }
}

/// Decoded bytes by position.
#[derive(Debug)]
pub struct Unpacked {
    body: Body,
    _lease: Lease,
}

#[derive(Debug)]
enum Body {
    Memory(Memory<Filled>),
    Head(SharedSource),
    File(Disk),
}

impl Unpacked {
    fn source(&self) -> &dyn Source {
        match &self.body {
            Body::Memory(memory) => memory,
            Body::Head(head) => head.as_ref(),
            Body::File(disk) => disk,
        }
    }
}

impl Source for Unpacked {
    fn len(&self) -> u64 {
        self.source().len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        self.source().read_at(at, buf)
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        self.source().chunk(span)
    }

    fn extent(&self, at: u64) -> Extent {
        self.source().extent(at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::budget::{CancelToken, Limits};

    fn spool(spill_bytes: u64) -> Spool {
        let limits = Limits {
            spill_bytes,
            ..Limits::default()
        };
        Spool::new(Budget::new(Arc::new(limits), CancelToken::default()))
    }

    #[test]
    fn what_was_pushed_comes_back_in_memory_and_from_a_file() {
        for spill_bytes in [0, 5, 100] {
            let mut spool = spool(spill_bytes);
            for part in [&b"abc"[..], b"", b"defgh"] {
                spool.push(part).unwrap();
            }
            let source = spool.finish().unwrap();
            assert_eq!(source.len(), 8);
            assert_eq!(&source.chunk(1..100).unwrap()[..], b"bcdefgh");
        }
    }

    #[test]
    fn room_grows_spills_and_is_written_out() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
        for spill_bytes in [0, 1 << 10, 100_000, 1 << 20, 1_500_000, 1 << 22] {
            let mut spool = spool(spill_bytes);
            let mut at = 0;
            while at < bytes.len() {
                let room = spool.room().unwrap();
                let n = room.len().min(70_001).min(bytes.len() - at);
                assert!(n > 0);
                room[..n].copy_from_slice(&bytes[at..at + n]);
                spool.take(n);
                at += n;
            }
            assert_eq!(spool.len(), bytes.len() as u64);
            let source = spool.finish().unwrap();
            assert_eq!(&source.chunk(0..u64::MAX).unwrap()[..], &bytes[..]);
        }
    }

    #[test]
    fn a_full_disk_loses_nothing() {
        let no_file = || Err(std::io::Error::other("no space left"));
        // A file that cannot be written to stands for a disk that fills up.
        let read_only = || File::open("/dev/null");
        for open in [no_file as fn() -> std::io::Result<File>, read_only] {
            let mut spool = spool(100);
            spool.open = open;
            let bytes: Vec<u8> = (0..100).collect();
            spool.push(&bytes).unwrap();
            assert!(matches!(spool.room(), Err(ReadError::Io(_))));
            let mut seen = Vec::new();
            let keep = |piece: &[u8]| {
                seen.extend_from_slice(piece);
                Ok(())
            };
            spool.drain(7, keep).unwrap();
            assert_eq!(seen, bytes);
        }
        let mut spool = spool(0);
        spool.push(&[7; PIECE_BYTES + 5]).unwrap();
        if let Held::File { file, .. } = &mut spool.held {
            *file = File::open("/dev/null").unwrap();
        }
        assert!(matches!(spool.flush(), Err(ReadError::Io(_))));
        spool.push(&[7; PIECE_BYTES - 5]).unwrap();
        assert!(matches!(spool.room(), Err(ReadError::Io(_))));
    }
}
