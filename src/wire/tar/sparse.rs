//! Sparse members: files of which only the parts that are not zero are kept,
//! with a *map* of where these go.
//!
//! GNU tar has written the map in four ways: in the header and blocks behind it
//! (the old one), in pax records one number each (0.0) or all in one (0.1), and
//! as decimal lines in front of the data (1.0). A reader that does not know them
//! sees the stored parts, and the lines, as the file.
//!
//! An attacker writes the map: it is read up to a cap and used only if its parts
//! follow one another, fit the size of the file, and are as long together as
//! what is stored.

use super::BLOCK_BYTES;
use crate::report::Span;
use crate::source::Piece;

/// Parts of one member that are put together.
pub const PARTS_CAP: usize = 1 << 14;

/// Longest file that is put together, its zeros included.
pub const SIZE_CAP_BYTES: u64 = 64 << 30;

/// Bytes of the lines of a map that are read.
pub(super) const LINES_CAP_BYTES: usize = 1 << 20;

/// What is known about how a sparse member is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Map {
    /// The pieces of the file, in order.
    Known(Vec<Piece>),
    /// The map does not fit itself or the data, and how.
    Broken(&'static str),
    /// It is of a kind that is not followed.
    Unknown,
    /// It is larger than what is put together.
    Capped,
}

/// Parts of a file as its map gives them: position and length.
pub(super) type Parts = Vec<(u64, u64)>;

/// What pax records say about a sparse member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Records {
    /// Whether there are any.
    pub is_any: bool,
    /// Major and minor version.
    version: [Option<u64>; 2],
    /// Length of the file.
    real: Option<u64>,
    /// Positions and lengths, alternating.
    numbers: Vec<u64>,
    is_broken: bool,
}

impl Records {
    /// Take over the record `GNU.sparse.` + `keyword`.
    pub(super) fn set(&mut self, keyword: &[u8], value: &[u8]) {
        self.is_any = true;
        match keyword {
            b"major" => self.version[0] = decimal(value),
            b"minor" => self.version[1] = decimal(value),
            b"size" | b"realsize" => self.real = decimal(value),
            b"offset" | b"numbytes" => self.number(value),
            b"map" => {
                self.numbers.clear();
                for number in value.split(|&b| b == b',') {
                    self.number(number);
                }
            }
            _ => {}
        }
    }

    fn number(&mut self, digits: &[u8]) {
        match decimal(digits) {
            // One part more than is followed, so that it shows.
            Some(number) if self.numbers.len() < 2 * PARTS_CAP + 2 => self.numbers.push(number),
            Some(_) => {}
            None => self.is_broken = true,
        }
    }

    /// Whether the map stands in front of the data.
    pub(super) fn has_lines(&self) -> bool {
        self.version == [Some(1), Some(0)]
    }

    /// The map, where the member's data are `stored`; `front` is how they
    /// begin.
    pub(super) fn map(&self, stored: Span, front: &[u8]) -> Map {
        let Some(real) = self.real.filter(|_| !self.is_broken) else {
            return match self.is_broken {
                true => Map::Broken("has a number that is none"),
                false => Map::Unknown,
            };
        };
        if self.has_lines() {
            return match lines(front) {
                Some((parts, len)) => {
                    let begin = stored.start.saturating_add(len).min(stored.end);
                    put_together(&parts, real, begin..stored.end)
                }
                None => Map::Broken("cannot be read in front of the data"),
            };
        }
        match self.version {
            [None | Some(0), _] => {}
            _ => return Map::Unknown,
        }
        let (pairs, rest) = self.numbers.as_chunks::<2>();
        match rest.is_empty() {
            true => {
                let parts: Parts = pairs.iter().map(|&[at, len]| (at, len)).collect();
                put_together(&parts, real, stored)
            }
            false => Map::Broken("has an odd number of numbers"),
        }
    }
}

/// The map in the lines that data begin with, and how long it is with its
/// padding.
fn lines(front: &[u8]) -> Option<(Parts, u64)> {
    let mut rest = front;
    let mut next = || {
        let end = memchr::memchr(b'\n', rest.get(..rest.len().min(24))?)?;
        let number = decimal(rest.get(..end)?)?;
        rest = rest.get(end.checked_add(1)?..)?;
        Some(number)
    };
    let count = usize::try_from(next()?).ok()?;
    let mut parts = Parts::new();
    for _ in 0..count.min(PARTS_CAP.saturating_add(1)) {
        parts.push((next()?, next()?));
    }
    let len = front.len().checked_sub(rest.len())? as u64;
    Some((parts, len.checked_next_multiple_of(BLOCK_BYTES)?))
}

/// The pieces of a file of `real` bytes whose parts are `stored` one behind the
/// other.
pub(super) fn put_together(parts: &[(u64, u64)], real: u64, stored: Span) -> Map {
    if parts.len() > PARTS_CAP || real > SIZE_CAP_BYTES {
        return Map::Capped;
    }
    let mut pieces = Vec::new();
    let (mut at, mut from) = (0u64, stored.start);
    for &(offset, len) in parts {
        let Some(zeros) = offset.checked_sub(at) else {
            return Map::Broken("has parts that overlap");
        };
        let (Some(end), Some(to)) = (offset.checked_add(len), from.checked_add(len)) else {
            return Map::Broken("has parts behind the end of the file");
        };
        if to > stored.end {
            return Map::Broken("has parts that are longer than what is stored");
        }
        push(&mut pieces, Piece::Zeros(zeros));
        push(&mut pieces, Piece::Data(from..to));
        (at, from) = (end, to);
    }
    let Some(zeros) = real.checked_sub(at) else {
        return Map::Broken("has parts behind the end of the file");
    };
    if from != stored.end {
        return Map::Broken("has parts that are shorter than what is stored");
    }
    push(&mut pieces, Piece::Zeros(zeros));
    Map::Known(pieces)
}

fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match piece {
        Piece::Zeros(0) => {}
        Piece::Data(span) if span.is_empty() => {}
        piece => pieces.push(piece),
    }
}

/// Decimal digits, and nothing else.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(pairs: &[(&str, &str)]) -> Records {
        let mut records = Records::default();
        for (keyword, value) in pairs {
            records.set(keyword.as_bytes(), value.as_bytes());
        }
        records
    }

    #[test]
    fn all_three_kinds_of_records_are_put_together() {
        let expected = Map::Known(vec![
            Piece::Zeros(100),
            Piece::Data(1000..1010),
            Piece::Zeros(90),
            Piece::Data(1010..1015),
            Piece::Zeros(5),
        ]);
        let single = [
            ("size", "210"),
            ("numblocks", "2"),
            ("offset", "100"),
            ("numbytes", "10"),
            ("offset", "200"),
            ("numbytes", "5"),
        ];
        assert_eq!(records(&single).map(1000..1015, b""), expected);
        let one = [("size", "210"), ("map", "100,10,200,5")];
        assert_eq!(records(&one).map(1000..1015, b""), expected);
        let lines = [("major", "1"), ("minor", "0"), ("realsize", "210")];
        let mut front = b"2\n100\n10\n200\n5\n".to_vec();
        front.resize(512, 0);
        assert_eq!(records(&lines).map(488..1015, &front), expected);
    }

    #[test]
    fn maps_that_do_not_fit_are_told() {
        let broken = |map: &str, real: &str| {
            let map = records(&[("map", map), ("size", real)]).map(0..10, b"");
            assert!(matches!(map, Map::Broken(_)), "{map:?}");
        };
        for map in [
            "0,9",
            "0,11",
            "5,5,4,5",
            "0,x",
            "0,5,5",
            "18446744073709551615,10",
        ] {
            broken(map, "100");
        }
        broken("95,10", "100");
        let map = |pairs: &[(&str, &str)]| records(pairs).map(0..10, b"9\n");
        assert_eq!(map(&[("map", "0,10")]), Map::Unknown);
        assert_eq!(map(&[("major", "2"), ("size", "1")]), Map::Unknown);
        assert_eq!(
            map(&[("map", "0,10"), ("size", "68719476737")]),
            Map::Capped
        );
        let many = "0,0,".repeat(PARTS_CAP) + "0,10";
        assert_eq!(map(&[("map", &many), ("size", "10")]), Map::Capped);
        let lines = [("major", "1"), ("minor", "0"), ("size", "10")];
        assert!(matches!(map(&lines), Map::Broken(_)));
    }
}
