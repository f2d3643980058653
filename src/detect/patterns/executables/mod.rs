//! Executables: programs for operating systems and virtual machines, found by
//! their magic and accepted by their headers.
//!
//! A verifier asks for what the loader of that system insists on, and for no
//! more: fields that a loader ignores are free for an attacker to change. At
//! the start of an artifact the program is the artifact itself.

mod elf;
mod mach;
mod others;
mod pe;

use super::{Around, Family, Found, Pattern};
use crate::detect::Reach;
use crate::rules::embedded::EXECUTABLE;

/// Bytes of a header that are shown as evidence.
const EVIDENCE_BYTES: usize = 32;

/// The family.
pub(super) static PATTERNS: &[Pattern] = &[
    elf::ELF,
    pe::I386,
    pe::AMD64,
    pe::ARM,
    pe::ARM64,
    mach::LITTLE_32,
    mach::LITTLE_64,
    mach::BIG_32,
    mach::BIG_64,
    mach::FAT,
    mach::FAT_64,
    others::WASM,
    others::DEX,
    others::SHORTCUT,
];

/// A pattern of this family that needs `after` bytes and nothing in front.
const fn pattern(
    name: &'static str,
    anchor: &'static [u8],
    after: usize,
    checked_bits: f64,
    verify: fn(&Around<'_>) -> Option<Found>,
) -> Pattern {
    let family = Family {
        before: 0,
        after,
        reach: Reach::Everywhere,
    };
    family.pattern(name, anchor, 0, checked_bits, verify)
}

/// The finding: `what` starts at index `start` of the bytes around.
fn found(around: &Around<'_>, start: usize, what: &str) -> Found {
    let from_anchor = around.at.saturating_sub(start) as u64;
    let place = match around.position.checked_sub(from_anchor) {
        Some(0) => "the bytes are",
        _ => "the bytes hold",
    };
    let end = start.saturating_add(EVIDENCE_BYTES).min(around.bytes.len());
    Found {
        rule: &EXECUTABLE,
        severity: EXECUTABLE.severity,
        span: start..end,
        message: format!("{place} {what}, with a header that its loader accepts"),
        evidence: around.bytes.get(start..end).unwrap_or_default().to_vec(),
    }
}
