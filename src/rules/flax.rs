//! Rules about the MessagePack files of Flax and the directories of Orbax.

use super::Rule;
use crate::report::Severity;

/// Where Flax says what it writes.
const FLAX: &str = "https://github.com/google/flax/blob/main/flax/serialization.py";

/// Where MessagePack is described.
const MSGPACK: &str = "https://github.com/msgpack/msgpack/blob/master/spec.md";

/// Where the database of Orbax is described.
const OCDBT: &str = "https://google.github.io/tensorstore/kvstore/ocdbt/index.html";

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &OBJECT_DTYPE,
    &IMPOSSIBLE_LENGTH,
    &SHAPE_OVERFLOW,
    &SIZE_MISMATCH,
    &DEEP_NESTING,
    &INVALID_ARRAY,
    &INVALID_VALUE,
    &UNKNOWN_EXTENSION,
    &DUPLICATE_KEY,
    &CODE_IN_VALUE,
    &UNSAFE_NAME,
    &TRAILING_DATA,
    &ORBAX_PATH,
    &ORBAX_FOREIGN_HANDLER,
    &OCDBT_INVALID,
];

/// An array of Python objects.
pub static OBJECT_DTYPE: Rule = Rule {
    id: "flax-object-array",
    severity: Severity::High,
    title: "an array holds Python objects",
    why: "An array of objects has no bytes that mean anything: a reader must either take them for \
          addresses in its memory or unpickle them. Flax writes and reads none; a loader that \
          makes an exception for them runs what the file says.",
    remedy: "Do not load the file. Ask for arrays of numbers.",
    references: &["CWE-502", "CWE-822", FLAX],
};

/// A length or a count that the file cannot hold.
pub static IMPOSSIBLE_LENGTH: Rule = Rule {
    id: "msgpack-impossible-length",
    severity: Severity::Medium,
    title: "a length or count is larger than the file",
    why: "Readers that allocate what such a number says run out of memory before they look at the \
          bytes. A file that is merely cut short looks the same.",
    remedy: "Do not load the file. If the download was cut short, fetch it again.",
    references: &["CWE-770", "CWE-789", MSGPACK],
};

/// A shape whose product does not fit.
pub static SHAPE_OVERFLOW: Rule = Rule {
    id: "flax-shape-overflow",
    severity: Severity::High,
    title: "an array's shape overflows",
    why: "The number of elements or bytes does not fit into 64 bits, or a dimension is negative. A \
          loader that multiplies without a check allocates too little and writes behind it.",
    remedy: "Do not load the file. No real array has such a shape.",
    references: &["CWE-190", "CWE-787", FLAX],
};

/// A shape that is not that of the bytes.
pub static SIZE_MISMATCH: Rule = Rule {
    id: "flax-size-mismatch",
    severity: Severity::Medium,
    title: "an array's shape and bytes do not agree",
    why: "With too few bytes a reader in another language reads behind them. With too many the \
          rest is loaded by nobody: NumPy looks at the front of the bytes and does not complain, \
          so that they carry what they like.",
    remedy: "Do not use the file. Write the model anew from its source.",
    references: &["CWE-125", "CWE-506", FLAX],
};

/// More nesting than any model has.
pub static DEEP_NESTING: Rule = Rule {
    id: "msgpack-deep-nesting",
    severity: Severity::Medium,
    title: "arrays and maps are nested beyond all reason",
    why: "Readers that call themselves for every level run out of stack and end, and with them the \
          program around them. No model is nested like this.",
    remedy: "Do not load the file.",
    references: &["CWE-674", MSGPACK],
};

/// An extension of Flax that is not what it should be.
pub static INVALID_ARRAY: Rule = Rule {
    id: "flax-invalid-array",
    severity: Severity::Medium,
    title: "the description of an array or number is not valid",
    why: "Flax refuses it, or hands a name to NumPy that it does not know. What another loader \
          makes of it is not known.",
    remedy: "Fetch the file anew from its publisher. If it stays so, do not load it.",
    references: &["CWE-20", FLAX],
};

/// Bytes that are no MessagePack.
pub static INVALID_VALUE: Rule = Rule {
    id: "msgpack-invalid",
    severity: Severity::Low,
    title: "the file is not valid MessagePack",
    why: "The reader of the format refuses it. What lies behind the damage was not examined as \
          what it may be.",
    remedy: "Fetch the file anew from its publisher.",
    references: &["CWE-20", MSGPACK],
};

/// An extension that neither MessagePack nor Flax has.
pub static UNKNOWN_EXTENSION: Rule = Rule {
    id: "msgpack-unknown-extension",
    severity: Severity::Low,
    title: "a value is of a type that neither MessagePack nor Flax has",
    why: "What such a value means is up to a function of the program that loads the file. Some \
          programs unpickle the bytes, which runs what they hold; Flax leaves them as they are. \
          Bytes that are a pickle or another format are examined as that.",
    remedy: "Find out which program wrote the file and what it does with the type. Do not load \
             the file with a program that unpickles it.",
    references: &["CWE-502", MSGPACK],
};

/// A key that stands twice.
pub static DUPLICATE_KEY: Rule = Rule {
    id: "msgpack-duplicate-key",
    severity: Severity::High,
    title: "a map has a key twice",
    why: "Readers do not agree on which one counts: Python takes the last, others the first. The \
          tensor that was looked at need not be the one that is used.",
    remedy: "Do not use the file. No writer produces it.",
    references: &["CWE-436", "CWE-694"],
};

/// A text that runs once somebody evaluates it.
pub static CODE_IN_VALUE: Rule = Rule {
    id: "msgpack-code-in-text",
    severity: Severity::Medium,
    title: "a text is code or names something to call",
    why: "A file of weights has names and numbers. Programs that evaluate, show or import what \
          they find in such a text run it with the rights of whoever loads the model.",
    remedy: "Read the text. Use the file only with a loader that treats it as text, or write it \
             anew without it.",
    references: &["CWE-94", "CWE-79"],
};

/// A name that acts or hides.
pub static UNSAFE_NAME: Rule = Rule {
    id: "flax-unsafe-name",
    severity: Severity::Medium,
    title: "the name of a parameter is unsafe",
    why: "Names are shown in terminals, and tools that unpack a model use them as names of files \
          and directories.",
    remedy: "Do not unpack the file, and write the model anew from its source.",
    references: &["CWE-22", "CWE-150"],
};

/// Bytes behind the value.
pub static TRAILING_DATA: Rule = Rule {
    id: "msgpack-trailing-data",
    severity: Severity::Medium,
    title: "bytes follow the value",
    why: "The file is one value. Python's reader refuses what follows, others do not look, and it \
          travels with the model unseen: other formats begin at the end.",
    remedy: "Write the model anew from its source.",
    references: &["CWE-506", FLAX],
};

/// A path in the metadata of a checkpoint that leads out of it.
pub static ORBAX_PATH: Rule = Rule {
    id: "orbax-path-escape",
    severity: Severity::High,
    title: "the metadata of a checkpoint names a place outside of it",
    why: "Names of parameters, of items and of files of the database are joined to the path of \
          the checkpoint. With such a name a program reads, and one that saves the checkpoint \
          again writes, files elsewhere.",
    remedy: "Do not restore the checkpoint.",
    references: &["CWE-22"],
};

/// A handler that is not of Orbax.
pub static ORBAX_FOREIGN_HANDLER: Rule = Rule {
    id: "orbax-foreign-handler",
    severity: Severity::Low,
    title: "the checkpoint names a handler that Orbax does not have",
    why: "Orbax looks the name up among the handlers that the program registered. Which code then \
          reads the checkpoint cannot be told from here.",
    remedy: "Find out which package provides the handler and whether you trust it.",
    references: &["CWE-829"],
};

/// A record of the database that is not what it says.
pub static OCDBT_INVALID: Rule = Rule {
    id: "ocdbt-invalid",
    severity: Severity::Medium,
    title: "a record of the checkpoint's database is damaged",
    why: "TensorStore refuses a record whose length or checksum is wrong. What another reader \
          makes of it is not known.",
    remedy: "Fetch the checkpoint anew from its publisher. If it stays so, do not restore it.",
    references: &["CWE-354", OCDBT],
};
