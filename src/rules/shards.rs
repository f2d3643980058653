//! Rules of the shards family.

use super::Rule;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[];
