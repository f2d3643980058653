//! Tar archives.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "Tar archives",
    techniques: &[
        technique(
            "tar-traversal",
            "a member's name leads out of the folder: `..`, a root, a drive, backslashes",
            "CVE-2007-4559",
        ),
        technique(
            "tar-link-escape",
            "a symbolic or hard link whose target lies outside",
            "CVE-2007-4559, CVE-2025-4517",
        ),
        technique(
            "tar-write-through-link",
            "a link, and then a member that is written through it",
            "CVE-2025-4330, CVE-2021-32803",
        ),
        technique(
            "tar-special-file",
            "a device, a pipe, or a program with the set-user-id bit",
            "POSIX.1-2024, pax interchange format",
        ),
        technique(
            "tar-pax-name",
            "an extension header gives a member another name or target than its header",
            "POSIX.1-2024, pax interchange format",
        ),
        technique(
            "tar-size-desync",
            "two sizes of one member, so that two readers see two archives",
            "RUSTSEC-2025-0110, RUSTSEC-2026-0068",
        ),
        technique(
            "tar-size-overflow",
            "a size that is negative, overflows, or runs past the end",
            "GNU tar manual, base-256 numbers",
        ),
        technique(
            "tar-duplicate",
            "two members of one name: the last one wins when unpacked",
            "CPython `tarfile.py`, `getmember`",
        ),
        technique(
            "tar-behind-end",
            "members or bytes behind the end mark, or a second archive",
            "GNU tar manual, `--ignore-zeros`",
        ),
        technique(
            "tar-damage",
            "a wrong checksum or damage in front of the payload",
            "CPython `tarfile.py`, `ignore_zeros`",
        ),
        technique(
            "tar-sparse",
            "a payload in a sparse member, in any of the four kinds of maps",
            "GNU tar manual, sparse formats",
        ),
        technique(
            "tar-extension-bomb",
            "extension headers that multiply in memory or claim more than there is",
            "CWE-770",
        ),
        technique(
            "tar-hidden-bytes",
            "content in padding, behind records, or in extension headers without a member",
            "POSIX.1-2024, pax interchange format",
        ),
        technique(
            "tar-odd-member",
            "a payload under an unknown type, no name, or the label of a volume",
            "GNU tar manual, standard format",
        ),
    ],
}];
