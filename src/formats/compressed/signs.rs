//! Whether bytes are a packed stream.
//!
//! A magic of four bytes and more is enough to look at the data. Zlib has two
//! bytes that check each other, which one in 2,000 files has by chance, and
//! LZMA a few numbers that look reasonable; there the data must decode. What
//! random bytes decode to ends soon: a match that reaches back before the
//! first byte is an error, and after a hundred bytes nearly all trials have
//! met one.

use crate::budget::Budget;
use crate::formats::{Claim, Probe};
use crate::wire::codec::{Codec, Measured, StreamEnd};

/// Bytes that come out of a stream on trial.
const TRIAL_BYTES: u64 = 32 << 10;

/// Bytes that never come out of random bytes.
const TELLING_BYTES: u64 = 4096;

/// Decode the beginning. Bytes that cannot be read look like bytes that are
/// not there; the reading that follows reports them.
fn trial(codec: Codec, probe: &Probe<'_>, from: u64) -> Option<Measured> {
    let span = from..probe.len();
    codec
        .measure(probe.source(), span, TRIAL_BYTES, &Budget::unlimited())
        .ok()
}

/// The claim on bytes with a magic of their own.
pub(super) fn strong(codec: Codec, probe: &Probe<'_>) -> Claim {
    let decodes = |m: Measured| m.unpacked > 0 || m.end == StreamEnd::Complete;
    match trial(codec, probe, 0).is_some_and(decodes) {
        true => Claim::Structure,
        false => Claim::Magic,
    }
}

/// The claim on bytes with a header that says little.
pub(super) fn weak(codec: Codec, probe: &Probe<'_>, hinted: bool) -> Claim {
    weak_from(codec, probe, 0, hinted)
}

/// [`weak`] for a stream that begins at `from`.
pub(super) fn weak_from(codec: Codec, probe: &Probe<'_>, from: u64, hinted: bool) -> Claim {
    let Some(seen) = trial(codec, probe, from) else {
        return Claim::No;
    };
    let is_whole = seen.end == StreamEnd::Complete && seen.is_sound && seen.unpacked > 0;
    if is_whole || seen.unpacked >= TELLING_BYTES {
        Claim::Structure
    } else if hinted && (seen.unpacked > 0 || seen.end == StreamEnd::Refused) {
        Claim::Magic
    } else {
        Claim::No
    }
}

/// Gzip: its two bytes, deflate, no reserved flags, and a known system. The
/// byte for the speed of packing has no meaning to readers.
pub(super) fn gzip(head: &[u8]) -> bool {
    matches!(head, [0x1f, 0x8b, 8, 0..=0x1f, ..])
}

/// Zlib: deflate with a window of up to 32 KiB, and two bytes that check each
/// other.
pub(super) fn zlib(head: &[u8]) -> bool {
    let [cmf, flags, ..] = head else {
        return false;
    };
    let check = u16::from_be_bytes([*cmf, *flags]);
    cmf & 0x0f == 8 && cmf >> 4 <= 7 && check.is_multiple_of(31)
}

/// The little-endian number at the front.
fn number(head: &[u8]) -> Option<u32> {
    head.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Numbers that begin a frame that readers of Zstandard and LZ4 pass over.
fn is_skippable(number: u32) -> bool {
    number & !0xf == 0x184d_2a50
}

/// The number of the first frame that is not passed over, as far as the head
/// goes.
fn first_frame(mut head: &[u8]) -> Option<u32> {
    loop {
        let number_of = number(head)?;
        if !is_skippable(number_of) {
            return Some(number_of);
        }
        let len = usize::try_from(number(head.get(4..)?)?).ok()?;
        head = head.get(len.checked_add(8)?..)?;
    }
}

/// Zstandard: a frame, alone or behind frames that are passed over.
pub(super) fn zstd(head: &[u8]) -> bool {
    first_frame(head) == Some(0xfd2f_b528)
}

/// LZ4: a frame of either kind, alone or behind frames that are passed over.
pub(super) fn lz4(head: &[u8]) -> bool {
    matches!(first_frame(head), Some(0x184d_2204 | 0x184c_2102))
}
