//! Numbers and checks of the xz format.

use std::io;

use sha2::{Digest as _, Sha256};

use super::super::failure::broken;
use super::super::packed::Packed;
use super::super::sums::Crc64;

/// Bytes of the longest number.
const NUMBER_BYTES: u32 = 9;

/// Reads numbers of variable length and sums the bytes they are made of.
pub(super) struct Varint(crc32fast::Hasher);

impl Varint {
    pub(super) fn new() -> Self {
        Varint(crc32fast::Hasher::new())
    }

    /// CRC-32 of all bytes so far.
    pub(super) fn crc32(self) -> u32 {
        self.0.finalize()
    }

    /// The next byte.
    pub(super) fn byte(&mut self, packed: &mut Packed<'_>) -> io::Result<u8> {
        let byte: [u8; 1] = packed.array()?;
        self.0.update(&byte);
        Ok(byte.first().copied().unwrap_or(0))
    }

    /// The next number.
    pub(super) fn number(&mut self, packed: &mut Packed<'_>) -> io::Result<u64> {
        number(|| self.byte(packed))
    }
}

/// A number whose bytes come from `next`, seven bits in each, least first.
pub(super) fn number(mut next: impl FnMut() -> io::Result<u8>) -> io::Result<u64> {
    let mut value = 0u64;
    for index in 0..NUMBER_BYTES {
        let byte = next()?;
        let bits = u64::from(byte & 0x7f);
        let shift = index.saturating_mul(7);
        value |= bits.checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(broken("a number is too long"))
}

/// The check over the content of a block, in the making.
#[derive(Clone)]
pub(super) enum Check {
    /// No check, or one that is not known: so many bytes.
    Unknown(u64),
    Crc32(crc32fast::Hasher),
    Crc64(Crc64),
    Sha256(Box<Sha256>),
}

impl Check {
    /// The check of this number, which is below 16.
    pub(super) fn new(number: u8) -> Self {
        match number {
            0 => Check::Unknown(0),
            1 => Check::Crc32(crc32fast::Hasher::new()),
            4 => Check::Crc64(Crc64::new()),
            10 => Check::Sha256(Box::default()),
            2 | 3 => Check::Unknown(4),
            5 | 6 => Check::Unknown(8),
            7..=9 => Check::Unknown(16),
            11 | 12 => Check::Unknown(32),
            _ => Check::Unknown(64),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Check::Unknown(_) => "check",
            Check::Crc32(_) => "CRC-32",
            Check::Crc64(_) => "CRC-64",
            Check::Sha256(_) => "SHA-256",
        }
    }

    /// Bytes that it takes in the file.
    pub(super) fn len(&self) -> u64 {
        match self {
            Check::Unknown(len) => *len,
            Check::Crc32(_) => 4,
            Check::Crc64(_) => 8,
            Check::Sha256(_) => 32,
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Check::Unknown(_) => {}
            Check::Crc32(hasher) => hasher.update(bytes),
            Check::Crc64(sum) => sum.update(bytes),
            Check::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// Read the check that stands here: its first eight bytes as they stand,
    /// and as they should be. Equal numbers mean that all of it is right.
    pub(super) fn read(&self, packed: &mut Packed<'_>) -> io::Result<(u64, u64)> {
        let pair = |a: u32, b: u32| (u64::from(a), u64::from(b));
        Ok(match self {
            Check::Unknown(len) => {
                packed.skip(*len)?;
                (0, 0)
            }
            Check::Crc32(hasher) => {
                let claimed = u32::from_le_bytes(packed.array()?);
                pair(claimed, hasher.clone().finalize())
            }
            Check::Crc64(sum) => (u64::from_le_bytes(packed.array()?), sum.value()),
            Check::Sha256(hasher) => digests(packed.array()?, hasher.clone().finalize().into()),
        })
    }
}

/// Two digests as numbers that differ if the digests do.
fn digests(claimed: [u8; 32], actual: [u8; 32]) -> (u64, u64) {
    let head = |digest: &[u8; 32]| {
        let first = digest.first_chunk::<8>().copied();
        u64::from_be_bytes(first.unwrap_or_default())
    };
    match head(&claimed) == head(&actual) && claimed != actual {
        true => (head(&claimed), !head(&claimed)),
        false => (head(&claimed), head(&actual)),
    }
}
