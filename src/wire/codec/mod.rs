//! Compressed runs of bytes as readers, and their measure.
//!
//! A packed *stream* ends where its own end mark stands. One that stops
//! earlier is an error here, never a short success: a loader with another
//! opinion about broken streams must not see more than we do without a gap. So
//! every byte that comes out before a break is handed over first, and streams
//! that stand one behind the other are decoded as loaders do, to the end of
//! the last one. Checksums and lengths that are wrong are [`Remark`]s.
//!
//! What a header claims is never allocated: memory is bounded by
//! [`WINDOW_CAP_BYTES`], and grows with what comes out.

mod bzip2;
mod decoder;
mod deflate;
mod deflate64;
mod failure;
mod filters;
mod gzip;
mod lz4;
mod lzip;
mod lzma;
mod packed;
mod ppmd;
mod raw_lzma;
mod remark;
mod skipped;
mod snappy;
mod stored;
mod sums;
mod xz;
mod zlib;
mod zstd;

#[cfg(test)]
mod tests;

pub use bzip2::begins as begins_bzip2;
pub use decoder::Decoder;
pub use failure::{Failure, Refusal, failure, read_error};
pub use gzip::stored_name;
pub use lzip::begins as begins_lzip;
pub use lzma::begins as begins_lzma;
pub use ppmd::MODEL_CAP_BYTES;
pub use remark::{About, Remark, Remarks};
pub use skipped::{Skipped, skipped, zstd_frames};
pub use snappy::begins as begins_snappy;
pub use sums::crc32c;
pub use xz::begins as begins_xz;

use std::io::Read as _;

use super::Fault;
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;

/// Largest window or dictionary that a stream gets, in bytes: what the
/// reference decoder of Zstandard gives without being asked for more.
pub const WINDOW_CAP_BYTES: u64 = 128 << 20;

/// As much of `out` as can be filled while `given` bytes of a stream with this
/// window came out: below the cap, no match reaches further back than the
/// window that it has.
fn room(window: u64, given: u64, out: &mut [u8]) -> &mut [u8] {
    let room = match window > WINDOW_CAP_BYTES {
        true => WINDOW_CAP_BYTES.saturating_sub(given),
        false => u64::MAX,
    };
    let len = usize::try_from(room).unwrap_or(usize::MAX).min(out.len());
    out.get_mut(..len).unwrap_or_default()
}

/// Unpacked bytes are measured in pieces of this size.
const MEASURE_BYTES: usize = 64 << 10;

/// A way in which a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Raw deflate (RFC 1951), zip method 8.
    Deflate,
    /// A zlib stream (RFC 1950), and only one.
    Zlib,
    /// Gzip members (RFC 1952).
    Gzip,
    /// Bzip2 streams.
    Bzip2,
    /// Xz streams; streams of [`Codec::Lzma`] may follow, as in Python.
    Xz,
    /// LZMA with the old header of 13 bytes ("LZMA alone"); xz streams may
    /// follow.
    Lzma,
    /// Zstandard frames (RFC 8878).
    Zstd,
    /// LZ4 frames, the legacy ones included.
    Lz4,
    /// Bytes as they are: the `copy` method of 7z.
    Copy,
    /// Raw deflate with a window of 64 KiB, zip method 9.
    Deflate64,
    /// A bare LZMA stream whose five bytes of properties stand elsewhere: zip
    /// method 14 and 7z. It ends behind `len` bytes, or at its end mark.
    RawLzma {
        /// The byte of `lc`, `lp` and `pb`, and the size of the dictionary.
        properties: [u8; 5],
        /// Bytes that come out, where that is told.
        len: Option<u64>,
    },
    /// A bare LZMA2 stream; the byte gives the size of the dictionary.
    Lzma2(u8),
    /// PPMd variant H, as in 7z.
    Ppmd {
        /// Order of the model.
        order: u8,
        /// Bytes of the model.
        memory: u32,
        /// Bytes that come out.
        len: u64,
    },
    /// PPMd variant I, zip method 98. It ends behind `len` bytes, or at its end
    /// mark.
    PpmdZip {
        /// Order, size of the model and its restoration, as the archive has
        /// them in front of the stream.
        parameters: u16,
        /// Bytes that come out, where that is told.
        len: Option<u64>,
    },
    /// The framing format of Snappy.
    Snappy,
    /// Lzip members.
    Lzip,
}

/// A reversible change of the bytes that makes them pack better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Each byte less the one so many bytes before it, 1 to 256.
    Delta(u16),
    /// Branch targets of this machine made absolute.
    Branch(Machine),
}

/// A machine whose branches a [`Filter`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Machine {
    /// 32 and 64 bit x86.
    X86,
    /// 32 bit ARM.
    Arm,
    /// ARM Thumb.
    ArmThumb,
    /// 64 bit ARM.
    Arm64,
    /// PowerPC, big endian.
    PowerPc,
    /// SPARC.
    Sparc,
    /// Itanium.
    Ia64,
    /// RISC-V.
    RiscV,
}

/// How a member is packed: the codec that reads the packed bytes, and what is
/// undone behind it, in that order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Packing {
    /// What reads the packed bytes.
    pub codec: Codec,
    /// What is undone behind it.
    pub filters: Vec<Filter>,
}

impl Packing {
    /// Undo it for `span` of `source`, as [`Codec::decode`] does.
    pub fn decode<'a>(&self, source: &'a dyn Source, span: Span, budget: &Budget) -> Decoder<'a> {
        Decoder::new(self.codec, &self.filters, source, span, budget)
    }
}

impl From<Codec> for Packing {
    fn from(codec: Codec) -> Self {
        Packing {
            codec,
            filters: Vec::new(),
        }
    }
}

/// How a packed stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// At its own end mark.
    Complete,
    /// It gave more than the cap; the rest was not decoded.
    Capped,
    /// It is broken, or stops before its end mark.
    Broken,
    /// It asks for what it does not get, see [`Refusal`].
    Refused,
}

/// What decoding a stream came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Packed bytes up to the end of the stream.
    pub packed: u64,
    /// Bytes that came out.
    pub unpacked: u64,
    /// CRC-32 of the bytes that came out.
    pub crc32: u32,
    /// Whether all checksums and lengths in the stream were right so far.
    pub is_sound: bool,
    /// How it ended.
    pub end: StreamEnd,
}

impl Codec {
    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Codec::Deflate => "deflate",
            Codec::Zlib => "zlib",
            Codec::Gzip => "gzip",
            Codec::Bzip2 => "bzip2",
            Codec::Xz => "xz",
            Codec::Lzma => "LZMA",
            Codec::Zstd => "Zstandard",
            Codec::Lz4 => "LZ4",
            Codec::Copy => "stored",
            Codec::Deflate64 => "deflate64",
            Codec::RawLzma { .. } => "LZMA",
            Codec::Lzma2(_) => "LZMA2",
            Codec::Ppmd { .. } | Codec::PpmdZip { .. } => "PPMd",
            Codec::Snappy => "Snappy",
            Codec::Lzip => "lzip",
        }
    }

    /// Decode `span` of `source`. The reader ends where the last of the packed
    /// streams ends; what its errors mean is told by [`failure()`]. The budget's
    /// clock is looked at with every read of packed bytes.
    pub fn decode<'a>(self, source: &'a dyn Source, span: Span, budget: &Budget) -> Decoder<'a> {
        Decoder::new(self, &[], source, span, budget)
    }

    /// Decode `span` of `source` and keep nothing of it but its measure. Stops
    /// once more than `cap_bytes` came out. What came out is not spent from the
    /// budget: the caller knows whether its own caps bound the sum.
    pub fn measure(
        self,
        source: &dyn Source,
        span: Span,
        cap_bytes: u64,
        budget: &Budget,
    ) -> Result<Measured, Fault> {
        let mut decoder = self.decode(source, span, budget);
        let mut hasher = crc32fast::Hasher::new();
        let mut piece = vec![0; MEASURE_BYTES];
        let end = loop {
            budget.check()?;
            match decoder.read(&mut piece) {
                Ok(0) => break StreamEnd::Complete,
                Ok(n) => hasher.update(piece.get(..n).unwrap_or_default()),
                Err(error) => match failure(error) {
                    Failure::Source(read) => return Err(read.into()),
                    Failure::Refused(_) => break StreamEnd::Refused,
                    Failure::Broken => break StreamEnd::Broken,
                },
            }
            if decoder.unpacked() > cap_bytes {
                break StreamEnd::Capped;
            }
        };
        Ok(Measured {
            packed: decoder.packed(),
            unpacked: decoder.unpacked(),
            crc32: hasher.finalize(),
            is_sound: decoder.remarks().kept().is_empty(),
            end,
        })
    }
}
