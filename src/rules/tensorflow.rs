//! Rules about TensorFlow: what the operators of a graph do to the machine that
//! runs them, and indexes of checkpoints that lie.

use super::Rule;
use crate::report::Severity;

/// Where TensorFlow says that a model is a program.
const SECURITY: &str = "https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md";

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &WRITES_FILE,
    &READS_FILE,
    &PYTHON_FUNCTION,
    &NETWORK,
    &OUTSIDE_PATH,
    &PROCESS_STATE,
    &NATIVE_CODE,
    &GRAPH_IN_CONSTANT,
    &SHAPE_OVERFLOW,
    &CONSTANT_MISMATCH,
    &INDEX_OVERLAP,
    &INDEX_INVALID,
    &INDEX_SIZE,
    &INDEX_HOLE,
];

/// An operator that writes a file.
pub static WRITES_FILE: Rule = Rule {
    id: "tensorflow-write-file",
    severity: Severity::High,
    title: "an operator writes a file",
    why: "Operators of a graph run when the model is called, and those of an initialiser already \
          when it is loaded, with the rights of the process. One that writes a file under a name \
          from the graph can replace a start-up script, a key or a program.",
    remedy: "Do not run the model. A model that answers questions has no reason to write files; \
             ask its author for one without the operator.",
    references: &[
        "CWE-73",
        "CWE-94",
        SECURITY,
        "https://www.tensorflow.org/api_docs/python/tf/raw_ops/WriteFile",
    ],
};

/// An operator that reads a file.
pub static READS_FILE: Rule = Rule {
    id: "tensorflow-read-file",
    severity: Severity::High,
    title: "an operator reads files",
    why: "The graph opens files of the machine that runs it. What it reads can become part of the \
          model's output, or be written or sent elsewhere by another operator.",
    remedy: "Run the model only where it can read nothing of value, or ask its author for one that \
             takes the content and not the name of a file.",
    references: &["CWE-73", "CWE-200", SECURITY],
};

/// An operator that calls a Python function.
pub static PYTHON_FUNCTION: Rule = Rule {
    id: "tensorflow-python-function",
    severity: Severity::Medium,
    title: "an operator calls a Python function of the process",
    why: "The graph holds no code, only the number under which the process that saved it had \
          registered a function. In another process the number means nothing, or a function that \
          was never meant to be called with data from this model.",
    remedy: "Ask the author what the function was, and for a model without it.",
    references: &["CWE-94", "CWE-470", SECURITY],
};

/// An operator that talks to a host.
pub static NETWORK: Rule = Rule {
    id: "tensorflow-network",
    severity: Severity::High,
    title: "an operator talks to another host",
    why: "What the model is asked leaves the machine, or work and data come in from the address \
          that the graph names.",
    remedy: "Do not run the model where it can reach a network. Ask its author why it should.",
    references: &["CWE-200", "CWE-918", SECURITY],
};

/// A path that leads away from the model.
pub static OUTSIDE_PATH: Rule = Rule {
    id: "tensorflow-outside-path",
    severity: Severity::Medium,
    title: "a path leads out of the model's directory",
    why: "Loaders open what the model names: assets, vocabularies, checkpoints, shards of weights, \
          records. A path that is absolute, goes up, or is an address lets the model choose files \
          of the machine that it does not bring itself.",
    remedy: "Compare with the original model. Do not load it where the path exists and is not \
             meant.",
    references: &["CWE-22", "CWE-73", SECURITY],
};

/// An operator that changes the process it runs in.
pub static PROCESS_STATE: Rule = Rule {
    id: "tensorflow-process-state",
    severity: Severity::Medium,
    title: "an operator ends the process or changes its settings",
    why: "The operator acts on the program that runs the model and not on data: it aborts it, or \
          sets how file systems are reached.",
    remedy: "Do not serve the model. Ask its author what the operator is for.",
    references: &["CWE-400", "CWE-15", SECURITY],
};

/// An operator that hands bytes to a native engine.
pub static NATIVE_CODE: Rule = Rule {
    id: "tensorflow-native-code",
    severity: Severity::Low,
    title: "an operator hands its work to native code that is not TensorFlow's own",
    why: "The operator loads an engine from bytes in the graph, or calls a function that a library \
          registered. What these do cannot be seen in the graph.",
    remedy: "Build the engine yourself from a graph without it.",
    references: &["CWE-829", SECURITY],
};

/// A graph within a constant.
pub static GRAPH_IN_CONSTANT: Rule = Rule {
    id: "tensorflow-graph-in-constant",
    severity: Severity::Low,
    title: "a constant holds another graph",
    why: "Operators such as `DatasetFromGraph` run a graph that is the value of a tensor. Its \
          operators are not those of the graph that a reviewer sees. They were judged as well.",
    remedy: "Look at what the inner graph does before the model is run.",
    references: &["CWE-94", "CWE-506", SECURITY],
};

/// A shape whose product does not fit into 64 bits.
pub static SHAPE_OVERFLOW: Rule = Rule {
    id: "tensorflow-shape-overflow",
    severity: Severity::High,
    title: "a tensor's shape overflows",
    why: "The number of elements or bytes does not fit into 64 bits, or a dimension is negative. A \
          reader that multiplies without a check allocates too little and writes or reads behind \
          it.",
    remedy: "Do not load the model. No real tensor has such a shape.",
    references: &["CWE-190", "CWE-787"],
};

/// A constant whose bytes are not those that its shape needs.
pub static CONSTANT_MISMATCH: Rule = Rule {
    id: "tensorflow-constant-mismatch",
    severity: Severity::Medium,
    title: "a constant does not have the bytes that its shape and type need",
    why: "A reader that goes by the shape and one that goes by the bytes see different data, and \
          one of them reads out of bounds, or allocates memory that the file does not have.",
    remedy: "Do not load the model. An ordinary writer does not produce it.",
    references: &["CWE-131", "CWE-789"],
};

/// Tensors of a checkpoint that share bytes.
pub static INDEX_OVERLAP: Rule = Rule {
    id: "checkpoint-overlapping-tensors",
    severity: Severity::High,
    title: "tensors of a checkpoint overlap",
    why: "Each tensor has bytes of its own in a checkpoint. Tensors that share bytes let one name \
          show harmless data and another reuse it.",
    remedy: "Do not use the checkpoint. An ordinary writer does not produce it.",
    references: &["CWE-119"],
};

/// An index that is not what readers take for granted.
pub static INDEX_INVALID: Rule = Rule {
    id: "checkpoint-invalid-index",
    severity: Severity::Medium,
    title: "the index of a checkpoint is not what its format demands",
    why: "Keys have to be in order and different, checksums right, and places in files that the \
          header counts. Where they are not, readers find different tensors under one name, or \
          read what is not the checkpoint's.",
    remedy: "Download the checkpoint again; if it stays broken, do not use it.",
    references: &["CWE-20", "CWE-354"],
};

/// A tensor whose length is not shape times dtype.
pub static INDEX_SIZE: Rule = Rule {
    id: "checkpoint-size-mismatch",
    severity: Severity::Medium,
    title: "a tensor of a checkpoint does not have the bytes that its shape and type need",
    why: "A reader that goes by the shape and one that goes by the length see different data, and \
          one of them reads or writes out of bounds.",
    remedy: "Do not use the checkpoint. An ordinary writer does not produce it.",
    references: &["CWE-131"],
};

/// Bytes between the tensors of a checkpoint.
pub static INDEX_HOLE: Rule = Rule {
    id: "checkpoint-hole",
    severity: Severity::Medium,
    title: "bytes between the tensors of a checkpoint belong to none",
    why: "The index leaves out bytes of the data. They are swept like all others, but a writer puts \
          tensors side by side.",
    remedy: "Find out what the bytes are. Save the checkpoint anew.",
    references: &["CWE-506"],
};
