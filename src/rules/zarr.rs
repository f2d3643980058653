//! Rules about Zarr stores.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&PICKLE_CODEC, &UNKNOWN_CODEC];

/// The codec that unpickles.
pub static PICKLE_CODEC: Rule = Rule {
    id: "zarr-pickle-codec",
    severity: Severity::High,
    title: "the chunks of the array are pickles",
    why: "The pickle codec of numcodecs runs `pickle.loads` on every chunk that is read, and on the \
          fill value when the array is opened. Where chunks are compressed as well, no scanner \
          sees what they hold. New versions of numcodecs refuse unless the program allows it.",
    remedy: "Do not open the array. Ask for one with a codec for text or JSON: `vlen-utf8`, \
             `json2` or `msgpack2`.",
    references: &[
        "CWE-502",
        "https://numcodecs.readthedocs.io/en/stable/other/pickles.html",
    ],
};

/// A codec that numcodecs does not have.
pub static UNKNOWN_CODEC: Rule = Rule {
    id: "zarr-unknown-codec",
    severity: Severity::Low,
    title: "the array needs a codec of another package",
    why: "A reader looks the codec up among what installed packages register, imports the package, \
          and gives it every chunk. What it does with them cannot be told from here.",
    remedy: "Find out which package provides the codec and whether you trust it.",
    references: &[
        "CWE-829",
        "https://numcodecs.readthedocs.io/en/stable/registry.html",
    ],
};
