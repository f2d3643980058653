//! LZ4 frames, and the legacy frames of the first `lz4` program.
//!
//! A frame says how large its blocks become at most (4 MiB, in legacy frames
//! 8 MiB), and blocks may refer to the 64 KiB before them. Legacy frames have
//! no end mark: they end where the file does, or where another frame begins.
//! Skippable frames may stand between them. Source: the LZ4 frame format,
//! version 1.6.4.

use std::hash::Hasher as _;
use std::io;

use lz4_flex::block::decompress_into_with_dict;
use twox_hash::XxHash32;

use super::decoder::{AnyStream, Step, Stream, Then};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;
use super::zstd::{MAGIC as ZSTD_MAGIC, Skippable, is_skippable, magic};

/// The four bytes of a frame.
const MAGIC: u32 = 0x184d_2204;

/// The four bytes of a legacy frame.
const LEGACY_MAGIC: u32 = 0x184c_2102;

/// The numbers of both kinds of frames.
pub(super) const MAGICS: [u32; 2] = [MAGIC, LEGACY_MAGIC];

/// What a block of a legacy frame becomes at most, in bytes.
const LEGACY_BLOCK_BYTES: usize = 8 << 20;

/// How far back blocks that are not independent may refer, in bytes.
const WINDOW_BYTES: usize = 64 << 10;

/// The bit of a block's length that says that it is stored as it is.
const STORED: u32 = 1 << 31;

/// What a frame says about itself.
#[derive(Clone, Copy)]
struct Layout {
    block_bytes: usize,
    is_legacy: bool,
    is_linked: bool,
    has_block_sums: bool,
    has_sum: bool,
    len: Option<u64>,
}

struct Lz4 {
    layout: Layout,
    /// The window, and behind it the block at hand. Its length only grows.
    block: Vec<u8>,
    /// How much of `block` was handed over.
    handed: usize,
    /// Where the block at hand ends.
    end: usize,
    given: u64,
    sum: XxHash32,
}

/// The frame at this position.
pub(super) fn open<'a>(
    packed: &mut Packed<'a>,
    remarks: &mut Remarks,
) -> io::Result<Option<AnyStream<'a>>> {
    let layout = match magic(packed)? {
        Some((MAGIC, _)) => header(packed, remarks)?,
        Some((LEGACY_MAGIC, _)) => legacy(packed)?,
        Some((number, len)) if is_skippable(number) => {
            return Skippable::open(packed, len).map(Some);
        }
        _ => return Ok(None),
    };
    Ok(Some(Box::new(Lz4 {
        layout,
        block: Vec::new(),
        handed: 0,
        end: 0,
        given: 0,
        sum: XxHash32::with_seed(0),
    })))
}

fn legacy(packed: &mut Packed<'_>) -> io::Result<Layout> {
    packed.skip(4)?;
    Ok(Layout {
        block_bytes: LEGACY_BLOCK_BYTES,
        is_legacy: true,
        is_linked: false,
        has_block_sums: false,
        has_sum: false,
        len: None,
    })
}

/// The header of a frame.
fn header(packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<Layout> {
    packed.skip(4)?;
    let mut seen = XxHash32::with_seed(0);
    let fixed: [u8; 2] = packed.array()?;
    seen.write(&fixed);
    let [flags, sizes] = fixed;
    if flags >> 6 != 1 {
        return Err(broken("unknown version of the frame"));
    }
    let block_bytes = match sizes >> 4 & 7 {
        4 => 64 << 10,
        5 => 256 << 10,
        6 => 1 << 20,
        7 => 4 << 20,
        _ => return Err(broken("unknown size of the blocks")),
    };
    let mut len = None;
    if flags & 8 != 0 {
        let bytes: [u8; 8] = packed.array()?;
        seen.write(&bytes);
        len = Some(u64::from_le_bytes(bytes));
    }
    if flags & 1 != 0 {
        return Err(Refusal::Dictionary.into());
    }
    let [claimed] = packed.array()?;
    let actual = seen.finish() >> 8 & 0xff;
    let name = "XXH32 of the header";
    remarks.checksum(packed.position(), 1, name, claimed.into(), actual);
    Ok(Layout {
        block_bytes,
        is_legacy: false,
        is_linked: flags & 0x20 == 0,
        has_block_sums: flags & 0x10 != 0,
        has_sum: flags & 4 != 0,
        len,
    })
}

impl<'a> Stream<'a> for Lz4 {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let given = self.hand_over(out);
        if given > 0 {
            return Step::more(given);
        }
        let next = match self.layout.is_legacy {
            true => self.next_legacy(packed),
            false => self.next(packed, remarks),
        };
        match next {
            Ok(then) => Step { given: 0, then },
            Err(error) => Step::fail(0, error),
        }
    }
}

impl Lz4 {
    /// Bytes of the block at hand.
    fn hand_over(&mut self, out: &mut [u8]) -> usize {
        let waiting = self.block.get(self.handed..self.end).unwrap_or_default();
        let n = waiting.len().min(out.len());
        let (Some(out), Some(bytes)) = (out.get_mut(..n), waiting.get(..n)) else {
            return 0;
        };
        out.copy_from_slice(bytes);
        if self.layout.has_sum {
            self.sum.write(bytes);
        }
        self.handed = self.handed.saturating_add(n);
        self.given = self.given.saturating_add(n as u64);
        n
    }

    /// The next block, or the end.
    fn next(&mut self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<Then> {
        let word = u32::from_le_bytes(packed.array()?);
        if word == 0 {
            self.end(packed, remarks)?;
            return Ok(Then::End);
        }
        let len = usize::try_from(word & !STORED).unwrap_or(usize::MAX);
        if len > self.layout.block_bytes {
            return Err(broken("a block is larger than its frame allows"));
        }
        let data = block(packed, len)?;
        let actual = self
            .layout
            .has_block_sums
            .then(|| XxHash32::oneshot(0, data));
        let unpacked = self.unpack(data, word & STORED != 0);
        packed.skip(len as u64)?;
        if let Some(actual) = actual {
            let claimed = u32::from_le_bytes(packed.array()?);
            let at = packed.position();
            remarks.checksum(at, 4, "XXH32 of a block", claimed.into(), actual.into());
        }
        unpacked.map(|()| Then::More)
    }

    /// The next block of a legacy frame, or the end.
    fn next_legacy(&mut self, packed: &mut Packed<'_>) -> io::Result<Then> {
        match legacy_block(packed)? {
            Some(len) => {
                packed.skip(4)?;
                self.unpack(block(packed, len)?, false)?;
                packed.skip(len as u64)?;
                Ok(Then::More)
            }
            None if self.given == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            None => Ok(Then::End),
        }
    }

    /// Decode the packed bytes of a block behind what is kept of the window.
    fn unpack(&mut self, data: &[u8], is_stored: bool) -> io::Result<()> {
        let keep = match self.layout.is_linked {
            true => self.end.min(WINDOW_BYTES),
            false => 0,
        };
        let from = self.end.saturating_sub(keep);
        self.block.copy_within(from..self.end, 0);
        (self.handed, self.end) = (keep, keep);
        let size = keep.saturating_add(self.layout.block_bytes);
        if self.block.len() < size {
            self.block.resize(size, 0);
        }
        let Some((window, room)) = self.block.split_at_mut_checked(keep) else {
            return Ok(());
        };
        let got = match is_stored {
            true => store(data, room),
            false => {
                let room = room.get_mut(..self.layout.block_bytes);
                decompress_into_with_dict(data, room.unwrap_or_default(), window)
                    .map_err(|error| broken(error.to_string()))
            }
        };
        self.end = keep.saturating_add(*got.as_ref().unwrap_or(&0));
        got.map(|_| ())
    }

    /// What stands behind the last block.
    fn end(&self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        let at = packed.position();
        if let Some(claimed) = self.layout.len {
            remarks.length(at, 0, "the unpacked length", claimed, self.given);
        }
        if self.layout.has_sum {
            let claimed = u32::from_le_bytes(packed.array()?);
            let at = packed.position();
            remarks.checksum(at, 4, "XXH32", claimed.into(), self.sum.finish());
        }
        Ok(())
    }
}

/// The packed bytes of a block, whose length was checked.
fn block<'p>(packed: &'p mut Packed<'_>, len: usize) -> io::Result<&'p [u8]> {
    if len as u64 > packed.remaining() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let data = packed.peek(len)?;
    data.get(..len)
        .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Copy a block that is stored as it is.
fn store(data: &[u8], room: &mut [u8]) -> io::Result<usize> {
    let room = room
        .get_mut(..data.len())
        .ok_or_else(|| broken("a block is larger than its frame allows"))?;
    room.copy_from_slice(data);
    Ok(data.len())
}

/// The length of the block of a legacy frame that stands here, if one does.
fn legacy_block(packed: &mut Packed<'_>) -> io::Result<Option<usize>> {
    let cap = lz4_flex::block::get_maximum_output_size(LEGACY_BLOCK_BYTES);
    let word = packed.peek(4)?.first_chunk::<4>().copied();
    let is_end =
        |word: u32| matches!(word, MAGIC | LEGACY_MAGIC | ZSTD_MAGIC) || is_skippable(word);
    let word = word.map(u32::from_le_bytes).filter(|word| !is_end(*word));
    let len = word.and_then(|word| usize::try_from(word).ok());
    Ok(len.filter(|len| (1..=cap).contains(len)))
}

/// Pass over the frame that stands here.
pub(super) fn pass(packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
    if matches!(magic(packed)?, Some((LEGACY_MAGIC, _))) {
        packed.skip(4)?;
        while let Some(len) = legacy_block(packed)? {
            packed.skip((len as u64).saturating_add(4))?;
        }
        return Ok(());
    }
    let layout = header(packed, remarks)?;
    let sum = if layout.has_block_sums { 4 } else { 0 };
    loop {
        match u32::from_le_bytes(packed.array()?) & !STORED {
            0 => return packed.skip(if layout.has_sum { 4 } else { 0 }),
            len => packed.skip(u64::from(len).saturating_add(sum))?,
        }
    }
}
