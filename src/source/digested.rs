//! A BLAKE3 digest of a file, made from the pieces that its readers ask for.
//!
//! BLAKE3 is a tree: the *block* of a file at any place can be hashed by
//! itself, and blocks are joined in the end. So the digest is made of the
//! bytes that the sweep reads anyway, on all of its lanes and in any order;
//! what nobody asked for is read when the file is closed.
//! Source: the BLAKE3 paper, section 2.1 (<https://github.com/BLAKE3-team/BLAKE3-specs>).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use blake3::hazmat::{self, ChainingValue, HasherExt, Mode};

use super::{Chunk, Extent, ReadError, SharedSource, Source};
use crate::report::Span;

/// Bytes of a block, a power of two.
const BLOCK_BYTES: u64 = 1 << 20;

/// A file whose digest is made while it is read.
#[derive(Debug)]
pub struct Digested {
    inner: SharedSource,
    /// One bit for each block that somebody has taken on.
    taken: Vec<AtomicU64>,
    /// What came of each block, once it was hashed.
    blocks: Mutex<Vec<Option<ChainingValue>>>,
}

impl Digested {
    /// Make the digest of `inner` while it is read.
    pub fn new(inner: SharedSource) -> Self {
        let count = usize::try_from(inner.len().div_ceil(BLOCK_BYTES)).unwrap_or(usize::MAX);
        Digested {
            taken: (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            blocks: Mutex::new(vec![None; count]),
            inner,
        }
    }

    /// Take a block on; whether nobody had.
    fn take(&self, block: usize) -> bool {
        let (word, bit) = (block >> 6, 1u64 << (block & 63));
        self.taken
            .get(word)
            .is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit == 0)
    }

    fn keep(&self, block: usize, value: ChainingValue) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = blocks.get_mut(block) {
            *slot = Some(value);
        }
    }

    /// Hash the blocks that lie in these bytes, which begin at `at`.
    fn see(&self, at: u64, bytes: &[u8]) {
        let len = self.inner.len();
        if len <= BLOCK_BYTES {
            return;
        }
        let end = at.saturating_add(bytes.len() as u64);
        let mut block = at.div_ceil(BLOCK_BYTES);
        loop {
            let start = block.saturating_mul(BLOCK_BYTES);
            let stop = start.saturating_add(BLOCK_BYTES).min(len);
            if start >= stop || stop > end {
                return;
            }
            let place = |position: u64| usize::try_from(position.saturating_sub(at)).ok();
            let inside = place(start)
                .zip(place(stop))
                .and_then(|(from, to)| bytes.get(from..to));
            let number = usize::try_from(block).unwrap_or(usize::MAX);
            if let Some(inside) = inside
                && self.take(number)
            {
                self.keep(number, value(start, inside));
            }
            block = block.saturating_add(1);
        }
    }

    /// The digest. Blocks that nobody read are read now.
    pub fn finish(&self) -> Result<[u8; 32], ReadError> {
        let len = self.inner.len();
        if len <= BLOCK_BYTES {
            let whole = self.inner.chunk(0..len)?;
            let digest = blake3::hash(&whole);
            whole.verify()?;
            return Ok(*digest.as_bytes());
        }
        let mut values = {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *blocks)
        };
        for (block, slot) in values.iter_mut().enumerate() {
            if slot.is_none() {
                let start = (block as u64).saturating_mul(BLOCK_BYTES);
                let end = start.saturating_add(BLOCK_BYTES).min(len);
                let chunk = self.inner.chunk(start..end)?;
                if (chunk.len() as u64) < end.saturating_sub(start) {
                    return Err(ReadError::Changed);
                }
                *slot = Some(value(start, &chunk));
                chunk.verify()?;
            }
        }
        let values: Option<Vec<ChainingValue>> = values.into_iter().collect();
        values
            .and_then(join)
            .ok_or_else(|| std::io::Error::other("a digest was asked for twice").into())
    }
}

/// What the tree has for a block that begins at `start`.
fn value(start: u64, bytes: &[u8]) -> ChainingValue {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(start);
    hasher.update(bytes);
    hasher.finalize_non_root()
}

/// Join blocks level by level: each node has a full tree on its left, the
/// largest that leaves something for its right.
fn join(mut level: Vec<ChainingValue>) -> Option<[u8; 32]> {
    while level.len() > 2 {
        level = level
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(hazmat::merge_subtrees_non_root(left, right, Mode::Hash)),
                [last] => Some(*last),
                _ => None,
            })
            .collect();
    }
    match level.as_slice() {
        [left, right] => Some(*hazmat::merge_subtrees_root(left, right, Mode::Hash).as_bytes()),
        _ => None,
    }
}

impl Source for Digested {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        self.inner.read_at(at, buf)
    }

    fn chunk(&self, span: Span) -> Result<Chunk<'_>, ReadError> {
        let at = span.start;
        let chunk = self.inner.chunk(span)?;
        self.see(at, &chunk);
        Ok(chunk)
    }

    fn extent(&self, at: u64) -> Extent {
        self.inner.extent(at)
    }

    fn done(&self, span: Span) {
        self.inner.done(span);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Memory;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn the_digest_is_that_of_the_whole_however_it_was_read() {
        const BLOCK: usize = BLOCK_BYTES as usize;
        for len in [
            0,
            1,
            BLOCK - 1,
            BLOCK,
            BLOCK + 1,
            2 * BLOCK,
            5 * BLOCK + 77,
            7 * BLOCK,
        ] {
            let bytes = bytes(len);
            let expected = *blake3::hash(&bytes).as_bytes();
            let whole = 0..len as u64;
            let spans: [&[Span]; 4] = [
                &[],
                std::slice::from_ref(&whole),
                &[
                    3..BLOCK_BYTES + 5,
                    0..BLOCK_BYTES,
                    2 * BLOCK_BYTES - 9..4 * BLOCK_BYTES,
                ],
                &[0..2 * BLOCK_BYTES, BLOCK_BYTES..u64::MAX],
            ];
            for spans in spans {
                let digested = Digested::new(Arc::new(Memory::new(bytes.clone())));
                for span in spans {
                    let chunk = digested.chunk(span.clone()).unwrap();
                    assert!(chunk.len() <= len);
                }
                assert_eq!(digested.finish().unwrap(), expected, "{len} {spans:?}");
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_has_no_digest() {
        #[derive(Debug)]
        struct Broken;
        impl Source for Broken {
            fn len(&self) -> u64 {
                3 * BLOCK_BYTES
            }
            fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, ReadError> {
                Err(std::io::Error::other("bad sector").into())
            }
        }
        assert!(Digested::new(Arc::new(Broken)).finish().is_err());
    }
}
