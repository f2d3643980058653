//! Rules about Arrow and Parquet.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &PICKLED_TYPE,
    &PICKLED_OBJECTS,
    &PICKLED_METADATA,
    &EXTERNAL_COLUMN,
];

/// An extension type that is a pickle.
pub static PICKLED_TYPE: Rule = Rule {
    id: "arrow-pickled-type",
    severity: Severity::Critical,
    title: "the type of a column is described by a pickle",
    why: "Readers that know the type load the pickle as soon as they read the schema, before \
          anybody asks for data: pyarrow from 0.14 to 14.0.0 does so for every file, later \
          versions where it was switched on again, and libraries that register such types do.",
    remedy: "Do not read the file with pyarrow before 14.0.1 or with the library that the type \
             belongs to. Ask for a table without Python extension types.",
    references: &[
        "CWE-502",
        "CVE-2023-47248",
        "https://arrow.apache.org/docs/python/extending_types.html",
    ],
};

/// A column whose values are pickles.
pub static PICKLED_OBJECTS: Rule = Rule {
    id: "arrow-pickled-objects",
    severity: Severity::High,
    title: "the values of a column are pickles",
    why: "The library that the type belongs to loads each value with pickle when the column is \
          read, and what a pickle loads runs. The values may be packed, so that no scanner sees \
          them as they are.",
    remedy: "Do not read the file with that library. Ask for a table of plain values.",
    references: &["CWE-502"],
};

/// A pickle among keys and values.
pub static PICKLED_METADATA: Rule = Rule {
    id: "arrow-pickled-metadata",
    severity: Severity::Medium,
    title: "a value in the metadata of the table is a pickle",
    why: "Arrow itself does not load it. It was put there for a program that does, and what it \
          does when it is loaded is reported on its own.",
    remedy: "Ask which program reads the key. Do not unpickle the value.",
    references: &["CWE-502"],
};

/// A column that lies in another file.
pub static EXTERNAL_COLUMN: Rule = Rule {
    id: "parquet-external-column",
    severity: Severity::Medium,
    title: "a column of the table lies in a file outside of its folder",
    why: "A reader that follows the path opens whatever file it names, with the rights of whoever \
          reads the table.",
    remedy: "Ask for a table that holds its columns itself.",
    references: &["CWE-22", "CWE-73"],
};
