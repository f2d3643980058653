//! One block of an xz stream.
//!
//! The library gives nothing of a step that ends in an error, so a block that
//! breaks is decoded again up to where that step began, and from there on fed
//! byte by byte: what a loader sees before the break is what comes out here.

use std::io::{self, BufRead as _};

use lzma_rust2::{Action, Lzma2Stream, Status};

use super::super::WINDOW_CAP_BYTES;
use super::super::decoder::{Step, Then};
use super::super::failure::{Refusal, broken};
use super::super::lzma::room;
use super::super::packed::Packed;
use super::super::remark::Remarks;
use super::ALIGNMENT;
use super::fields::{Check, number};
use super::filters::{Described, Filters};

/// The number of LZMA2, which every block ends its filters with.
const LZMA2: u64 = 0x21;

/// Bytes that go through the filters at a time.
const FILTERED_BYTES: usize = 64 << 10;

/// What the header of a block says.
struct Header {
    packed: Option<u64>,
    unpacked: Option<u64>,
    filters: Vec<Described>,
    dictionary: u32,
}

pub(super) struct Block {
    header: Header,
    begin: u64,
    data: u64,
    raw: Raw,
    filters: Filters,
    /// Bytes that came out of the filters and did not fit.
    ready: Vec<u8>,
    handed: usize,
    check: Check,
    unpacked: u64,
    unpadded: u64,
    /// What follows the bytes that are ready.
    then: Then,
}

impl Block {
    /// The block whose header stands here.
    pub(super) fn open(
        packed: &mut Packed<'_>,
        check: &Check,
        remarks: &mut Remarks,
    ) -> io::Result<Self> {
        let begin = packed.position();
        let header = Header::read(packed, remarks)?;
        let filters = Filters::new(&header.filters)?;
        Ok(Block {
            begin,
            data: packed.position(),
            raw: Raw::new(packed.position(), header.dictionary),
            filters,
            header,
            ready: Vec::new(),
            handed: 0,
            check: check.clone(),
            unpacked: 0,
            unpadded: 0,
            then: Then::More,
        })
    }

    /// Bytes of the block without its padding, once it has ended.
    pub(super) fn unpadded(&self) -> u64 {
        self.unpadded
    }

    /// Bytes that came out.
    pub(super) fn unpacked(&self) -> u64 {
        self.unpacked
    }

    pub(super) fn step(
        &mut self,
        packed: &mut Packed<'_>,
        out: &mut [u8],
        remarks: &mut Remarks,
    ) -> Step {
        let step = self.content(packed, out);
        let given = out.get(..step.given).unwrap_or_default();
        self.check.update(given);
        self.unpacked = self.unpacked.saturating_add(given.len() as u64);
        match step.then {
            Then::End => Step::last(step.given, self.behind(packed, remarks)),
            _ => step,
        }
    }

    /// The next bytes of the content.
    fn content(&mut self, packed: &mut Packed<'_>, out: &mut [u8]) -> Step {
        if self.filters.is_empty() {
            return self.raw.step(packed, out);
        }
        loop {
            let waiting = self.ready.get(self.handed..).unwrap_or_default();
            let n = waiting.len().min(out.len());
            if let (true, Some(out)) = (n > 0, out.get_mut(..n)) {
                out.copy_from_slice(waiting.get(..n).unwrap_or_default());
                self.handed = self.handed.saturating_add(n);
                return Step::more(n);
            }
            match std::mem::replace(&mut self.then, Then::More) {
                Then::More => self.refill(packed),
                then => return Step { given: 0, then },
            }
        }
    }

    /// Send the next bytes through the filters.
    fn refill(&mut self, packed: &mut Packed<'_>) {
        let mut piece = vec![0; FILTERED_BYTES];
        let step = self.raw.step(packed, &mut piece);
        let is_over = matches!(step.then, Then::End);
        let piece = piece.get(..step.given).unwrap_or_default();
        self.ready = self.filters.apply(piece, is_over);
        self.handed = 0;
        self.then = step.then;
    }

    /// What stands behind the packed data: padding and the check.
    fn behind(&mut self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        let end = packed.position();
        let len = end.saturating_sub(self.data);
        let unpadded = end.saturating_sub(self.begin);
        self.unpadded = unpadded.saturating_add(self.check.len());
        if let Some(claimed) = self.header.packed {
            remarks.length(self.data, 0, "the packed length of a block", claimed, len);
        }
        if let Some(claimed) = self.header.unpacked {
            let what = "the unpacked length of a block";
            remarks.length(self.data, 0, what, claimed, self.unpacked);
        }
        while !packed
            .position()
            .saturating_sub(self.begin)
            .is_multiple_of(ALIGNMENT)
        {
            if packed.array()? != [0u8] {
                return Err(broken("the padding of a block is not zero"));
            }
        }
        let (claimed, actual) = self.check.read(packed)?;
        let at = packed.position();
        remarks.checksum(at, self.check.len(), self.check.name(), claimed, actual);
        Ok(())
    }
}

impl Header {
    /// The header that stands here.
    fn read(packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<Self> {
        let [size] = packed.peek(1)?.first_chunk().copied().unwrap_or([0]);
        let len = usize::from(size).saturating_add(1).saturating_mul(4);
        let bytes = packed.peek(len)?.to_vec();
        let Some((fields, sum)) = bytes.split_last_chunk::<4>().filter(|_| bytes.len() == len)
        else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        packed.skip(len as u64)?;
        let (claimed, actual) = (u32::from_le_bytes(*sum), crc32fast::hash(fields));
        let name = "CRC-32 of a block header";
        remarks.checksum(packed.position(), 4, name, claimed.into(), actual.into());
        Header::parse(fields.get(1..).unwrap_or_default())
    }

    /// The fields behind the size.
    fn parse(fields: &[u8]) -> io::Result<Self> {
        let mut rest = fields.iter().copied();
        let mut byte = || {
            rest.next()
                .ok_or_else(|| broken("a block header is too short"))
        };
        let flags = byte()?;
        let packed = (flags & 0x40 != 0).then(|| number(&mut byte)).transpose()?;
        let unpacked = (flags & 0x80 != 0).then(|| number(&mut byte)).transpose()?;
        let mut filters = Vec::new();
        for _ in 0..=flags & 3 {
            let number_of = number(&mut byte)?;
            let len = number(&mut byte)?;
            let properties = (0..len).map(|_| byte()).collect::<io::Result<_>>()?;
            filters.push(Described {
                number: number_of,
                properties,
            });
        }
        let last = filters.pop();
        match last.as_ref().map(|l| (l.number, l.properties.as_slice())) {
            Some((LZMA2, [bits @ 0..=40])) => Ok(Header {
                packed,
                unpacked,
                filters,
                dictionary: dictionary(*bits),
            }),
            Some((LZMA2, _)) => Err(broken("no size of the dictionary")),
            other => Err(Refusal::Filter(other.map_or(0, |(number, _)| number)).into()),
        }
    }
}

/// The size of a dictionary from its 6 bits, which are at most 40.
fn dictionary(bits: u8) -> u32 {
    let mantissa = 2 | u32::from(bits & 1);
    match bits {
        40 => u32::MAX,
        _ => mantissa << (bits / 2).saturating_add(11).min(30),
    }
}

/// The LZMA2 data of a block, exact up to the byte where they break.
struct Raw {
    stream: Lzma2Stream,
    /// Position of the first byte.
    begin: u64,
    dictionary: u64,
    given: u64,
    /// Bytes that come out once more before new ones do.
    again: u64,
    /// Position up to which the data are known to be good, once they broke
    /// behind it; from there each byte is fed alone.
    good: Option<u64>,
}

impl Raw {
    fn new(begin: u64, dictionary: u32) -> Self {
        let dictionary = u64::from(dictionary);
        Raw {
            stream: stream(dictionary),
            begin,
            dictionary,
            given: 0,
            again: 0,
            good: None,
        }
    }

    /// The next bytes; none at the end of the data.
    fn step(&mut self, packed: &mut Packed<'_>, out: &mut [u8]) -> Step {
        let out = match room(self.dictionary, self.given, out) {
            [] => return Step::fail(0, Refusal::Window(self.dictionary)),
            out => out,
        };
        loop {
            let (at, before) = (packed.position(), self.stream.total_out());
            let done = match self.feed(packed, out) {
                Ok(done) => done,
                Err(error) => return Step::fail(0, error),
            };
            let came = self.stream.total_out().saturating_sub(before);
            let came = usize::try_from(came).unwrap_or(0).min(out.len());
            if done.is_err() && self.good.is_none() {
                self.start_again(at, packed);
                continue;
            }
            let given = self.new_part(out, came);
            match done {
                Ok(true) => return Step::last(given, Ok(())),
                Ok(false) if given > 0 => return Step::more(given),
                Ok(false) if came == 0 && packed.position() == at => {
                    return Step::fail(0, io::ErrorKind::UnexpectedEof);
                }
                Ok(false) => {}
                Err(what) => return Step::fail(given, broken(what)),
            }
        }
    }

    /// Feed the library; whether the data have ended, or what is wrong.
    fn feed(
        &mut self,
        packed: &mut Packed<'_>,
        out: &mut [u8],
    ) -> io::Result<Result<bool, String>> {
        let at = packed.position();
        let input = packed.fill_buf()?;
        let most = match self.good {
            None => input.len(),
            Some(good) => usize::try_from(good.saturating_sub(at)).unwrap_or(0).max(1),
        };
        let input = input.get(..most).unwrap_or(input);
        let action = match input.is_empty() {
            true => Action::Finish,
            false => Action::Run,
        };
        Ok(match self.stream.process(input, out, action) {
            Ok(done) => {
                packed.consume(done.bytes_consumed);
                Ok(done.status == Status::StreamEnd)
            }
            Err(error) => Err(error.to_string()),
        })
    }

    /// Decode again from the start: the library keeps to itself what it has
    /// when it meets an error.
    fn start_again(&mut self, good: u64, packed: &mut Packed<'_>) {
        self.stream = stream(self.dictionary);
        self.again = self.given;
        self.good = Some(good);
        packed.seek(self.begin);
    }

    /// Move the bytes that did not come out before to the front of `out`.
    fn new_part(&mut self, out: &mut [u8], came: usize) -> usize {
        let old = usize::try_from(self.again).unwrap_or(came).min(came);
        self.again = self.again.saturating_sub(old as u64);
        out.copy_within(old..came, 0);
        let given = came.saturating_sub(old);
        self.given = self.given.saturating_add(given as u64);
        given
    }
}

fn stream(dictionary: u64) -> Lzma2Stream {
    let window = u32::try_from(dictionary.min(WINDOW_CAP_BYTES)).unwrap_or(u32::MAX);
    Lzma2Stream::new(window)
}
