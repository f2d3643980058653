//! Bzip2 streams: blocks of up to 900,000 bytes, each with its CRC.
//!
//! A block is sorted as a whole, so it comes out before its CRC can be
//! compared. The library ends there when it is wrong, as all readers of bzip2
//! do; what the block held was handed over. To know how much that is, a stream
//! that breaks is decoded a second time, and its end byte by byte. A block
//! needs up to 4 MB.

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

struct Bzip2 {
    state: Decompress,
    /// Position of the first byte.
    begin: u64,
    given: u64,
    /// Bytes that come out once more before new ones do.
    again: u64,
    /// Whether the stream is known to break, so that each byte comes alone.
    breaks: bool,
}

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
    Ok(Some(Box::new(Bzip2 {
        state: Decompress::new(false),
        begin: packed.position(),
        given: 0,
        again: 0,
        breaks: false,
    })))
}

impl<'a> Stream<'a> for Bzip2 {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        loop {
            let room = self.room(out);
            let input = match packed.fill_buf() {
                Ok(input) => input,
                Err(error) => return Step::fail(0, error),
            };
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, room);
            let moved = |now: u64, before| usize::try_from(now.saturating_sub(before)).unwrap_or(0);
            let taken = moved(self.state.total_in(), before.0);
            let came = moved(self.state.total_out(), before.1);
            packed.consume(taken);
            if status.is_err() && !self.breaks {
                self.start_again(packed);
                continue;
            }
            if self.again > 0 && came > 0 {
                self.again = self.again.saturating_sub(came as u64);
                continue;
            }
            self.given = self.given.saturating_add(came as u64);
            return match status {
                Ok(Status::StreamEnd) => Step::last(came, Ok(())),
                Ok(Status::MemNeeded) => Step::fail(came, Refusal::Memory),
                Ok(_) if taken == 0 && came == 0 => Step::fail(0, io::ErrorKind::UnexpectedEof),
                Ok(_) => Step::more(came),
                Err(error) => Step::fail(came, broken(error.to_string())),
            };
        }
    }
}

impl Bzip2 {
    /// As much of `out` as the next step may fill.
    fn room<'b>(&self, out: &'b mut [u8]) -> &'b mut [u8] {
        let most = match (self.breaks, usize::try_from(self.again)) {
            (false, _) => out.len(),
            (true, Ok(0)) => 1,
            (true, again) => again.unwrap_or(usize::MAX).min(out.len()),
        };
        out.get_mut(..most).unwrap_or_default()
    }

    /// Decode again from the start: of a step that ends in an error, the
    /// library does not say how much it gave.
    fn start_again(&mut self, packed: &mut Packed<'_>) {
        self.state = Decompress::new(false);
        self.again = self.given;
        self.breaks = true;
        packed.seek(self.begin);
    }
}
