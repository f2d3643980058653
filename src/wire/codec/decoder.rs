//! One reader over all streams of a packed span.
//!
//! A codec knows how to *open* the stream at a position and how to take a
//! *step* in it. The decoder goes from stream to stream and makes the promises
//! of [`super`] hold for all codecs alike.

use std::io::{self, Read};

use super::failure::broken;
use super::packed::Packed;
use super::remark::Remarks;
use super::{Codec, bzip2, deflate, gzip, lz4, lzma, xz, zlib, zstd};
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
    codec: Codec,
    packed: Packed<'a>,
    stream: Option<AnyStream<'a>>,
    remarks: Remarks,
    unpacked: u64,
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
    pub(super) fn new(codec: Codec, source: &'a dyn Source, span: Span, budget: &Budget) -> Self {
        Decoder {
            codec,
            start: span.start,
            behind: span.start,
            packed: Packed::new(source, span, budget),
            stream: None,
            remarks: Remarks::default(),
            unpacked: 0,
            state: State::Fresh,
        }
    }

    /// Packed bytes that were needed so far: up to the end of the last stream,
    /// once there is no more.
    pub fn packed(&self) -> u64 {
        let at = match self.state {
            State::Ended => self.behind,
            _ => self.packed.position(),
        };
        at.saturating_sub(self.start)
    }

    /// Bytes that came out so far.
    pub fn unpacked(&self) -> u64 {
        self.unpacked
    }

    /// Position in the source behind the last stream that has ended.
    pub fn behind(&self) -> u64 {
        self.behind
    }

    /// Statements of the packed bytes that turned out wrong so far.
    pub fn remarks(&self) -> &Remarks {
        &self.remarks
    }

    /// Open the next stream, if one stands here.
    fn open(&mut self, is_first: bool) -> io::Result<Option<AnyStream<'a>>> {
        let (packed, remarks) = (&mut self.packed, &mut self.remarks);
        match self.codec {
            Codec::Deflate => Ok(is_first.then(deflate::open)),
            Codec::Zlib if is_first => zlib::open(packed).map(Some),
            Codec::Zlib => Ok(None),
            Codec::Gzip => gzip::open(packed, is_first),
            Codec::Bzip2 => bzip2::open(packed),
            Codec::Lzma if is_first => lzma::open(packed).map(Some),
            Codec::Xz | Codec::Lzma => match xz::open(packed, remarks, is_first)? {
                None if !is_first && lzma::follows(packed)? => lzma::open(packed).map(Some),
                stream => Ok(stream),
            },
            Codec::Zstd => zstd::open(packed),
            Codec::Lz4 => lz4::open(packed, remarks),
            Codec::Copy
            | Codec::Deflate64
            | Codec::RawLzma { .. }
            | Codec::Lzma2(_)
            | Codec::Ppmd { .. }
            | Codec::Snappy
            | Codec::Lzip => Err(broken("not decoded yet")),
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
        self.unpacked = self.unpacked.saturating_add(step.given as u64);
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
}

impl Read for Decoder<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
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
