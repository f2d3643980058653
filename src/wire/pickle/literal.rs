//! A string or number in the stream that has not been read yet: where it
//! stands and how it is spelled.
//!
//! Long operands are never copied while the stream is walked. A [`Literal`] is
//! 12 bytes small, so that stacks and memos of millions of values stay cheap,
//! and is fetched, bounded, by whoever needs its text.

use crate::report::Span;
use crate::source::{ReadError, Source};

/// How the bytes of a literal spell its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// The bytes are the value; text is UTF-8.
    Plain,
    /// The body of a quoted string with backslash escapes.
    Escaped,
    /// Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
    RawUnicode,
}

/// Where a value stands in the stream and how it is spelled.
///
/// Packed into one word and a half, so that it is copied in two moves and a
/// value on the stack stays at 16 bytes: 48 bits of the start, two of the
/// coding, 46 of the length.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C, packed(4))]
pub struct Literal {
    /// Start, coding, and the high bits of the length.
    word: u64,
    /// The low bits of the length.
    low: u32,
}

/// Bits of the start; no file is longer than they can say.
const START_BITS: u32 = 48;

/// Bits of the start and the coding.
const FRONT_BITS: u32 = 50;

/// The longest length, of 46 bits.
const LONGEST: u64 = (1 << 46) - 1;

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Literal({:?}, {:?})", self.span(), self.coding())
    }
}

impl Literal {
    /// The value at `span`, spelled in this way.
    #[inline]
    pub fn new(span: Span, coding: Coding) -> Self {
        let start = span.start.min((1 << START_BITS) - 1);
        let len = span.end.saturating_sub(span.start).min(LONGEST);
        let coding = match coding {
            Coding::Plain => 0,
            Coding::Escaped => 1,
            Coding::RawUnicode => 2u64,
        };
        Literal {
            word: start | (coding << START_BITS) | ((len >> 32) << FRONT_BITS),
            low: (len & 0xffff_ffff) as u32,
        }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        let start = self.word & ((1 << START_BITS) - 1);
        start..start.saturating_add(self.len())
    }

    /// Bytes it takes in the stream.
    #[inline]
    pub fn len(&self) -> u64 {
        ((self.word >> FRONT_BITS) << 32) | u64::from(self.low)
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How it is spelled.
    pub fn coding(&self) -> Coding {
        match (self.word >> START_BITS) & 3 {
            0 => Coding::Plain,
            1 => Coding::Escaped,
            _ => Coding::RawUnicode,
        }
    }

    /// The first bytes of the value; at most `cap` bytes of the stream are
    /// read.
    pub fn fetch(&self, source: &dyn Source, cap: usize) -> Result<Vec<u8>, ReadError> {
        let span = self.span();
        let end = span.end.min(span.start.saturating_add(cap as u64));
        let left = end.min(source.len()).saturating_sub(span.start);
        let mut raw = vec![0; usize::try_from(left).unwrap_or(cap).min(cap)];
        let filled = source.fill_at(span.start, &mut raw)?;
        raw.truncate(filled);
        Ok(match self.coding() {
            Coding::Plain => raw,
            Coding::Escaped => unescape(&raw),
            Coding::RawUnicode => raw_unicode(&raw),
        })
    }
}

/// Undo backslash escapes as Python's `PyBytes_DecodeEscape` does. An escape
/// that Python would refuse stays as it is.
fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let Some((&kind, behind)) = tail.split_first().filter(|_| byte == b'\\') else {
            out.push(byte);
            continue;
        };
        rest = behind;
        match kind {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(kind),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b't' => out.push(9),
            b'n' => out.push(10),
            b'v' => out.push(11),
            b'f' => out.push(12),
            b'r' => out.push(13),
            b'x' => match digits(behind, 2, 16).filter(|&(_, used)| used == 2) {
                Some((value, used)) => {
                    out.push(value as u8);
                    rest = behind.get(used..).unwrap_or_default();
                }
                None => out.extend_from_slice(b"\\x"),
            },
            b'0'..=b'7' => {
                let (value, used) = digits(tail, 3, 8).unwrap_or((0, 1));
                out.push((value & 0xff) as u8);
                rest = tail.get(used..).unwrap_or_default();
            }
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }
    out
}

/// Undo `\u` and `\U` escapes; all other bytes are Latin-1. The result is
/// UTF-8.
fn raw_unicode(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut push = |c: char| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let width = match (byte, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            // An escaped backslash protects what follows it.
            (b'\\', Some(&next)) => {
                push('\\');
                push(char::from(next));
                rest = tail.get(1..).unwrap_or_default();
                continue;
            }
            _ => {
                push(char::from(byte));
                continue;
            }
        };
        let behind = tail.get(1..).unwrap_or_default();
        match digits(behind, width, 16).filter(|&(_, used)| used == width) {
            Some((value, used)) => {
                push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = behind.get(used..).unwrap_or_default();
            }
            None => push('\\'),
        }
    }
    out
}

/// Up to `most` digits at the front: their value and how many there are.
fn digits(raw: &[u8], most: usize, base: u32) -> Option<(u32, usize)> {
    let value = |&b: &u8| char::from(b).to_digit(base);
    let found: Vec<u32> = raw.iter().take(most).map_while(value).collect();
    let fold = |n: u32, &d: &u32| n.wrapping_mul(base).wrapping_add(d);
    (!found.is_empty()).then(|| (found.iter().fold(0, fold), found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn fetch(raw: &[u8], coding: Coding, cap: usize) -> Vec<u8> {
        let source = Memory::new(raw);
        let literal = Literal::new(0..raw.len() as u64, coding);
        literal.fetch(&source, cap).unwrap()
    }

    #[test]
    fn escapes_are_undone_as_python_does() {
        let raw = br#"\x6fs\163\'\"\\\n\q\x4"#;
        assert_eq!(fetch(raw, Coding::Escaped, 99), b"oss'\"\\\n\\q\\x4");
        assert_eq!(fetch(b"\xc3\xa9", Coding::Escaped, 99), b"\xc3\xa9");
        assert_eq!(fetch(b"tail\\", Coding::Escaped, 99), b"tail\\");
    }

    #[test]
    fn raw_unicode_escapes_are_undone_as_python_does() {
        assert_eq!(fetch(br"\u006f\U00000073", Coding::RawUnicode, 99), b"os");
        assert_eq!(
            fetch(b"\xe9", Coding::RawUnicode, 99),
            "\u{e9}".as_bytes(),
            "other bytes are Latin-1"
        );
        assert_eq!(fetch(br"\\u006f", Coding::RawUnicode, 99), br"\\u006f");
    }

    #[test]
    fn a_fetch_is_bounded_and_a_span_may_lie() {
        assert_eq!(fetch(b"abcdef", Coding::Plain, 3), b"abc");
        let beyond = Literal::new(4..1 << 50, Coding::Plain);
        let got = beyond.fetch(&Memory::new(&b"abcdef"[..]), 99).unwrap();
        assert_eq!(got, b"ef");
    }

    #[test]
    fn a_literal_is_small_and_keeps_what_it_is_given() {
        assert_eq!(size_of::<Literal>(), 12);
        for coding in [Coding::Plain, Coding::Escaped, Coding::RawUnicode] {
            for span in [0..0, 5..9, 1 << 40..(1 << 40) + (1 << 33) + 7] {
                let literal = Literal::new(span.clone(), coding);
                assert_eq!((literal.span(), literal.coding()), (span, coding));
            }
        }
        let beyond = Literal::new(u64::MAX - 1..u64::MAX, Coding::Plain);
        assert_eq!(beyond.len(), 1);
        assert_eq!(Literal::new(0..u64::MAX, Coding::Plain).len(), LONGEST);
    }
}
