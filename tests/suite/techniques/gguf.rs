//! GGUF and the GGML files before it: headers that lie, and what they carry.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "GGUF and GGML",
    techniques: &[
        technique(
            "gguf-template",
            "a template that runs code, under any key, in any version and byte order",
            "CVE-2024-34359",
        ),
        technique(
            "gguf-length",
            "a count or a length that the file cannot hold",
            "CVE-2024-21825, CVE-2024-21836, CVE-2024-23496, CVE-2024-23605",
        ),
        technique(
            "gguf-dimensions",
            "a tensor with more dimensions than a loader has room for",
            "CVE-2024-21802",
        ),
        technique(
            "gguf-overflow",
            "shapes, sizes and offsets that wrap when they are multiplied and added",
            "CVE-2025-53630",
        ),
        technique(
            "gguf-out-of-file",
            "a tensor behind the end of the file, which a server reads from its memory",
            "CVE-2026-7482",
        ),
        technique(
            "gguf-alignment",
            "an alignment of zero, one that is no power of two, and one of gigabytes",
            "CVE-2025-0317",
        ),
        technique(
            "gguf-nested",
            "arrays within arrays, for readers that call themselves",
            "CWE-674",
        ),
        technique(
            "gguf-type",
            "types and blocks that do not exist",
            "llama.cpp, checks of `gguf.cpp`",
        ),
        technique(
            "gguf-overlap",
            "tensors that share bytes or lie where none should",
            "llama.cpp, checks of `gguf.cpp`",
        ),
        technique(
            "gguf-duplicate",
            "a key or a tensor that stands twice, for two readers",
            "CWE-436, CWE-694",
        ),
        technique(
            "gguf-vocabulary",
            "lists of the vocabulary that are shorter than the vocabulary",
            "CWE-125",
        ),
        technique(
            "gguf-names",
            "names that act on terminals or lead out of a directory",
            "CWE-150, CWE-22",
        ),
        technique(
            "gguf-code",
            "code and control characters in the metadata",
            "CWE-94, CWE-150",
        ),
        technique(
            "gguf-address",
            "a link to a collector, a bare number, a script or another machine's files",
            "MITRE ATT&CK T1567, T1187",
        ),
        technique(
            "gguf-slack",
            "a pickle or a program between and behind the tensors",
            "CWE-506",
        ),
        technique(
            "gguf-split",
            "parts of a split model that contradict each other",
            "CWE-345",
        ),
        technique(
            "ggml-lies",
            "the same in the formats before GGUF",
            "CVE-2024-21836, CWE-506",
        ),
    ],
}];
