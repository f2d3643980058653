//! RAR archives, 1.5 to 4.x and 5 to 7, also behind a program that unpacks
//! them.
//!
//! The headers are followed block by block; what is stored becomes a member,
//! and what is packed by the methods of this format, encrypted or split is a
//! gap that names it. Headers with a wrong checksum are followed all the same.
//!
//! An attacker names a wrapped model `model.pt`, has names, streams and links
//! lead out of the folder, gives a file and a folder one name, lets the copies
//! of the headers that lists are made from disagree with the headers, or puts
//! things behind the end. What is not checked stands in the spec below.

mod judge;
mod names;
mod quick;
#[cfg(test)]
mod tests;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::budget::Budget;
use crate::wire::Fault;
use crate::wire::rar::{self, Found};
use crate::wire::tar;

/// RAR archive.
pub struct Rar;

static SPEC: FormatSpec = FormatSpec {
    id: "rar",
    title: "RAR archive",
    suffixes: &[".rar"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://www.rarlab.com/technote.htm",
        "CVE-2022-30333",
        "CVE-2023-38831",
        "CVE-2025-8088",
    ],
    limitations: &[
        "Packed members are named and not unpacked; a gap says so for each.",
        "Encrypted members and headers are not decrypted; volumes are not joined.",
        "BLAKE2 hashes and recovery data are not compared with the members.",
        "Archives of RAR 1.4 and older are not recognised.",
        "Behind other bytes an archive is looked for in the first 16 KiB, and in the first 4 MiB of \
         programs and of files whose name promises one.",
        "Names are compared with each other for the first 262144 members.",
    ],
};

/// What other archives begin with: an archive in one of them is its member.
const ARCHIVES: &[&[u8]] = &[
    b"PK",
    b"7z\xbc\xaf",
    b"!<arch>\n",
    b"!<thin>\n",
    b"07070",
    b"\xc7\x71",
    b"\x71\xc7",
    b"MSCF",
];

/// What programs begin with.
const PROGRAMS: &[&[u8]] = &[
    b"MZ",
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"#!",
];

/// Where an image of ISO 9660 says what it is.
const ISO_SIGN: (u64, &[u8]) = (0x8001, b"CD001");

impl Format for Rar {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match find(probe, &Budget::unlimited()) {
            Ok(Some(found)) if found.has_start => Claim::Structure,
            Ok(Some(_)) => Claim::Magic,
            Ok(None) | Err(_) if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            Ok(None) | Err(_) => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        match find(&Probe::new(artifact), cx.budget())? {
            Some(found) => judge::examine(artifact.source.as_ref(), found, cx),
            None => Err(Fault::malformed(0, "there is no signature of RAR")),
        }
    }
}

/// The archive in front, or behind a stub that is no archive itself.
fn find(probe: &Probe<'_>, budget: &Budget) -> Result<Option<Found>, Fault> {
    rar::find(probe.source(), stub_bytes(probe), budget)
}

/// How far a stub may reach. What is in the head costs no read; further on the
/// archive is looked for where a program or the name promises one.
fn stub_bytes(probe: &Probe<'_>) -> u64 {
    let head = probe.head();
    let is_program = PROGRAMS.iter().any(|magic| head.starts_with(magic));
    if is_program || probe.has_suffix(SPEC.suffixes) {
        return match is_archive(probe) {
            true => 0,
            false => rar::STUB_CAP_BYTES,
        };
    }
    match memchr::memmem::find(head, rar::COMMON) {
        Some(at) if at > 0 && !is_archive(probe) => head.len() as u64,
        _ => 0,
    }
}

fn is_archive(probe: &Probe<'_>) -> bool {
    let head = probe.head();
    let (at, sign) = ISO_SIGN;
    let image = probe
        .source()
        .chunk(at..at.saturating_add(sign.len() as u64));
    ARCHIVES.iter().any(|magic| head.starts_with(magic))
        || tar::likeness(head) != tar::Likeness::No
        || image.is_ok_and(|seen| *seen == *sign)
}
