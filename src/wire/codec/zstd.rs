//! Zstandard frames (RFC 8878), with skippable frames between them.
//!
//! The window that a frame asks for must be kept to decode it; above the cap it
//! is refused. The library hands bytes over once they leave the window, so a
//! frame that breaks is ended for it with an empty block, which sets free what
//! it still held.

use std::io::{self, Read as _};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::WINDOW_CAP_BYTES;
use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;

/// The four bytes of a frame.
pub(super) const MAGIC: u32 = 0xfd2f_b528;

/// The first of the sixteen numbers of skippable frames; LZ4 has the same.
const SKIPPABLE: u32 = 0x184d_2a50;

/// Bytes that a block may at most become.
const BLOCK_BYTES: usize = 128 << 10;

/// An empty last block, and a checksum that nobody looks at.
const END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

struct Zstd {
    decoder: FrameDecoder,
    len: Option<u64>,
    given: u64,
    /// What ended the frame early, to be told once all was handed over.
    failed: Option<io::Error>,
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
        Some((MAGIC, _)) => frame(packed).map(Some),
        Some((number, len)) if is_skippable(number) => Skippable::open(packed, len).map(Some),
        _ => Ok(None),
    }
}

fn frame<'a>(packed: &mut Packed<'a>) -> io::Result<AnyStream<'a>> {
    let has_len = packed.peek(5)?.get(4).is_some_and(|d| d & 0xe0 != 0);
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW_CAP_BYTES);
    decoder.reset(&mut *packed).map_err(error)?;
    Ok(Box::new(Zstd {
        len: has_len.then(|| decoder.content_size()),
        decoder,
        given: 0,
        failed: None,
    }))
}

/// What the library says, in our words.
fn error(error: FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::WindowSizeTooBig { requested, .. } => Refusal::Window(requested).into(),
        FrameDecoderError::DictNotProvided { .. } => Refusal::Dictionary.into(),
        other => broken(other.to_string()),
    }
}

impl<'a> Stream<'a> for Zstd {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let mut given = 0;
        while given == 0 {
            given = match self.decoder.read(out) {
                Ok(n) => n,
                Err(error) => return Step::fail(0, error),
            };
            if given == 0 {
                if let Some(error) = self.failed.take() {
                    return Step::fail(0, error);
                }
                if self.decoder.is_finished() {
                    self.end(packed, remarks);
                    return Step::last(0, Ok(()));
                }
                self.decode(packed);
            }
        }
        self.given = self.given.saturating_add(given as u64);
        Step::more(given)
    }
}

impl Zstd {
    /// Decode blocks until something can be handed over.
    fn decode(&mut self, packed: &mut Packed<'_>) {
        let some = BlockDecodingStrategy::UptoBytes(BLOCK_BYTES);
        if let Err(first) = self.decoder.decode_blocks(&mut *packed, some) {
            self.failed = Some(error(first));
            let one = BlockDecodingStrategy::UptoBlocks(1);
            // It cannot fail, and if it did, the frame would have failed.
            let _ = self.decoder.decode_blocks(END.as_slice(), one);
        }
    }

    /// Compare what the frame says with what came out.
    fn end(&self, packed: &Packed<'_>, remarks: &mut Remarks) {
        let at = packed.position();
        let sums = (
            self.decoder.get_checksum_from_data(),
            self.decoder.get_calculated_checksum(),
        );
        if let (Some(claimed), Some(actual)) = sums {
            remarks.checksum(at, 4, "XXH64", claimed.into(), actual.into());
        }
        if let Some(claimed) = self.len {
            remarks.length(at, 0, "the unpacked length", claimed, self.given);
        }
    }
}
