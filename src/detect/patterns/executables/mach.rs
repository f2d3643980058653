//! Mach-O: programs and libraries of macOS and iOS, thin and fat.
//!
//! Spec: Apple, `mach-o/loader.h` and `mach-o/fat.h`.

use super::{Around, Found, Pattern, found, pattern};
use crate::detect::patterns::text::number;

/// Header and the first load command.
const THIN_BYTES: usize = 40;

/// Fat header and its first architecture.
const FAT_BYTES: usize = 40;

/// Most load commands; real programs have a few hundred at the worst.
const COMMAND_CAP: u64 = 4096;

/// Most bytes of load commands.
const COMMAND_CAP_BYTES: u64 = 1 << 20;

/// Most architectures in one fat file.
const ARCHITECTURE_CAP: u64 = 32;

/// Bits: the processor is 7 of 2^32 (29), the file type 12 of 2^32 (28), the
/// number of commands 4096 of 2^32 (20), their size 2^20 of 2^32 (12), the
/// first command's size fits in them (12 more).
const THIN_BITS: f64 = 101.0;

/// Bits: the count is 32 of 2^32 (27), the first processor 7 of 2^32 (29).
const FAT_BITS: f64 = 56.0;

pub(super) const LITTLE_32: Pattern = pattern(
    "mach-o-32",
    b"\xce\xfa\xed\xfe",
    THIN_BYTES,
    THIN_BITS,
    thin,
);
pub(super) const LITTLE_64: Pattern = pattern(
    "mach-o-64",
    b"\xcf\xfa\xed\xfe",
    THIN_BYTES,
    THIN_BITS,
    thin,
);
pub(super) const BIG_32: Pattern = pattern(
    "mach-o-32-big",
    b"\xfe\xed\xfa\xce",
    THIN_BYTES,
    THIN_BITS,
    thin,
);
pub(super) const BIG_64: Pattern = pattern(
    "mach-o-64-big",
    b"\xfe\xed\xfa\xcf",
    THIN_BYTES,
    THIN_BITS,
    thin,
);
pub(super) const FAT: Pattern =
    pattern("mach-o-fat", b"\xca\xfe\xba\xbe", FAT_BYTES, FAT_BITS, fat);
pub(super) const FAT_64: Pattern = pattern(
    "mach-o-fat-64",
    b"\xca\xfe\xba\xbf",
    FAT_BYTES,
    FAT_BITS,
    fat,
);

fn thin(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let big = header.first() == Some(&0xfe);
    let word = |at: usize| number::<4>(header, at, big);
    let is_64 = number::<4>(header, 0, big)? == 0xfeed_facf;
    let processor = processor(word(4)?)?;
    let kind = kind(word(12)?)?;
    let (commands, bytes) = (word(16)?, word(20)?);
    let first_command_bytes = word(if is_64 { 36 } else { 32 })?;
    let is_plausible = (1..=COMMAND_CAP).contains(&commands)
        && bytes <= COMMAND_CAP_BYTES
        && bytes >= commands.saturating_mul(8)
        && (8..=bytes).contains(&first_command_bytes);
    let what = format!("a Mach-O {kind} for {processor} with {commands} load commands");
    is_plausible.then(|| found(around, around.at, &what))
}

/// A Java class shares the first magic; its version, 45 and up, is no count of
/// architectures.
fn fat(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let count = number::<4>(header, 4, true)?;
    let processor = processor(number::<4>(header, 8, true)?)?;
    let is_64 = header.get(3) == Some(&0xbf);
    let (offset, size) = match is_64 {
        true => (
            number::<8>(header, 16, true)?,
            number::<8>(header, 24, true)?,
        ),
        false => (
            number::<4>(header, 16, true)?,
            number::<4>(header, 20, true)?,
        ),
    };
    let entry_bytes = if is_64 { 32 } else { 20 };
    let table = count.saturating_mul(entry_bytes).saturating_add(8);
    let is_plausible = (1..=ARCHITECTURE_CAP).contains(&count) && offset >= table && size > 0;
    let what = format!("a fat Mach-O file of {count} architectures, {processor} first");
    is_plausible.then(|| found(around, around.at, &what))
}

fn processor(number: u64) -> Option<&'static str> {
    Some(match number {
        7 => "x86",
        0x0100_0007 => "x86-64",
        12 => "ARM",
        0x0100_000c => "ARM64",
        0x0200_000c => "ARM64 with 32-bit pointers",
        18 => "PowerPC",
        0x0100_0012 => "64-bit PowerPC",
        _ => return None,
    })
}

fn kind(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "object file",
        2 => "program",
        6 => "library",
        7 => "dynamic linker",
        8 => "bundle",
        3..=5 | 9..=12 => "file",
        _ => return None,
    })
}
