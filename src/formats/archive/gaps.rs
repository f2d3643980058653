//! Gaps of one archive, with a bound on how many are listed one by one.

use std::collections::BTreeMap;

use crate::formats::Context;
use crate::report::{Place, Why};

/// Gaps of one kind that are listed one by one; the rest are counted.
const LISTED: u64 = 20;

/// How many gaps of each kind there are so far.
#[derive(Debug, Default)]
pub(in crate::formats) struct Gaps(BTreeMap<Why, u64>);

impl Gaps {
    /// Note a gap: list it, or count it once enough are listed.
    pub(in crate::formats) fn add(
        &mut self,
        cx: &mut Context<'_>,
        at: Place,
        why: Why,
        detail: String,
    ) {
        let count = self.0.entry(why).or_default();
        *count = count.saturating_add(1);
        if *count <= LISTED {
            cx.gap(at, why, detail);
        }
    }

    /// Say how many were counted and not listed.
    pub(in crate::formats) fn close(self, cx: &mut Context<'_>) {
        for (why, count) in self.0 {
            let more = count.saturating_sub(LISTED);
            if more > 0 {
                let detail = format!("{more} more members of this archive, for the same reason");
                cx.gap(Place::whole(), why, detail);
            }
        }
    }
}
