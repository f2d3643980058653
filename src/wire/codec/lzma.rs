//! LZMA with the header of 13 bytes that came before xz: properties, the size
//! of the dictionary, the length or "unknown".
//!
//! There is no magic and no checksum; what follows the header is
//! [`super::raw_lzma`].

use std::io;

use super::decoder::AnyStream;
use super::packed::Packed;
use super::raw_lzma::RawLzma;

/// Bytes of the header.
const HEADER_BYTES: usize = 13;

/// Lengths from here on are not believed where nothing but the header speaks
/// for the format.
const PLAUSIBLE_LEN: u64 = 1 << 38;

/// The three fields of the header.
struct Header {
    properties: u8,
    dictionary: u32,
    len: u64,
}

impl Header {
    fn parse(bytes: [u8; HEADER_BYTES]) -> Self {
        let [properties, a, b, c, d, len @ ..] = bytes;
        Header {
            properties,
            dictionary: u32::from_le_bytes([a, b, c, d]),
            len: u64::from_le_bytes(len),
        }
    }

    /// Whether an ordinary writer makes such a header: what the reference
    /// library wants before it takes bytes for this format.
    fn is_plausible(&self) -> bool {
        let dictionary = u64::from(self.dictionary);
        let is_usual = dictionary.is_power_of_two()
            || self.dictionary == u32::MAX
            || (self.dictionary.count_ones() == 2
                && (dictionary & (dictionary >> 1)).count_ones() == 1);
        self.properties < 225 && is_usual && (self.len == u64::MAX || self.len < PLAUSIBLE_LEN)
    }
}

/// Whether a plausible header stands at the front of these bytes.
pub fn begins(head: &[u8]) -> bool {
    head.first_chunk::<HEADER_BYTES>()
        .is_some_and(|bytes| Header::parse(*bytes).is_plausible())
}

/// Whether such a stream follows here: the header, and the zero that every
/// range coder begins with.
pub(super) fn follows(packed: &mut Packed<'_>) -> io::Result<bool> {
    let head = packed.peek(HEADER_BYTES.saturating_add(1))?;
    Ok(begins(head) && head.get(HEADER_BYTES) == Some(&0))
}

/// The stream at this position.
pub(super) fn open<'a>(packed: &mut Packed<'a>) -> io::Result<AnyStream<'a>> {
    let [properties, a, b, c, d, len @ ..] = packed.array::<HEADER_BYTES>()?;
    let stream = RawLzma::lzma([properties, a, b, c, d], u64::from_le_bytes(len))?;
    Ok(Box::new(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_ordinary_writers_are_plausible() {
        let header = |properties: u8, dictionary: u32, len: u64| {
            let dictionary = dictionary.to_le_bytes();
            begins(&[&[properties][..], &dictionary, &len.to_le_bytes()].concat())
        };
        assert!(header(0x5d, 1 << 23, u64::MAX));
        assert!(header(0x5d, 3 << 20, 1000));
        assert!(header(0x5d, u32::MAX, 1000));
        assert!(!header(0x5d, 5 << 20, 1000));
        assert!(!header(0x5d, 0, 1000));
        assert!(!header(225, 1 << 23, 1000));
        assert!(!header(0x5d, 1 << 23, 1 << 38));
    }
}
