//! The header of a Zstandard frame: flags, the window, the dictionary and the
//! length, each of which may be missing.

use std::io;

use super::super::WINDOW_CAP_BYTES;
use super::super::failure::{Refusal, broken};
use super::super::packed::Packed;
use super::MAGIC;

/// The flag that no frame sets yet.
const RESERVED: u8 = 8;

/// The flag of a frame that fits into its window.
const SINGLE_SEGMENT: u8 = 0x20;

/// The flag of a frame with a checksum.
const CHECKSUM: u8 = 4;

/// The smallest window, as a power of two.
const WINDOW_BITS: u32 = 10;

/// Smallest window that the library is told, in bytes: that of one block.
const WINDOW_FLOOR_BYTES: u64 = 128 << 10;

/// What a frame says about itself.
pub(super) struct Header {
    /// Bytes that must be kept.
    pub window: u64,
    /// Bytes that come out.
    pub len: Option<u64>,
    /// Whether a checksum stands at the end.
    pub has_sum: bool,
}

impl Header {
    /// The header that stands here.
    pub(super) fn read(packed: &mut Packed<'_>) -> io::Result<Self> {
        packed.skip(4)?;
        let [flags] = packed.array()?;
        if flags & RESERVED != 0 {
            return Err(broken("unknown flags of the frame"));
        }
        let is_single = flags & SINGLE_SEGMENT != 0;
        let window = match is_single {
            true => None,
            false => Some(window(packed.array()?)),
        };
        let dictionary = number(packed, [0, 1, 2, 4], flags & 3)?;
        let len = match flags >> 6 {
            0 if !is_single => None,
            // The form of two bytes begins where that of one byte ends.
            1 => Some(number(packed, [0, 2, 0, 0], 1)?.saturating_add(256)),
            form => Some(number(packed, [1, 0, 4, 8], form)?),
        };
        if dictionary != 0 {
            return Err(Refusal::Dictionary.into());
        }
        Ok(Header {
            window: window.or(len).unwrap_or(0),
            len,
            has_sum: flags & CHECKSUM != 0,
        })
    }

    /// The header that the library gets: a window, at least as large as the one
    /// that is asked for up to the cap, and nothing else.
    pub(super) fn for_library(&self) -> [u8; 6] {
        let size = self.window.clamp(WINDOW_FLOOR_BYTES, WINDOW_CAP_BYTES);
        let bits = size.ilog2();
        let eighth = 1u64.checked_shl(bits.saturating_sub(3)).unwrap_or(1);
        let more = size.saturating_sub(eighth.saturating_mul(8));
        let eighths = more.div_ceil(eighth);
        let exponent = u64::from(bits.saturating_sub(WINDOW_BITS));
        // Eight eighths are the next power of two, as the sum has it.
        let byte = exponent.saturating_mul(8).saturating_add(eighths) as u8;
        let [a, b, c, d] = MAGIC.to_le_bytes();
        [a, b, c, d, 0, byte]
    }
}

/// The size of a window from its byte.
fn window([byte]: [u8; 1]) -> u64 {
    let base = 1u64
        .checked_shl(u32::from(byte >> 3).saturating_add(WINDOW_BITS))
        .unwrap_or(u64::MAX);
    base.saturating_add((base / 8).saturating_mul(u64::from(byte & 7)))
}

/// A little-endian number of `sizes[form]` bytes.
fn number(packed: &mut Packed<'_>, sizes: [usize; 4], form: u8) -> io::Result<u64> {
    let size = sizes.get(usize::from(form)).copied().unwrap_or(0);
    let mut bytes = [0; 8];
    for byte in bytes.iter_mut().take(size) {
        [*byte] = packed.array()?;
    }
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_told_a_window_that_is_large_enough() {
        let told = |window: u64| {
            let header = Header {
                window,
                len: None,
                has_sum: false,
            };
            let [.., byte] = header.for_library();
            super::window([byte])
        };
        for size in [0, 1, 1 << 10, 128 << 10] {
            assert_eq!(told(size), 128 << 10, "{size}");
        }
        assert_eq!(told((128 << 10) + 1), 144 << 10);
        assert_eq!(told((1 << 20) - 1), 1 << 20);
        assert_eq!(told(9 << 20), 9 << 20);
        assert_eq!(told(WINDOW_CAP_BYTES), WINDOW_CAP_BYTES);
        assert_eq!(told(u64::MAX), WINDOW_CAP_BYTES);
    }
}
