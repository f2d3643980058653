//! Patterns: an anchor that is found, and a verifier that looks around it.
//!
//! A pattern is a literal of at least four bytes, margins, and a bounded check
//! of the structure within them. The verifier is given exactly the bytes that
//! its margins name, so it cannot see more, and what it says does not depend
//! on how the artifact was cut.
//!
//! # How sure a hit is
//!
//! In uniform random bytes a literal of `n` bytes occurs `2^(40 - 8n)` times
//! per TiB. A verifier that accepts one of `2^b` random surroundings leaves
//! `2^(40 - 8n - b)`; the field [`Pattern::checked_bits`] states `b`, beside
//! the arithmetic. An equality test of a byte counts 8 bits, membership in a
//! set of `k` of 256 values `8 - log2(k)`, and trying the same test at `m`
//! places takes `log2(m)` off again. Each pattern must stay below 0.01 false
//! hits per TiB, which needs 47 bits.

mod addresses;
mod archives;
mod executables;
mod expressions;
mod network;
mod scripts;
mod secrets;
mod shells;
mod text;

use std::ops::Range;
use std::sync::LazyLock;

pub use addresses::{Address, addresses};
pub use archives::Archive;
pub use executables::{Program, program_at_start};

use super::anchors::Literal;
use super::{Carve, Hit, Reach, Sighting, Sweeper};
use crate::report::Severity;
use crate::rules::Rule;
use crate::source::{Margins, Window};

/// An anchor and its verifier.
pub(super) struct Pattern {
    /// What it finds, in a word or two; unique.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers; tests hold it to be true")
    )]
    pub name: &'static str,
    /// The literal that locates it.
    pub anchor: &'static [u8],
    /// Bytes in front of the anchor that the verifier may see.
    pub before: usize,
    /// Bytes from the anchor's first byte on that it may see.
    pub after: usize,
    /// In which artifacts it means something.
    pub reach: Reach,
    /// Bits that the verifier checks beyond the anchor: see the module.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers; tests hold it to be true")
    )]
    pub checked_bits: f64,
    /// The check. Bounded by the margins; never panics.
    pub verify: fn(&Around<'_>) -> Option<Found>,
}

/// What the patterns of a family share: how far their verifiers see, and where
/// their hits count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    /// Bytes in front of the anchor.
    pub before: usize,
    /// Bytes from the anchor's first byte on.
    pub after: usize,
    /// In which artifacts a hit means something.
    pub reach: Reach,
}

impl Family {
    /// A pattern of this family; the arguments are the fields of [`Pattern`].
    pub(super) const fn pattern(
        self,
        name: &'static str,
        anchor: &'static [u8],
        checked_bits: f64,
        verify: fn(&Around<'_>) -> Option<Found>,
    ) -> Pattern {
        Pattern {
            name,
            anchor,
            before: self.before,
            after: self.after,
            reach: self.reach,
            checked_bits,
            verify,
        }
    }
}

/// What a verifier recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The rule that is met.
    pub rule: &'static Rule,
    /// Its grade here.
    pub severity: Severity,
    /// Where, as indices into [`Around::bytes`].
    pub span: Range<usize>,
    /// What, in one sentence without a full stop.
    pub message: String,
    /// The bytes, or a redacted form of them, that show it.
    pub evidence: Vec<u8>,
    /// The archive that begins with the span, to be opened where it lies.
    pub archive: Option<Archive>,
}

/// The bytes around an anchor, as far as the margins of its pattern go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// The bytes within the margins, cut only where the artifact ends.
    pub bytes: &'a [u8],
    /// Where the anchor starts in them.
    pub at: usize,
    /// Position of the anchor in the artifact.
    pub position: u64,
}

impl<'a> Around<'a> {
    /// The bytes from the anchor's first byte on.
    pub(super) fn ahead(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes from `offset` behind the anchor's first byte on.
    pub(super) fn from(&self, offset: usize) -> &'a [u8] {
        self.ahead().get(offset..).unwrap_or_default()
    }

    /// The bytes in front of the anchor.
    pub(super) fn behind(&self) -> &'a [u8] {
        self.bytes.get(..self.at).unwrap_or_default()
    }

    /// Whether the artifact starts with the anchor.
    pub(super) fn is_start(&self) -> bool {
        self.position == 0
    }

    /// The `len` bytes from the anchor on, as a finding's span.
    pub(super) fn span(&self, len: usize) -> Range<usize> {
        self.at..self.at.saturating_add(len).min(self.bytes.len())
    }
}

/// Every pattern, family by family.
static FAMILIES: &[&[Pattern]] = &[
    executables::PATTERNS,
    scripts::PATTERNS,
    shells::PATTERNS,
    expressions::PATTERNS,
    secrets::KEYS,
    secrets::TOKENS,
    secrets::SERVICES,
    network::PATTERNS,
    archives::CONTAINERS,
    archives::STREAMS,
    archives::GZIPS,
];

fn patterns() -> impl Iterator<Item = &'static Pattern> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The patterns by the index of their literal.
static ALL: LazyLock<Vec<&Pattern>> = LazyLock::new(|| patterns().collect());

/// The pattern set.
pub struct Patterns;

impl Sweeper for Patterns {
    fn margins(&self) -> Margins {
        let most = |part: fn(&Pattern) -> usize| patterns().map(part).max().unwrap_or_default();
        Margins {
            before: most(|p| p.before) as u64,
            after: most(|p| p.after) as u64,
        }
    }

    fn literals(&self) -> Vec<Literal> {
        patterns().map(|p| Literal::exact(p.anchor)).collect()
    }

    fn judge(&self, window: &Window<'_>, sightings: &[Sighting], tell: &mut dyn FnMut(Hit)) {
        for sighting in sightings {
            let pattern = ALL.get(sighting.literal);
            if let Some(hit) = pattern.and_then(|p| p.judge(window, sighting.at)) {
                tell(hit);
            }
        }
    }
}

impl Pattern {
    /// Look at an anchor that stands at `start` in `bytes` and at `position`
    /// in the artifact: where its surroundings begin in `bytes`, and what was
    /// recognised in them.
    fn look(&self, bytes: &[u8], start: usize, position: u64) -> Option<(usize, Found)> {
        let from = start.saturating_sub(self.before);
        let to = start.saturating_add(self.after).min(bytes.len());
        let found = (self.verify)(&Around {
            bytes: bytes.get(from..to)?,
            at: start.saturating_sub(from),
            position,
        })?;
        Some((from, found))
    }

    fn judge(&self, window: &Window<'_>, start: usize) -> Option<Hit> {
        let (from, found) = self.look(window.bytes, start, window.position(start))?;
        let place = |index: usize| window.position(from.saturating_add(index));
        let at = place(found.span.start);
        Some(Hit {
            draft: found
                .rule
                .at(at..place(found.span.end))
                .severity(found.severity)
                .message(found.message)
                .bytes(&found.evidence),
            reach: self.reach,
            carve: found.archive.map(|archive| Carve { at, archive }),
        })
    }
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
