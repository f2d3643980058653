//! The CRC-32 of an artifact, put together from the spans its sweep reads.
//!
//! A *sum* takes the checksums of spans in any order, from any lane, and from
//! members that own parts of the artifact. What nobody handed in is read in
//! the end, so that no way of cutting an artifact up leaves it unchecked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crc32fast::Hasher;

use crate::budget::Budget;
use crate::report::Span;
use crate::source::{ReadError, Source};

/// Spans that nobody handed in are read in pieces of this size.
const PIECE_BYTES: u64 = 1 << 20;

/// Checksums of spans of one artifact.
#[derive(Debug, Default)]
pub struct Sum(Mutex<BTreeMap<u64, Piece>>);

/// The checksum of the bytes from a known position to `end`.
#[derive(Debug, Clone)]
struct Piece {
    end: u64,
    crc: Hasher,
}

impl Sum {
    fn pieces(&self) -> MutexGuard<'_, BTreeMap<u64, Piece>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take the bytes that begin at `at`.
    pub fn bytes(&self, at: u64, bytes: &[u8]) {
        let mut crc = Hasher::new();
        crc.update(bytes);
        self.add(at..at.saturating_add(bytes.len() as u64), crc);
    }

    /// Take a span that holds zeros alone.
    pub fn zeros(&self, span: Span) {
        let crc = zeros(span.end.saturating_sub(span.start));
        self.add(span, crc);
    }

    /// Take a span whose checksum is known. One that overlaps with what is
    /// already there is left out: the rest of it is read in the end.
    pub fn add(&self, span: Span, crc: Hasher) {
        if span.is_empty() {
            return;
        }
        let mut pieces = self.pieces();
        let before = pieces.range(..=span.start).next_back();
        let after = pieces.range(span.start..).next();
        if before.is_some_and(|(_, p)| p.end > span.start)
            || after.is_some_and(|(&at, _)| at < span.end)
        {
            return;
        }
        let joins = before
            .filter(|(_, p)| p.end == span.start)
            .map(|(&at, _)| at);
        let end = span.end;
        let start = match joins.and_then(|at| pieces.get_mut(&at).map(|piece| (at, piece))) {
            Some((at, piece)) => {
                piece.crc.combine(&crc);
                piece.end = end;
                at
            }
            None => {
                pieces.insert(span.start, Piece { end, crc });
                span.start
            }
        };
        if let Some(next) = pieces.remove(&end)
            && let Some(piece) = pieces.get_mut(&start)
        {
            piece.crc.combine(&next.crc);
            piece.end = next.end;
        }
    }

    /// The checksum of all of `source`, the artifact; what is missing of it is
    /// read now. `None` where it cannot be read.
    pub fn close(&self, source: &dyn Source, budget: &Budget) -> Result<Option<Hasher>, ReadError> {
        let len = source.len();
        while let Some(gap) = self.missing(len) {
            let mut at = gap.start;
            while at < gap.end {
                budget.check()?;
                let end = at.saturating_add(PIECE_BYTES).min(gap.end);
                match source.chunk(at..end) {
                    Ok(chunk) if chunk.len() as u64 == end - at => {
                        self.bytes(at, &chunk);
                        chunk.verify()?;
                    }
                    Ok(_) => return Err(ReadError::Changed),
                    Err(ReadError::Io(_)) => return Ok(None),
                    Err(other) => return Err(other),
                }
                at = end;
            }
        }
        let whole = self.pieces().remove(&0).map(|piece| piece.crc);
        Ok(Some(whole.unwrap_or_default()))
    }

    /// The first span that is not there yet.
    fn missing(&self, len: u64) -> Option<Span> {
        let pieces = self.pieces();
        let begin = pieces.get(&0).map_or(0, |piece| piece.end);
        let end = pieces.range(begin..).next().map_or(len, |(&at, _)| at);
        (begin < len).then_some(begin..end.min(len))
    }
}

/// The checksum of so many zeros, by doubling.
fn zeros(mut count: u64) -> Hasher {
    let mut all = Hasher::new();
    let mut power = Hasher::new();
    power.update(&[0]);
    while count > 0 {
        if count & 1 == 1 {
            all.combine(&power);
        }
        let half = power.clone();
        power.combine(&half);
        count >>= 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn bytes() -> Vec<u8> {
        (0..1000u32).map(|i| (i * 7 % 251) as u8).collect()
    }

    fn closed(sum: &Sum, bytes: &[u8]) -> u32 {
        let source = Memory::new(bytes);
        let whole = sum.close(&source, &Budget::unlimited()).unwrap();
        whole.unwrap().finalize()
    }

    #[test]
    fn pieces_in_any_order_make_one_checksum() {
        let bytes = bytes();
        let expected = crc32fast::hash(&bytes);
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            let sum = Sum::default();
            for part in order {
                let at = part * 250;
                sum.bytes(at as u64, &bytes[at..at + 250]);
            }
            assert_eq!(sum.pieces().len(), 1);
            // Nothing is left to be read.
            assert_eq!(closed(&sum, &vec![0; 1000]), expected);
        }
    }

    #[test]
    fn what_is_missing_or_overlaps_is_read_in_the_end() {
        let bytes = bytes();
        for spans in [
            &[0..100, 50..150, 900..1000][..],
            &[10..20, 10..30, 5..12],
            &[400..400, 0..0],
            &[0..1000, 0..1000],
            &[],
        ] {
            let sum = Sum::default();
            for span in spans {
                sum.bytes(span.start as u64, &bytes[span.clone()]);
            }
            assert_eq!(closed(&sum, &bytes), crc32fast::hash(&bytes), "{spans:?}");
        }
        assert_eq!(closed(&Sum::default(), &[]), 0);
    }

    #[test]
    fn zeros_are_not_read() {
        for count in [0u64, 1, 2, 3, 255, 4096, 100_001] {
            assert_eq!(
                zeros(count).finalize(),
                crc32fast::hash(&vec![0; count as usize])
            );
        }
        let mut bytes = bytes();
        bytes[200..700].fill(0);
        let sum = Sum::default();
        sum.zeros(200..700);
        sum.bytes(0, &bytes[..200]);
        sum.bytes(700, &bytes[700..]);
        assert_eq!(sum.pieces().len(), 1);
        assert_eq!(closed(&sum, &bytes), crc32fast::hash(&bytes));
    }

    #[test]
    fn a_span_that_cannot_be_read_leaves_no_checksum() {
        #[derive(Debug)]
        struct Broken;
        impl Source for Broken {
            fn len(&self) -> u64 {
                10
            }
            fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, ReadError> {
                Err(std::io::Error::other("bad sector").into())
            }
        }
        let sum = Sum::default();
        sum.bytes(0, b"01234");
        let closed = sum.close(&Broken, &Budget::unlimited()).unwrap();
        assert!(closed.is_none());
    }
}
