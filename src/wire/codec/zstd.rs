//! Zstandard frames (RFC 8878), with skippable frames between them.
//!
//! The C library libzstd decodes the blocks. Frames are walked here: the header
//! is read, and another one is handed to the library that states a window and
//! nothing else; blocks are handed over one by one; the length and the checksum
//! are compared at the end. So the library refuses nothing for a statement that
//! is wrong, and all blocks in front of a broken one come out.
//!
//! The window that a frame asks for must be kept to decode it. The library
//! allocates it up to the cap, and the system gives its pages as they fill; a
//! frame that asks for more is decoded until that much came out, and refused
//! there.

mod header;

use std::hash::Hasher as _;
use std::io;

use twox_hash::XxHash64;
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;
use super::room;
use header::Header;

/// The four bytes of a frame.
pub(super) const MAGIC: u32 = 0xfd2f_b528;

/// The first of the sixteen numbers of skippable frames; LZ4 has the same.
const SKIPPABLE: u32 = 0x184d_2a50;

/// Bytes that a block may at most become, and be.
const BLOCK_BYTES: u32 = 128 << 10;

/// Bytes in front of a block.
const BLOCK_HEADER_BYTES: u32 = 3;

/// The power of two of the largest window.
const WINDOW_CAP_BITS: u32 = super::WINDOW_CAP_BYTES.ilog2();

/// What the library says when it gets no memory.
const NO_MEMORY: usize = 0usize.wrapping_sub(64);

/// What stands in front of a block.
struct Block {
    is_last: bool,
    /// Bytes of the block behind its header.
    len: u32,
}

impl Block {
    /// The block whose header stands here; nothing is taken.
    fn peek(packed: &mut Packed<'_>) -> io::Result<Self> {
        let head = packed.peek(BLOCK_HEADER_BYTES as usize)?;
        let [a, b, c] = *head.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
        let bits = u32::from_le_bytes([a, b, c, 0]);
        let len = match bits >> 1 & 3 {
            0 | 2 => bits >> 3,
            1 => 1,
            _ => return Err(broken("unknown kind of block")),
        };
        if len > BLOCK_BYTES {
            return Err(broken("a block is larger than the format allows"));
        }
        let is_last = bits & 1 == 1;
        Ok(Block { is_last, len })
    }
}

/// Pass over the frame that stands here.
pub(super) fn pass(packed: &mut Packed<'_>) -> io::Result<()> {
    let header = Header::read(packed)?;
    loop {
        let block = Block::peek(packed)?;
        packed.skip(block.len.saturating_add(BLOCK_HEADER_BYTES).into())?;
        if block.is_last {
            return packed.skip(if header.has_sum { 4 } else { 0 });
        }
    }
}

struct Zstd {
    library: DCtx<'static>,
    header: Header,
    /// Bytes of the block at hand that the library did not take yet.
    left: usize,
    /// Whether the block at hand is the last one.
    is_last: bool,
    /// Whether the library has nothing more to give of what it took.
    is_drained: bool,
    given: u64,
    sum: XxHash64,
}

/// Whether this is the number of a skippable frame.
pub(super) fn is_skippable(magic: u32) -> bool {
    magic & !0xf == SKIPPABLE
}

/// The number that a frame at this position begins with, and the length of
/// what follows it in a skippable frame.
pub(super) fn magic(packed: &mut Packed<'_>) -> io::Result<Option<(u32, u32)>> {
    let head = packed.peek(8)?;
    let number = |bytes: Option<&[u8; 4]>| bytes.map(|bytes| u32::from_le_bytes(*bytes));
    let magic = number(head.first_chunk());
    let len = number(head.get(4..).and_then(|rest| rest.first_chunk()));
    Ok(magic.map(|magic| (magic, len.unwrap_or(0))))
}

/// A frame of which nothing comes out.
pub(super) struct Skippable;

impl Skippable {
    /// Pass over the skippable frame that stands here.
    pub(super) fn open<'a>(packed: &mut Packed<'a>, len: u32) -> io::Result<AnyStream<'a>> {
        packed.skip(u64::from(len).saturating_add(8))?;
        Ok(Box::new(Skippable))
    }
}

impl<'a> Stream<'a> for Skippable {
    fn step(&mut self, _: &mut Packed<'a>, _: &mut [u8], _: &mut Remarks) -> Step {
        Step::last(0, Ok(()))
    }
}

/// The frame at this position.
pub(super) fn open<'a>(packed: &mut Packed<'a>) -> io::Result<Option<AnyStream<'a>>> {
    match magic(packed)? {
        Some((MAGIC, _)) => Zstd::open(packed).map(|frame| Some(Box::new(frame) as _)),
        Some((number, len)) if is_skippable(number) => Skippable::open(packed, len).map(Some),
        _ => Ok(None),
    }
}

/// What the library says, in our words.
fn error(code: usize) -> io::Error {
    match code {
        NO_MEMORY => Refusal::Memory.into(),
        code => broken(zstd_safe::get_error_name(code)),
    }
}

impl Zstd {
    fn open(packed: &mut Packed<'_>) -> io::Result<Self> {
        let header = Header::read(packed)?;
        let mut library = DCtx::try_create().ok_or(Refusal::Memory)?;
        library
            .set_parameter(DParameter::WindowLogMax(WINDOW_CAP_BITS))
            .map_err(error)?;
        let head = header.for_library();
        let mut input = InBuffer::around(&head);
        let nothing: &mut [u8] = &mut [];
        let mut output = OutBuffer::around(nothing);
        library
            .decompress_stream(&mut output, &mut input)
            .map_err(error)?;
        Ok(Zstd {
            library,
            header,
            left: 0,
            is_last: false,
            is_drained: true,
            given: 0,
            sum: XxHash64::with_seed(0),
        })
    }

    /// Begin with the next block.
    fn begin(&mut self, packed: &mut Packed<'_>) -> io::Result<()> {
        let block = Block::peek(packed)?;
        self.is_last = block.is_last;
        self.left = block.len.saturating_add(BLOCK_HEADER_BYTES) as usize;
        Ok(())
    }

    /// Let the library take of the block at hand and give what it has.
    fn run(&mut self, packed: &mut Packed<'_>, out: &mut [u8]) -> io::Result<usize> {
        let input = packed.peek(self.left)?;
        if input.is_empty() && self.left > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let room = out.len();
        let mut input = InBuffer::around(input);
        let mut output = OutBuffer::around(out);
        let done = self.library.decompress_stream(&mut output, &mut input);
        let (taken, given) = (input.pos(), output.pos());
        done.map_err(error)?;
        packed.skip(taken as u64)?;
        self.left = self.left.saturating_sub(taken);
        self.is_drained = given < room;
        Ok(given)
    }

    /// Compare what the frame says with what came out.
    fn end(&self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        if let Some(claimed) = self.header.len {
            let at = packed.position();
            remarks.length(at, 0, "the unpacked length", claimed, self.given);
        }
        if self.header.has_sum {
            let claimed = u32::from_le_bytes(packed.array()?);
            let actual = self.sum.finish() as u32;
            let at = packed.position();
            remarks.checksum(at, 4, "XXH64", claimed.into(), actual.into());
        }
        Ok(())
    }
}

impl<'a> Stream<'a> for Zstd {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let out = match room(self.header.window, self.given, out) {
            [] => return Step::fail(0, Refusal::Window(self.header.window)),
            out => out,
        };
        loop {
            if self.left == 0 && self.is_drained {
                if self.is_last {
                    return Step::last(0, self.end(packed, remarks));
                }
                if let Err(error) = self.begin(packed) {
                    return Step::fail(0, error);
                }
            }
            match self.run(packed, out) {
                Ok(0) => {}
                Ok(given) => {
                    self.sum.write(out.get(..given).unwrap_or_default());
                    self.given = self.given.saturating_add(given as u64);
                    return Step::more(given);
                }
                Err(error) => return Step::fail(0, error),
            }
        }
    }
}
