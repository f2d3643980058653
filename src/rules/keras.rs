//! Rules about Keras configurations: what they make the loader run, import and
//! open.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &CALLABLE,
    &LAMBDA,
    &PICKLED_MODULE,
    &OUTSIDE_FILE,
    &CUSTOM_CLASS,
];

/// A function or class that the configuration names.
pub static CALLABLE: Rule = Rule {
    id: "keras-dangerous-reference",
    severity: Severity::Critical,
    title: "the configuration names a function that does not belong into a model",
    why: "Keras imports the module that an entry names and takes the function or class from it. \
          Several versions did so for any module, with arguments from the same configuration, even \
          where safe mode was asked for.",
    remedy: "Do not load the model. Compare its configuration with the original model's.",
    references: &[
        "CWE-94",
        "CWE-470",
        "CVE-2025-1550",
        "CVE-2025-8747",
        "CVE-2025-9906",
    ],
};

/// A layer with bytecode.
pub static LAMBDA: Rule = Rule {
    id: "keras-lambda-layer",
    severity: Severity::High,
    title: "a layer runs Python bytecode from the configuration",
    why: "The code of a Lambda layer is marshalled into the configuration. Loading it without safe \
          mode builds the function, and building or calling the model runs it with the rights of \
          whoever loads it. What the code is was judged by itself.",
    remedy: "Load with safe mode, which refuses such layers, or replace the layer by one with \
             reviewed source.",
    references: &["CWE-94", "CWE-502", "CVE-2024-3660", "CVE-2025-9905"],
};

/// A layer that holds a pickle.
pub static PICKLED_MODULE: Rule = Rule {
    id: "keras-torch-module",
    severity: Severity::High,
    title: "a layer holds a pickled PyTorch module",
    why: "The layer unpickles the module that stands in its configuration, which runs whatever the \
          pickle calls; some versions did so in safe mode as well. What the pickle does was judged \
          by itself.",
    remedy: "Do not load the model unless you know who made it. Store weights, and build the \
             module from source.",
    references: &["CWE-502", "CVE-2025-49655"],
};

/// A layer that opens a file.
pub static OUTSIDE_FILE: Rule = Rule {
    id: "keras-outside-file",
    severity: Severity::High,
    title: "a layer opens a file or an address outside of the model",
    why: "The path or address stands in the configuration. Loading the model reads the file, \
          fetches the address, or loads another model from there, also where safe mode was asked \
          for: files of whoever loads the model leak into it, and code comes in.",
    remedy: "Do not load the model where the path exists or the network can be reached. Ask for a \
             model that holds its vocabulary itself.",
    references: &["CWE-73", "CWE-918", "CVE-2025-12058", "CVE-2026-1462"],
};

/// A class that Keras does not have.
pub static CUSTOM_CLASS: Rule = Rule {
    id: "keras-custom-class",
    severity: Severity::Low,
    title: "the configuration names a class that Keras does not have",
    why: "The class comes from the program that loads the model, or from a package that Keras \
          imports for it. Its constructor is called with arguments from the configuration.",
    remedy: "Load the model with the classes of its authors only after reading them.",
    references: &["CWE-470"],
};
