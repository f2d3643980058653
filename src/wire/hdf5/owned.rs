//! The bytes that structures account for.

use crate::report::Span;

/// Spans in any order; those that touch the last one are joined to it at once.
#[derive(Debug, Default)]
pub(super) struct Owned {
    spans: Vec<Span>,
}

impl Owned {
    pub fn add(&mut self, span: Span) {
        if span.start >= span.end {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.end == span.start => last.end = span.end,
            _ => self.spans.push(span),
        }
    }

    /// What nothing accounts for in a file of so many bytes.
    pub fn rest(mut self, len: u64) -> Vec<Span> {
        self.spans.sort_unstable_by_key(|span| span.start);
        let mut rest = Vec::new();
        let mut next = 0u64;
        for span in self.spans {
            if span.start.min(len) > next {
                rest.push(next..span.start.min(len));
            }
            next = next.max(span.end);
        }
        if next < len {
            rest.push(next..len);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_what_nobody_owns() {
        let mut owned = Owned::default();
        for span in [10..20, 20..25, 5..6, 12..40, 60..60, 90..200] {
            owned.add(span);
        }
        assert_eq!(owned.rest(100), [0..5, 6..10, 40..90]);
    }
}
