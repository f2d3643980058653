//! Rules about Core ML models.

use super::Rule;
use crate::report::Severity;

/// The message definitions.
const SPEC: &str = "https://apple.github.io/coremltools/mlmodel/Format/Model.html";

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&CODE_IN_METADATA, &LINKED_MODEL, &CUSTOM_CLASS];

/// Metadata that run once they are evaluated.
pub static CODE_IN_METADATA: Rule = Rule {
    id: "coreml-code-in-metadata",
    severity: Severity::Medium,
    title: "metadata is code or names something to call",
    why: "Metadata and parameters are text, and programs evaluate it: class names are written as \
          literals of a language, and read with its `eval`. In such a program this text runs with \
          the rights of whoever loads the model.",
    remedy: "Read the text. Load the model only with programs that treat it as text, or remove \
             the entry.",
    references: &["CWE-94", "CWE-95"],
};

/// A model in another file.
pub static LINKED_MODEL: Rule = Rule {
    id: "coreml-linked-model",
    severity: Severity::Low,
    title: "the model is in another file, which is looked for on the device",
    why: "A linked model names a compiled model and where to search for it. What runs is whatever \
          has that name there, and not what was examined here.",
    remedy: "Ask for the model itself, or examine the file that is linked.",
    references: &["CWE-426", SPEC],
};

/// A class of the program.
pub static CUSTOM_CLASS: Rule = Rule {
    id: "coreml-custom-class",
    severity: Severity::Info,
    title: "the model uses a class of the program that loads it",
    why: "A custom layer or model is code of the program. The model names the class and hands it \
          parameters and weights of its choice.",
    remedy: "Check that the program expects this class, and what it does with its parameters.",
    references: &["https://developer.apple.com/documentation/coreml/mlcustomlayer"],
};
