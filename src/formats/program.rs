//! Programs: for a machine, for a virtual machine, for a shell.
//!
//! A model is data, so a program under its name is there for somebody to start,
//! and a program in front of an archive is what runs when the file is started.
//! Nothing of a program is examined here but what it is; its bytes are swept,
//! which tells of it, and what else the file is decides how bad that is.
//!
//! An attacker makes a file that starts and loads. What the code does is not
//! looked at, nor data behind its last section; archives there are found by
//! their own signs.

use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::detect::{Program as Machine, program_at_start};
use crate::wire::Fault;

/// A row: one kind of program.
pub struct Program {
    spec: &'static FormatSpec,
    sign: fn(&Probe<'_>) -> bool,
}

/// What every row begins from.
const ROW: FormatSpec = FormatSpec {
    id: "",
    title: "",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &["What the program does is not examined; its bytes are swept."],
};

pub(super) static ELF: Program = Program {
    spec: &FormatSpec {
        id: "elf",
        title: "an ELF program or library",
        suffixes: &[".so", ".o", ".ko"],
        references: &["https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html"],
        ..ROW
    },
    sign: |probe| is(probe, Machine::Elf),
};

pub(super) static PE: Program = Program {
    spec: &FormatSpec {
        id: "pe",
        title: "a Windows program or library",
        suffixes: &[".dll", ".exe", ".pyd", ".sys"],
        references: &["https://learn.microsoft.com/en-us/windows/win32/debug/pe-format"],
        ..ROW
    },
    sign: |probe| is(probe, Machine::Pe),
};

pub(super) static MACH_O: Program = Program {
    spec: &FormatSpec {
        id: "mach-o",
        title: "a Mach-O program or library",
        suffixes: &[".dylib"],
        references: &[
            "https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h",
        ],
        ..ROW
    },
    sign: |probe| is(probe, Machine::MachO),
};

pub(super) static WASM: Program = Program {
    spec: &FormatSpec {
        id: "webassembly",
        title: "a WebAssembly module",
        suffixes: &[".wasm"],
        references: &["https://webassembly.github.io/spec/core/binary/"],
        ..ROW
    },
    sign: |probe| is(probe, Machine::Wasm),
};

pub(super) static DEX: Program = Program {
    spec: &FormatSpec {
        id: "dex",
        title: "an Android Dalvik program",
        suffixes: &[".dex"],
        references: &["https://source.android.com/docs/core/runtime/dex-format"],
        ..ROW
    },
    sign: |probe| is(probe, Machine::Dex),
};

pub(super) static JAVA: Program = Program {
    spec: &FormatSpec {
        id: "java-class",
        title: "a Java class",
        suffixes: &[".class"],
        references: &["https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html"],
        ..ROW
    },
    sign: is_class,
};

pub(super) static SCRIPT: Program = Program {
    spec: &FormatSpec {
        id: "script",
        title: "a script with an interpreter line",
        references: &["https://man7.org/linux/man-pages/man2/execve.2.html"],
        ..ROW
    },
    sign: |probe| begins_script(probe.head()),
};

impl Format for Program {
    fn spec(&self) -> &'static FormatSpec {
        self.spec
    }

    fn kind(&self) -> Kind {
        Kind::Program
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match (self.sign)(probe) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, _artifact: &Artifact, _cx: &mut Context<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

fn is(probe: &Probe<'_>, machine: Machine) -> bool {
    program_at_start(probe.head()) == Some(machine)
}

/// The magic, a version that exists, and a first constant of a known type. A
/// fat Mach-O file has the same magic and a small number for the version.
fn is_class(probe: &Probe<'_>) -> bool {
    match probe.head() {
        [0xca, 0xfe, 0xba, 0xbe, _, _, 0, 45..=99, count @ ..] => {
            matches!(count, [high, low, 1 | 3..=12 | 15..=20, ..] if (*high, *low) > (0, 1))
        }
        _ => false,
    }
}

/// Whether the bytes begin with an interpreter line that systems take.
pub(super) fn begins_script(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"#!") else {
        return false;
    };
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = rest.get(..end).unwrap_or_default();
    line.trim_ascii_start().starts_with(b"/") && looks_like_text(line)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mangle, recognise};
    use super::*;

    #[test]
    fn scripts_and_classes_are_told_from_others() {
        for (format, bytes, claim) in [
            (&SCRIPT, &b"#!/bin/sh\nPK\x03\x04"[..], Claim::Structure),
            (&SCRIPT, b"#! /usr/bin/env python3\n", Claim::Structure),
            (&SCRIPT, b"#![feature(x)]\n", Claim::No),
            (&SCRIPT, b"#!\0/bin", Claim::No),
            (
                &JAVA,
                b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10\x0a",
                Claim::Structure,
            ),
            (&JAVA, b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07", Claim::No),
            (&JAVA, b"\xca\xfe\xba\xbe\0\0\0\x41\0\x00\x0a", Claim::No),
            (&WASM, b"\0asm\x01\0\0\0\x01\x04", Claim::Structure),
            (&ELF, b"\x7fELF", Claim::No),
        ] {
            assert_eq!(recognise(format, "x", bytes), claim, "{bytes:?}");
        }
        assert!(mangle(&JAVA, "x", b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10\x0a") > 0);
    }
}
