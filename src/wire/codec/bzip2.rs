//! Bzip2 streams: blocks of up to 900,000 bytes, each with its CRC.
//!
//! A block is sorted as a whole, so it comes out before its CRC can be
//! compared. The library ends there when it is wrong, as all readers of bzip2
//! do; what the block held was handed over. A block needs up to 4 MB.

use std::io::{self, BufRead as _};

use bzip2::{Decompress, Status};

use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;

/// The mark of a block, and that of the end, behind the four bytes of the
/// header.
const MARKS: [[u8; 6]; 2] = [
    [0x31, 0x41, 0x59, 0x26, 0x53, 0x59],
    [0x17, 0x72, 0x45, 0x38, 0x50, 0x90],
];

struct Bzip2(Decompress);

/// Whether a stream begins with these bytes.
pub fn begins(head: &[u8]) -> bool {
    match head.first_chunk::<10>() {
        Some([b'B', b'Z', b'h', b'1'..=b'9', mark @ ..]) => MARKS.contains(mark),
        _ => false,
    }
}

/// The stream at this position.
pub(super) fn open<'a>(packed: &mut Packed<'a>) -> io::Result<Option<AnyStream<'a>>> {
    if !begins(packed.peek(10)?) {
        return Ok(None);
    }
    Ok(Some(Box::new(Bzip2(Decompress::new(false)))))
}

impl<'a> Stream<'a> for Bzip2 {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        let input = match packed.fill_buf() {
            Ok(input) => input,
            Err(error) => return Step::fail(0, error),
        };
        let (taken, given) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out);
        let moved = |now: u64, before| usize::try_from(now.saturating_sub(before)).unwrap_or(0);
        let taken = moved(self.0.total_in(), taken);
        let given = moved(self.0.total_out(), given);
        packed.consume(taken);
        match status {
            Ok(Status::StreamEnd) => Step::last(given, Ok(())),
            Ok(Status::MemNeeded) => Step::fail(given, Refusal::Memory),
            Ok(_) if taken == 0 && given == 0 => Step::fail(0, io::ErrorKind::UnexpectedEof),
            Ok(_) => Step::more(given),
            Err(error) => Step::fail(given, broken(error.to_string())),
        }
    }
}
