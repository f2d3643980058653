//! Vetted callables: what ordinary pickles need to rebuild ordinary objects.
//!
//! An entry means: called with hostile arguments, or given a hostile state, it
//! computes or stores, and nothing else. One file per library.

pub(super) mod learn;
pub(super) mod numpy;
pub(super) mod python;
pub(super) mod torch;
