//! Archives with members: zip, 7-Zip, RAR, tar, cabinets, SquashFS.
//!
//! Specs: APPNOTE 6.3.10; 7zFormat.txt; RAR technote; POSIX pax; MS-CAB;
//! the kernel's documentation of SquashFS.

use super::{Archive, found};
use crate::detect::Reach;
use crate::detect::patterns::text::number;
use crate::detect::patterns::{Around, Family, Found, Pattern};
use crate::wire::tar::{self, Likeness};
use crate::wire::zip_directory::is_plausible_local;

/// Longest name of a first zip member that is looked at, in bytes.
const NAME_SEEN_BYTES: usize = 64;

/// Fixed part of a zip local header, in bytes.
const ZIP_HEADER_BYTES: usize = 30;

/// Bytes of a RAR 5 header that its checksum covers, at most. A main header
/// has a few dozen.
const RAR_HEADER_CAP_BYTES: usize = 1024;

/// Where in a tar header its magic stands.
const TAR_MAGIC_AT: usize = 257;

/// Bytes of a tar header.
const TAR_HEADER_BYTES: usize = 512;

/// The family.
pub(in crate::detect::patterns) static PATTERNS: &[Pattern] =
    &[ZIP, SEVEN_ZIP, RAR_4, RAR_5, TAR, TAR_GNU, CAB, SQUASHFS];

const fn ahead(after: usize) -> Family {
    Family {
        before: 0,
        after,
        reach: Reach::Everywhere,
    }
}

/// Bits: the version is 64 of 256 (2) from one of 32 systems (3), seven flags
/// that nobody sets are clear (7), the method is 26 of 65,536 (11), the length
/// of the name 1024 of 65,536 (6).
const ZIP: Pattern =
    ahead(ZIP_HEADER_BYTES + NAME_SEEN_BYTES).pattern("zip", b"PK\x03\x04", 29.0, zip);

/// Bits: a checksum of 32.
const SEVEN_ZIP: Pattern = ahead(32).pattern("7z", b"7z\xbc\xaf\x27\x1c", 32.0, seven_zip);

/// Bits: half a checksum (16), the type (8).
const RAR_4: Pattern = ahead(64).pattern("rar-4", b"Rar!\x1a\x07\0", 24.0, rar_4);

/// Bits: a checksum of 32.
const RAR_5: Pattern =
    ahead(RAR_HEADER_CAP_BYTES).pattern("rar-5", b"Rar!\x1a\x07\x01\0", 32.0, rar_5);

/// Bits: six octal digits of a checksum (30).
const TAR: Pattern = tar_pattern("tar", b"ustar\0");

/// As above.
const TAR_GNU: Pattern = tar_pattern("tar-gnu", b"ustar ");

/// Bits: four zeros (32), the version (16).
const CAB: Pattern = ahead(36).pattern("cab", b"MSCF\0\0\0\0", 48.0, cab);

/// Bits: the version (32), the codec is 6 of 65,536 (13), the size of a block
/// says the same twice (32).
const SQUASHFS: Pattern = ahead(48).pattern("squashfs", b"hsqs", 77.0, squashfs);

const fn tar_pattern(name: &'static str, magic: &'static [u8]) -> Pattern {
    let family = Family {
        before: TAR_MAGIC_AT,
        after: TAR_HEADER_BYTES - TAR_MAGIC_AT,
        reach: Reach::Everywhere,
    };
    family.pattern(name, magic, 30.0, tar_header)
}

/// A first local header, as some writer made it.
fn zip(around: &Around<'_>) -> Option<Found> {
    /// Bits 7 to 10, 12, 14 and 15: unused or reserved.
    const UNUSED_FLAGS: u64 = 0xd780;
    /// The highest number of a system that made an archive.
    const SYSTEM_CAP: u8 = 31;
    let header = around.ahead();
    let flags = number::<2>(header, 6, false)?;
    let name_len = usize::try_from(number::<2>(header, 26, false)?).ok()?;
    let name = header.get(ZIP_HEADER_BYTES..)?;
    let name = name.get(..name_len).unwrap_or(name);
    let is_ours = is_plausible_local(header)
        && *header.get(5)? <= SYSTEM_CAP
        && flags & UNUSED_FLAGS == 0
        && !name.is_empty()
        && !name.iter().any(|byte| matches!(byte, 0..=31 | 127));
    is_ours.then(|| found(around, around.at, Archive::Zip))?
}

/// The checksum of the start header is right.
fn seven_zip(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let claimed = number::<4>(header, 8, false)?;
    let is_right = u64::from(crc32fast::hash(header.get(12..32)?)) == claimed;
    is_right.then(|| found(around, around.at, Archive::SevenZip))?
}

/// A main header with a right checksum, or one that says that all headers are
/// encrypted.
fn rar_4(around: &Around<'_>) -> Option<Found> {
    let header = around.from(7);
    let len = usize::try_from(number::<2>(header, 5, false)?).ok()?;
    let sum = u64::from(crc32fast::hash(header.get(2..len)?) & 0xffff);
    let is_main = header.get(2) == Some(&0x73) && number::<2>(header, 0, false)? == sum;
    is_main.then(|| found(around, around.at, Archive::Rar4))?
}

/// A main header, or one of encryption, with a right checksum.
fn rar_5(around: &Around<'_>) -> Option<Found> {
    let header = around.from(8);
    let claimed = number::<4>(header, 0, false)?;
    let (len, len_bytes) = vint(header.get(4..)?)?;
    let end = len.checked_add(len_bytes)?.checked_add(4)?;
    let body = header.get(4..end)?;
    let (kind, _) = vint(body.get(len_bytes..)?)?;
    let is_first = matches!(kind, 1 | 4) && u64::from(crc32fast::hash(body)) == claimed;
    is_first.then(|| found(around, around.at, Archive::Rar5))?
}

/// A number of RAR 5 in up to three bytes, and how many it takes.
fn vint(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (index, byte) in bytes.iter().take(3).enumerate() {
        let shift = u32::try_from(index).ok()?.checked_mul(7)?;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value, index.checked_add(1)?));
        }
    }
    None
}

/// A header whose checksum is right.
fn tar_header(around: &Around<'_>) -> Option<Found> {
    let start = around.at.checked_sub(TAR_MAGIC_AT)?;
    let block = around
        .bytes
        .get(start..start.checked_add(TAR_HEADER_BYTES)?)?;
    (tar::likeness(block) == Likeness::Structure).then(|| found(around, start, Archive::Tar))?
}

fn cab(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let is_cab = number::<4>(header, 12, false)? == 0
        && number::<4>(header, 8, false)? >= 36
        && header.get(24..26)? == [3, 1];
    is_cab.then(|| found(around, around.at, Archive::Cab))?
}

fn squashfs(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let log = number::<2>(header, 22, false)?;
    let is_image = (12..=20).contains(&log)
        && number::<4>(header, 12, false)? == 1u64.checked_shl(u32::try_from(log).ok()?)?
        && (1..=6).contains(&number::<2>(header, 20, false)?)
        && number::<4>(header, 28, false)? == 4;
    is_image.then(|| found(around, around.at, Archive::SquashFs))?
}
