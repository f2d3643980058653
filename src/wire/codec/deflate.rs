//! Raw deflate (RFC 1951): blocks of literals and matches, the last of which
//! is marked. The window is 32 KiB, whatever the data say.

use std::io::{self, BufRead as _};

use flate2::{Decompress, FlushDecompress, Status};

use super::decoder::{AnyStream, Step, Stream, Then};
use super::failure::broken;
use super::packed::Packed;
use super::remark::Remarks;

/// A raw deflate stream that insists on its end mark.
pub(super) struct Inflate(Decompress);

/// The stream at this position, whatever stands there.
pub(super) fn open<'a>() -> AnyStream<'a> {
    Box::new(Inflate::new())
}

impl Inflate {
    pub(super) fn new() -> Self {
        Inflate(Decompress::new(false))
    }

    /// One step, for wrappers that add what stands behind the end.
    pub(super) fn inflate(&mut self, packed: &mut Packed<'_>, out: &mut [u8]) -> Step {
        let input = match packed.fill_buf() {
            Ok(input) => input,
            Err(error) => return Step::fail(0, error),
        };
        let (taken, given) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out, FlushDecompress::None);
        let moved = |now: u64, before| usize::try_from(now.saturating_sub(before)).unwrap_or(0);
        let taken = moved(self.0.total_in(), taken);
        let given = moved(self.0.total_out(), given);
        packed.consume(taken);
        match status {
            Ok(Status::StreamEnd) => Step::last(given, Ok(())),
            Ok(_) if taken == 0 && given == 0 => Step::fail(0, io::ErrorKind::UnexpectedEof),
            Ok(_) => Step::more(given),
            Err(error) => Step::fail(given, broken(error.to_string())),
        }
    }

    /// One step of a stream in a wrapper: `bytes` sees what came out, and
    /// `behind` what stands behind the end mark.
    pub(super) fn wrapped<'a>(
        &mut self,
        packed: &mut Packed<'a>,
        out: &mut [u8],
        bytes: impl FnOnce(&[u8]),
    ) -> (usize, Option<Then>) {
        let step = self.inflate(packed, out);
        bytes(out.get(..step.given).unwrap_or_default());
        match step.then {
            Then::End => (step.given, None),
            then => (step.given, Some(then)),
        }
    }
}

impl<'a> Stream<'a> for Inflate {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        self.inflate(packed, out)
    }
}
