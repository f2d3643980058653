//! Polyglots and disguises.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Disguises",
        techniques: &[
            technique(
                "disguised-suffix",
                "the suffix names another format than the content is: a pickle called text, a wrapper called model",
                "CVE-2025-1889, CVE-2025-10155, nullifAI (2025)",
            ),
            technique(
                "spoofed-name",
                "a name made to be misread: a second suffix, turned or invisible characters, a dot at the end",
                "MITRE ATT&CK T1036.002, T1036.007",
            ),
            technique(
                "encoded-file",
                "a text that is the payload in base64 or hexadecimal digits",
                "MITRE ATT&CK T1027.013",
            ),
        ],
    },
    Chapter {
        title: "Several things in one file",
        techniques: &[
            technique(
                "polyglot",
                "one run of bytes that two loaders read as two formats",
                "CWE-436; Albertini, Abusing file formats (PoC||GTFO)",
            ),
            technique(
                "self-extracting",
                "a program or a script in front of an archive",
                "MITRE ATT&CK T1027.009; APPNOTE 4.1.9",
            ),
            technique(
                "two-archives",
                "an archive behind an archive of another kind",
                "APPNOTE 4.1.9",
            ),
            technique(
                "payload-in-slack",
                "a pickle or an archive in bytes that no record, tensor or stream owns",
                "CWE-506; Sour Pickles (Black Hat 2011)",
            ),
            technique(
                "archive-in-weights",
                "an archive or a packed stream among the numbers of a model",
                "MITRE ATT&CK T1027.009; EvilModel (arXiv 2107.08590)",
            ),
        ],
    },
];
