//! Compressed runs of bytes as readers.

use std::io::{self, BufReader, Read};

use flate2::bufread::DeflateDecoder;

use crate::report::Span;
use crate::source::{ReadError, Source};

/// Packed bytes are read in pieces of this size.
const READ_BYTES: usize = 256 << 10;

/// A way in which a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Raw deflate (RFC 1951), zip method 8.
    Deflate,
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
        let packed = BufReader::with_capacity(READ_BYTES, SpanReader { source, span });
        match self {
            Codec::Deflate => Box::new(DeflateDecoder::new(packed)),
        }
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
