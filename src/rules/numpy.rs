//! Rules about NumPy arrays and archives of them.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &OBJECT_ARRAY,
    &INVALID_HEADER,
    &LARGE_HEADER,
    &TRAILING_DATA,
    &NOT_AN_ARRAY,
    &FOREIGN_MEMBER,
];

/// An array whose elements are a pickle.
pub static OBJECT_ARRAY: Rule = Rule {
    id: "npy-object-array",
    severity: Severity::Low,
    title: "the elements of the array are a pickle",
    why: "An array of Python objects is stored as a pickle, and `numpy.load(..., \
          allow_pickle=True)` runs it. NumPy refuses such a file unless it is told so; what the \
          pickle does is reported on its own.",
    remedy: "Load the file without `allow_pickle`. Ask its author for an array of numbers or \
             strings.",
    references: &["CWE-502", "CVE-2019-6446"],
};

/// A header that NumPy does not read, or that readers read differently.
pub static INVALID_HEADER: Rule = Rule {
    id: "npy-invalid-header",
    severity: Severity::Medium,
    title: "the header of the array is none that NumPy writes",
    why: "The header is the text of a Python dict with three keys. An expression in it is run by \
          readers that evaluate it, and a key that stands twice or a size that overflows is read \
          in one way here and in another there.",
    remedy: "Do not load the file with anything but a current NumPy, and ask how it was written.",
    references: &["CWE-20", "CWE-95"],
};

/// A header longer than NumPy reads.
pub static LARGE_HEADER: Rule = Rule {
    id: "npy-large-header",
    severity: Severity::Low,
    title: "the header of the array is longer than NumPy reads without being told",
    why: "Python needs time and memory to parse a long or deeply nested text, up to a crash. NumPy \
          reads more than 10000 characters only with `max_header_size` or `allow_pickle`.",
    remedy: "Ask why the dtype needs so long a description. Do not raise the limit for a file \
             whose origin you do not know.",
    references: &[
        "CWE-400",
        "https://numpy.org/doc/stable/reference/generated/numpy.load.html",
    ],
};

/// Bytes behind the last array.
pub static TRAILING_DATA: Rule = Rule {
    id: "npy-trailing-data",
    severity: Severity::Low,
    title: "there are bytes behind the array",
    why: "NumPy stops where the shape says that the elements end and never sees what follows. It \
          may be a leftover, or something that is hidden there for another program.",
    remedy: "Ask what the bytes are for, or save the array again.",
    references: &["CWE-506"],
};

/// A member called an array that is none.
pub static NOT_AN_ARRAY: Rule = Rule {
    id: "npz-not-an-array",
    severity: Severity::Medium,
    title: "a member of the archive is called an array and is none",
    why: "NumPy hands such a member out as bytes, and code that expects an array may pass it on to \
          a loader that runs it: `numpy.load` itself unpickles what is no array where pickles are \
          allowed.",
    remedy: "Do not load the archive with `allow_pickle=True`. Ask what the member is.",
    references: &["CWE-434", "CWE-502"],
};

/// A member that NumPy does not write.
pub static FOREIGN_MEMBER: Rule = Rule {
    id: "npz-foreign-member",
    severity: Severity::Low,
    title: "the archive holds a member that is no array",
    why: "`numpy.savez` writes arrays and nothing else. Another member was put there by other \
          means, and other code may look for it.",
    remedy: "Ask what the member is for, or save the arrays again without it.",
    references: &["CWE-506"],
};
