//! Packed streams.

use super::Chapter;

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[];
