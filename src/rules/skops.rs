//! Rules about skops files.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &DANGEROUS_TYPE,
    &HIDDEN_TYPE,
    &UNKNOWN_FUNCTION,
    &UNKNOWN_TYPE,
    &INVALID_SCHEMA,
    &FOREIGN_MEMBER,
    &PICKLE,
];

/// What most of the rules advise.
const TRUST_NOTHING: &str = "Do not add the name to `trusted`, and load the file only with a \
                             current skops. Ask its author for a model without it.";

/// A name that is an attack.
pub static DANGEROUS_TYPE: Rule = Rule {
    id: "skops-dangerous-type",
    severity: Severity::Critical,
    title: "the file names a function or class that no model needs and an attack does",
    why: "skops imports every name in its schema and calls most of them with what the file says, \
          once the person who loads it has put the name on the list of trusted ones, and in old \
          versions without asking.",
    remedy: TRUST_NOTHING,
    references: &["CWE-502", "CVE-2024-37065", "CVE-2025-54412"],
};

/// A name that stands for another.
pub static HIDDEN_TYPE: Rule = Rule {
    id: "skops-hidden-type",
    severity: Severity::Critical,
    title: "a trusted name in the file hides another that is loaded in its place",
    why: "skops before 0.12 asks about one name and loads another where the parts of a node \
          disagree, or where a method is reached through attributes of attributes. Nobody is asked \
          about what is really loaded.",
    remedy: "Do not load the file. No version of skops writes such a node.",
    references: &["CVE-2025-54412", "CVE-2025-54413", "CWE-351"],
};

/// A function that nothing is known about.
pub static UNKNOWN_FUNCTION: Rule = Rule {
    id: "skops-unknown-function",
    severity: Severity::Medium,
    title: "the file names a function that skops does not trust by itself",
    why: "The function runs when the model is loaded or used, with arguments from the file. skops \
          asks before it loads such a file, and the answer must come from somebody who knows the \
          function.",
    remedy: "Find out what the function does before you put it on the list of trusted ones.",
    references: &[
        "CWE-470",
        "https://skops.readthedocs.io/en/stable/persistence.html",
    ],
};

/// A class that nothing is known about.
pub static UNKNOWN_TYPE: Rule = Rule {
    id: "skops-unknown-type",
    severity: Severity::Low,
    title: "the file names a class that skops does not trust by itself",
    why: "The class is imported and made with a state from the file. skops asks before it loads \
          such a file.",
    remedy: "Find out where the class comes from before you put it on the list of trusted ones.",
    references: &[
        "CWE-470",
        "https://skops.readthedocs.io/en/stable/persistence.html",
    ],
};

/// A schema that skops does not write.
pub static INVALID_SCHEMA: Rule = Rule {
    id: "skops-invalid-schema",
    severity: Severity::Medium,
    title: "the schema of the file is none that skops writes",
    why: "The number of the protocol and the names of the loaders decide which code judges and \
          loads each part of the file. Values that skops does not write steer it to code that is \
          older or was not meant.",
    remedy: "Do not load the file; ask how it was written.",
    references: &[
        "CWE-20",
        "https://github.com/skops-dev/skops/tree/main/skops/io",
    ],
};

/// A member that the schema does not name.
pub static FOREIGN_MEMBER: Rule = Rule {
    id: "skops-foreign-member",
    severity: Severity::Low,
    title: "the archive holds a member that its schema does not name",
    why: "skops never reads it. It was put there by other means, and other code may look for it.",
    remedy: "Ask what the member is for, or save the model again without it.",
    references: &["CWE-506"],
};

/// A pickle under the name of a safe file.
pub static PICKLE: Rule = Rule {
    id: "skops-pickle",
    severity: Severity::Critical,
    title: "the file is called a skops file and is a pickle",
    why: "skops exists to avoid pickles. Tools that find no skops archive fall back to joblib, as \
          `Card.get_model` did before 0.13, and run the pickle without asking about any type.",
    remedy: "Do not load the file with anything.",
    references: &["CVE-2025-54886", "CWE-502", "CWE-434"],
};
