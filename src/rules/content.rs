//! Rules about what a file is, as opposed to what it is called.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &MISMATCH,
    &MISLEADING_NAME,
    &POLYGLOT,
    &ENCODED,
    &KNOWN_MALICIOUS,
    &BIDIRECTIONAL_CODE,
];

/// A suffix that names a format the content is not.
pub static MISMATCH: Rule = Rule {
    id: "content-mismatch",
    severity: Severity::Medium,
    title: "the name promises another format than the content is",
    why: "Loaders and reviewers choose by suffix. A file that is called `.safetensors` but holds \
          a pickle is trusted as harmless and may still be run by a loader that looks at the \
          content.",
    remedy: "Ask where the file comes from. Load it only with the loader that its suffix names, \
             and reject it if that loader refuses.",
    references: &["CWE-434", "CVE-2025-1889", "CVE-2025-10155"],
};

/// One run of bytes that is two formats at once.
pub static POLYGLOT: Rule = Rule {
    id: "content-polyglot",
    severity: Severity::High,
    title: "the bytes are two formats at once",
    why: "Two programs will read two different things in this file: what a reviewer or a scanner \
          sees need not be what the loader runs.",
    remedy: "Do not load the file. An ordinary writer does not produce it.",
    references: &["CWE-434", "CWE-436"],
};

/// A file name that shows as something else than it is.
pub static MISLEADING_NAME: Rule = Rule {
    id: "misleading-file-name",
    severity: Severity::Medium,
    title: "the file name is made to be misread",
    why: "The name reads as one kind of file and is used as another: it has a second suffix behind \
          that of a harmless format, characters that turn the order of letters around or do not \
          show, or a dot or blank at its end that some systems drop. Who looks at it, and tools \
          that choose by suffix, take the file for what it is not.",
    remedy: "Do not go by the name. Rename the file to what its content is, and ask its publisher \
             why it was called so.",
    references: &[
        "CWE-451",
        "CWE-434",
        "MITRE ATT&CK T1036.002",
        "MITRE ATT&CK T1036.007",
    ],
};

/// A payload that is written as text.
pub static ENCODED: Rule = Rule {
    id: "encoded-payload",
    severity: Severity::Medium,
    title: "a text is an encoded archive, pickle or program",
    why: "Written as base64 or as hexadecimal digits, a payload passes filters that look at the \
          first bytes of a file, and one line in a loader turns it back into what it is.",
    remedy: "Look at what was found in the decoded bytes, and at what in the repository reads this \
             text.",
    references: &["CWE-506", "MITRE ATT&CK T1027.013"],
};

/// A file that somebody has reported.
pub static KNOWN_MALICIOUS: Rule = Rule {
    id: "known-malicious-file",
    severity: Severity::Critical,
    title: "the file is on a list of malicious files",
    why: "The SHA-256 of these bytes is that of a file which others examined and found to be \
          malicious. It is the same file, byte for byte.",
    remedy: "Do not load it. Delete it, find out how it came here, and treat machines that loaded \
             it as compromised.",
    references: &["CWE-506"],
};

/// Source code that shows in another order than it runs.
pub static BIDIRECTIONAL_CODE: Rule = Rule {
    id: "bidirectional-source-code",
    severity: Severity::Medium,
    title: "source code holds characters that reorder text on the screen",
    why: "Bidirectional controls make an editor show code in another order than the interpreter \
          reads it. What looks like a comment can be a statement, and the other way round.",
    remedy: "Open the file in an editor that shows these characters, and remove them before the \
             code is reviewed or run.",
    references: &["CVE-2021-42574", "CWE-1007"],
};
