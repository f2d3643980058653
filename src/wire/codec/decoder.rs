//! One reader over all streams of a packed span.
//!
//! A codec knows how to *open* the stream at a position and how to take a
//! *step* in it. The decoder goes from stream to stream and makes the promises
//! of [`super`] hold for all codecs alike.

use std::io::{self, Read};

use super::failure::broken;
use super::filters::Chain;
use super::packed::Packed;
use super::raw_lzma::{self, RawLzma, UNKNOWN_LEN};
use super::remark::Remarks;
use super::{
    Codec, Filter, bzip2, deflate, deflate64, gzip, lz4, lzip, lzma, ppmd, snappy, stored, xz,
    zlib, zstd,
};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;

/// What one step of a stream came to.
pub(super) struct Step {
    /// Bytes that came out.
    pub given: usize,
    /// What follows them.
    pub then: Then,
}

/// What follows the bytes of a step.
pub(super) enum Then {
    /// More of the same stream.
    More,
    /// The stream has ended, and the packed position is right behind it.
    End,
    /// Nothing: decoding cannot go on.
    Fail(io::Error),
}

impl Step {
    /// `given` bytes, and more to come.
    pub(super) fn more(given: usize) -> Self {
        Step {
            given,
            then: Then::More,
        }
    }

    /// The last `given` bytes, unless what stands behind them is missing.
    pub(super) fn last(given: usize, behind: io::Result<()>) -> Self {
        let then = match behind {
            Ok(()) => Then::End,
            Err(error) => Then::Fail(error),
        };
        Step { given, then }
    }

    /// `given` bytes, and then a break.
    pub(super) fn fail(given: usize, error: impl Into<io::Error>) -> Self {
        Step {
            given,
            then: Then::Fail(error.into()),
        }
    }
}

/// A stream that is being decoded.
pub(super) trait Stream<'a> {
    /// Decode into `out`, which is not empty. A step that gives nothing must
    /// take something.
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step;
}

/// A stream of any codec.
pub(super) type AnyStream<'a> = Box<dyn Stream<'a> + 'a>;

/// A reader over the bytes that come out of a packed span.
pub struct Decoder<'a> {
    streams: Streams<'a>,
    filters: Option<Chain>,
    unpacked: u64,
    /// The error that is still to be told, once the filters ended.
    failed: Option<io::Error>,
    has_ended: bool,
}

/// The streams of a packed span, one behind the other.
struct Streams<'a> {
    codec: Codec,
    packed: Packed<'a>,
    stream: Option<AnyStream<'a>>,
    remarks: Remarks,
    start: u64,
    /// Position in the source behind the last stream that ended.
    behind: u64,
    state: State,
}

enum State {
    /// No stream was opened yet.
    Fresh,
    /// Some were.
    Running,
    /// None follows.
    Ended,
    /// The error that is still to be told; `None` once it was.
    Failed(Option<io::Error>),
}

impl<'a> Decoder<'a> {
    pub(super) fn new(
        codec: Codec,
        filters: &[Filter],
        source: &'a dyn Source,
        span: Span,
        budget: &Budget,
    ) -> Self {
        let (filters, failed) = match Chain::undoing(filters) {
            Ok(filters) => (filters, None),
            Err(refusal) => (None, Some(refusal.into())),
        };
        Decoder {
            streams: Streams {
                codec,
                start: span.start,
                behind: span.start,
                packed: Packed::new(source, span, budget),
                stream: None,
                remarks: Remarks::default(),
                state: State::Fresh,
            },
            filters,
            unpacked: 0,
            has_ended: failed.is_some(),
            failed,
        }
    }

    /// Packed bytes that were needed so far: up to the end of the last stream,
    /// once there is no more.
    pub fn packed(&self) -> u64 {
        self.streams.packed()
    }

    /// Bytes that came out so far.
    pub fn unpacked(&self) -> u64 {
        self.unpacked
    }

    /// Position in the source behind the last stream that has ended.
    pub fn behind(&self) -> u64 {
        self.streams.behind
    }

    /// Statements of the packed bytes that turned out wrong so far.
    pub fn remarks(&self) -> &Remarks {
        &self.streams.remarks
    }

    /// The next bytes that come out of the filters.
    fn filtered(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(filters) = self.filters.as_mut().filter(|_| !self.has_ended) else {
            return self.failed.take().map_or(Ok(0), Err);
        };
        let streams = &mut self.streams;
        let step = filters.next(out, |piece| match streams.read(piece) {
            Ok(0) => Step::last(0, Ok(())),
            Ok(given) => Step::more(given),
            Err(error) => Step::fail(0, error),
        });
        match step.then {
            Then::More => {}
            Then::End => self.has_ended = true,
            Then::Fail(error) => {
                self.has_ended = true;
                self.failed = Some(error);
            }
        }
        match step.given {
            0 => self.failed.take().map_or(Ok(0), Err),
            given => Ok(given),
        }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let given = match (&self.filters, self.has_ended) {
            (None, false) => self.streams.read(out)?,
            _ => self.filtered(out)?,
        };
        self.unpacked = self.unpacked.saturating_add(given as u64);
        Ok(given)
    }
}

impl<'a> Streams<'a> {
    fn packed(&self) -> u64 {
        let at = match self.state {
            State::Ended => self.behind,
            _ => self.packed.position(),
        };
        at.saturating_sub(self.start)
    }

    /// Open the next stream, if one stands here.
    fn open(&mut self, is_first: bool) -> io::Result<Option<AnyStream<'a>>> {
        let (packed, remarks) = (&mut self.packed, &mut self.remarks);
        match self.codec {
            Codec::Gzip => gzip::open(packed, is_first),
            Codec::Bzip2 => bzip2::open(packed),
            Codec::Lzma if is_first => lzma::open(packed).map(Some),
            Codec::Xz | Codec::Lzma => match xz::open(packed, remarks, is_first)? {
                None if !is_first && lzma::follows(packed)? => lzma::open(packed).map(Some),
                stream => Ok(stream),
            },
            Codec::Zstd => zstd::open(packed),
            Codec::Lz4 => lz4::open(packed, remarks),
            Codec::Lzip => lzip::open(packed),
            _ if !is_first => Ok(None),
            Codec::Snappy => snappy::open(packed),
            Codec::Zlib => zlib::open(packed).map(Some),
            Codec::Deflate => Ok(Some(deflate::open())),
            Codec::Deflate64 => Ok(Some(deflate64::open())),
            Codec::Copy => Ok(Some(stored::open())),
            Codec::RawLzma { properties, len } => {
                raw_lzma::open(RawLzma::lzma(properties, len.unwrap_or(UNKNOWN_LEN)))
            }
            Codec::Lzma2(bits) => match raw_lzma::dictionary(bits) {
                Some(dictionary) => raw_lzma::open(RawLzma::lzma2(dictionary)),
                None => Err(broken("an unknown size of the dictionary")),
            },
            Codec::Ppmd { order, memory, len } => ppmd::open(packed, order, memory, len).map(Some),
            Codec::PpmdZip { parameters, len } => ppmd::open_zip(packed, parameters, len).map(Some),
        }
    }

    /// Go on to the next stream, or to the end.
    fn advance(&mut self) -> io::Result<()> {
        let is_first = matches!(self.state, State::Fresh);
        let from = self.packed.position();
        self.stream = self.open(is_first)?;
        match (&self.stream, is_first) {
            (Some(_), _) => self.state = State::Running,
            (None, true) => return Err(broken("no stream begins here")),
            (None, false) => {
                self.packed.seek(from);
                self.state = State::Ended;
            }
        }
        Ok(())
    }

    /// Take one step; bytes that came out.
    fn step(&mut self, out: &mut [u8]) -> usize {
        let Some(stream) = &mut self.stream else {
            if let Err(error) = self.advance() {
                self.fail(error);
            }
            return 0;
        };
        let before = self.packed.position();
        let step = stream.step(&mut self.packed, out, &mut self.remarks);
        match step.then {
            Then::More if step.given == 0 && self.packed.position() == before => {
                self.fail(io::ErrorKind::UnexpectedEof.into());
            }
            Then::More => {}
            Then::End => {
                self.stream = None;
                self.behind = self.packed.position();
            }
            Then::Fail(error) => self.fail(error),
        }
        step.given
    }

    /// Remember why decoding ended: what the source said comes first.
    fn fail(&mut self, error: io::Error) {
        let error = match self.packed.failure() {
            Some(read) => io::Error::other(read),
            None => error,
        };
        self.stream = None;
        self.state = State::Failed(Some(error));
    }

    /// Bytes that come out; none at the end.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.state {
                State::Ended => return Ok(0),
                State::Failed(error) => {
                    return Err(error.take().unwrap_or_else(|| broken("already broken")));
                }
                State::Fresh | State::Running => {}
            }
            let given = self.step(out);
            if given > 0 {
                return Ok(given);
            }
        }
    }
}
