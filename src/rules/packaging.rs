//! Rules about files that say what is to be installed with a model.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&FOREIGN_INDEX, &DIRECT_REQUIREMENT, &BUILD_BACKEND];

/// Another source of packages.
pub static FOREIGN_INDEX: Rule = Rule {
    id: "packaging-foreign-index",
    severity: Severity::Medium,
    title: "packages are taken from an index that is not well known",
    why: "Whoever installs from the list asks that index as well, for every package in it, and \
          takes what it offers in a higher version, the well-known packages included. Installing a \
          package runs code of its author.",
    remedy: "Install from the ordinary index, or name the packages that come from elsewhere with \
             their digests.",
    references: &[
        "CWE-427",
        "CWE-829",
        "https://pip.pypa.io/en/stable/cli/pip_install/",
    ],
};

/// A package by its address.
pub static DIRECT_REQUIREMENT: Rule = Rule {
    id: "packaging-direct-requirement",
    severity: Severity::Low,
    title: "a package is installed from an address",
    why: "The package comes from where the address leads on that day, not from an index that keeps \
          what was published. Installing it runs code of its author.",
    remedy: "Take a release from the index, or pin a commit or a digest that you have looked at.",
    references: &["CWE-829", "PEP 508"],
};

/// A build backend in the tree.
pub static BUILD_BACKEND: Rule = Rule {
    id: "packaging-own-build-backend",
    severity: Severity::Low,
    title: "the package is built by code in its own tree",
    why: "Installing the folder imports the module that the entry names and calls it. It is as much \
          part of the installation as a `setup.py`, and easier to overlook.",
    remedy: "Read the module before the folder is installed.",
    references: &["PEP 517", "CWE-829"],
};
