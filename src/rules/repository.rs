//! Rules about a repository as a whole: what its files say about each other.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &WEIGHTS_DIFFER,
    &CONFIG_MISMATCH,
    &MODULE_MISSING,
    &SAFE_TWIN,
];

/// Two files of one name with other tensors.
pub static WEIGHTS_DIFFER: Rule = Rule {
    id: "repository-weights-differ",
    severity: Severity::Low,
    title: "two files that should hold the same weights do not",
    why: "Which of the two is loaded depends on the loader and on what it has installed. Where \
          their tensors differ, the model that was reviewed need not be the model that runs.",
    remedy: "Ask the publisher which of the two is the model, and remove the other.",
    references: &["CWE-345", "CWE-436"],
};

/// A configuration that cannot be that of the weights beside it.
pub static CONFIG_MISMATCH: Rule = Rule {
    id: "repository-config-mismatch",
    severity: Severity::Low,
    title: "the configuration describes another model than the weights are",
    why: "The sizes in the configuration are far from those of the tensors. The weights or the \
          configuration were replaced, or a loader is to reserve memory for a model that is not \
          there.",
    remedy: "Fetch configuration and weights of the same revision from their publisher.",
    references: &["CWE-345", "CWE-789"],
};

/// Code that a manifest names and that is not there.
pub static MODULE_MISSING: Rule = Rule {
    id: "repository-module-missing",
    severity: Severity::Low,
    title: "the manifest imports a module that is not in the directory",
    why: "The code that will run with the model was not among what was scanned. It comes from \
          another place when the model is loaded: a cache, a later revision, or whoever puts a \
          file of that name there first.",
    remedy: "Fetch the whole repository and scan it again, or load the model without trusting \
             remote code.",
    references: &["CWE-829", "CWE-345"],
};

/// Weights without code beside a pickle.
pub static SAFE_TWIN: Rule = Rule {
    id: "repository-safe-twin",
    severity: Severity::Info,
    title: "the weights of this pickle are there without code as well",
    why: "Loading a pickle runs what it says. A safetensors file of the same name is beside it, \
          which holds numbers alone, and most loaders can use it instead.",
    remedy: "Load the safetensors file and remove the pickle, or keep it away from loaders that \
             prefer it.",
    references: &["CWE-502"],
};
