//! Shard sets: models that are split over several files.
//!
//! In three steps, each a function of its arguments: [`siblings_of`] says from
//! a name that a file is part of a set, so that the discoverer can add the
//! rest of the directory; [`group()`] turns the files that were found into sets
//! and single files; [`crosscheck()`] compares names, index and tensors once the
//! shards were examined. Nothing here reads a byte.
//!
//! An index is attacker-controlled text. Names in it are only ever compared
//! with files that were found by listing directories; see [`local_names`].

mod crosscheck;
mod families;
mod group;
mod index_names;
mod set;
mod tensors;

#[cfg(test)]
mod crosscheck_tests;
#[cfg(test)]
mod group_tests;

pub use crosscheck::{CrossCheck, CrossFinding, crosscheck};
pub(super) use crosscheck::{examples, plural, shown};
pub use families::{FAMILIES, Family, FamilyMatch, Number, Numbering, Role, siblings_of};
pub use group::{Grouping, group};
pub use index_names::{local, local_names};
pub use set::{Set, Shard};
