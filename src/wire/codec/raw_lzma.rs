//! Bare LZMA and LZMA2: what stands between a header and a checksum in xz,
//! lzip, zip, 7z and the old LZMA files.
//!
//! The C library liblzma decodes them; headers, checksums and lengths are read
//! by the modules of the formats. It takes bytes one after the other and gives
//! everything in front of a break. The dictionary is asked for up to the cap,
//! and the system gives its pages as they fill: a match that reaches further
//! back than the cap is where decoding ends, and the stream is refused for its
//! window there, not before.

use std::io::{self, BufRead as _};

use liblzma::stream::{Action, Error, Filters, LzmaOptions, Status, Stream as Library};

use super::WINDOW_CAP_BYTES;
use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;

/// Memory of a decoder beside its dictionary, in bytes.
const STATE_CAP_BYTES: u64 = 1 << 20;

/// A length that is not told: the stream has an end mark.
pub(super) const UNKNOWN_LEN: u64 = u64::MAX;

/// Values of the byte of `lc`, `lp` and `pb` that the format has.
const PROPERTIES: u8 = 225;

/// Most that `lc` and `lp` may be together.
const LITERAL_BITS: u8 = 4;

/// A stream of LZMA or LZMA2 symbols.
pub(super) struct RawLzma {
    library: Library,
    /// The dictionary that is asked for, in bytes.
    dictionary: u64,
    given: u64,
}

/// What the library gets of a dictionary.
fn window(dictionary: u64) -> u32 {
    u32::try_from(dictionary.min(WINDOW_CAP_BYTES)).unwrap_or(u32::MAX)
}

impl RawLzma {
    /// LZMA with these properties. It ends behind `len` bytes or at its end
    /// mark; an [unknown length](UNKNOWN_LEN) leaves the mark alone.
    pub(super) fn lzma(properties: [u8; 5], len: u64) -> io::Result<Self> {
        let [bits, a, b, c, d] = properties;
        let dictionary = u64::from(u32::from_le_bytes([a, b, c, d])).min(len);
        if bits >= PROPERTIES {
            return Err(broken("the properties of LZMA are out of range"));
        }
        let (low, rest) = (bits.checked_rem(9), bits.checked_div(9));
        let position = rest.and_then(|rest| rest.checked_rem(5));
        let literal = low.unwrap_or(0).saturating_add(position.unwrap_or(0));
        if literal > LITERAL_BITS {
            return Err(Refusal::LiteralBits(literal).into());
        }
        let mut library =
            Library::new_lzma_decoder(WINDOW_CAP_BYTES.saturating_add(STATE_CAP_BYTES))
                .map_err(|error| failure(error, false))?;
        let [a, b, c, d] = window(dictionary).to_le_bytes();
        let header = [&[bits, a, b, c, d][..], &len.to_le_bytes()].concat();
        library
            .process(&header, &mut [0], Action::Run)
            .map_err(|error| failure(error, false))?;
        Ok(RawLzma {
            library,
            dictionary,
            given: 0,
        })
    }

    /// LZMA2 with a dictionary of so many bytes.
    pub(super) fn lzma2(dictionary: u32) -> io::Result<Self> {
        let dictionary = u64::from(dictionary);
        let mut options = LzmaOptions::new();
        options.dict_size(window(dictionary));
        let library = Library::new_raw_decoder(Filters::new().lzma2(&options));
        Ok(RawLzma {
            library: library.map_err(|error| failure(error, false))?,
            dictionary,
            given: 0,
        })
    }

    /// The next bytes.
    pub(super) fn next(&mut self, packed: &mut Packed<'_>, out: &mut [u8]) -> Step {
        let input = match packed.fill_buf() {
            Ok(input) => input,
            Err(error) => return Step::fail(0, error),
        };
        let Moved {
            taken,
            given,
            status,
        } = process(&mut self.library, input, out);
        packed.consume(taken);
        self.given = self.given.saturating_add(given as u64);
        match status {
            Ok(Status::StreamEnd) => Step::last(given, Ok(())),
            Ok(_) if taken == 0 && given == 0 => Step::fail(0, io::ErrorKind::UnexpectedEof),
            Ok(_) => Step::more(given),
            Err(Error::Data) if self.is_beyond_window() => {
                Step::fail(given, Refusal::Window(self.dictionary))
            }
            Err(error) => Step::fail(given, failure(error, true)),
        }
    }

    /// Whether a match that is wrong may only reach too far back for us.
    fn is_beyond_window(&self) -> bool {
        self.dictionary > WINDOW_CAP_BYTES && self.given >= WINDOW_CAP_BYTES
    }
}

/// The size of a dictionary from the byte of LZMA2, which is at most 40.
pub(super) fn dictionary(bits: u8) -> Option<u32> {
    let mantissa = 2 | u32::from(bits & 1);
    match bits {
        0..40 => mantissa.checked_shl(u32::from(bits / 2).saturating_add(11)),
        40 => Some(u32::MAX),
        _ => None,
    }
}

/// What one call of the library moved.
pub(super) struct Moved {
    pub taken: usize,
    pub given: usize,
    pub status: Result<Status, Error>,
}

/// Call the library; it counts what it moves, in front of an error too.
pub(super) fn process(library: &mut Library, input: &[u8], out: &mut [u8]) -> Moved {
    let before = (library.total_in(), library.total_out());
    let status = library.process(input, out, Action::Run);
    let moved = |now: u64, before| usize::try_from(now.saturating_sub(before)).unwrap_or(0);
    Moved {
        taken: moved(library.total_in(), before.0).min(input.len()),
        given: moved(library.total_out(), before.1).min(out.len()),
        status,
    }
}

/// What the library says, in our words.
pub(super) fn failure(error: Error, in_data: bool) -> io::Error {
    match error {
        Error::Mem | Error::MemLimit => Refusal::Memory.into(),
        _ if in_data => broken("the LZMA data are corrupt"),
        _ => broken("the LZMA properties are not understood"),
    }
}

/// The bare stream that a container describes.
pub(super) fn open<'a>(stream: io::Result<RawLzma>) -> io::Result<Option<AnyStream<'a>>> {
    stream.map(|stream| Some(Box::new(stream) as AnyStream<'a>))
}

impl<'a> Stream<'a> for RawLzma {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        self.next(packed, out)
    }
}
