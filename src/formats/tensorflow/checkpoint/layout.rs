//! The places of tensors in the data files: each byte belongs to one.

use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Place, Promise, Severity, Why};
use crate::rules::tensorflow as rules;

/// Places that are kept.
const EXTENTS_CAP: usize = 1 << 22;

/// Longest run of bytes that a writer leaves out to align a tensor.
const PADDING_CAP_BYTES: u64 = 4096;

/// Data files whose length is told to the engine.
const SHARDS_CAP: u32 = 1 << 16;

/// Where a tensor lies.
#[derive(Debug)]
pub(super) struct Extent {
    pub(super) shard: u32,
    pub(super) begin: u64,
    /// The byte behind its last.
    pub(super) end: u64,
    pub(super) name: String,
    /// Where its entry stands in the index.
    pub(super) at: u64,
}

/// The places of all tensors.
#[derive(Debug, Default)]
pub(super) struct Layout {
    extents: Vec<Extent>,
    is_cut: bool,
}

impl Layout {
    /// Keep a place.
    pub(super) fn add(&mut self, extent: Extent) {
        match self.extents.len() < EXTENTS_CAP {
            true => self.extents.push(extent),
            false => self.is_cut = true,
        }
    }

    /// Compare the places with each other, and say how long each of the data
    /// files of the checkpoint called `stem` has to be.
    pub(super) fn check(
        mut self,
        tally: &mut Tally,
        cx: &mut Context<'_>,
        stem: &str,
        shards: u32,
    ) {
        if self.is_cut {
            let detail = format!("more than {EXTENTS_CAP} tensors; they are not compared");
            cx.gap(Place::whole(), Why::Limit, detail);
            return;
        }
        self.extents
            .sort_unstable_by_key(|extent| (extent.shard, extent.begin, extent.end, extent.at));
        for of in self.extents.chunk_by(|a, b| a.shard == b.shard) {
            let filled = order(of, tally);
            let Some(first) = of.first() else { continue };
            if first.shard < SHARDS_CAP {
                cx.promise(Promise {
                    files: vec![format!("{stem}.data-{:05}-of-{shards:05}", first.shard)],
                    bytes: filled,
                });
            }
        }
    }
}

/// Overlaps and holes in one data file; the byte behind the last tensor.
fn order(extents: &[Extent], tally: &mut Tally) -> u64 {
    let mut filled = 0u64;
    let mut owner: Option<&Extent> = None;
    for extent in extents {
        if extent.begin < filled {
            let other = owner.map_or("", |owner| owner.name.as_str());
            let message = format!("`{}` begins inside of `{other}`", extent.name);
            let draft = rules::INDEX_OVERLAP.at(extent.at).message(message);
            tally.add(draft.within(&extent.name));
        } else if extent.begin > filled {
            let size = extent.begin.saturating_sub(filled);
            let message = format!(
                "{size} bytes before `{}` in data file {} belong to no tensor",
                extent.name, extent.shard
            );
            let severity = match size < PADDING_CAP_BYTES && extent.begin.is_multiple_of(8) {
                true => Severity::Low,
                false => rules::INDEX_HOLE.severity,
            };
            let draft = rules::INDEX_HOLE.at(extent.at).severity(severity);
            tally.add(draft.message(message).within(&extent.name));
        }
        if extent.end > filled || owner.is_none() {
            owner = Some(extent);
        }
        filled = filled.max(extent.end);
    }
    filled
}
