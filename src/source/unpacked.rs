//! The output of a decoder: in memory while it is small, then in an anonymous
//! temporary file. Nothing is ever written under a name.

use std::io::Write as _;

use super::{Chunk, Disk, Extent, Memory, ReadError, Source};
use crate::budget::{Budget, Lease, Stop};
use crate::report::Span;

/// Collects decoded bytes until they are complete.
#[derive(Debug)]
pub struct Spool {
    budget: Budget,
    lease: Lease,
    held: Held,
    len: u64,
}

#[derive(Debug)]
enum Held {
    Memory(Vec<u8>),
    File(std::fs::File),
}

impl Spool {
    /// An empty spool that spills above the job's `spill_bytes`.
    pub fn new(budget: Budget) -> Self {
        let lease = budget.lease(0);
        Spool {
            budget,
            lease,
            held: Held::Memory(Vec::new()),
            len: 0,
        }
    }

    /// Bytes collected so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was collected yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Add decoded bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let len = self.len.saturating_add(bytes.len() as u64);
        if let Held::Memory(held) = &self.held
            && len > self.budget.limits().spill_bytes
        {
            let mut file = tempfile::tempfile()?;
            file.write_all(held)?;
            self.held = Held::File(file);
            self.lease = self.budget.lease(0);
        }
        match &mut self.held {
            Held::Memory(held) => {
                held.try_reserve(bytes.len()).map_err(|_| Stop::Memory)?;
                held.extend_from_slice(bytes);
                self.lease = self.budget.lease(len);
            }
            Held::File(file) => file.write_all(bytes)?,
        }
        self.len = len;
        Ok(())
    }

    /// The collected bytes as a source.
    pub fn finish(self) -> Result<Unpacked, ReadError> {
        let body = match self.held {
            Held::Memory(bytes) => Body::Memory(Memory::new(bytes)),
            Held::File(file) => Body::File(Disk::from_file(file, false)?),
        };
        Ok(Unpacked {
            body,
            _lease: self.lease,
        })
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
    Memory(Memory),
    File(Disk),
}

impl Unpacked {
    fn source(&self) -> &dyn Source {
        match &self.body {
            Body::Memory(memory) => memory,
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

    #[test]
    fn what_was_pushed_comes_back_in_memory_and_from_a_file() {
        for spill_bytes in [0, 5, 100] {
            let limits = Limits {
                spill_bytes,
                ..Limits::default()
            };
            let mut spool = Spool::new(Budget::new(Arc::new(limits), CancelToken::default()));
            for part in [&b"abc"[..], b"", b"defgh"] {
                spool.push(part).unwrap();
            }
            let source = spool.finish().unwrap();
            assert_eq!(&source.chunk(1..100).unwrap()[..], b"bcdefgh");
        }
    }
}
