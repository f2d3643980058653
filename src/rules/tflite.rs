//! Rules about TensorFlow Lite: operators that are not its own, and offsets and
//! shapes that lie.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &OUT_OF_FILE,
    &INVALID_REFERENCE,
    &SIZE_MISMATCH,
    &CUSTOM_OPERATOR,
];

/// A buffer that lies outside of the file.
pub static OUT_OF_FILE: Rule = Rule {
    id: "tflite-out-of-file",
    severity: Severity::Medium,
    title: "a buffer lies outside of the file",
    why: "The offset and size of the buffer lead behind the end. Either the file was cut short, or \
          it is made for an interpreter that does not check and then reads memory that is not the \
          model's.",
    remedy: "Download the file again and compare its digest with the source; if they agree, do not \
             use it.",
    references: &["CWE-125"],
};

/// A number that names nothing.
pub static INVALID_REFERENCE: Rule = Rule {
    id: "tflite-invalid-reference",
    severity: Severity::Medium,
    title: "an operator, tensor or buffer is named by a number that does not exist",
    why: "Interpreters use these numbers as indexes into arrays. Some versions did so without \
          comparing them with the length, which reads or writes memory that is not the model's.",
    remedy: "Do not load the model. No converter writes such a file.",
    references: &["CWE-125", "CWE-787", "CVE-2020-15211", "CVE-2020-15209"],
};

/// A tensor whose buffer is not shape times type.
pub static SIZE_MISMATCH: Rule = Rule {
    id: "tflite-size-mismatch",
    severity: Severity::Medium,
    title: "a tensor's buffer does not have the bytes that its shape and type need",
    why: "The interpreter computes on as many elements as the shape says. Where the buffer has \
          fewer, a version that does not compare the two reads behind it.",
    remedy: "Do not load the model. No converter writes such a file.",
    references: &["CWE-125", "CWE-131"],
};

/// An operator that the interpreter does not bring.
pub static CUSTOM_OPERATOR: Rule = Rule {
    id: "tflite-custom-operator",
    severity: Severity::Info,
    title: "the model uses an operator that the interpreter does not bring",
    why: "A custom operator is a function of the program that loads the model. Detection and audio \
          models have some by design. What it does is not in the file; its options are handed to \
          it as they are.",
    remedy: "Run the model with the operators of a library that you trust.",
    references: &[
        "CWE-829",
        "https://ai.google.dev/edge/litert/models/ops_custom",
    ],
};
