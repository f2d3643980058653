//! Rules about container images and models that are packed as such.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&OUTSIDE_LAYOUT, &WRONG_BLOB, &FOREIGN_LAYER];

/// A name that leaves the layout.
pub static OUTSIDE_LAYOUT: Rule = Rule {
    id: "oci-path-escape",
    severity: Severity::High,
    title: "a manifest names a blob outside of the layout",
    why: "Programs join the digest or the name to the folder of the image and open the result. One \
          that holds a path makes them read, or write, a file that is no part of the image.",
    remedy: "Do not load the image. Digests are an algorithm and hexadecimal digits.",
    references: &["CWE-22", "CWE-73"],
};

/// A blob that is not what the layout says.
pub static WRONG_BLOB: Rule = Rule {
    id: "oci-wrong-blob",
    severity: Severity::Medium,
    title: "a blob is not what the image says it is",
    why: "Blobs are named by the SHA-256 of their content, and manifests give their size. Where \
          that is not so, the blob was damaged or replaced; tools that do not verify it load \
          something else than what was signed or reviewed.",
    remedy: "Fetch the image again. If the digest is still wrong, do not load it.",
    references: &["CWE-345", "CWE-354"],
};

/// A layer that is fetched from elsewhere.
pub static FOREIGN_LAYER: Rule = Rule {
    id: "oci-foreign-layer",
    severity: Severity::Medium,
    title: "a manifest makes tools fetch a layer from another address",
    why: "The layer is not part of the image: it is fetched from the address when the image is \
          pulled or run, and some tools send the credentials of the registry along. It was not \
          examined.",
    remedy: "Ask for an image that holds its layers, or examine what the address serves.",
    references: &["CWE-829", "CVE-2020-15157"],
};
