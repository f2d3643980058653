//! Polyglots and disguises.

use super::Chapter;

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[];
