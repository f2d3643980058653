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

use super::text::number;
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
    family.pattern(name, anchor, checked_bits, verify)
}

/// What a file that begins with a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// ELF.
    Elf,
    /// Windows.
    Pe,
    /// Mach-O.
    MachO,
    /// WebAssembly.
    Wasm,
    /// Dalvik.
    Dex,
}

/// Programs whose anchor is their first bytes.
static AT_START: &[(&Pattern, Program)] = &[
    (&elf::ELF, Program::Elf),
    (&mach::LITTLE_32, Program::MachO),
    (&mach::LITTLE_64, Program::MachO),
    (&mach::BIG_32, Program::MachO),
    (&mach::BIG_64, Program::MachO),
    (&mach::FAT, Program::MachO),
    (&mach::FAT_64, Program::MachO),
    (&others::WASM, Program::Wasm),
    (&others::DEX, Program::Dex),
];

/// The program that a file begins with, by its first bytes and the checks that
/// the sweep makes.
pub fn program_at_start(head: &[u8]) -> Option<Program> {
    let accepts = |pattern: &Pattern, at: usize| {
        let is_there = head
            .get(at..)
            .is_some_and(|rest| rest.starts_with(pattern.anchor));
        let around = Around {
            bytes: head,
            at,
            position: at as u64,
        };
        is_there && (pattern.verify)(&around).is_some_and(|found| found.span.start == 0)
    };
    if head.starts_with(b"MZ") {
        let at = usize::try_from(number::<4>(head, 0x3c, false)?).ok()?;
        let windows = [&pe::I386, &pe::AMD64, &pe::ARM, &pe::ARM64];
        let is_pe = windows.into_iter().any(|pattern| accepts(pattern, at));
        return is_pe.then_some(Program::Pe);
    }
    AT_START
        .iter()
        .find(|(pattern, _)| accepts(pattern, 0))
        .map(|(_, program)| *program)
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
        archive: None,
    }
}
