//! Rules about Python code that a file carries: compiled modules, and
//! functions and classes that a pickle holds by value.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &COMPILED_PYTHON,
    &DANGEROUS_BYTECODE,
    &UNSOUND_BYTECODE,
    &FUNCTION_BY_VALUE,
    &CLASS_BY_VALUE,
    &DANGEROUS_FUNCTION,
];

/// What to do about functions in a pickle.
const ASK_FOR_SOURCE: &str = "Ask the author for the source and for the weights as safetensors. \
    Load the file only if you would also run a program from the same hands.";

/// A `.pyc` file, or a marshalled code object.
pub static COMPILED_PYTHON: Rule = Rule {
    id: "compiled-python",
    severity: Severity::Medium,
    title: "the file is compiled Python code",
    why: "A model needs weights and, at most, source that one can read. Compiled code runs as soon \
          as it is imported, and nobody reviews it; it may do something else than the source \
          beside it.",
    remedy: "Delete it, or rebuild it from the source. Python makes the files in `__pycache__` \
             again by itself.",
    references: &["CWE-506", "PEP 552", "MITRE ATT&CK T1027.013"],
};

/// Compiled code that gets hold of something dangerous.
pub static DANGEROUS_BYTECODE: Rule = Rule {
    id: "dangerous-bytecode",
    severity: Severity::Critical,
    title: "compiled Python code reaches a dangerous function",
    why: "The instructions of the code load a function that runs commands, evaluates text, loads \
          native code or opens connections. At the top of a module that happens when it is \
          imported, in a function when that is called.",
    remedy: "Do not import the file. Look at it with `dis`, or better, delete it and use the \
             source.",
    references: &["CWE-506", "MITRE ATT&CK T1059.006"],
};

/// Instructions that fit no version.
pub static UNSOUND_BYTECODE: Rule = Rule {
    id: "unsound-bytecode",
    severity: Severity::Medium,
    title: "the instructions of a code object make no sense",
    why: "The compiler never writes an unknown instruction or an index outside its table. Tools \
          that hide what code does put such bytes where they are never run, so that disassemblers \
          fail.",
    remedy: "Do not run the code unless you can have it compiled again from its source.",
    references: &["CWE-506", "MITRE ATT&CK T1027"],
};

/// A function in a pickle.
pub static FUNCTION_BY_VALUE: Rule = Rule {
    id: "pickle-function-by-value",
    severity: Severity::Medium,
    title: "the pickle carries a function as code",
    why: "cloudpickle and dill store functions of scripts and notebooks with their bytecode. \
          Loading makes the function; it runs when the object is used, with all the rights of the \
          program that uses it.",
    remedy: ASK_FOR_SOURCE,
    references: &["CWE-502", "arXiv 2508.19774"],
};

/// A class in a pickle.
pub static CLASS_BY_VALUE: Rule = Rule {
    id: "pickle-class-by-value",
    severity: Severity::Medium,
    title: "the pickle carries a class as code",
    why: "cloudpickle and dill store classes of scripts and notebooks with the bytecode of their \
          methods. Loading makes the class; its methods run when objects of it are made and used.",
    remedy: ASK_FOR_SOURCE,
    references: &["CWE-502", "arXiv 2508.19774"],
};

/// A function in a pickle that gets hold of something dangerous.
pub static DANGEROUS_FUNCTION: Rule = Rule {
    id: "pickle-dangerous-function",
    severity: Severity::Critical,
    title: "a function that the pickle carries reaches a dangerous function",
    why: "The bytecode in the pickle loads a function that runs commands, evaluates text, loads \
          native code or opens connections, or loading runs code that the pickle itself carries. A \
          list of bad imports does not see it, for the pickle imports nothing bad.",
    remedy: "Do not load the file, and do not use what comes out of it.",
    references: &["CWE-502", "CWE-506", "arXiv 2508.19774"],
};
