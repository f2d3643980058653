//! The catalogue of rules: data, one file per family.
//!
//! A rule has a stable id that reads after "allow …", a default severity, and
//! the words that every output shows. Documentation, SARIF help and the
//! `rules` command are generated from these values, so there is no second
//! place to keep in step.

pub mod archive;
pub mod arrow;
pub mod bytecode;
pub mod companions;
pub mod content;
pub mod coreml;
mod draft;
pub mod embedded;
pub mod flax;
pub mod gguf;
pub mod hdf5;
pub mod keras;
pub mod manifest;
pub mod network;
pub mod numpy;
pub mod oci;
pub mod onnx;
pub mod packages;
pub mod packaging;
pub mod pickle;
pub mod python;
pub mod repository;
pub mod safetensors;
pub mod secrets;
pub mod shards;
pub mod skops;
pub mod template;
pub mod tensorflow;
pub mod tflite;
pub mod torch;
pub mod zarr;

pub use draft::Draft;

use crate::report::{Place, Severity};

/// One thing the scanner reports.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable kebab-case id; never changed, never reused.
    pub id: &'static str,
    /// Default grade; a finding may be graded lower or higher for a stated reason.
    pub severity: Severity,
    /// What it is, in a few words without a full stop.
    pub title: &'static str,
    /// Why it matters: what happens to whoever loads the file.
    pub why: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// Weakness and vulnerability ids (`CWE-502`), advisories, papers.
    pub references: &'static [&'static str],
}

impl Rule {
    /// Start a finding of this rule at a place in the artifact at hand.
    pub fn at(&'static self, place: impl Into<Place>) -> Draft {
        Draft::new(self, place.into())
    }

    /// The id as a `CamelCase` name, as SARIF wants one.
    pub fn name(&self) -> String {
        self.id
            .split('-')
            .flat_map(|word| {
                let mut letters = word.chars();
                letters
                    .next()
                    .map(|c| c.to_ascii_uppercase())
                    .into_iter()
                    .chain(letters)
            })
            .collect()
    }
}

/// A family of rules: the heading it has in the catalogue, and its rules.
pub type Family = (&'static str, &'static [&'static Rule]);

/// Every family, in the order of the catalogue.
pub static FAMILIES: &[Family] = &[
    ("Pickle", pickle::RULES),
    ("Python code", bytecode::RULES),
    ("Python source", python::RULES),
    ("PyTorch", torch::RULES),
    ("NumPy", numpy::RULES),
    ("Arrow and Parquet", arrow::RULES),
    ("Zarr", zarr::RULES),
    ("skops", skops::RULES),
    ("HDF5", hdf5::RULES),
    ("Keras", keras::RULES),
    ("ONNX", onnx::RULES),
    ("Core ML", coreml::RULES),
    ("Files that a model reads", companions::RULES),
    ("TensorFlow", tensorflow::RULES),
    ("TensorFlow Lite", tflite::RULES),
    ("Archives", archive::RULES),
    ("Container images", oci::RULES),
    ("Packages", packages::RULES),
    ("Requirements", packaging::RULES),
    ("Safetensors", safetensors::RULES),
    ("GGUF", gguf::RULES),
    ("Flax and Orbax", flax::RULES),
    ("Shard sets", shards::RULES),
    ("Repositories", repository::RULES),
    ("Manifests", manifest::RULES),
    ("Templates", template::RULES),
    ("Content and names", content::RULES),
    ("Foreign content in the bytes", embedded::RULES),
    ("Secrets", secrets::RULES),
    ("Addresses", network::RULES),
];

/// Every rule, family by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, rules)| rules.iter().copied())
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
