//! Pickles embedded in other bytes.

use super::{Hit, Sweeper};
use crate::source::{Margins, Window};

/// Finds pickles that call something dangerous inside other bytes.
pub struct EmbeddedPickles;

impl Sweeper for EmbeddedPickles {
    fn margins(&self) -> Margins {
        Margins::default()
    }

    fn window(&self, _window: &Window<'_>, _hits: &mut Vec<Hit>) {}
}
