//! Deflate64: deflate with a window of 64 KiB and longer matches, which 7-Zip
//! and Windows write into zip archives.
//!
//! The library reads up to two bytes ahead and does not say how many it needed:
//! where other bytes follow, that many of them may count as the stream's.

use std::io::{self, BufRead as _};

use ::deflate64::InflaterManaged;

use super::decoder::{AnyStream, Step, Stream};
use super::failure::broken;
use super::packed::Packed;
use super::remark::Remarks;

struct Deflate64(Box<InflaterManaged>);

/// The stream at this position, whatever stands there.
pub(super) fn open<'a>() -> AnyStream<'a> {
    Box::new(Deflate64(Box::new(InflaterManaged::new())))
}

impl<'a> Stream<'a> for Deflate64 {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        let input = match packed.fill_buf() {
            Ok(input) => input,
            Err(error) => return Step::fail(0, error),
        };
        let done = self.0.inflate(input, out);
        let (taken, given) = (done.bytes_consumed, done.bytes_written);
        packed.consume(taken);
        if done.data_error {
            return Step::fail(given, broken("the deflate64 data are corrupt"));
        }
        match self.0.finished() {
            true => Step::last(given, Ok(())),
            false if taken == 0 && given == 0 => Step::fail(0, io::ErrorKind::UnexpectedEof),
            false => Step::more(given),
        }
    }
}
