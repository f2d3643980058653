//! Compressed runs of bytes as readers, and their measure.
//!
//! A packed stream ends where its own end mark stands. One that stops earlier
//! is an error here, never a short success: a loader with another opinion
//! about broken streams must not see more than we do without a gap.

use std::io::{self, BufRead, BufReader, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::Fault;
use crate::budget::Budget;
use crate::report::Span;
use crate::source::{ReadError, Source};

/// Packed bytes are read in pieces of this size.
const READ_BYTES: usize = 256 << 10;

/// Unpacked bytes are measured in pieces of this size.
const MEASURE_BYTES: usize = 64 << 10;

/// A way in which a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Raw deflate (RFC 1951), zip method 8.
    Deflate,
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
    /// How it ended.
    pub end: StreamEnd,
}

impl Codec {
    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Codec::Deflate => "deflate",
        }
    }

    /// Decode `span` of `source`. The reader ends where the packed stream
    /// ends; errors of the source come out as [`io::Error`]s that carry the
    /// [`ReadError`], see [`read_error`].
    pub fn decode<'a>(self, source: &'a dyn Source, span: Span) -> Box<dyn Read + 'a> {
        match self {
            Codec::Deflate => Box::new(Inflate::new(source, span)),
        }
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
        let mut inflate = match self {
            Codec::Deflate => Inflate::new(source, span),
        };
        let mut hasher = crc32fast::Hasher::new();
        let mut piece = vec![0; MEASURE_BYTES];
        let end = loop {
            budget.check()?;
            match inflate.read(&mut piece) {
                Ok(0) => break StreamEnd::Complete,
                Ok(n) => {
                    hasher.update(piece.get(..n).unwrap_or_default());
                }
                Err(error) => match read_error(error) {
                    Some(read) => return Err(read.into()),
                    None => break StreamEnd::Broken,
                },
            }
            if inflate.state.total_out() > cap_bytes {
                break StreamEnd::Capped;
            }
        };
        Ok(Measured {
            packed: inflate.state.total_in(),
            unpacked: inflate.state.total_out(),
            crc32: hasher.finalize(),
            end,
        })
    }
}

/// The error behind a failed read of a decoder: the source's own where it
/// caused it, or `None` where the packed bytes are broken.
pub fn read_error(error: io::Error) -> Option<ReadError> {
    error
        .into_inner()
        .and_then(|inner| inner.downcast::<ReadError>().ok())
        .map(|boxed| *boxed)
}

/// A raw deflate stream that insists on its end mark.
struct Inflate<'a> {
    packed: BufReader<SpanReader<'a>>,
    state: Decompress,
    ended: bool,
}

impl<'a> Inflate<'a> {
    fn new(source: &'a dyn Source, span: Span) -> Self {
        Inflate {
            packed: BufReader::with_capacity(READ_BYTES, SpanReader { source, span }),
            state: Decompress::new(false),
            ended: false,
        }
    }

    /// One step of the decoder: bytes taken and bytes given.
    fn step(&mut self, buf: &mut [u8]) -> io::Result<(usize, usize)> {
        let input = self.packed.fill_buf()?;
        let (taken, given) = (self.state.total_in(), self.state.total_out());
        let status = self
            .state
            .decompress(input, buf, FlushDecompress::None)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
        self.ended = status == Status::StreamEnd;
        let taken = usize::try_from(self.state.total_in().saturating_sub(taken)).unwrap_or(0);
        let given = usize::try_from(self.state.total_out().saturating_sub(given)).unwrap_or(0);
        self.packed.consume(taken);
        Ok((taken, given))
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buf.is_empty() {
            let (taken, given) = self.step(buf)?;
            if given > 0 {
                return Ok(given);
            }
            if taken == 0 && !self.ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// A span of a source, front to back.
struct SpanReader<'a> {
    source: &'a dyn Source,
    span: Span,
}

impl Read for SpanReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.span.end.saturating_sub(self.span.start);
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let Some(buf) = buf.get_mut(..n).filter(|b| !b.is_empty()) else {
            return Ok(0);
        };
        let got = self
            .source
            .read_at(self.span.start, buf)
            .map_err(io::Error::other)?;
        self.span.start = self.span.start.saturating_add(got as u64);
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::source::Memory;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    }

    fn measure(bytes: &[u8], cap: u64) -> Measured {
        let source = Memory::new(bytes);
        let span = 0..bytes.len() as u64;
        Codec::Deflate
            .measure(&source, span, cap, &Budget::unlimited())
            .unwrap()
    }

    #[test]
    fn a_stream_is_decoded_and_measured_up_to_its_own_end() {
        let plain: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
        let mut bytes = packed(&plain);
        let len = bytes.len() as u64;
        bytes.extend_from_slice(b"behind");
        let source = Memory::new(bytes.clone());
        let mut back = Vec::new();
        let mut reader = Codec::Deflate.decode(&source, 0..bytes.len() as u64);
        reader.read_to_end(&mut back).unwrap();
        assert!(back == plain);
        let measured = measure(&bytes, u64::MAX);
        assert_eq!((measured.packed, measured.end), (len, StreamEnd::Complete));
        assert_eq!(measured.unpacked, plain.len() as u64);
        assert_eq!(measured.crc32, crc32fast::hash(&plain));
    }

    #[test]
    fn a_stream_that_stops_early_is_broken_wherever_it_stops() {
        let bytes = packed(b"the quick brown fox jumps over the lazy dog");
        for cut in 0..bytes.len() {
            assert_eq!(measure(&bytes[..cut], 1000).end, StreamEnd::Broken, "{cut}");
            let source = Memory::new(&bytes[..cut]);
            let mut reader = Codec::Deflate.decode(&source, 0..cut as u64);
            let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
            assert!(read_error(error).is_none());
        }
    }

    #[test]
    fn a_bomb_is_measured_no_further_than_the_cap() {
        let measured = measure(&packed(&vec![0; 4 << 20]), 1 << 20);
        assert_eq!(measured.end, StreamEnd::Capped);
        assert!(measured.unpacked <= (1 << 20) + MEASURE_BYTES as u64);
    }
}
