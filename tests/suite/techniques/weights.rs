//! Weights without code: safetensors, their index, NumPy arrays, and what hides
//! in plain bytes.

use super::{Chapter, technique};

pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "safetensors",
        techniques: &[
            technique(
                "safetensors-header",
                "a length of the header that is none, or too large, and a header that is no JSON",
                "safetensors, `SafeTensors::read_metadata`; CWE-789",
            ),
            technique(
                "safetensors-twice",
                "a name, a field or the metadata that stands twice, for two readers",
                "RFC 8259, names within an object; CWE-694",
            ),
            technique(
                "safetensors-offsets",
                "tensors that share bytes, stand in the wrong order or end behind the file",
                "safetensors, `Metadata::validate`",
            ),
            technique(
                "safetensors-numbers",
                "numbers that readers take for others: negative, fractions, texts, too many bits",
                "CWE-436, CWE-1287",
            ),
            technique(
                "safetensors-overflow",
                "shapes and offsets that wrap, or need other lengths than there are",
                "CWE-190, CWE-131",
            ),
            technique(
                "safetensors-slack",
                "bytes between and behind the tensors",
                "CWE-506",
            ),
            technique(
                "safetensors-metadata",
                "metadata that a loader evaluates: a `_target_`, a pickle, code, a script",
                "CVE-2025-23304; Unit 42, remote code execution in Hydra-based libraries (2026)",
            ),
            technique(
                "safetensors-names",
                "names of tensors that are paths, or act on terminals",
                "CWE-22, CWE-150",
            ),
        ],
    },
    Chapter {
        title: "Indexes of shards",
        techniques: &[
            technique(
                "index-path",
                "an index that names a file outside of the directory, or an address",
                "CWE-22, CWE-73",
            ),
            technique(
                "index-pickle",
                "a pickle among the shards of a model in safetensors",
                "CWE-502, CWE-434",
            ),
            technique(
                "index-twice",
                "a tensor that stands twice in the index",
                "CWE-694",
            ),
        ],
    },
    Chapter {
        title: "NumPy arrays",
        techniques: &[
            technique(
                "npy-header",
                "a header that is an expression, for readers that evaluate it",
                "NumPy, `numpy.lib.format`; CWE-95",
            ),
            technique("npy-overflow", "a shape whose product wraps", "CWE-190"),
            technique(
                "npz-foreign",
                "members of an archive of arrays that are no arrays",
                "CWE-434",
            ),
        ],
    },
    Chapter {
        title: "Plain bytes of weights",
        techniques: &[
            technique(
                "weights-program",
                "an executable in or in place of weights",
                "MITRE ATT&CK T1027.009",
            ),
            technique(
                "weights-script",
                "a script, a dropper or a reverse shell in weights",
                "MITRE ATT&CK T1059.004, T1105",
            ),
            technique("weights-pickle", "a pickle in weights", "CWE-502"),
            technique(
                "weights-miner",
                "the configuration of a miner",
                "MITRE ATT&CK T1496",
            ),
            technique(
                "weights-secret",
                "keys and tokens that were left in a file",
                "CWE-312, CWE-798",
            ),
            technique(
                "weights-known",
                "a file that is known to be malicious",
                "MITRE ATT&CK T1204.002",
            ),
        ],
    },
];
