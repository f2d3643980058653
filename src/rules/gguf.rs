//! Rules about GGUF and the GGML files before it: a header that lies, and what
//! hides in it.

use super::Rule;
use crate::report::Severity;

/// Where the format is described.
const SPEC: &str = "https://github.com/ggml-org/ggml/blob/master/docs/gguf.md";

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &CODE_IN_METADATA,
    &IMPOSSIBLE_LENGTH,
    &SHAPE_OVERFLOW,
    &TOO_MANY_DIMENSIONS,
    &INVALID_ALIGNMENT,
    &DUPLICATE_KEY,
    &DUPLICATE_TENSOR,
    &OVERLAPPING_TENSORS,
    &OUT_OF_FILE,
    &MISPLACED_TENSOR,
    &INVALID_TENSOR,
    &INVALID_HEADER,
    &VOCABULARY_MISMATCH,
    &NESTED_ARRAY,
    &HOLE,
    &TRAILING_DATA,
    &UNSAFE_NAME,
    &HIDDEN_CHARACTERS,
    &SPLIT_MISMATCH,
    &UNKNOWN_TYPE,
];

/// A metadata value that runs once somebody evaluates it.
pub static CODE_IN_METADATA: Rule = Rule {
    id: "gguf-code-in-metadata",
    severity: Severity::Medium,
    title: "a metadata value is code or names something to call",
    why: "Metadata is text, but programs around a model show it as HTML, paste it into \
          configurations, or hand it to a shell. In such a program this value runs with the \
          rights of whoever loads the model.",
    remedy: "Read the value. Use the file only with a loader that treats metadata as text, or \
             write it anew without the key.",
    references: &["CWE-94", "CWE-79"],
};

/// A length or a count that the file cannot hold.
pub static IMPOSSIBLE_LENGTH: Rule = Rule {
    id: "gguf-impossible-length",
    severity: Severity::High,
    title: "a length or count is larger than the file",
    why: "Loaders allocated what such a number says, multiplied it without a check, and wrote \
          behind the end of what they got. A file that is merely cut short may look the same.",
    remedy: "Do not load the file. If the download was cut short, fetch it again.",
    references: &[
        "CWE-190",
        "CWE-122",
        "CWE-770",
        "CVE-2024-21825",
        "CVE-2024-21836",
        "CVE-2024-23496",
        "CVE-2024-23605",
    ],
};

/// A shape whose product does not fit.
pub static SHAPE_OVERFLOW: Rule = Rule {
    id: "gguf-shape-overflow",
    severity: Severity::High,
    title: "a tensor's shape overflows",
    why: "The number of elements or bytes does not fit into 64 bits. A loader that multiplies or \
          adds without a check allocates too little and writes or reads behind it.",
    remedy: "Do not load the file. No real tensor has such a shape.",
    references: &["CWE-190", "CWE-787", "CVE-2025-53630"],
};

/// More dimensions than a tensor can have.
pub static TOO_MANY_DIMENSIONS: Rule = Rule {
    id: "gguf-too-many-dimensions",
    severity: Severity::High,
    title: "a tensor has more than four dimensions",
    why: "The loader's record of a tensor has room for four. One that trusted the number wrote \
          the others over what lies behind the record, on the heap.",
    remedy: "Do not load the file. No writer produces it.",
    references: &["CWE-787", "CVE-2024-21802"],
};

/// An alignment that is not one.
pub static INVALID_ALIGNMENT: Rule = Rule {
    id: "gguf-invalid-alignment",
    severity: Severity::Medium,
    title: "the alignment of the tensors is not a power of two",
    why: "Every offset is computed with this number. Zero made a server divide by zero; any other \
          odd value makes two loaders look for the tensors in different places.",
    remedy: "Do not load the file. Convert the model anew.",
    references: &["CWE-369", "CWE-436", "CVE-2025-0317"],
};

/// A key that stands twice.
pub static DUPLICATE_KEY: Rule = Rule {
    id: "gguf-duplicate-key",
    severity: Severity::High,
    title: "a key stands twice",
    why: "Loaders do not agree on which one counts: some take the first, some the last, some \
          refuse. A template or a token that was looked at need not be the one that is used.",
    remedy: "Do not use the file. No writer produces it.",
    references: &["CWE-436", "CWE-694", SPEC],
};

/// A tensor that is described twice.
pub static DUPLICATE_TENSOR: Rule = Rule {
    id: "gguf-duplicate-tensor",
    severity: Severity::High,
    title: "a tensor is described twice",
    why: "Which bytes the name stands for depends on the loader. Names are compared as C does, up \
          to the first NUL.",
    remedy: "Do not use the file. No writer produces it.",
    references: &["CWE-436", "CWE-694", SPEC],
};

/// Tensors that share bytes.
pub static OVERLAPPING_TENSORS: Rule = Rule {
    id: "gguf-overlapping-tensors",
    severity: Severity::High,
    title: "tensors overlap",
    why: "The format gives every byte to one tensor. Tensors that share bytes let one name show \
          what another one holds, and are a sign of a header that was made by hand.",
    remedy: "Do not use the file. Convert the model anew from its source.",
    references: &["CWE-436", SPEC],
};

/// A tensor that ends behind the file.
pub static OUT_OF_FILE: Rule = Rule {
    id: "gguf-out-of-file",
    severity: Severity::High,
    title: "a tensor lies behind the end of the file",
    why: "A loader that maps the file and trusts the header reads memory that is not the file's: \
          in a server, that of other users, which it then writes into a model that can be \
          fetched. A file that is merely cut short looks the same.",
    remedy: "Do not load the file. If the download was cut short, fetch it again.",
    references: &["CWE-125", "CVE-2026-7482"],
};

/// A tensor that is not where the format puts it.
pub static MISPLACED_TENSOR: Rule = Rule {
    id: "gguf-misplaced-tensor",
    severity: Severity::Medium,
    title: "a tensor is not where the format puts it",
    why: "Tensors follow one another in the order in which they are described, each at a multiple \
          of the alignment; llama.cpp refuses anything else. Other loaders follow the offsets.",
    remedy: "Convert the model anew with a current tool.",
    references: &["CWE-436", SPEC],
};

/// A description of a tensor that no loader accepts.
pub static INVALID_TENSOR: Rule = Rule {
    id: "gguf-invalid-tensor",
    severity: Severity::Medium,
    title: "the description of a tensor is not valid",
    why: "llama.cpp refuses such a tensor. Older versions and other loaders index tables with the \
          number of a type, or divide by a dimension, without looking.",
    remedy: "Convert the model anew with a current tool.",
    references: &["CWE-125", "CWE-369", SPEC],
};

/// A header that is not one.
pub static INVALID_HEADER: Rule = Rule {
    id: "gguf-invalid-header",
    severity: Severity::Medium,
    title: "the header is not valid",
    why: "The format's own loader refuses it. What another loader makes of it is not known, and \
          what lies behind the damage was not examined as what it may be.",
    remedy: "Fetch the file anew from its publisher. If it stays so, do not load it.",
    references: &["CWE-20", SPEC],
};

/// Lists of the vocabulary that do not have one length.
pub static VOCABULARY_MISMATCH: Rule = Rule {
    id: "gguf-vocabulary-mismatch",
    severity: Severity::Medium,
    title: "the lists of the vocabulary differ in length",
    why: "Scores and types of tokens are looked up by the number of the token. Where their lists \
          are shorter than the list of tokens, a loader reads behind their end.",
    remedy: "Do not load the file. Convert the model anew from its source.",
    references: &["CWE-125"],
};

/// An array of arrays.
pub static NESTED_ARRAY: Rule = Rule {
    id: "gguf-nested-array",
    severity: Severity::Medium,
    title: "a metadata value is an array of arrays",
    why: "llama.cpp refuses it, and no model needs it. Readers that call themselves for every \
          level run out of stack when there are many.",
    remedy: "Do not load the file unless you know the tool that wrote it.",
    references: &["CWE-674", SPEC],
};

/// Bytes between tensors that belong to none.
pub static HOLE: Rule = Rule {
    id: "gguf-hole",
    severity: Severity::Medium,
    title: "bytes between the tensors belong to none",
    why: "Between two tensors there are only the zeros that align the second. Other bytes are \
          loaded by nobody and travel with the model unseen.",
    remedy: "Convert the model anew; a conversion leaves such bytes behind.",
    references: &["CWE-506", SPEC],
};

/// Bytes behind the last tensor.
pub static TRAILING_DATA: Rule = Rule {
    id: "gguf-trailing-data",
    severity: Severity::Medium,
    title: "bytes follow the last tensor",
    why: "The file ends with the last tensor and the zeros that align it. What follows is loaded \
          by nobody and travels with the model unseen: other formats begin at the end.",
    remedy: "Convert the model anew; a conversion leaves such bytes behind.",
    references: &["CWE-506", SPEC],
};

/// A name that acts or hides.
pub static UNSAFE_NAME: Rule = Rule {
    id: "gguf-unsafe-name",
    severity: Severity::Medium,
    title: "a key or the name of a tensor is unsafe",
    why: "Names are shown in terminals, compared up to their first NUL, copied into records of 64 \
          bytes, and used as file names by tools that unpack a model.",
    remedy: "Do not unpack the file, and convert the model anew from its source.",
    references: &["CWE-158", "CWE-22", "CWE-150"],
};

/// Control characters in a metadata value.
pub static HIDDEN_CHARACTERS: Rule = Rule {
    id: "gguf-hidden-characters",
    severity: Severity::Low,
    title: "a metadata value holds control characters",
    why: "Terminals act on control characters, and characters that reorder text make a value look \
          like another one.",
    remedy: "Look at the value with a tool that shows such characters.",
    references: &["CWE-150", "CWE-451"],
};

/// Numbers of a split model that contradict each other.
pub static SPLIT_MISMATCH: Rule = Rule {
    id: "gguf-split-mismatch",
    severity: Severity::Low,
    title: "the file's place in a split model is contradictory",
    why: "A split model says in each part which part it is, of how many, and how many tensors \
          there are in all. llama.cpp refuses to load parts that say something else.",
    remedy: "Fetch all parts from one publisher, and keep their names.",
    references: &["CWE-436", SPEC],
};

/// A type of tensor that is not known.
pub static UNKNOWN_TYPE: Rule = Rule {
    id: "gguf-unknown-type",
    severity: Severity::Info,
    title: "a tensor has a type that is not known",
    why: "Types are added by new versions of llama.cpp and by its forks. The size of such a \
          tensor is not known here, so its end is not checked; its bytes are swept as all others.",
    remedy: "Make sure that the loader you use knows the type.",
    references: &[SPEC],
};
