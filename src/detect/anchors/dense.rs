//! The search for stretches where keys are everywhere: an automaton, whose
//! work for a byte does not depend on how much it almost finds.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input};

use super::Literal;

/// An automaton for the whole list.
pub(super) struct Dense {
    /// `None` if it cannot be built, which takes a list of gigabytes.
    automaton: Option<AhoCorasick>,
    /// Length of the longest literal.
    longest: usize,
}

impl Dense {
    pub(super) fn new(literals: &[Literal]) -> Self {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(literals.iter().any(|l| l.folded))
            .build(literals.iter().map(|l| &l.bytes));
        Dense {
            automaton: automaton.ok(),
            longest: literals.iter().map(|l| l.bytes.len()).max().unwrap_or(0),
        }
    }

    /// Whether there is an automaton.
    pub(super) fn is_built(&self) -> bool {
        self.automaton.is_some()
    }

    /// Call `found` with the index and the first byte of everything in `bytes`
    /// that begins less than the longest literal in front of `span` or inside
    /// it, and may be a literal but for its case.
    pub(super) fn find(
        &self,
        bytes: &[u8],
        span: Range<usize>,
        found: &mut dyn FnMut(usize, usize),
    ) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        let from = span.start.saturating_sub(self.longest);
        let to = span.end.saturating_add(self.longest).min(bytes.len());
        let input = Input::new(bytes).span(from..to);
        for found_here in automaton.find_overlapping_iter(input) {
            found(found_here.pattern().as_usize(), found_here.start());
        }
    }
}
