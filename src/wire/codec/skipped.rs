//! Runs of bytes inside packed streams that every reader passes over.
//!
//! Zstandard and LZ4 have frames for this, Snappy has chunks: anything may
//! stand in them, and no program shows it. The walk goes from header to header
//! and reads little more than those; what is malformed ends it, and is for the
//! decoder to tell.

use std::io;

use super::Codec;
use super::lz4;
use super::packed::Packed;
use super::remark::Remarks;
use super::snappy;
use super::zstd::{self, is_skippable, magic};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::{ReadError, Source};

/// Runs that are kept; more are only counted.
const RUNS_CAP: usize = 100;

/// Bytes in front of what a skippable frame holds.
const FRAME_HEADER_BYTES: u64 = 8;

/// The runs of one packed span.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// The first of them, without their headers.
    pub runs: Vec<Span>,
    /// How many there are beyond those.
    pub more: u64,
}

impl Skipped {
    /// Note a run, unless it is empty or what programs put there.
    fn add(&mut self, run: Span, is_usual: bool) {
        if run.is_empty() || is_usual {
            return;
        }
        match self.runs.len() < RUNS_CAP {
            true => self.runs.push(run),
            false => self.more = self.more.saturating_add(1),
        }
    }
}

/// The runs in `span` of `source`, which is packed by `codec`; there are none
/// in the streams of most codecs.
pub fn skipped(
    codec: Codec,
    source: &dyn Source,
    span: Span,
    budget: &Budget,
) -> Result<Skipped, ReadError> {
    let mut packed = Packed::glancing(source, span, budget);
    let mut found = Skipped::default();
    let walked = match codec {
        Codec::Zstd | Codec::Lz4 => frames(codec, &mut packed, &mut found),
        Codec::Snappy => snappy::walk(&mut packed, |run| found.add(run, false)),
        _ => Ok(()),
    };
    match packed.failure() {
        Some(error) => Err(error),
        None => {
            // What is malformed is told by the decoder.
            drop(walked);
            Ok(found)
        }
    }
}

/// The Zstandard frames that stand at the beginning of `span`, one behind the
/// other: where the last of them ends, and how many there are. A frame that
/// readers pass over, or that is cut short, is none of them.
pub fn zstd_frames(
    source: &dyn Source,
    span: Span,
    budget: &Budget,
) -> Result<(u64, u64), ReadError> {
    let mut packed = Packed::glancing(source, span.clone(), budget);
    let (mut end, mut count) = (span.start, 0u64);
    while let Ok(Some((zstd::MAGIC, _))) = magic(&mut packed)
        && zstd::pass(&mut packed).is_ok()
    {
        end = packed.position();
        count = count.saturating_add(1);
    }
    match packed.failure() {
        Some(error) => Err(error),
        None => Ok((end, count)),
    }
}

/// Go from frame to frame.
fn frames(codec: Codec, packed: &mut Packed<'_>, found: &mut Skipped) -> io::Result<()> {
    while let Some((number, len)) = magic(packed)? {
        if is_skippable(number) {
            let from = packed.position().saturating_add(FRAME_HEADER_BYTES);
            let run = from..from.saturating_add(len.into());
            packed.skip(u64::from(len).saturating_add(FRAME_HEADER_BYTES))?;
            let is_usual = is_usual(packed, &run)?;
            found.add(run, is_usual);
        } else if codec == Codec::Zstd && number == zstd::MAGIC {
            zstd::pass(packed)?;
        } else if codec == Codec::Lz4 && lz4::MAGICS.contains(&number) {
            lz4::pass(packed, &mut Remarks::default())?;
        } else {
            break;
        }
    }
    Ok(())
}

/// Whether a run is what pzstd and the seekable format of Zstandard write: the
/// packed length of the next frame, or a table of the frames.
fn is_usual(packed: &mut Packed<'_>, run: &Span) -> io::Result<bool> {
    /// Bytes of a length.
    const LENGTH_BYTES: u64 = 4;
    /// Bytes at the end of a table: the number of frames, flags, a magic.
    const FOOTER_BYTES: u64 = 9;
    const TABLE_MAGIC: [u8; 4] = 0x8f92_eab1_u32.to_le_bytes();

    let len = run.end.saturating_sub(run.start);
    if len == LENGTH_BYTES {
        return Ok(true);
    }
    let Some(entries) = len.checked_sub(FOOTER_BYTES) else {
        return Ok(false);
    };
    let behind = packed.position();
    packed.seek(run.end.saturating_sub(FOOTER_BYTES));
    let [a, b, c, d, flags, magic @ ..] = packed.array::<9>()?;
    packed.seek(behind);
    let count = u64::from(u32::from_le_bytes([a, b, c, d]));
    let size = if flags & 0x80 == 0 { 8 } else { 12 };
    Ok(magic == TABLE_MAGIC && entries == count.saturating_mul(size))
}
