//! Spans of another source one behind the other, with runs of zeros between
//! them: a sparse member, without a copy.

use super::{Extent, ReadError, SharedSource, Source};
use crate::report::Span;

/// A piece of a joined source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes that lie in the parent.
    Data(Span),
    /// So many zeros that are stored nowhere.
    Zeros(u64),
}

/// Pieces of a parent that are read as one.
#[derive(Debug, Clone)]
pub struct Joined {
    parent: SharedSource,
    /// Where each piece begins here; no piece is empty.
    pieces: Vec<(u64, Piece)>,
    len: u64,
}

impl Joined {
    /// The pieces in this order. Spans are cut to what the parent has.
    pub fn new(parent: SharedSource, pieces: &[Piece]) -> Self {
        let mut len = 0u64;
        let mut kept = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let piece = match piece {
                Piece::Data(span) => {
                    let end = span.end.min(parent.len());
                    Piece::Data(span.start.min(end)..end)
                }
                zeros => zeros.clone(),
            };
            let size = size(&piece);
            if size > 0 {
                kept.push((len, piece));
                len = len.saturating_add(size);
            }
        }
        Joined {
            parent,
            pieces: kept,
            len,
        }
    }

    /// The piece that holds `at`, and how far into it that is.
    fn find(&self, at: u64) -> Option<(&Piece, u64)> {
        let behind = self.pieces.partition_point(|(start, _)| *start <= at);
        let (start, piece) = self.pieces.get(behind.checked_sub(1)?)?;
        Some((piece, at.saturating_sub(*start)))
    }
}

fn size(piece: &Piece) -> u64 {
    match piece {
        Piece::Data(span) => span.end.saturating_sub(span.start),
        Piece::Zeros(count) => *count,
    }
}

impl Source for Joined {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        if at >= self.len {
            return Ok(0);
        }
        let Some((piece, inner)) = self.find(at) else {
            return Ok(0);
        };
        let left = size(piece).saturating_sub(inner);
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let buf = buf.get_mut(..n).unwrap_or_default();
        match piece {
            Piece::Data(span) => self.parent.read_at(span.start.saturating_add(inner), buf),
            Piece::Zeros(_) => {
                buf.fill(0);
                Ok(n)
            }
        }
    }

    fn extent(&self, at: u64) -> Extent {
        match self.find(at) {
            Some((piece, inner)) => {
                let end = at.saturating_add(size(piece).saturating_sub(inner));
                match piece {
                    Piece::Data(_) => Extent::Data(end.min(self.len)),
                    Piece::Zeros(_) => Extent::Hole(end.min(self.len)),
                }
            }
            None => Extent::Data(self.len),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Memory;

    fn joined(pieces: &[Piece]) -> Joined {
        Joined::new(Arc::new(Memory::new(&b"0123456789"[..])), pieces)
    }

    #[test]
    fn pieces_read_as_one() {
        let joined = joined(&[
            Piece::Data(2..4),
            Piece::Data(5..5),
            Piece::Zeros(3),
            Piece::Data(7..99),
            Piece::Zeros(1),
        ]);
        let whole = b"23\0\0\x00789\0";
        assert_eq!(joined.len(), 9);
        for from in 0..=9u64 {
            for to in from..=12 {
                let expected = &whole[from as usize..(to as usize).min(9)];
                assert_eq!(&*joined.chunk(from..to).unwrap(), expected, "{from}..{to}");
            }
        }
        assert_eq!(joined.read_at(9, &mut [1]).unwrap(), 0);
    }

    #[test]
    fn zeros_are_holes() {
        let joined = joined(&[Piece::Zeros(1 << 40), Piece::Data(0..10)]);
        assert_eq!(joined.extent(5), Extent::Hole(1 << 40));
        assert_eq!(joined.extent(1 << 40), Extent::Data((1 << 40) + 10));
        assert_eq!(joined.extent(u64::MAX), Extent::Data((1 << 40) + 10));
        assert_eq!(self::joined(&[]).len(), 0);
    }
}
