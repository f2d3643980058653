//! The windows of a sweep that are still to be taken.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::detect;
use crate::report::Span;
use crate::source::{Margins, windows};

/// The windows that no lane has taken yet.
pub(super) struct Queue {
    /// Spans to sweep, last first, so that the next one is popped.
    left: Mutex<Vec<Span>>,
    /// Length of the artifact: margins do not reach beyond it.
    len: u64,
    margins: Margins,
}

impl Queue {
    pub(super) fn new(mut spans: Vec<Span>, len: u64) -> Self {
        spans.reverse();
        Queue {
            left: Mutex::new(spans),
            len,
            margins: detect::margins(),
        }
    }

    fn left(&self) -> MutexGuard<'_, Vec<Span>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is more than one window of this size.
    pub(super) fn longer_than(&self, window: u64) -> bool {
        self.left().iter().map(|s| s.end - s.start).sum::<u64>() > window
    }

    /// The next window of at most `size` core bytes: its core, and the core
    /// with margins.
    pub(super) fn next(&self, size: u64) -> Option<(Span, Span)> {
        let mut left = self.left();
        let span = left.pop()?;
        let (core, outer) = windows(span.clone(), self.len, size, self.margins).next()?;
        if core.end < span.end {
            left.push(core.end..span.end);
        }
        Some((core, outer))
    }

    /// Leave nothing for the other lanes.
    pub(super) fn close(&self) {
        self.left().clear();
    }
}
