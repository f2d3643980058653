//! ELF: programs and libraries of Linux, Android and the BSDs.
//!
//! Spec: System V ABI, chapter 4, and the machine list of the generic ABI. The
//! kernel takes the magic, the type, the machine and the size and count of
//! program headers, and ignores the rest, the class and version bytes
//! included; so does this.

use super::{Around, Found, Pattern, found, pattern};
use crate::detect::patterns::text::number;
use crate::report::Severity;

/// Length of the longer header, in bytes.
const HEADER_BYTES: usize = 64;

/// Most program headers: the kernel takes 64 KiB of them.
const PROGRAM_HEADER_CAP: u64 = 1170;

/// Bits: the type is one of two of 65,536 (15); the machine is one of 17 of
/// 65,536 (11.9); the header size is one value of 65,536 (16); the count is
/// 1170 of 65,536 (5.8); two classes in two byte orders are tried (-2); and
/// objects (type 1) are a second shape with more bits (-1 for its chance).
pub(super) const ELF: Pattern = pattern("elf", b"\x7fELF", HEADER_BYTES, 45.0, verify);

/// Field offsets of one class, and its fixed sizes.
struct Layout {
    bits: u32,
    program_header_size_at: usize,
    program_header_bytes: u64,
    section_header_bytes: u64,
}

static LAYOUTS: [Layout; 2] = [
    Layout {
        bits: 64,
        program_header_size_at: 54,
        program_header_bytes: 56,
        section_header_bytes: 64,
    },
    Layout {
        bits: 32,
        program_header_size_at: 42,
        program_header_bytes: 32,
        section_header_bytes: 40,
    },
];

fn verify(around: &Around<'_>) -> Option<Found> {
    let header = around.ahead();
    LAYOUTS.iter().find_map(|layout| {
        [false, true].into_iter().find_map(|big| {
            let (what, machine) = describe(header, layout, big)?;
            let found = found(around, around.at, &what);
            Some(if is_gpu(machine) {
                Found {
                    severity: Severity::Low,
                    ..found
                }
            } else {
                found
            })
        })
    })
}

/// The program in words and its machine, if the header is one of this layout
/// and byte order.
fn describe(header: &[u8], layout: &Layout, big: bool) -> Option<(String, u64)> {
    let at = layout.program_header_size_at;
    let field = |offset: usize| number::<2>(header, at.saturating_add(offset), big);
    let (size, count) = (field(0)?, field(2)?);
    let kind = match number::<2>(header, 16, big)? {
        1 if is_object(header, layout, big)? => "object file",
        2 if size == layout.program_header_bytes => "program",
        3 if size == layout.program_header_bytes => "shared object",
        _ => return None,
    };
    if kind != "object file" && !(1..=PROGRAM_HEADER_CAP).contains(&count) {
        return None;
    }
    let number = number::<2>(header, 18, big)?;
    let machine = machine(number)?;
    Some((
        format!("a {}-bit ELF {kind} for {machine}", layout.bits),
        number,
    ))
}

/// Code for graphics processors lies in compiled models by design and does not
/// run on the host.
fn is_gpu(machine: u64) -> bool {
    matches!(machine, 190 | 224)
}

/// Objects have no program headers: the version and the section headers must
/// be right instead (32 + 16 bits).
fn is_object(header: &[u8], layout: &Layout, big: bool) -> Option<bool> {
    let at = layout.program_header_size_at;
    let section_size = number::<2>(header, at.saturating_add(4), big)?;
    let sections = number::<2>(header, at.saturating_add(6), big)?;
    let version = number::<4>(header, 20, big)?;
    Some(version == 1 && section_size == layout.section_header_bytes && sections > 0)
}

fn machine(number: u64) -> Option<&'static str> {
    Some(match number {
        2 | 18 | 43 => "SPARC",
        3 => "x86",
        8 => "MIPS",
        20 => "PowerPC",
        21 => "64-bit PowerPC",
        22 => "IBM Z",
        40 => "ARM",
        42 => "SuperH",
        50 => "Itanium",
        62 => "x86-64",
        183 => "AArch64",
        190 => "CUDA",
        224 => "AMD GPU",
        243 => "RISC-V",
        247 => "BPF",
        258 => "LoongArch",
        _ => return None,
    })
}
