//! LZMA with the header of 13 bytes that came before xz: properties, the size
//! of the dictionary, the length or "unknown".
//!
//! There is no magic and no checksum. The dictionary grows with what comes
//! out, so the size in the header costs nothing; a stream whose dictionary is
//! above the cap is decoded up to the cap, which needs no more of it. Where the
//! packed bytes end too early, the library goes on with bytes of its own until
//! the symbol at hand, or what was asked for, is complete: the last bytes in
//! front of such a break may be made up.

use std::io::{self, Read as _};

use lzma_rust2::LzmaReader;

use super::WINDOW_CAP_BYTES;
use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;

/// Bytes of the header.
const HEADER_BYTES: usize = 13;

/// Bytes that the range coder begins with.
const RANGE_CODER_BYTES: usize = 5;

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

struct Lzma<'a> {
    reader: Option<LzmaReader<Packed<'a>>>,
    /// The dictionary that the header asks for.
    dictionary: u64,
    given: u64,
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
    let header = Header::parse(packed.array()?);
    let dictionary = u64::from(header.dictionary).min(header.len);
    let window = u32::try_from(dictionary.min(WINDOW_CAP_BYTES)).unwrap_or(u32::MAX);
    // What the source has to say about the first bytes, it says here: the
    // library would drop it.
    packed.peek(RANGE_CODER_BYTES)?;
    let reader =
        LzmaReader::new_with_props(packed.fork(), header.len, header.properties, window, None);
    let mut reader = reader.map_err(|error| broken(error.to_string()))?;
    reader.set_defer_errors(true);
    reader.set_relaxed_end_condition(false);
    Ok(Box::new(Lzma {
        reader: Some(reader),
        dictionary,
        given: 0,
    }))
}

impl<'a> Stream<'a> for Lzma<'a> {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        let Some(reader) = &mut self.reader else {
            return Step::last(0, Ok(()));
        };
        let out = match room(self.dictionary, self.given, out) {
            [] => return Step::fail(0, Refusal::Window(self.dictionary)),
            out => out,
        };
        match reader.read(out) {
            Ok(0) => {
                self.rest(packed);
                Step::last(0, Ok(()))
            }
            Ok(given) => {
                self.given = self.given.saturating_add(given as u64);
                Step::more(given)
            }
            Err(error) => match reader.inner_mut().failure() {
                Some(read) => Step::fail(0, io::Error::other(read)),
                None => Step::fail(0, broken(error.to_string())),
            },
        }
    }
}

/// As much of `out` as can be filled while `given` bytes of a stream with this
/// dictionary came out: below the cap, no match reaches further back than the
/// window that it has.
pub(super) fn room(dictionary: u64, given: u64, out: &mut [u8]) -> &mut [u8] {
    let room = match dictionary > WINDOW_CAP_BYTES {
        true => WINDOW_CAP_BYTES.saturating_sub(given),
        false => u64::MAX,
    };
    let len = usize::try_from(room).unwrap_or(usize::MAX).min(out.len());
    out.get_mut(..len).unwrap_or_default()
}

impl<'a> Lzma<'a> {
    /// Put the packed position behind the last byte that was needed.
    fn rest(&mut self, packed: &mut Packed<'a>) {
        if let Some(reader) = self.reader.take() {
            let (inner, unused) = reader.into_parts();
            packed.seek(inner.position().saturating_sub(unused.len() as u64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_dictionary_gives_room_up_to_the_cap() {
        let mut out = [0; 100];
        let cap = WINDOW_CAP_BYTES;
        for (dictionary, given, expected) in [
            (cap, u64::MAX, 100),
            (cap + 1, 0, 100),
            (cap + 1, cap - 7, 7),
            (cap + 1, cap, 0),
            (u64::MAX, cap + 1, 0),
        ] {
            assert_eq!(room(dictionary, given, &mut out).len(), expected);
        }
    }

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
