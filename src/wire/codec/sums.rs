//! The checksums of packed streams that no other crate here has.

/// The modulus of Adler-32.
const ADLER: u32 = 65521;

/// Bytes after which the sums of Adler-32 must be reduced.
const ADLER_RUN_BYTES: usize = 5552;

/// Adler-32 (RFC 1950).
#[derive(Debug, Clone, Copy)]
pub(super) struct Adler32 {
    low: u32,
    high: u32,
}

impl Adler32 {
    pub(super) fn new() -> Self {
        Adler32 { low: 1, high: 0 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for run in bytes.chunks(ADLER_RUN_BYTES) {
            for &byte in run {
                self.low = self.low.wrapping_add(u32::from(byte));
                self.high = self.high.wrapping_add(self.low);
            }
            self.low = self.low.checked_rem(ADLER).unwrap_or(0);
            self.high = self.high.checked_rem(ADLER).unwrap_or(0);
        }
    }

    pub(super) fn value(self) -> u32 {
        self.high << 16 | self.low
    }
}

/// Bytes that a table-driven sum takes at a time.
const SLICES: usize = 16;

/// Remainders of each byte, in front of so many zeros.
type Table<T> = [[T; 256]; SLICES];

/// CRC-64 of ECMA-182, as xz has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crc64(u64);

static CRC64: Table<u64> = crc64_table();

static CRC32C: Table<u32> = crc32c_table();

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler"
)]
const fn crc64_table() -> Table<u64> {
    let mut table = [[0; 256]; SLICES];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u64;
        let mut bit = 0;
        while bit < 8 * SLICES {
            let carry = value & 1;
            value >>= 1;
            if carry == 1 {
                value ^= 0xc96c_5795_d787_0f42;
            }
            bit += 1;
            if bit % 8 == 0 {
                table[bit / 8 - 1][index] = value;
            }
        }
        index += 1;
    }
    table
}

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler"
)]
const fn crc32c_table() -> Table<u32> {
    let mut table = [[0; 256]; SLICES];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 * SLICES {
            let carry = value & 1;
            value >>= 1;
            if carry == 1 {
                value ^= 0x82f6_3b78;
            }
            bit += 1;
            if bit % 8 == 0 {
                table[bit / 8 - 1][index] = value;
            }
        }
        index += 1;
    }
    table
}

/// The remainder of the bytes of a run, the first of which stands furthest
/// from the end.
#[inline(always)]
fn remainder<T: Copy + Default + std::ops::BitXor<Output = T>>(
    table: &Table<T>,
    run: [u8; SLICES],
) -> T {
    let mut sum = T::default();
    for (row, byte) in table.iter().rev().zip(run) {
        sum = sum ^ row.get(usize::from(byte)).copied().unwrap_or_default();
    }
    sum
}

impl Crc64 {
    pub(super) fn new() -> Self {
        Crc64(u64::MAX)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let (runs, rest) = bytes.as_chunks::<SLICES>();
        for run in runs {
            let with = u128::from_le_bytes(*run) ^ u128::from(self.0);
            self.0 = remainder(&CRC64, with.to_le_bytes());
        }
        let [row, ..] = &CRC64;
        for &byte in rest {
            let index = usize::from(self.0 as u8 ^ byte);
            self.0 = row.get(index).copied().unwrap_or(0) ^ (self.0 >> 8);
        }
    }

    pub(super) fn value(self) -> u64 {
        !self.0
    }
}

/// CRC-32C (Castagnoli), as Snappy has it.
pub(super) struct Crc32c;

impl Crc32c {
    /// That of these bytes.
    pub(super) fn of(bytes: &[u8]) -> u32 {
        let mut sum = u32::MAX;
        let (runs, rest) = bytes.as_chunks::<SLICES>();
        for run in runs {
            let with = u128::from_le_bytes(*run) ^ u128::from(sum);
            sum = remainder(&CRC32C, with.to_le_bytes());
        }
        let [row, ..] = &CRC32C;
        for &byte in rest {
            let index = usize::from(sum as u8 ^ byte);
            sum = row.get(index).copied().unwrap_or(0) ^ (sum >> 8);
        }
        !sum
    }
}

/// The CRC-32C (Castagnoli) of these bytes, as Snappy and sorted tables have it.
pub fn crc32c(bytes: &[u8]) -> u32 {
    Crc32c::of(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_the_published_check_text() {
        let mut adler = Adler32::new();
        let mut crc = Crc64::new();
        for piece in [&b"1234"[..], b"", b"56789"] {
            adler.update(piece);
            crc.update(piece);
        }
        assert_eq!(adler.value(), 0x091e_01de);
        assert_eq!(crc.value(), 0x995d_c9bb_df19_39fa);
        assert_eq!(Crc32c::of(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn sums_of_long_runs_are_those_of_single_bytes() {
        let bytes: Vec<u8> = (0..1000u32).map(|i| ((i * i) >> 3) as u8).collect();
        for len in [15, 16, 17, 31, 32, 33, 1000] {
            let (mut whole, mut single) = (Crc64::new(), Crc64::new());
            whole.update(&bytes[..len]);
            bytes[..len].iter().for_each(|byte| single.update(&[*byte]));
            assert_eq!(whole.value(), single.value(), "{len}");
        }
        // Of 32 zeros, as RFC 3720 gives it, and of those and more.
        assert_eq!(Crc32c::of(&[0; 32]), 0x8a91_36aa);
        assert_eq!(Crc32c::of(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn adler_is_reduced_in_time() {
        let mut whole = Adler32::new();
        whole.update(&[0xff; 100_000]);
        let mut pieces = Adler32::new();
        for _ in 0..100_000 {
            pieces.update(&[0xff]);
        }
        assert_eq!(whole.value(), pieces.value());
    }
}
