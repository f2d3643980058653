//! MessagePack as Flax writes it, and the directories of Orbax.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "Flax and Orbax",
    techniques: &[
        technique(
            "msgpack-extension",
            "a pickle in an extension or in raw bytes, for a loader that unpickles it",
            "CWE-502, msgpack-python, `ext_hook`",
        ),
        technique(
            "flax-object-array",
            "an array of Python objects",
            "CWE-502, CWE-822",
        ),
        technique(
            "flax-shape",
            "shapes, dtypes and pieces that are not those of the bytes",
            "CWE-125, CWE-190",
        ),
        technique(
            "flax-names",
            "names of parameters that lead out of a directory or act on a terminal",
            "CWE-22, CWE-150",
        ),
        technique("msgpack-text", "code in a text beside the arrays", "CWE-94"),
        technique(
            "msgpack-duplicate",
            "a key that stands twice, for two readers",
            "CWE-436, CWE-694",
        ),
        technique(
            "msgpack-bomb",
            "counts, lengths and nesting that end a reader",
            "CWE-674, CWE-770",
        ),
        technique(
            "msgpack-trailing",
            "another format behind the value",
            "CWE-506",
        ),
        technique(
            "orbax-path",
            "a parameter or item whose name leads out of the checkpoint",
            "CWE-22",
        ),
        technique(
            "orbax-text",
            "code in the metadata of a checkpoint",
            "CWE-94",
        ),
        technique(
            "orbax-handler",
            "a checkpoint that asks for a reader of its own",
            "CWE-829",
        ),
        technique(
            "ocdbt-value",
            "a pickle, a program or a codec that runs code, as a value of the database",
            "CWE-506, numcodecs, `Pickle`",
        ),
        technique(
            "ocdbt-path",
            "a node that points to a file outside of the checkpoint",
            "CWE-22",
        ),
        technique(
            "ocdbt-record",
            "records with a wrong length, sum or compression, and what hides behind them",
            "CWE-354, CWE-506",
        ),
    ],
}];
