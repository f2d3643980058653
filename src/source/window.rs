//! Windows with a core and margins: how a span is cut so that the cuts do not
//! show.
//!
//! A hit belongs to the window whose core holds its first byte. Cores
//! partition the span, so every hit is reported exactly once, whatever the
//! window size, the order, or the number of lanes; the margins only give
//! verifiers the context they need.

use std::ops::Range;

use crate::report::Span;

/// Context that a sweeper needs around a byte: how far it looks back and
/// ahead, in bytes, counted from the first byte of the anchor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Margins {
    /// Bytes before.
    pub before: u64,
    /// Bytes from the anchor's first byte on.
    pub after: u64,
}

impl Margins {
    /// Enough context for both.
    pub fn max(self, other: Margins) -> Margins {
        Margins {
            before: self.before.max(other.before),
            after: self.after.max(other.after),
        }
    }
}

/// A chunk with a core and margins.
#[derive(Debug, Clone)]
pub struct Window<'a> {
    /// Core and margins in one piece.
    pub bytes: &'a [u8],
    /// Position of `bytes[0]` in the artifact.
    pub base: u64,
    /// The part of `bytes` whose hits belong to this window.
    pub core: Range<usize>,
}

impl Window<'_> {
    /// Position in the artifact of a byte of this window.
    pub fn position(&self, index: usize) -> u64 {
        self.base.saturating_add(index as u64)
    }

    /// Whether a hit that begins at this index belongs to this window.
    pub fn owns(&self, index: usize) -> bool {
        self.core.contains(&index)
    }

    /// Bytes from `index` on, up to the end of the window.
    pub fn from(&self, index: usize) -> &[u8] {
        self.bytes.get(index..).unwrap_or_default()
    }

    /// Up to `len` bytes that end right before `index`.
    pub fn before(&self, index: usize, len: usize) -> &[u8] {
        self.bytes
            .get(index.saturating_sub(len)..index)
            .unwrap_or_default()
    }
}

/// The spans to read for `span` of an artifact of length `len`: for each
/// window its core and the core with margins, both as artifact positions.
pub fn windows(
    span: Span,
    len: u64,
    size: u64,
    margins: Margins,
) -> impl Iterator<Item = (Span, Span)> {
    let size = size.max(1);
    let mut at = span.start;
    std::iter::from_fn(move || {
        if at >= span.end {
            return None;
        }
        let core = at..at.saturating_add(size).min(span.end);
        at = core.end;
        let outer = core.start.saturating_sub(margins.before)
            ..core
                .end
                .saturating_add(margins.after)
                .min(len.max(core.end));
        Some((core, outer))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_partition_the_span_and_margins_stay_inside() {
        let margins = Margins {
            before: 3,
            after: 5,
        };
        for size in 1..20 {
            let all: Vec<_> = windows(4..17, 20, size, margins).collect();
            assert_eq!(all.first().unwrap().0.start, 4);
            assert_eq!(all.last().unwrap().0.end, 17);
            for pair in all.windows(2) {
                assert_eq!(pair[0].0.end, pair[1].0.start);
            }
            for (core, outer) in all {
                assert_eq!(outer.start, core.start.saturating_sub(3));
                assert_eq!(outer.end, (core.end + 5).min(20));
            }
        }
    }

    #[test]
    fn an_empty_span_has_no_windows() {
        assert_eq!(windows(5..5, 10, 4, Margins::default()).count(), 0);
    }
}
