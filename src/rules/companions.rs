//! Rules about the files that a model reads its data from.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&LINK_ESCAPE, &OUT_OF_FILE];

/// A link on disk that leads out of the model's directory.
pub static LINK_ESCAPE: Rule = Rule {
    id: "external-data-link",
    severity: Severity::High,
    title: "a model reads its data through a link that leads out of its directory",
    why: "The name in the model is harmless, and the link behind it is not: loaders that follow \
          it read a file of whoever loads the model as if it were weights, and those that save \
          write to it. A link comes along in an archive or a repository.",
    remedy: "Replace the link with the file that belongs there, from the source of the model, and \
             load it with onnx 1.21 or later.",
    references: &["CWE-59", "CVE-2026-27489", "CVE-2026-34447"],
};

/// A tensor that ends behind its file.
pub static OUT_OF_FILE: Rule = Rule {
    id: "external-data-out-of-file",
    severity: Severity::Medium,
    title: "a model reads data behind the end of a file",
    why: "The model says that a tensor lies where its file has no bytes. Either the file was cut \
          short, or the model is made for a loader that does not check and then reads memory that \
          is not the file's.",
    remedy: "Download the files again and compare their sizes with the source; if they agree, do \
             not use the model.",
    references: &["CWE-125", "CWE-400"],
};
