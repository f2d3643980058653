//! Programs of virtual machines, and Windows shortcuts.
//!
//! Specs: WebAssembly core specification, chapter 5; Android, Dalvik
//! executable format; Microsoft, MS-SHLLINK. Java classes and compiled Python
//! are no business of this sweep: both lie in benign archives by the hundred
//! and are judged by name and place instead.

use super::{Around, Found, Pattern, found, pattern};
use crate::detect::patterns::text::number;
use crate::report::Severity;

/// Bits: the first section's id is 14 of 256 (4.2). The anchor has 64.
pub(super) const WASM: Pattern = pattern("wasm", b"\0asm\x01\0\0\0", 10, 4.0, wasm);

/// Bits: a digit in two places (2 * 4.7), NUL (8), the header's size (32), the
/// byte order (32).
pub(super) const DEX: Pattern = pattern("dex", b"dex\n0", 44, 81.0, dex);

/// Bits: the other twelve bytes of the class id.
pub(super) const SHORTCUT: Pattern =
    pattern("lnk", b"\x4c\0\0\0\x01\x14\x02\0", 20, 96.0, shortcut);

/// WebAssembly runs in a sandbox, so it is graded a step lower.
fn wasm(around: &Around<'_>) -> Option<Found> {
    let section = around.from(8);
    let (id, size) = (*section.first()?, *section.get(1)?);
    (id <= 13 && size > 0).then(|| Found {
        severity: Severity::Medium,
        ..found(around, around.at, "a WebAssembly module")
    })
}

fn dex(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    let is_version = |at: usize| header.get(at).is_some_and(u8::is_ascii_digit);
    let is_dex = is_version(5)
        && is_version(6)
        && header.get(7) == Some(&0)
        && number::<4>(header, 36, false) == Some(0x70)
        && number::<4>(header, 40, false) == Some(0x1234_5678);
    is_dex.then(|| found(around, around.at, "an Android Dalvik program"))
}

fn shortcut(around: &Around<'_>) -> Option<Found> {
    const CLASS_ID_REST: &[u8] = b"\0\0\0\0\xc0\0\0\0\0\0\0\x46";
    around
        .from(8)
        .starts_with(CLASS_ID_REST)
        .then(|| found(around, around.at, "a Windows shortcut"))
}
