//! Rules about ONNX: what a model names, tensors that lie, and fields that no
//! parser knows.

use super::Rule;
use crate::report::Severity;

/// The message definitions.
const SPEC: &str = "https://github.com/onnx/onnx/blob/main/onnx/onnx.proto";

/// How tensors lie in other files.
const EXTERNAL_DATA: &str = "https://github.com/onnx/onnx/blob/main/docs/ExternalData.md";

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &PATH_ESCAPE,
    &MEMORY_ADDRESS,
    &PYTHON_OPERATOR,
    &NATIVE_LIBRARY,
    &SHAPE_OVERFLOW,
    &CODE_IN_METADATA,
    &CODE_IN_ATTRIBUTE,
    &REMOTE_OPERATOR,
    &FILE_OPERATOR,
    &STANDARD_FUNCTION,
    &SIZE_MISMATCH,
    &AMBIGUOUS_TENSOR,
    &EXTERNAL_RANGE,
    &REPEATED_INITIALIZER,
    &REPEATED_FIELD,
    &HIDDEN_CHARACTERS,
    &EXTERNAL_ENTRY,
    &INVALID_TENSOR,
    &REPEATED_OUTPUT,
    &UNKNOWN_FIELD,
    &ODD_ENCODING,
    &COMPILED_GRAPH,
    &CUSTOM_OPERATOR,
    &UNKNOWN_DTYPE,
];

/// A path that leads out of the model's directory.
pub static PATH_ESCAPE: Rule = Rule {
    id: "onnx-path-escape",
    severity: Severity::High,
    title: "the model keeps data in a file outside of its directory",
    why: "Loaders join the path to the directory of the model and open what is there. A path that \
          leads out of it makes them read a file of whoever loads the model as weights, where the \
          model's outputs show it, and makes tools that save the model overwrite one.",
    remedy: "Do not load the model. If the file is meant to be there, ask for the model with its \
             data beside it.",
    references: &[
        "CWE-22",
        "CVE-2022-25882",
        "CVE-2024-27318",
        "CVE-2025-51480",
        EXTERNAL_DATA,
    ],
};

/// External data that are an address.
pub static MEMORY_ADDRESS: Rule = Rule {
    id: "onnx-memory-address",
    severity: Severity::High,
    title: "a tensor lies at an address in the loader's memory",
    why: "ONNX Runtime marks tensors that it already holds with this location, and takes the \
          offset for an address. A file that says so makes loaders that do not refuse it read any \
          of their own memory, or crash.",
    remedy: "Do not load the model. No exporter writes this.",
    references: &[
        "CWE-822",
        "CWE-125",
        "https://github.com/microsoft/onnxruntime/pull/28709",
        "https://github.com/microsoft/onnxruntime/pull/29011",
    ],
};

/// An operator that calls Python.
pub static PYTHON_OPERATOR: Rule = Rule {
    id: "onnx-python-operator",
    severity: Severity::High,
    title: "an operator calls Python by name",
    why: "The operator imports and calls what its attributes name, in builds of ONNX Runtime that \
          have Python in them: for training, and for custom operators in Python. The model then \
          decides what runs.",
    remedy: "Read what is called. Run the model only where the module comes from you.",
    references: &[
        "CWE-470",
        "CWE-94",
        "https://onnxruntime.ai/docs/reference/operators/add-custom-op.html",
    ],
};

/// An attribute with a native library.
pub static NATIVE_LIBRARY: Rule = Rule {
    id: "onnx-native-library",
    severity: Severity::High,
    title: "an operator names a library to load",
    why: "A custom operator that loads the library its attribute names runs native code of the \
          model's choice: the library's start-up code runs before anything is computed.",
    remedy: "Do not load the model with a program that follows the attribute. Get the library \
             from its own source and register it yourself.",
    references: &["CWE-426", "CWE-114"],
};

/// A shape that cannot be.
pub static SHAPE_OVERFLOW: Rule = Rule {
    id: "onnx-shape-overflow",
    severity: Severity::High,
    title: "a tensor's shape overflows or is negative",
    why: "The number of elements is negative or does not fit into 64 bits. A loader that \
          multiplies without a check allocates too little and writes or reads behind it.",
    remedy: "Do not load the model. No real tensor has such a shape.",
    references: &["CWE-190", "CWE-787"],
};

/// Metadata that run once they are evaluated.
pub static CODE_IN_METADATA: Rule = Rule {
    id: "onnx-code-in-metadata",
    severity: Severity::Medium,
    title: "metadata is code or names something to call",
    why: "Metadata is text, and programs evaluate it: class names and strides are written as \
          Python literals, and more than one program reads them with `eval`. In such a program \
          this text runs with the rights of whoever loads the model.",
    remedy: "Read the text. Load the model only with programs that treat metadata as text, or \
             remove the entry.",
    references: &["CWE-94", "CWE-95"],
};

/// An attribute that runs once it is evaluated.
pub static CODE_IN_ATTRIBUTE: Rule = Rule {
    id: "onnx-code-in-attribute",
    severity: Severity::Medium,
    title: "an attribute of a custom operator is code",
    why: "A custom operator does with its attributes what its library likes. Text that is code is \
          there to be evaluated.",
    remedy: "Read the text, and what the operator does with it, before you run the model.",
    references: &["CWE-94"],
};

/// An operator that sends data away.
pub static REMOTE_OPERATOR: Rule = Rule {
    id: "onnx-remote-operator",
    severity: Severity::Medium,
    title: "an operator sends its input to a server",
    why: "Some operators call a service over the network. The address is part of the model: \
          whoever made it receives what the model is fed with, and the key that goes along.",
    remedy: "Check that the address is the service you want to use, and keep others out of reach.",
    references: &[
        "CWE-201",
        "CWE-918",
        "https://onnxruntime.ai/docs/execution-providers/Azure-ExecutionProvider.html",
    ],
};

/// An operator that opens a file.
pub static FILE_OPERATOR: Rule = Rule {
    id: "onnx-file-operator",
    severity: Severity::Medium,
    title: "an operator opens a file that the model names",
    why: "The `ATen` operator calls any function of PyTorch's library by its name, in builds for \
          training. This one maps a file into memory, for reading or for writing.",
    remedy: "Do not run the model in such a build. Exporters do not write this call.",
    references: &["CWE-73"],
};

/// A function under a standard name.
pub static STANDARD_FUNCTION: Rule = Rule {
    id: "onnx-standard-function",
    severity: Severity::Medium,
    title: "the model defines a function in a domain of the standard",
    why: "Loaders that look for functions of the model first call this one wherever the graph \
          uses the operator of that name; others call the standard one. The model then computes \
          something else than what its graph shows, or than what a reviewer saw.",
    remedy: "Compare the function with the operator it stands for. Exporters put functions into a \
             domain of their own.",
    references: &[
        "CWE-436",
        "https://github.com/onnx/onnx/blob/main/docs/IR.md",
    ],
};

/// Data that do not fit.
pub static SIZE_MISMATCH: Rule = Rule {
    id: "onnx-size-mismatch",
    severity: Severity::Medium,
    title: "a tensor's data do not match its type and shape",
    why: "A loader that goes by the shape and one that goes by the bytes see different data, and \
          one of them reads or writes out of bounds.",
    remedy: "Do not use the model. An ordinary exporter does not write it.",
    references: &["CWE-131", SPEC],
};

/// Data in several places.
pub static AMBIGUOUS_TENSOR: Rule = Rule {
    id: "onnx-ambiguous-tensor",
    severity: Severity::Medium,
    title: "a tensor has its data in several places",
    why: "A tensor has one of: raw bytes, a list of numbers, another file. Where there are \
          several, two loaders compute with different weights, and a check of one of them says \
          nothing about the other.",
    remedy: "Do not use the model. An ordinary exporter does not write it.",
    references: &["CWE-436", SPEC],
};

/// Positions that are none.
pub static EXTERNAL_RANGE: Rule = Rule {
    id: "onnx-external-range",
    severity: Severity::Medium,
    title: "external data have an impossible position",
    why: "The offset or the length is negative, no number, or does not fit into a file. Loaders \
          that convert it without a check read elsewhere, or allocate what it claims.",
    remedy: "Do not use the model. An ordinary exporter does not write it.",
    references: &["CWE-1284", "CWE-400", EXTERNAL_DATA],
};

/// Two initializers of one name.
pub static REPEATED_INITIALIZER: Rule = Rule {
    id: "onnx-repeated-initializer",
    severity: Severity::Medium,
    title: "two initializers have one name",
    why: "Names are unique in a graph. Some loaders keep the first tensor and some the last, so \
          that two programs compute with different weights from one file.",
    remedy: "Do not use the model, or write it anew with one tensor of that name.",
    references: &["CWE-694", "CWE-436"],
};

/// A field that stands twice.
pub static REPEATED_FIELD: Rule = Rule {
    id: "onnx-repeated-field",
    severity: Severity::Medium,
    title: "a field that a message has once stands twice",
    why: "Parsers of Protocol Buffers keep the last value and merge messages; programs that read \
          the bytes themselves may keep the first. No library writes a field twice.",
    remedy: "Do not use the model. Both values were examined here; a loader sees one.",
    references: &[
        "CWE-436",
        "https://protobuf.dev/programming-guides/encoding/#last-one-wins",
    ],
};

/// Names that read like others.
pub static HIDDEN_CHARACTERS: Rule = Rule {
    id: "onnx-hidden-characters",
    severity: Severity::Medium,
    title: "a name holds hidden characters",
    why: "Control characters and those that turn the direction of text make a name look like \
          another one in lists and on terminals.",
    remedy: "Ask where the model comes from; its exporter does not write such names.",
    references: &["CWE-150", "CVE-2021-42574"],
};

/// Entries about external data that are odd.
pub static EXTERNAL_ENTRY: Rule = Rule {
    id: "onnx-external-entry",
    severity: Severity::Low,
    title: "an entry about external data is odd",
    why: "Tensors in other files have a location, an offset, a length and a checksum, each once. \
          Loaders differ in what they do with anything else; older ones set attributes of any \
          name on an object.",
    remedy: "Find out what wrote the entry; write the model anew with the onnx library.",
    references: &["CWE-915", EXTERNAL_DATA],
};

/// A tensor that is none.
pub static INVALID_TENSOR: Rule = Rule {
    id: "onnx-invalid-tensor",
    severity: Severity::Low,
    title: "a tensor is not complete",
    why: "The tensor has no type or no data, or is said to be a piece of one. Loaders refuse it, \
          or fill it with what they like.",
    remedy: "Export the model again. Models whose weights were taken out on purpose look like \
             this.",
    references: &[SPEC],
};

/// Two nodes with one output.
pub static REPEATED_OUTPUT: Rule = Rule {
    id: "onnx-repeated-output",
    severity: Severity::Low,
    title: "two nodes have one output",
    why: "Every value of a graph has one origin. Loaders refuse such a graph, or differ in which \
          of the nodes they follow.",
    remedy: "Export the model again.",
    references: &["CWE-694"],
};

/// A field that ONNX does not have.
pub static UNKNOWN_FIELD: Rule = Rule {
    id: "onnx-unknown-field",
    severity: Severity::Low,
    title: "a message has a field that ONNX does not know",
    why: "Parsers keep such a field and nobody reads it, so it is a place where data travel \
          unseen. Its bytes are swept, and examined as a file of their own where they are one.",
    remedy: "Nothing, if the model is newer than this program. Otherwise find out what writes it.",
    references: &["CWE-506", SPEC],
};

/// An encoding that no library writes.
pub static ODD_ENCODING: Rule = Rule {
    id: "onnx-odd-encoding",
    severity: Severity::Low,
    title: "a number is spelled as no library spells it",
    why: "Protocol Buffers allow longer spellings of a number. They hide bits, change the digest \
          of a model without changing the model, and parsers differ in numbers that are too large.",
    remedy: "Ask where the model comes from; write it anew with the onnx library.",
    references: &[
        "CWE-436",
        "https://protobuf.dev/programming-guides/encoding/",
    ],
};

/// A graph in a form that is not ours to read.
pub static COMPILED_GRAPH: Rule = Rule {
    id: "onnx-compiled-graph",
    severity: Severity::Low,
    title: "the model holds a graph that was compiled for a device",
    why: "The operator hands the bytes to the driver of a device, which loads them as a program \
          of its own. What they compute cannot be seen here.",
    remedy: "Use compiled models from sources you trust, or compile the plain model yourself.",
    references: &["https://onnxruntime.ai/docs/execution-providers/EP-Context-Design.html"],
};

/// Operators that come with a library.
pub static CUSTOM_OPERATOR: Rule = Rule {
    id: "onnx-custom-operator",
    severity: Severity::Info,
    title: "the model uses operators that no standard defines",
    why: "The model runs only where a program registers these operators: a library of native \
          code, or Python. It is that library that decides what they do.",
    remedy: "Get the library from its own source, not from that of the model.",
    references: &["https://onnxruntime.ai/docs/reference/operators/add-custom-op.html"],
};

/// A type that this version does not know.
pub static UNKNOWN_DTYPE: Rule = Rule {
    id: "onnx-unknown-dtype",
    severity: Severity::Info,
    title: "a tensor has a type that is not known",
    why: "The format grows with the hardware. The tensor's size could not be compared with its \
          shape.",
    remedy: "Nothing, if the model is newer than this program.",
    references: &[SPEC],
};
