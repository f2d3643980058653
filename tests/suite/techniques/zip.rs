//! Zip archives.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Zip archives: the records of a member",
        techniques: &[
            technique(
                "zip-wrong-checksum",
                "the checksum is wrong, for which scanners stop and loaders do not",
                "CVE-2025-10156",
            ),
            technique(
                "zip-false-flags",
                "flags mark plain data as encrypted, strongly encrypted or patched",
                "CVE-2025-1945",
            ),
            technique(
                "zip-header-mismatch",
                "the directory and the local header give one member two names, methods or sizes",
                "CVE-2025-1944",
            ),
            technique(
                "zip-odd-record",
                "a version, an extra field or a count that other readers refuse",
                "APPNOTE 6.3.10, 4.4.3 and 4.5; Hide and Seek (arXiv 2508.19774)",
            ),
            technique(
                "zip-descriptor",
                "the sizes stand behind the data, with or without a signature",
                "APPNOTE 6.3.10, 4.3.9",
            ),
            technique(
                "zip-zip64",
                "sizes in zip64 fields: placeholders, and two fields that contradict each other",
                "APPNOTE 6.3.10, 4.5.3",
            ),
            technique(
                "zip-smuggled-header",
                "the directory leads to a header inside another member's extra field",
                "CWE-436",
            ),
            technique(
                "zip-method",
                "the payload is packed in a way that readers support or do not",
                "APPNOTE 6.3.10, 4.4.5",
            ),
            technique(
                "zip-encrypted",
                "encrypted members and directories, which nobody can examine",
                "APPNOTE 6.3.10, 6 and 7; WinZip AES specification",
            ),
        ],
    },
    Chapter {
        title: "Zip archives: names and kinds of members",
        techniques: &[
            technique(
                "zip-duplicate",
                "two members of one name, of which loaders take the first or the last",
                "CWE-694",
            ),
            technique(
                "zip-member-name",
                "a payload in a member that is not called like a pickle",
                "CVE-2025-1889",
            ),
            technique(
                "zip-odd-name",
                "names with zero bytes, backslashes, other case, a trailing slash, or a meaning on Windows",
                "CWE-158, CWE-67, CWE-69",
            ),
            technique(
                "zip-name-encoding",
                "a name is marked as UTF-8 and is not, for which readers refuse the archive",
                "APPNOTE 6.3.10, appendix D",
            ),
            technique(
                "zip-unicode-name",
                "an extra field gives the member another name",
                "APPNOTE 6.3.10, 4.6.9",
            ),
            technique(
                "zip-path-traversal",
                "names that lead out of the folder that is unpacked to",
                "CWE-22",
            ),
            technique(
                "zip-link",
                "members that are links, by a mode of Unix or an attribute of Windows",
                "CWE-61",
            ),
            technique(
                "zip-special-file",
                "members that are devices, pipes or sockets",
                "CWE-67",
            ),
        ],
    },
    Chapter {
        title: "Zip archives: the archive as a whole",
        techniques: &[
            technique(
                "zip-hidden-member",
                "a member in the file and in no directory",
                "CWE-436",
            ),
            technique(
                "zip-several-directories",
                "two archives in one file: glued, in a comment, or inside a member",
                "CWE-436",
            ),
            technique(
                "zip-end-record",
                "the end record lies about the directory",
                "CWE-130",
            ),
            technique(
                "zip-directory-place",
                "the directory is where only one way of counting leads to",
                "APPNOTE 6.3.10, 4.3.16",
            ),
            technique(
                "zip-zip64-ends",
                "two zip64 end records, of which readers take one or the other",
                "APPNOTE 6.3.10, 4.3.14",
            ),
            technique(
                "zip-disks",
                "disk numbers in a single file, and parts of a split archive",
                "APPNOTE 6.3.10, 8",
            ),
            technique(
                "zip-stub",
                "something else stands in front: a script, a program",
                "APPNOTE 6.3.10, 4.1.9",
            ),
            technique(
                "zip-slack",
                "bytes that belong to no member and no record",
                "CWE-506",
            ),
            technique(
                "zip-cut",
                "the archive ends in front of its directory",
                "nullifAI (2025)",
            ),
            technique(
                "zip-overlap",
                "members share bytes, to expand without end or to be read in two ways",
                "A better zip bomb (Fifield, 2019); CVE-2019-13232",
            ),
            technique(
                "zip-nested",
                "archives in archives, many levels deep",
                "CWE-409",
            ),
        ],
    },
];
