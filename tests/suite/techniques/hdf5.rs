//! HDF5, and the models of Keras in it.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "HDF5",
        techniques: &[
            technique(
                "hdf5-outside-file",
                "weights that lie in another file of the reader: a link, external storage, a virtual dataset",
                "CVE-2026-1669",
            ),
            technique(
                "hdf5-pickled-attribute",
                "a pickle in an attribute, of any type, in a header or a heap",
                "PyTables `AttributeSet`",
            ),
            technique(
                "hdf5-pickled-dataset",
                "a pickle or an archive in a dataset, packed or not",
                "PyTables `ObjectAtom`",
            ),
            technique(
                "hdf5-code-attribute",
                "code in an attribute or a comment, for a loader that evaluates it",
                "CWE-94",
            ),
            technique(
                "hdf5-unowned-bytes",
                "a payload where no structure leads: user block, free space, behind the end",
                "HDF5 file format specification, superblock",
            ),
            technique(
                "hdf5-plugin-filter",
                "a filter that makes the library load a plugin",
                "CWE-426, HDF5 dynamically loaded filters",
            ),
            technique(
                "hdf5-names",
                "names that stand twice, go up in the tree or act on terminals",
                "CWE-436, CWE-22",
            ),
            technique(
                "hdf5-circle",
                "a group inside itself, a link that only a program can follow",
                "CWE-835",
            ),
            technique(
                "hdf5-lying-structure",
                "dimensions that overflow, data that is not there, checksums that are wrong",
                "CVE-2018-11206, CVE-2021-37501, CVE-2024-33877",
            ),
        ],
    },
    Chapter {
        title: "Keras models in HDF5",
        techniques: &[
            technique(
                "keras-h5-lambda",
                "bytecode in a Lambda layer of an HDF5 model, whose loader knows no safe mode",
                "CVE-2025-9905",
            ),
            technique(
                "keras-h5-disguised",
                "the same under another name, behind a user block, in a heap, in another encoding or type",
                "CVE-2025-9905",
            ),
            technique(
                "keras-h5-reference",
                "any function as a loss, any file as a vocabulary in an HDF5 model",
                "CVE-2025-1550, CVE-2025-12058",
            ),
            technique(
                "keras-weights-outside",
                "weights in an archive that are read from a file outside of it",
                "CVE-2026-1669",
            ),
            technique(
                "keras-extract-archive",
                "a private function of Keras that unpacks an archive over files",
                "CVE-2025-12060, CVE-2025-8747",
            ),
        ],
    },
];
