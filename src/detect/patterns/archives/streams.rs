//! Packed streams: gzip, xz, Zstandard, bzip2, LZ4.
//!
//! Specs: RFC 1952, the xz file format, RFC 8878, the bzip2 sources, the LZ4
//! frame format. Where a header says little, the data must decode.

use std::hash::Hasher as _;

use twox_hash::XxHash32;

use super::{Archive, found};
use crate::budget::Budget;
use crate::detect::Reach;
use crate::detect::patterns::text::number;
use crate::detect::patterns::{Around, Family, Found, Pattern};
use crate::source::{Memory, Source as _};
use crate::wire::codec::{Codec, Measured, StreamEnd};

/// Packed bytes that a trial of decoding may see.
const TRIAL_BYTES: usize = 64 << 10;

/// Bytes that come out of a stream whose header is as writers make it.
const TELLING_BYTES: u64 = 4 << 10;

/// Bytes that come out of a stream whose header is not.
const CONVINCING_BYTES: u64 = 32 << 10;

/// Bytes of a block of Zstandard at most.
const ZSTD_BLOCK_BYTES: u32 = 128 << 10;

/// Bytes of a block of LZ4 at most.
const LZ4_BLOCK_BYTES: u64 = 4 << 20;

/// A pattern of this family.
const fn pattern(
    name: &'static str,
    anchor: &'static [u8],
    before: usize,
    after: usize,
    checked_bits: f64,
    verify: fn(&Around<'_>) -> Option<Found>,
) -> Pattern {
    let family = Family {
        before,
        after,
        reach: Reach::Everywhere,
    };
    family.pattern(name, anchor, checked_bits, verify)
}

/// Two bytes and the method are too little, so each value of the flags has an
/// anchor of its own.
///
/// Bits: the byte for speed is 3 of 256 (6.4), that for the system 15 of 256
/// (4.1); of random bytes less than one in 2^17 decodes to 4 KiB, and less
/// than one in 2^28 to 32 KiB, or to a whole stream with a right checksum.
macro_rules! gzip {
    ($($name:literal $flags:literal),* $(,)?) => {
        [$(pattern($name, &[0x1f, 0x8b, 8, $flags], 0, TRIAL_BYTES, 27.0, gzip)),*]
    };
}

static GZIP: [Pattern; 32] = gzip!(
    "gzip-00" 0x00, "gzip-01" 0x01, "gzip-02" 0x02, "gzip-03" 0x03,
    "gzip-04" 0x04, "gzip-05" 0x05, "gzip-06" 0x06, "gzip-07" 0x07,
    "gzip-08" 0x08, "gzip-09" 0x09, "gzip-0a" 0x0a, "gzip-0b" 0x0b,
    "gzip-0c" 0x0c, "gzip-0d" 0x0d, "gzip-0e" 0x0e, "gzip-0f" 0x0f,
    "gzip-10" 0x10, "gzip-11" 0x11, "gzip-12" 0x12, "gzip-13" 0x13,
    "gzip-14" 0x14, "gzip-15" 0x15, "gzip-16" 0x16, "gzip-17" 0x17,
    "gzip-18" 0x18, "gzip-19" 0x19, "gzip-1a" 0x1a, "gzip-1b" 0x1b,
    "gzip-1c" 0x1c, "gzip-1d" 0x1d, "gzip-1e" 0x1e, "gzip-1f" 0x1f,
);

/// The patterns of gzip.
pub(in crate::detect::patterns) static GZIPS: &[Pattern] = &GZIP;

/// The other streams.
pub(in crate::detect::patterns) static PATTERNS: &[Pattern] = &[XZ, ZSTD, BZIP2, LZ4];

/// Bits: the flags are one of 16 of 65,536 (12), a checksum (32).
const XZ: Pattern = pattern("xz", b"\xfd7zXZ\0", 0, 12, 44.0, xz);

/// Bits: a whole frame with a right checksum or length, or a first block that
/// decodes, or has exactly the size that writers give to one that does not get
/// smaller.
const ZSTD: Pattern = pattern("zstd", b"\x28\xb5\x2f\xfd", 0, TRIAL_BYTES, 20.0, zstd);

/// Bits: `BZh` (24), a digit (4.8).
const BZIP2: Pattern = pattern("bzip2", b"1AY&SY", 4, 10, 28.8, bzip2);

/// Bits: version and reserved bits (9), the size code (1), a checksum (8), the
/// length of the first block (8).
const LZ4: Pattern = pattern("lz4", b"\x04\x22\x4d\x18", 0, 23, 26.0, lz4);

/// Decode up to `cap` bytes of the stream that the slice begins with.
fn trial(codec: Codec, bytes: &[u8], cap: u64) -> Option<Measured> {
    let source = Memory::borrowed(bytes);
    codec
        .measure(&source, 0..source.len(), cap, &Budget::unlimited())
        .ok()
}

/// A stream that ends in sight with right checksums, or goes on for long.
fn gzip(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let is_usual = matches!(header.get(8)?, 0 | 2 | 4) && matches!(header.get(9)?, 0..=13 | 255);
    let wanted = match is_usual {
        true => TELLING_BYTES,
        false => CONVINCING_BYTES,
    };
    let seen = trial(Codec::Gzip, header, wanted)?;
    let is_whole = seen.end == StreamEnd::Complete && seen.is_sound && seen.unpacked > 0;
    (is_whole || seen.unpacked >= wanted).then(|| found(around, around.at, Archive::Gzip))?
}

/// The checksum of the flags is right.
fn xz(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let flags = header.get(6..8)?;
    let is_right = number::<4>(header, 8, false)? == u64::from(crc32fast::hash(flags));
    let is_known = matches!(flags, [0, 0..=15]);
    (is_right && is_known).then(|| found(around, around.at, Archive::Xz))?
}

/// What a frame of Zstandard says in front of its first block.
struct ZstdHeader {
    /// Its length in bytes, magic included.
    len: usize,
    has_sum: bool,
    /// Bytes of the field that tells the unpacked length.
    length_bytes: usize,
}

/// The header of the frame, if readers take it without a dictionary.
fn zstd_header(bytes: &[u8]) -> Option<ZstdHeader> {
    let descriptor = *bytes.get(4)?;
    let is_single = descriptor & 0x20 != 0;
    let length_bytes = match (descriptor >> 6, is_single) {
        (0, false) => 0,
        (0, true) => 1,
        (1, _) => 2,
        (2, _) => 4,
        _ => 8,
    };
    let window_bytes = usize::from(!is_single);
    (descriptor & 0x0b == 0).then_some(ZstdHeader {
        len: 5usize
            .saturating_add(window_bytes)
            .saturating_add(length_bytes),
        has_sum: descriptor & 4 != 0,
        length_bytes,
    })
}

fn zstd(around: &Around<'_>) -> Option<Found> {
    let bytes = around.ahead();
    let header = zstd_header(bytes)?;
    let (block, _) = bytes.get(header.len..)?.split_first_chunk::<3>()?;
    let block = u32::from_le_bytes([block[0], block[1], block[2], 0]);
    let (is_last, kind, size) = (block & 1 != 0, block >> 1 & 3, block >> 3);
    if kind == 3 || size > ZSTD_BLOCK_BYTES {
        return None;
    }
    let is_filled = kind == 0 && !is_last && size == ZSTD_BLOCK_BYTES;
    let decodes = || {
        let end = header
            .len
            .saturating_add(3)
            .saturating_add(usize::try_from(size).ok()?);
        let first = bytes.get(..end).filter(|_| kind == 2 && size > 0)?;
        Some(trial(Codec::Zstd, first, TELLING_BYTES)?.unpacked > 0)
    };
    let is_whole = || {
        let checked = header.has_sum || header.length_bytes > 1;
        let seen = trial(Codec::Zstd, bytes, TELLING_BYTES).filter(|_| checked)?;
        Some(seen.end == StreamEnd::Complete && seen.is_sound && seen.unpacked > 0)
    };
    let is_frame = is_filled || decodes() == Some(true) || is_whole() == Some(true);
    is_frame.then(|| found(around, around.at, Archive::Zstd))?
}

/// The head of the stream stands in front of its first block.
fn bzip2(around: &Around<'_>) -> Option<Found> {
    let start = around.at.checked_sub(4)?;
    let is_stream = matches!(
        around.bytes.get(start..around.at)?,
        [b'B', b'Z', b'h', b'1'..=b'9']
    );
    is_stream.then(|| found(around, start, Archive::Bzip2))?
}

/// The header's checksum is right, and the first block may be one.
fn lz4(around: &Around<'_>) -> Option<Found> {
    /// Bit of a block's length: it is stored as it is.
    const STORED: u64 = 1 << 31;
    let header = around.ahead();
    let (flags, sizes) = (*header.get(4)?, *header.get(5)?);
    let is_known = flags >> 6 == 1 && flags & 2 == 0 && sizes & 0x8f == 0 && sizes >> 4 >= 4;
    let len_bytes = if flags & 8 != 0 { 8usize } else { 0 };
    let dictionary_bytes = if flags & 1 != 0 { 4usize } else { 0 };
    let end = 6usize
        .saturating_add(len_bytes)
        .saturating_add(dictionary_bytes);
    let mut sum = XxHash32::with_seed(0);
    sum.write(header.get(4..end)?);
    let is_right = sum.finish() >> 8 & 0xff == u64::from(*header.get(end)?);
    let block = number::<4>(header, end.saturating_add(1), false)? & !STORED;
    (is_known && is_right && block <= LZ4_BLOCK_BYTES)
        .then(|| found(around, around.at, Archive::Lz4))?
}
