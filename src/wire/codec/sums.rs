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

/// CRC-64 of ECMA-182, as xz has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crc64(u64);

/// The remainder of each byte.
static CRC64: [u64; 256] = crc64_table();

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler"
)]
const fn crc64_table() -> [u64; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u64;
        let mut bit = 0;
        while bit < 8 {
            let carry = value & 1;
            value >>= 1;
            if carry == 1 {
                value ^= 0xc96c_5795_d787_0f42;
            }
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

impl Crc64 {
    pub(super) fn new() -> Self {
        Crc64(u64::MAX)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let index = usize::from(self.0 as u8 ^ byte);
            let remainder = CRC64.get(index).copied().unwrap_or(0);
            self.0 = remainder ^ (self.0 >> 8);
        }
    }

    pub(super) fn value(self) -> u64 {
        !self.0
    }
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
