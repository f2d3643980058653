//! Judgements that formats and the sweep share: is this name dangerous, does
//! this run of bytes hold something foreign.
//!
//! A [`Sweeper`] judges windows. It keeps no state between them: everything it
//! says about a hit follows from the bytes around the hit, within its margins,
//! so that the result depends on the artifact alone and not on how it was cut.
//!
//! All sweepers share one search over the bytes. A new one lists its literals
//! (four bytes or more each; [`anchors`] says what they cost: nearly nothing),
//! judges the places where they stand, and is added to [`SWEEPERS`].

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod anchors;
pub mod bytecode;
pub mod code;
mod constants;
mod embedded;
pub mod globals;
pub mod known;
mod pass;
pub mod paths;
mod patterns;
pub mod pickle;
pub mod python;
pub mod script;
pub mod template;

pub use pass::{Sighting, sweep};
pub use patterns::{Address, Archive, Program, addresses, program_at_start};

use anchors::Literal;

use crate::rules::Draft;
use crate::source::{Margins, Window};

/// A stateless judge of windows.
pub trait Sweeper: Sync {
    /// The context it needs around the first byte of a hit.
    fn margins(&self) -> Margins;

    /// What it looks for, always in the same order; none is shorter than
    /// [`anchors::KEY_BYTES`].
    fn literals(&self) -> Vec<Literal>;

    /// Judge some of the places in the window's core where its literals stand,
    /// and hand each hit over as it is found: a hostile window may hold a
    /// million.
    fn judge(&self, window: &Window<'_>, sightings: &[Sighting], hit: &mut dyn FnMut(Hit));
}

/// Something a sweeper found; the draft's place is its position in the
/// artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The finding.
    pub draft: Draft,
    /// Where it counts.
    pub reach: Reach,
    /// An archive that lies there, to be opened.
    pub carve: Option<Carve>,
}

/// An archive inside other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carve {
    /// Its first byte, by position in the artifact.
    pub at: u64,
    /// What it is.
    pub archive: Archive,
}

/// In which artifacts a hit means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere.
    Everywhere,
    /// Not in artifacts that are prose all through, nor where an examination
    /// says so of a place: documentation and vocabularies quote code that
    /// nobody evaluates.
    NotProse,
}

/// Whether a byte is among these that no text has: a control character other
/// than white space, form feed and escape.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
}

/// Every sweeper that runs over every byte.
pub static SWEEPERS: &[&dyn Sweeper] = &[&patterns::Patterns, &embedded::EmbeddedPickles];

/// The context that all sweepers together need.
pub fn margins() -> Margins {
    SWEEPERS
        .iter()
        .map(|s| s.margins())
        .fold(Margins::default(), Margins::max)
}
