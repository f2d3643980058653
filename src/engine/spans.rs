//! Sets of byte spans: what members own, and what is left to sweep.

use crate::report::Span;

/// Spans collected in any order, possibly overlapping.
#[derive(Debug, Clone, Default)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// Add a span; an empty one adds nothing.
    pub fn add(&mut self, span: Span) {
        if span.start < span.end {
            self.0.push(span);
        }
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Make the set sorted spans that do not touch, as [`Spans::holds`] wants it.
    pub fn merge(&mut self) {
        self.0 = self.merged();
    }

    /// Whether a position is in a merged set.
    pub fn holds(&self, at: u64) -> bool {
        let behind = self.0.partition_point(|span| span.start <= at);
        behind > 0 && self.0[behind - 1].contains(&at)
    }

    /// The same bytes as sorted spans that do not touch.
    pub fn merged(&self) -> Vec<Span> {
        let mut sorted = self.0.clone();
        sorted.sort_by_key(|s| s.start);
        let mut out: Vec<Span> = Vec::with_capacity(sorted.len());
        for span in sorted {
            match out.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => out.push(span),
            }
        }
        out
    }

    /// Bytes in the set.
    pub fn total(&self) -> u64 {
        self.merged().iter().map(|s| s.end - s.start).sum()
    }

    /// The bytes of `0..len` that are not in the set, as sorted spans.
    pub fn complement(&self, len: u64) -> Vec<Span> {
        let mut out = Vec::new();
        let mut at = 0;
        for span in self.merged() {
            if span.start > at {
                out.push(at..span.start.min(len));
            }
            at = at.max(span.end);
        }
        if at < len {
            out.push(at..len);
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "sets of one span")]
mod tests {
    use super::*;

    #[test]
    fn overlaps_count_once_and_the_rest_is_the_rest() {
        let mut spans = Spans::default();
        for span in [10..20, 15..25, 40..50, 25..30, 7..7] {
            spans.add(span);
        }
        assert_eq!(spans.merged(), [10..30, 40..50]);
        assert_eq!(spans.total(), 30);
        assert_eq!(spans.complement(60), [0..10, 30..40, 50..60]);
        assert_eq!(spans.complement(50), [0..10, 30..40]);
        assert_eq!(Spans::default().complement(3), [0..3]);
        assert!(Spans::default().complement(0).is_empty());
        spans.merge();
        let held: Vec<u64> = (0..60).filter(|&at| spans.holds(at)).collect();
        assert_eq!(held, (10..30).chain(40..50).collect::<Vec<_>>());
    }
}
