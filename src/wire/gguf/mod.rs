//! GGUF as bytes: a magic, a version, two counts, pairs of a key and a value,
//! descriptions of tensors, and their data.
//!
//! Numbers are little endian or, in files for other machines, big endian; the
//! version tells which. Version 1 has lengths, counts and dimensions of 32
//! bits, later ones of 64. A [`Reader`] knows both and nothing else: what a
//! count or a length promises is for the caller to compare with what
//! [`Reader::remaining`].
//!
//! Described in <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>;
//! llama.cpp's `gguf.cpp` is the reference.

mod kinds;

pub use kinds::{Sizes, TYPES, TensorType};

use super::Fault;
use super::cursor::Cursor;
use crate::source::Source;

/// The first bytes of a file.
pub const MAGIC: [u8; 4] = *b"GGUF";

/// Versions that may exist; files so far have 1 to 3.
pub const VERSION_CAP: u32 = 16;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number or a truth value of this many bytes.
    Unsigned(u8),
    /// A whole number with a sign, of this many bytes.
    Signed(u8),
    /// A float of this many bytes.
    Float(u8),
    /// A length and as many bytes.
    Text,
    /// A kind, a count and as many values of that kind.
    Array,
}

impl Kind {
    /// The kind with this number.
    pub fn of(number: u32) -> Option<Kind> {
        Some(match number {
            0 | 7 => Kind::Unsigned(1),
            1 => Kind::Signed(1),
            2 => Kind::Unsigned(2),
            3 => Kind::Signed(2),
            4 => Kind::Unsigned(4),
            5 => Kind::Signed(4),
            6 => Kind::Float(4),
            8 => Kind::Text,
            9 => Kind::Array,
            10 => Kind::Unsigned(8),
            11 => Kind::Signed(8),
            12 => Kind::Float(8),
            _ => return None,
        })
    }

    /// Bytes of a value, where all of the kind have the same.
    pub fn width(self) -> Option<u64> {
        match self {
            Kind::Unsigned(width) | Kind::Signed(width) | Kind::Float(width) => {
                Some(u64::from(width))
            }
            Kind::Text | Kind::Array => None,
        }
    }
}

/// The version, as it stands behind the magic, and whether the file is big
/// endian; `None` where it is neither's.
pub fn version(bytes: [u8; 4]) -> Option<(u32, bool)> {
    let known = |version: u32| (1..=VERSION_CAP).contains(&version);
    let (little, big) = (u32::from_le_bytes(bytes), u32::from_be_bytes(bytes));
    match (known(little), known(big)) {
        (true, _) => Some((little, false)),
        (false, true) => Some((big, true)),
        (false, false) => None,
    }
}

/// Reads front to back, in one byte order and with one width of lengths.
#[derive(Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    big_endian: bool,
    narrow: bool,
}

impl<'a> Reader<'a> {
    /// Start at `at`, behind the version.
    pub fn new(source: &'a dyn Source, at: u64, version: u32, big_endian: bool) -> Self {
        Reader {
            cursor: Cursor::new(source, at),
            big_endian,
            narrow: version == 1,
        }
    }

    /// Offset of the next byte.
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// Bytes from here to the end.
    pub fn remaining(&self) -> u64 {
        self.cursor.remaining()
    }

    /// Bytes of a length or a count.
    pub fn length_bytes(&self) -> u64 {
        if self.narrow { 4 } else { 8 }
    }

    /// A number of 4 bytes.
    pub fn u32(&mut self) -> Result<u32, Fault> {
        let bytes = self.cursor.array()?;
        Ok(match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }

    /// A number of 8 bytes.
    pub fn u64(&mut self) -> Result<u64, Fault> {
        let bytes = self.cursor.array()?;
        Ok(match self.big_endian {
            true => u64::from_be_bytes(bytes),
            false => u64::from_le_bytes(bytes),
        })
    }

    /// A length, a count or a dimension.
    pub fn length(&mut self) -> Result<u64, Fault> {
        match self.narrow {
            true => self.u32().map(u64::from),
            false => self.u64(),
        }
    }

    /// A whole number of 1, 2, 4 or 8 bytes; `None` where it is negative.
    pub fn whole(&mut self, width: u8, signed: bool) -> Result<Option<u64>, Fault> {
        let mut number = 0u64;
        for at in 0..width {
            let byte = u64::from(self.cursor.u8()?);
            let place = match self.big_endian {
                true => width.saturating_sub(at).saturating_sub(1),
                false => at,
            };
            number |= byte
                .checked_shl(u32::from(place).saturating_mul(8))
                .unwrap_or(0);
        }
        let sign = u32::from(width).saturating_mul(8).saturating_sub(1);
        let negative = signed && number.checked_shr(sign).unwrap_or(0) & 1 == 1;
        Ok((!negative).then_some(number))
    }

    /// Move over bytes.
    pub fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        self.cursor.skip(bytes)
    }
}

/// At most `cap` bytes of `len` at `at`.
pub fn bytes_at(source: &dyn Source, at: u64, len: u64, cap: usize) -> Result<Vec<u8>, Fault> {
    let wanted = usize::try_from(len).unwrap_or(usize::MAX).min(cap);
    let mut bytes = vec![0; wanted];
    let filled = source.fill_at(at, &mut bytes)?;
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
mod tests;
