//! The two ends of a member whose bytes were swept as they came out.
//!
//! Most long members are numbers, which no format recognises or which one
//! describes in a header, and nobody reads them by position. Such a member need
//! not be kept: it is swept while its bytes are still near, and its *ends* are
//! shown to the formats. Where one of them wants to see more of it, the member
//! is decoded once more and kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::source::{ReadError, SharedSource, Source};

/// The beginning and the end of a member, and nothing between them.
#[derive(Debug)]
pub(super) struct Ends {
    head: SharedSource,
    tail: Vec<u8>,
    len: u64,
    /// Whether somebody asked for what is not there.
    missed: AtomicBool,
}

impl Ends {
    /// The ends of a member of `len` bytes.
    pub(super) fn new(head: SharedSource, tail: Vec<u8>, len: u64) -> Arc<Self> {
        Arc::new(Ends {
            head,
            tail,
            len,
            missed: AtomicBool::new(false),
        })
    }

    /// Whether all that anybody asked for was there.
    pub(super) fn were_enough(&self) -> bool {
        !self.missed.load(Ordering::Relaxed)
    }
}

impl Source for Ends {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        if at < self.head.len() || at >= self.len {
            return self.head.read_at(at, buf);
        }
        let tail_at = self.len.saturating_sub(self.tail.len() as u64);
        let inside = at
            .checked_sub(tail_at)
            .and_then(|at| usize::try_from(at).ok());
        match inside.and_then(|at| self.tail.get(at..)) {
            Some(tail) => {
                let n = tail.len().min(buf.len());
                buf[..n].copy_from_slice(&tail[..n]);
                Ok(n)
            }
            None => {
                self.missed.store(true, Ordering::Relaxed);
                Err(std::io::Error::other("these bytes were not kept").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn the_ends_are_there_and_a_look_between_them_is_noticed() {
        let head: SharedSource = Arc::new(Memory::new(*b"0123"));
        let ends = Ends::new(head, b"789".to_vec(), 10);
        assert_eq!(&ends.chunk(1..3).unwrap()[..], b"12");
        assert_eq!(&ends.chunk(7..99).unwrap()[..], b"789");
        assert_eq!(ends.read_at(10, &mut [0; 4]).unwrap(), 0);
        assert!(ends.were_enough());
        assert!(ends.chunk(2..8).is_err());
        assert!(!ends.were_enough());
    }
}
