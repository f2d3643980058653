//! Models that are archives.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Keras configurations",
        techniques: &[
            technique(
                "keras-lambda",
                "bytecode in a Lambda layer, as Keras 2 and Keras 3 write it",
                "CVE-2024-3660",
            ),
            technique(
                "keras-lambda-disguised",
                "a Lambda layer in a wrapper, under a private or escaped name, or behind a second key",
                "CVE-2024-3660, CVE-2025-9905",
            ),
            technique(
                "keras-config-hidden",
                "a configuration in UTF-16, behind padding, or a second one in the archive",
                "RFC 8259, CPython `json.detect_encoding`",
            ),
            technique(
                "keras-reference",
                "any function or class of any module, named by reference",
                "CVE-2025-1550",
            ),
            technique(
                "keras-gadget",
                "functions of Keras itself: fetch a file, switch safe mode off",
                "CVE-2025-8747, CVE-2025-9906",
            ),
            technique(
                "keras-vocabulary",
                "a vocabulary that is a path or an address",
                "CVE-2025-12058",
            ),
            technique(
                "keras-saved-model",
                "a layer that loads another model from a path",
                "CVE-2026-1462",
            ),
            technique(
                "keras-torch-module",
                "a pickled PyTorch module in a layer",
                "CVE-2025-49655",
            ),
            technique(
                "keras-architecture",
                "an architecture by itself, as JSON or YAML",
                "CVE-2021-37678",
            ),
        ],
    },
    Chapter {
        title: "NeMo and YAML",
        techniques: &[
            technique(
                "nemo-target",
                "a `_target_` in the configuration that names any function",
                "CVE-2025-23304",
            ),
            technique(
                "nemo-second-config",
                "a second configuration in the archive, which wins when unpacked",
                "CVE-2025-23304",
            ),
            technique(
                "yaml-tag",
                "a tag that makes PyYAML import and call Python",
                "CVE-2020-14343",
            ),
            technique(
                "yaml-tag-disguised",
                "the same under another handle, with escapes, in UTF-16, by an alias, behind damage",
                "YAML 1.2.2, tag shorthands",
            ),
            technique(
                "yaml-factory",
                "a tag of another library that makes or calls what it names",
                "HyperPyYAML documentation, `!new:` and `!apply:`",
            ),
            technique(
                "yaml-class",
                "a tag that names a class of the server's own language",
                "CVE-2022-1471, CVE-2023-43654",
            ),
        ],
    },
    Chapter {
        title: "Packages beside models",
        techniques: &[
            technique(
                "wheel-startup",
                "a package with a file that runs whenever Python starts",
                "CPython documentation, module `site`",
            ),
            technique(
                "spark-class",
                "metadata that names a class outside of Spark",
                "PySpark `DefaultParamsReader`",
            ),
            technique(
                "coreml-path",
                "a package whose manifest names files outside of it",
                "CWE-22",
            ),
        ],
    },
    Chapter {
        title: "Container images",
        techniques: &[
            technique(
                "oci-layer",
                "a payload in a layer of an image, or in place of a model's weights",
                "OCI image specification, layers",
            ),
            technique(
                "oci-replaced-blob",
                "a blob whose digest or size is not what the image says",
                "OCI image specification, descriptors",
            ),
            technique(
                "oci-path",
                "a digest or name that leads out of the layout",
                "CWE-22, OCI image specification, descriptors",
            ),
            technique(
                "oci-foreign-layer",
                "a layer that is fetched from an address in the manifest",
                "CVE-2020-15157",
            ),
            technique(
                "oci-content",
                "programs with borrowed rights in layers, secrets in variables",
                "CWE-732, CWE-798",
            ),
        ],
    },
];
