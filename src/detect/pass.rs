//! The one pass over the bytes of a window that all sweepers share.
//!
//! The literals of all sweepers are searched for together, because a second
//! search costs as much as the first and more literals in one cost nearly
//! nothing. Each sweeper is handed what was sighted of its own.

use std::sync::LazyLock;

use super::anchors::Finder;
use super::{SWEEPERS, Sweeper};
use crate::source::Window;

/// Sightings that are handed over together: a hostile window may hold as many
/// as it has bytes.
const BATCH_SIGHTINGS: usize = 4096;

/// A literal of a sweeper that stands in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Which one, in the order of [`Sweeper::literals`].
    pub literal: usize,
    /// Index of its first byte in [`Window::bytes`]; it is in the core.
    pub at: usize,
}

/// The search for the literals of some sweepers.
pub(super) struct Pass {
    sweepers: &'static [&'static dyn Sweeper],
    finder: Finder,
    /// For each literal of the finder, the sweeper (by index) whose it is, and
    /// which of its literals.
    owners: Vec<(usize, usize)>,
}

static PASS: LazyLock<Pass> = LazyLock::new(|| Pass::new(SWEEPERS));

/// Search a window for what the sweepers look for, and have them judge it:
/// `judge` is called for a sweeper and some of its sightings, as often as
/// there are any.
pub fn sweep(window: &Window<'_>, judge: &mut dyn FnMut(&dyn Sweeper, &[Sighting])) {
    PASS.run(window, judge);
}

impl Pass {
    pub(super) fn new(sweepers: &'static [&'static dyn Sweeper]) -> Self {
        let lists: Vec<_> = sweepers.iter().map(|s| s.literals()).collect();
        let owners = lists
            .iter()
            .enumerate()
            .flat_map(|(sweeper, list)| (0..list.len()).map(move |literal| (sweeper, literal)));
        Pass {
            sweepers,
            owners: owners.collect(),
            finder: Finder::new(lists.into_iter().flatten())
                .unwrap_or_else(|short| unreachable!("a sweeper's {short}")),
        }
    }

    /// See [`sweep`].
    pub(super) fn run(
        &self,
        window: &Window<'_>,
        judge: &mut dyn FnMut(&dyn Sweeper, &[Sighting]),
    ) {
        let mut batches: Vec<Vec<Sighting>> = vec![Vec::new(); self.sweepers.len()];
        let core = window.core.clone();
        self.finder.find(window.bytes, core, &mut |found, at| {
            let Some(&(owner, literal)) = self.owners.get(found) else {
                return;
            };
            let places = batches.get_mut(owner).zip(self.sweepers.get(owner));
            if let Some((batch, sweeper)) = places {
                batch.push(Sighting { literal, at });
                if batch.len() >= BATCH_SIGHTINGS {
                    judge(*sweeper, batch);
                    batch.clear();
                }
            }
        });
        for (sweeper, batch) in self.sweepers.iter().zip(&batches) {
            if !batch.is_empty() {
                judge(*sweeper, batch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Hit;
    use crate::detect::anchors::Literal;
    use crate::source::Margins;

    /// Counts what it is shown: the hits of a window are its sightings.
    struct Words(&'static [&'static str]);

    impl Sweeper for Words {
        fn margins(&self) -> Margins {
            Margins::default()
        }

        fn literals(&self) -> Vec<Literal> {
            self.0
                .iter()
                .map(|w| Literal::exact(w.as_bytes()))
                .collect()
        }

        fn judge(&self, _: &Window<'_>, _: &[Sighting], _: &mut dyn FnMut(Hit)) {}
    }

    static TWO: &[&dyn Sweeper] = &[&Words(&["spam", "eggs"]), &Words(&["ham and", "spam"])];

    /// What each sweeper is shown, by its first literal.
    fn shown(bytes: &[u8], core: std::ops::Range<usize>) -> Vec<(Literal, Sighting)> {
        let window = Window {
            bytes,
            base: 7,
            core,
        };
        let mut all = Vec::new();
        Pass::new(TWO).run(&window, &mut |sweeper, batch| {
            assert!(!batch.is_empty() && batch.len() <= BATCH_SIGHTINGS);
            let first = sweeper.literals().remove(0);
            all.extend(batch.iter().map(|s| (first.clone(), *s)));
        });
        all
    }

    #[test]
    fn each_sweeper_is_shown_its_own() {
        let (first, second) = (
            Literal::exact(&b"spam"[..]),
            Literal::exact(&b"ham and"[..]),
        );
        let sighting = |literal, at| Sighting { literal, at };
        let all = shown(b"ham and eggs spam spam", 1..20);
        assert_eq!(
            all,
            [
                (first.clone(), sighting(1, 8)),
                (first.clone(), sighting(0, 13)),
                (first, sighting(0, 18)),
                (second.clone(), sighting(1, 13)),
                (second, sighting(1, 18)),
            ]
        );
    }

    #[test]
    fn many_sightings_come_in_batches_and_none_is_lost() {
        let bytes = b"spam".repeat(10_000);
        assert_eq!(shown(&bytes, 0..bytes.len()).len(), 20_000);
    }

    #[test]
    fn literals_of_all_sweepers_can_be_searched_for() {
        assert_eq!(PASS.sweepers.len(), SWEEPERS.len());
        assert!(PASS.owners.len() > 100);
    }
}
