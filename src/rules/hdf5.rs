//! Rules about HDF5: other files that it leads to, and what its bytes hold.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &OUTSIDE_FILE,
    &PICKLED_VALUE,
    &CODE_IN_ATTRIBUTE,
    &PLUGIN_FILTER,
    &USER_LINK,
    &DUPLICATE_NAME,
    &UNSAFE_NAME,
    &GROUP_AGAIN,
    &SIZE_MISMATCH,
    &OUT_OF_FILE,
    &TRAILING_DATA,
    &USER_BLOCK,
    &WRONG_CHECKSUM,
];

/// What the format's own description is called in references.
const SPEC: &str = "https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html";

/// Data or an object in another file.
pub static OUTSIDE_FILE: Rule = Rule {
    id: "hdf5-outside-file",
    severity: Severity::High,
    title: "reading the file opens another file that it names",
    why: "An external link, external storage or a virtual dataset shows the content of another \
          file as if it were part of this one. Whoever loads the model reads a file of their own \
          machine, whose bytes become weights and travel on when the model is saved or shared, and \
          `keras` did so in safe mode as well.",
    remedy: "Do not load the file. A model holds its weights itself; ask for one that does.",
    references: &["CWE-73", "CWE-200", "CVE-2026-1669", SPEC],
};

/// An attribute or a dataset that is a pickle.
pub static PICKLED_VALUE: Rule = Rule {
    id: "hdf5-pickled-value",
    severity: Severity::Low,
    title: "a value is a pickle",
    why: "PyTables and pandas unpickle attributes and object arrays as soon as they are looked at, \
          and other programs store objects the same way. What the pickle does was judged by \
          itself.",
    remedy: "Look at what was found in the pickle. Open the file with h5py, which does not \
             unpickle, unless you know who made it.",
    references: &[
        "CWE-502",
        "https://www.pytables.org/usersguide/libref/declarative_classes.html#the-attributeset-class",
    ],
};

/// Text that runs once it is evaluated.
pub static CODE_IN_ATTRIBUTE: Rule = Rule {
    id: "hdf5-code-in-attribute",
    severity: Severity::Medium,
    title: "an attribute or a comment is code or names something to call",
    why: "Attributes describe a model to the library that loads it. Libraries instantiate what \
          such a text names, evaluate it, or show it as HTML; in such a loader it runs with the \
          rights of whoever loads the model.",
    remedy: "Read the text. Load the file only with a library that treats it as text.",
    references: &["CWE-94", "CWE-502", "CWE-79"],
};

/// A filter that is a plugin.
pub static PLUGIN_FILTER: Rule = Rule {
    id: "hdf5-plugin-filter",
    severity: Severity::Low,
    title: "reading a dataset loads a plugin",
    why: "A filter that is not part of the library is looked for in the directories that \
          `HDF5_PLUGIN_PATH` names and is loaded as native code. The file chooses the plugin by \
          its number, and what it packed was not unpacked here.",
    remedy: "Nothing for LZF, Blosc and the other common ones, if you know the program that wrote \
             the file. Otherwise keep the plugin directories to yourself, or set \
             `HDF5_PLUGIN_PRELOAD` to `::`.",
    references: &[
        "CWE-426",
        "https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md",
    ],
};

/// A link that a program defines.
pub static USER_LINK: Rule = Rule {
    id: "hdf5-user-defined-link",
    severity: Severity::Low,
    title: "a link is one that the loading program has to define",
    why: "The library hands such a link to whatever code is registered under its number. No \
          program that loads models registers any, so somebody made it for another program, or to \
          try one.",
    remedy: "Ask what wrote the file; open the link with nothing else.",
    references: &["CWE-913", SPEC],
};

/// A name that stands twice.
pub static DUPLICATE_NAME: Rule = Rule {
    id: "hdf5-duplicate-name",
    severity: Severity::Medium,
    title: "a name stands twice in a group or object",
    why: "The library looks names up in a tree or in order, other readers take the first or the \
          last. Two programs then load different weights from one file.",
    remedy: "Do not use the file. The library does not write it.",
    references: &["CWE-436", SPEC],
};

/// A name that acts on paths, terminals or readers.
pub static UNSAFE_NAME: Rule = Rule {
    id: "hdf5-unsafe-name",
    severity: Severity::Medium,
    title: "a name is a path or holds hidden characters",
    why: "Tools write datasets to files by name, print names and match them. A name that goes up \
          in the tree overwrites files; control and bidirectional characters make it look like \
          another.",
    remedy: "Do not unpack or convert the file with tools that use names as paths; ask where it \
             comes from.",
    references: &["CWE-22", "CWE-150", "CVE-2021-42574"],
};

/// A group under two names.
pub static GROUP_AGAIN: Rule = Rule {
    id: "hdf5-group-again",
    severity: Severity::Low,
    title: "a group stands under a second name, perhaps inside itself",
    why: "Groups may form a circle. A program that follows every name, as many loaders and \
          converters do, then never ends.",
    remedy: "Load the file with a limit on time and memory, or ask why it was written so.",
    references: &["CWE-674", "CWE-835"],
};

/// A dataset with fewer bytes than its type and dimensions need.
pub static SIZE_MISMATCH: Rule = Rule {
    id: "hdf5-size-mismatch",
    severity: Severity::Medium,
    title: "a dataset's bytes do not match its type and dimensions",
    why: "A reader that goes by the dimensions and one that goes by the stored length see \
          different data. One of them reads or writes out of bounds, or uses up the memory: the \
          library had many such flaws.",
    remedy: "Do not load the file. The library does not write it.",
    references: &["CWE-131", "CWE-190", "CWE-789", SPEC],
};

/// Bytes of a dataset behind the end.
pub static OUT_OF_FILE: Rule = Rule {
    id: "hdf5-out-of-file",
    severity: Severity::Medium,
    title: "the file is shorter than it says",
    why: "Either the file was cut short, or it is made for a reader that does not check and then \
          reads memory that is not the file's.",
    remedy: "Download the file again and compare its size and digest with the source; if they \
             agree, do not use it.",
    references: &["CWE-125", SPEC],
};

/// Bytes behind the end that the superblock states.
pub static TRAILING_DATA: Rule = Rule {
    id: "hdf5-trailing-data",
    severity: Severity::Low,
    title: "bytes follow the end of the file that the superblock states",
    why: "The library does not look at them. They may be another format to programs that read \
          from the end, as a zip reader does.",
    remedy: "Find out what the bytes are; copying the file with `h5repack` leaves them out.",
    references: &["CWE-506", "CWE-434", SPEC],
};

/// Bytes in front of the superblock.
pub static USER_BLOCK: Rule = Rule {
    id: "hdf5-user-block",
    severity: Severity::Low,
    title: "bytes stand in front of the superblock",
    why: "The library does not look at this user block, and programs that know files by their \
          first bytes do not see that this is HDF5. It may be a script or another format to them.",
    remedy: "Look at what the bytes are. MATLAB writes some; programs that save models do not.",
    references: &["CWE-434", "CVE-2025-9905", SPEC],
};

/// A wrong checksum.
pub static WRONG_CHECKSUM: Rule = Rule {
    id: "hdf5-wrong-checksum",
    severity: Severity::Low,
    title: "a checksum in the structure is wrong",
    why: "The library refuses what this checksum covers, and readers that do not compare it go \
          on: two programs see different content. The file is damaged or was changed by hand.",
    remedy: "Download the file again; if the checksum stays wrong, do not use it.",
    references: &["CWE-354", SPEC],
};
