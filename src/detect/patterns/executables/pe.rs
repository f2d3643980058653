//! PE: programs, libraries and drivers of Windows.
//!
//! Spec: Microsoft, PE Format. `MZ` is two bytes and no anchor; the signature
//! of the second header with its machine is. From there the verifier looks
//! back for the `MZ` whose pointer at 0x3c names this very place.

use super::{Around, Found, Pattern, found};
use crate::detect::Reach;
use crate::detect::patterns::text::number;

/// How far in front of its second header a program may start, in bytes. The
/// usual stub takes 128 to 512.
const STUB_CAP_BYTES: usize = 4096;

/// Signature, file header, and the start of the optional header.
const HEADER_BYTES: usize = 28;

/// Most sections that the Windows loader takes.
const SECTION_CAP: u64 = 96;

/// Largest optional header in use, with room to spare.
const OPTIONAL_HEADER_CAP_BYTES: u64 = 1024;

/// Where in the first header the pointer to the second lies.
const POINTER_AT: usize = 0x3c;

/// Bits: sections are 96 of 65,536 (9.4), the optional header's size is 1024
/// of 65,536 (6), its magic is two of 65,536 (15); in front `MZ` (16) and the
/// pointer (32) must be right at one of 4,096 places (-12).
const CHECKED_BITS: f64 = 66.0;

pub(super) const I386: Pattern = pe("pe-i386", b"PE\0\0\x4c\x01");
pub(super) const AMD64: Pattern = pe("pe-amd64", b"PE\0\0\x64\x86");
pub(super) const ARM: Pattern = pe("pe-arm", b"PE\0\0\xc4\x01");
pub(super) const ARM64: Pattern = pe("pe-arm64", b"PE\0\0\x64\xaa");

const fn pe(name: &'static str, anchor: &'static [u8]) -> Pattern {
    Pattern {
        name,
        anchor,
        before: STUB_CAP_BYTES,
        after: HEADER_BYTES,
        reach: Reach::Everywhere,
        checked_bits: CHECKED_BITS,
        verify,
    }
}

fn verify(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let sections = number::<2>(header, 6, false)?;
    let optional = number::<2>(header, 20, false)?;
    let bits = match number::<2>(header, 24, false)? {
        0x10b => 32,
        0x20b => 64,
        _ => return None,
    };
    if !(1..=SECTION_CAP).contains(&sections)
        || !(0x60..=OPTIONAL_HEADER_CAP_BYTES).contains(&optional)
    {
        return None;
    }
    let start = first_header(around)?;
    let kind = match number::<2>(header, 22, false)? & 0x2000 {
        0 => "program",
        _ => "library",
    };
    let machine = machine(around.ahead());
    let what = format!("a {bits}-bit Windows {kind} for {machine} with {sections} sections");
    Some(found(around, start, &what))
}

/// Where the program starts: the nearest `MZ` whose pointer names the anchor.
fn first_header(around: &Around<'_>) -> Option<usize> {
    memchr::memmem::rfind_iter(around.behind(), b"MZ").find(|&start| {
        let pointer = number::<4>(around.bytes, start.saturating_add(POINTER_AT), false);
        pointer == Some(around.at.saturating_sub(start) as u64)
    })
}

fn machine(header: &[u8]) -> &'static str {
    match number::<2>(header, 4, false) {
        Some(0x014c) => "x86",
        Some(0x8664) => "x86-64",
        Some(0xaa64) => "AArch64",
        _ => "ARM",
    }
}
