//! Models that are Protocol Buffers: what they name, and tensors that lie.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[ONNX, COREML, TOKENIZERS];

const ONNX: Chapter = Chapter {
    title: "ONNX",
    techniques: &[
        technique(
            "onnx-external-path",
            "a tensor in a file outside of the model's directory, in every spelling of the way",
            "CVE-2022-25882, CVE-2024-27318, CVE-2025-51480",
        ),
        technique(
            "onnx-external-path-hidden",
            "the same in constants, sparse tensors, graphs in graphs, functions and training",
            "CVE-2022-25882, https://github.com/microsoft/onnxruntime/pull/28408",
        ),
        technique(
            "onnx-memory-address",
            "a tensor at an address in the loader's memory",
            "https://github.com/microsoft/onnxruntime/pull/28709",
        ),
        technique(
            "onnx-external-range",
            "external data at a position that is negative, too large, or behind the end",
            "GHSA-538c-55jv-c5g9",
        ),
        technique(
            "onnx-external-attribute",
            "an entry of external data that sets an attribute of the loader's object",
            "GHSA-538c-55jv-c5g9",
        ),
        technique(
            "onnx-external-payload",
            "a pickle in the file that the model names for its weights",
            "CWE-502",
        ),
        technique(
            "onnx-size-lie",
            "shapes that overflow, are negative, or do not fit their bytes",
            "CWE-131, CWE-190",
        ),
        technique(
            "onnx-ambiguous",
            "tensors, entries and fields that stand twice, so that loaders differ",
            "https://protobuf.dev/programming-guides/encoding/#last-one-wins",
        ),
        technique(
            "onnx-python-operator",
            "operators that import and call what the model names in Python",
            "https://onnxruntime.ai/docs/reference/operators/add-custom-op.html",
        ),
        technique(
            "onnx-native-library",
            "a custom operator that names the library to load",
            "CWE-426",
        ),
        technique(
            "onnx-code-in-attribute",
            "code in an attribute of a custom operator",
            "CWE-94",
        ),
        technique(
            "onnx-remote-operator",
            "an operator that sends its input to an address of the model's choice",
            "https://onnxruntime.ai/docs/execution-providers/Azure-ExecutionProvider.html",
        ),
        technique(
            "onnx-file-operator",
            "the ATen operator told to open a file",
            "CWE-73",
        ),
        technique(
            "onnx-standard-function",
            "a function of the model under the name of a standard operator",
            "https://github.com/onnx/onnx/blob/main/docs/IR.md",
        ),
        technique(
            "onnx-code-in-metadata",
            "metadata that a program evaluates",
            "CWE-95",
        ),
        technique(
            "onnx-address",
            "metadata with the address of a collector, or a link that is a script",
            "MITRE ATT&CK T1567, CWE-79",
        ),
        technique(
            "onnx-payload-in-tensor",
            "a pickle or a program as the bytes of a tensor",
            "CWE-506",
        ),
        technique(
            "onnx-unknown-field",
            "a pickle in a field that no parser knows",
            "https://protobuf.dev/programming-guides/proto3/#unknowns",
        ),
        technique(
            "onnx-compiled-graph",
            "a graph that was compiled, in the model or in a file that it names",
            "https://onnxruntime.ai/docs/execution-providers/EP-Context-Design.html",
        ),
        technique(
            "onnx-hidden-name",
            "characters in names that are not seen, or reorder text",
            "CVE-2021-42574",
        ),
        technique("onnx-appended", "an archive behind the model", "CWE-434"),
    ],
};

const COREML: Chapter = Chapter {
    title: "Core ML models",
    techniques: &[
        technique(
            "coreml-linked-model",
            "a model that is another one, looked for outside of its directory",
            "https://github.com/apple/coremltools/blob/main/mlmodel/format/LinkedModel.proto",
        ),
        technique(
            "coreml-weights-path",
            "weights in a file outside of the package",
            "https://github.com/apple/coremltools/blob/main/mlmodel/format/MIL.proto",
        ),
        technique(
            "coreml-code-in-metadata",
            "code in metadata, or in what a custom layer is handed",
            "CWE-94",
        ),
    ],
};

const TOKENIZERS: Chapter = Chapter {
    title: "SentencePiece tokenizers",
    techniques: &[technique(
        "sentencepiece-extension",
        "a pickle in an extension that no reader knows",
        "https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto",
    )],
};
