//! Rules about safetensors: a header that lies, and what hides in it.

use super::Rule;
use crate::report::Severity;

/// What the format's own description and reader are called in references.
const SPEC: &str = "https://github.com/huggingface/safetensors#format";

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &CODE_IN_METADATA,
    &PARSER_DISAGREEMENT,
    &DUPLICATE_KEY,
    &SHAPE_OVERFLOW,
    &OVERLAPPING_TENSORS,
    &OUT_OF_FILE,
    &SIZE_MISMATCH,
    &HOLE,
    &TRAILING_DATA,
    &INVALID_HEADER,
    &INVALID_ENTRY,
    &OVERSIZED_HEADER,
    &UNSAFE_NAME,
    &INVALID_METADATA,
    &EXTRA_FIELD,
    &UNKNOWN_DTYPE,
];

/// A metadata value that runs once a loader evaluates it.
pub static CODE_IN_METADATA: Rule = Rule {
    id: "safetensors-code-in-metadata",
    severity: Severity::Medium,
    title: "a metadata value is code or names something to call",
    why: "Metadata is text, but libraries instantiate what a `_target_` names, evaluate literals, \
          unpickle fields or show them as HTML. In such a loader this value runs with the rights \
          of whoever loads the weights.",
    remedy: "Read the value. Load the file only with a library that treats metadata as text, or \
             write it anew without the entry.",
    references: &["CWE-94", "CWE-502", "CWE-79"],
};

/// Two readings of one header.
pub static PARSER_DISAGREEMENT: Rule = Rule {
    id: "safetensors-parser-disagreement",
    severity: Severity::High,
    title: "the reference reader reads this header differently",
    why: "The header was read twice: strictly here, and by the reference implementation. Where \
          the two differ, a reviewer or a scanner and a loader need not see the same tensors.",
    remedy: "Do not use the file. An ordinary writer does not produce such a header.",
    references: &["CWE-436", SPEC],
};

/// A key that stands twice.
pub static DUPLICATE_KEY: Rule = Rule {
    id: "safetensors-duplicate-key",
    severity: Severity::High,
    title: "a key stands twice in the header",
    why: "The format forbids it and parsers do not agree on which one counts: most silently keep \
          the last, some the first. Two programs then load different tensors from one file.",
    remedy: "Do not use the file. An ordinary writer does not produce it.",
    references: &["CWE-436", "CWE-694", SPEC],
};

/// A shape whose product does not fit into 64 bits.
pub static SHAPE_OVERFLOW: Rule = Rule {
    id: "safetensors-shape-overflow",
    severity: Severity::High,
    title: "a tensor's shape overflows",
    why: "The number of elements does not fit into 64 bits. A reader that multiplies without a \
          check allocates too little and writes or reads behind it.",
    remedy: "Do not load the file. No real tensor has such a shape.",
    references: &["CWE-190", "CWE-787"],
};

/// Tensors that share bytes.
pub static OVERLAPPING_TENSORS: Rule = Rule {
    id: "safetensors-overlapping-tensors",
    severity: Severity::High,
    title: "tensors overlap",
    why: "The format gives every byte to one tensor. Tensors that share bytes let one name show \
          harmless data and another reuse it, and readers that trust the offsets alias memory.",
    remedy: "Do not use the file. An ordinary writer does not produce it.",
    references: &["CWE-119", SPEC],
};

/// A tensor that ends behind the file.
pub static OUT_OF_FILE: Rule = Rule {
    id: "safetensors-out-of-file",
    severity: Severity::Medium,
    title: "a tensor lies outside of the file",
    why: "The offsets point behind the end. Either the file was cut short, or it is made for a \
          reader that does not check and then reads memory that is not the file's.",
    remedy: "Download the file again and compare its size and digest with the source; if they \
             agree, do not use it.",
    references: &["CWE-125", SPEC],
};

/// A tensor whose length is not shape times dtype.
pub static SIZE_MISMATCH: Rule = Rule {
    id: "safetensors-size-mismatch",
    severity: Severity::Medium,
    title: "a tensor's length does not match its shape and dtype",
    why: "A reader that goes by the shape and one that goes by the offsets see different data, \
          and one of them reads or writes out of bounds.",
    remedy: "Do not use the file. An ordinary writer does not produce it.",
    references: &["CWE-131", SPEC],
};

/// Bytes between tensors.
pub static HOLE: Rule = Rule {
    id: "safetensors-hole",
    severity: Severity::Medium,
    title: "bytes between the tensors belong to none",
    why: "The format forbids holes so that nothing can hide in them. The bytes are swept like all \
          others, but what put them there is not an ordinary writer.",
    remedy: "Find out what the bytes are. Write the file anew with the reference library, which \
             leaves no holes.",
    references: &["CWE-506", SPEC],
};

/// Bytes behind the last tensor.
pub static TRAILING_DATA: Rule = Rule {
    id: "safetensors-trailing-data",
    severity: Severity::Medium,
    title: "bytes follow the last tensor",
    why: "The last tensor has to end with the file. What follows it is invisible to loaders that \
          go by the header and may be another format to those that read from the end, as a zip \
          reader does.",
    remedy: "Find out what the bytes are. Write the file anew with the reference library.",
    references: &["CWE-506", "CWE-434", SPEC],
};

/// A header that is not what the format demands.
pub static INVALID_HEADER: Rule = Rule {
    id: "safetensors-invalid-header",
    severity: Severity::Medium,
    title: "the header is not what the format demands",
    why: "The file calls itself safetensors and is not. Readers differ in what they do with it, \
          and what it really holds was not examined as tensors.",
    remedy: "Download the file again; if it stays broken, do not use it.",
    references: &["CWE-20", SPEC],
};

/// A tensor's entry that is not what the format demands.
pub static INVALID_ENTRY: Rule = Rule {
    id: "safetensors-invalid-entry",
    severity: Severity::Medium,
    title: "a tensor's entry is not what the format demands",
    why: "An entry needs a dtype, a shape of whole numbers and two offsets in order. Readers that \
          convert what they find instead of refusing it see tensors that others do not.",
    remedy: "Do not use the file. An ordinary writer does not produce it.",
    references: &["CWE-20", SPEC],
};

/// A header above the reference's cap.
pub static OVERSIZED_HEADER: Rule = Rule {
    id: "safetensors-oversized-header",
    severity: Severity::Medium,
    title: "the header is longer than 100 MB",
    why: "The reference implementation refuses such a header. A reader without that cap can be \
          made to use up its memory.",
    remedy: "Do not use the file; ask its author for one with a smaller header.",
    references: &["CWE-400", SPEC],
};

/// A tensor's name that acts on paths, terminals or readers.
pub static UNSAFE_NAME: Rule = Rule {
    id: "safetensors-unsafe-name",
    severity: Severity::Medium,
    title: "a tensor's name is a path out of the directory or holds hidden characters",
    why: "Tools write tensors to files by name, print names and match them. A name that goes up \
          in the tree overwrites files; control and bidirectional characters make it look like \
          another.",
    remedy: "Do not unpack or convert the file with tools that use names as paths; ask where it \
             comes from.",
    references: &["CWE-22", "CWE-150", "CVE-2021-42574"],
};

/// Metadata that is not a map of strings.
pub static INVALID_METADATA: Rule = Rule {
    id: "safetensors-invalid-metadata",
    severity: Severity::Low,
    title: "the metadata is not a map from strings to strings",
    why: "The format allows strings only, so that metadata stays text. Structured metadata is \
          refused by the reference and invites loaders to interpret it.",
    remedy: "Write the file anew with text values.",
    references: &["CWE-20", SPEC],
};

/// A field that entries do not have.
pub static EXTRA_FIELD: Rule = Rule {
    id: "safetensors-extra-field",
    severity: Severity::Low,
    title: "a tensor's entry has a field that the format does not know",
    why: "Readers ignore it, so it is a place where data travels unseen.",
    remedy: "Find out what writes it; write the file anew with the reference library.",
    references: &["CWE-20", SPEC],
};

/// A dtype that this version does not know.
pub static UNKNOWN_DTYPE: Rule = Rule {
    id: "safetensors-unknown-dtype",
    severity: Severity::Info,
    title: "a tensor has a dtype that is not known",
    why: "The format grows with the hardware. The tensor's length could not be compared with its \
          shape.",
    remedy: "Nothing, if the model is newer than this program.",
    references: &[SPEC],
};
