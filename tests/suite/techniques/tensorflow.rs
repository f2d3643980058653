//! TensorFlow, TensorFlow Lite and TensorFlow.js.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "TensorFlow graphs",
        techniques: &[
            technique(
                "tensorflow-files",
                "operators that read a secret or write a start-up file",
                "<https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md>",
            ),
            technique(
                "tensorflow-function",
                "the operator stands in a function that the graph calls",
                "<https://www.tensorflow.org/guide/saved_model>",
            ),
            technique(
                "tensorflow-nested-graph",
                "the operator stands in a graph that is the value of a constant, packed or not, or computed",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/DatasetFromGraph>",
            ),
            technique(
                "tensorflow-text",
                "the graph is written as text",
                "<https://protobuf.dev/reference/protobuf/textformat-spec/>",
            ),
            technique(
                "tensorflow-checkpoint-path",
                "the operator of every checkpoint, with a path that is joined or handed over",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/SaveV2>",
            ),
            technique(
                "tensorflow-print",
                "an operator prints to a file",
                "<https://www.tensorflow.org/api_docs/python/tf/print>",
            ),
            technique(
                "tensorflow-mapped-file",
                "a constant maps a file of the machine",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/ImmutableConst>",
            ),
            technique(
                "tensorflow-debug",
                "a debug operator copies tensors to a host or a file",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/DebugIdentityV2>",
            ),
            technique(
                "tensorflow-network",
                "an operator calls another host",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/RpcClient>",
            ),
            technique(
                "tensorflow-python",
                "operators that call Python functions of the process",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/PyFunc>",
            ),
            technique(
                "tensorflow-process",
                "an operator that ends the process",
                "<https://www.tensorflow.org/api_docs/python/tf/raw_ops/Abort>",
            ),
            technique(
                "tensorflow-table-path",
                "a table reads its keys from a path of the machine",
                "CWE-73",
            ),
            technique(
                "tensorflow-asset-path",
                "an asset leads out of the model's directory",
                "CWE-22",
            ),
            technique(
                "tensorflow-constant",
                "constants whose shapes overflow or need bytes that are not there",
                "CWE-190, CWE-789",
            ),
            technique(
                "tensorflow-keras-metadata",
                "a Lambda layer in what Keras keeps beside or in a SavedModel",
                "CVE-2024-3660",
            ),
        ],
    },
    Chapter {
        title: "TensorFlow checkpoints",
        techniques: &[
            technique(
                "checkpoint-layout",
                "an index whose tensors overlap, leave bytes out, lie elsewhere or need others than there are",
                "CWE-119, CWE-131, CWE-354",
            ),
            technique(
                "checkpoint-path",
                "the note about the last checkpoint leads elsewhere",
                "CWE-22",
            ),
        ],
    },
    Chapter {
        title: "TensorFlow Lite and TensorFlow.js",
        techniques: &[
            technique(
                "tflite-flex",
                "an operator of TensorFlow Lite runs a kernel that reads or writes files, or one of another name",
                "<https://ai.google.dev/edge/litert/models/ops_select>",
            ),
            technique(
                "tflite-numbers",
                "shapes, buffers and numbers that lie",
                "CVE-2020-15209, CVE-2020-15211",
            ),
            technique(
                "tfjs-topology",
                "a Lambda layer, or operators that act on files, in a model in JSON",
                "CVE-2024-3660",
            ),
            technique(
                "tfjs-weights",
                "weights that lie elsewhere, or have other lengths than their shapes need",
                "CWE-22, CWE-131",
            ),
        ],
    },
];
