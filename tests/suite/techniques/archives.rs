//! Other archives.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "RAR archives",
        techniques: &[
            technique(
                "wrapped-rar",
                "a RAR archive under the name of a model",
                "nullifAI (ReversingLabs 2025), with another archive",
            ),
            technique(
                "rar-packed",
                "a member in a packing that only its own tools undo: nothing can be seen, and nothing \
                 is called clean",
                "RAR technical note, compression methods",
            ),
            technique(
                "rar-encrypted",
                "members or all headers are encrypted",
                "RAR technical note, encryption records",
            ),
            technique(
                "rar-volumes",
                "a member continues in another volume",
                "RAR technical note, split blocks",
            ),
            technique(
                "rar-traversal",
                "a name leads out of the folder, with either separator or a drive",
                "CVE-2025-6218",
            ),
            technique(
                "rar-stream",
                "an alternate data stream holds the payload, or its name leads out",
                "CVE-2025-8088",
            ),
            technique(
                "rar-links",
                "a symbolic link, a junction, a hard link or a copy leads out",
                "CVE-2022-30333",
            ),
            technique(
                "rar-file-and-folder",
                "a file and a folder differ by a space at the end: who opens the file runs what is in \
                 the folder",
                "CVE-2023-38831",
            ),
            technique(
                "rar-two-names",
                "the plain and the Unicode spelling of a name differ",
                "RAR 4 file header, Unicode names",
            ),
            technique(
                "rar-zero-in-name",
                "a name is cut at a zero byte by some programs",
                "CWE-158",
            ),
            technique("rar-duplicate", "two members have one name", "CWE-694"),
            technique(
                "rar-wrong-checksum",
                "a header has a wrong checksum, and readers go on",
                "CVE-2025-10156, in another archive",
            ),
            technique(
                "rar-quick-open",
                "copies of the headers that lists are made from are not those headers",
                "RAR technical note, quick open data",
            ),
            technique(
                "rar-behind-end",
                "a payload stands behind the end of the archive",
                "CWE-506",
            ),
            technique("rar-damage", "a payload stands behind damage", "CWE-436"),
            technique(
                "rar-behind-program",
                "the archive stands behind a program or other bytes",
                "RAR technical note, self-extracting archives",
            ),
        ],
    },
    Chapter {
        title: "Ar and cpio archives",
        techniques: &[
            technique(
                "wrapped-ar",
                "an ar archive under the name of a model",
                "nullifAI (ReversingLabs 2025), with another archive",
            ),
            technique(
                "ar-names",
                "a long name in the table or in front of the data leads out",
                "CWE-22",
            ),
            technique("ar-damage", "a payload stands behind damage", "CWE-436"),
            technique(
                "ar-symbols",
                "a payload stands in the table of symbols",
                "CWE-506",
            ),
            technique(
                "wrapped-cpio",
                "a cpio archive under the name of a model, in ASCII or binary",
                "nullifAI (ReversingLabs 2025), with another archive",
            ),
            technique(
                "cpio-second-archive",
                "a second archive stands behind the end mark: some readers go on",
                "Linux, `buffer-format` of initramfs",
            ),
            technique("cpio-special", "a member is a device or a pipe", "CWE-67"),
            technique(
                "cpio-links",
                "a link leads out, and a member is written through it",
                "CVE-2015-1197",
            ),
            technique(
                "cpio-traversal",
                "a name leads out of the folder",
                "CVE-2023-7207",
            ),
            technique(
                "cpio-zero-in-name",
                "a name is cut at a zero byte by some programs",
                "CWE-158",
            ),
            technique(
                "cpio-wrong-sum",
                "a sum is not that of the data",
                "CVE-2025-10156, in another archive",
            ),
            technique("cpio-duplicate", "two members have one name", "CWE-694"),
            technique("cpio-damage", "a payload stands behind damage", "CWE-436"),
        ],
    },
    Chapter {
        title: "Images and cabinets",
        techniques: &[
            technique(
                "wrapped-iso",
                "an ISO 9660 image under the name of a model",
                "MITRE ATT&CK T1553.005",
            ),
            technique(
                "iso-hidden",
                "a file stands in one of the two trees of names",
                "Joliet specification, supplementary volume descriptor",
            ),
            technique("iso-links", "a symbolic link leads out", "CWE-61"),
            technique(
                "iso-in-front",
                "a payload stands in front of the descriptors",
                "ECMA-119, system area",
            ),
            technique("iso-loop", "a folder leads back to one above", "CWE-835"),
            technique(
                "wrapped-image",
                "a file system, a disk image or a cabinet under the name of a model: nothing can be \
                 seen, and nothing is called clean",
                "MITRE ATT&CK T1553.005",
            ),
        ],
    },
];
