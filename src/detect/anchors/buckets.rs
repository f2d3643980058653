//! Sharing out keys among the eight buckets of the filter.
//!
//! The filter knows for each *lane* (a byte of the key, or half of one) which
//! buckets admit a value, and lets a place through when one bucket admits all
//! lanes. A bucket thus admits every combination of what its keys have in each
//! lane, and keys that are alike belong together.

use std::ops::Range;

use super::bytes::ByteSet;
use super::model::{self, KINDS, Shares, frequency};

/// How many buckets there are: one for each bit of a byte.
pub(super) const BUCKETS: usize = 8;

/// How often keys are moved to the bucket that suits them best by then.
const ROUNDS: usize = 6;

/// A key as the filter sees it.
pub(super) struct Item {
    /// Its values in each lane.
    pub lanes: Vec<ByteSet>,
    /// The buckets that it may be in.
    pub allowed: Range<usize>,
}

/// The shares of the values of a lane.
pub(super) type LaneShares = Box<[Shares; 256]>;

/// For each item its bucket.
pub(super) fn share_out(items: &[Item], lanes: &[LaneShares]) -> Vec<usize> {
    let mut buckets: Vec<Bucket> = (0..BUCKETS).map(|_| Bucket::new(lanes.len())).collect();
    let mut homes: Vec<Option<usize>> = vec![None; items.len()];
    for _ in 0..=ROUNDS {
        for (item, home) in items.iter().zip(&mut homes) {
            if let Some(bucket) = home.and_then(|index| buckets.get_mut(index)) {
                bucket.remove(item, lanes);
            }
            let best = cheapest(&buckets, item, lanes);
            if let Some(bucket) = buckets.get_mut(best) {
                bucket.insert(item, lanes);
            }
            *home = Some(best);
        }
    }
    homes.into_iter().map(Option::unwrap_or_default).collect()
}

/// The allowed bucket that lets least more through with this item in it.
fn cheapest(buckets: &[Bucket], item: &Item, lanes: &[LaneShares]) -> usize {
    let costs = item.allowed.clone().filter_map(|index| {
        let bucket = buckets.get(index)?;
        Some((bucket.cost_of(item, lanes), index))
    });
    costs
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(item.allowed.start, |(_, index)| index)
}

/// What a bucket admits.
struct Bucket {
    /// For each lane, how many items have each value.
    counts: Vec<[u16; 256]>,
    /// For each lane, the shares of the values that some item has.
    shares: Vec<Shares>,
}

impl Bucket {
    fn new(lanes: usize) -> Self {
        Bucket {
            counts: vec![[0; 256]; lanes],
            shares: vec![[0.0; KINDS]; lanes],
        }
    }

    fn insert(&mut self, item: &Item, lanes: &[LaneShares]) {
        for (((counts, shares), set), lane) in self.lanes_mut().zip(&item.lanes).zip(lanes) {
            for value in set.iter() {
                let Some(count) = counts.get_mut(usize::from(value)) else {
                    continue;
                };
                if *count == 0 {
                    *shares = model::plus(*shares, share(lane, value));
                }
                *count = count.saturating_add(1);
            }
        }
    }

    fn remove(&mut self, item: &Item, lanes: &[LaneShares]) {
        for (((counts, shares), set), lane) in self.lanes_mut().zip(&item.lanes).zip(lanes) {
            for value in set.iter() {
                let Some(count) = counts.get_mut(usize::from(value)) else {
                    continue;
                };
                *count = count.saturating_sub(1);
                if *count == 0 {
                    *shares = model::minus(*shares, share(lane, value));
                }
            }
        }
    }

    fn lanes_mut(&mut self) -> impl Iterator<Item = (&mut [u16; 256], &mut Shares)> {
        self.counts.iter_mut().zip(&mut self.shares)
    }

    /// How much more it lets through with this item.
    fn cost_of(&self, item: &Item, lanes: &[LaneShares]) -> f32 {
        let with = self
            .counts
            .iter()
            .zip(&self.shares)
            .zip(item.lanes.iter().zip(lanes))
            .map(|((counts, shares), (set, lane))| {
                let new = set
                    .iter()
                    .filter(|value| counts.get(usize::from(*value)) == Some(&0));
                new.fold(*shares, |sum, value| model::plus(sum, share(lane, value)))
            });
        frequency(with) - frequency(self.shares.iter().copied())
    }
}

fn share(lane: &LaneShares, value: u8) -> Shares {
    lane.get(usize::from(value))
        .copied()
        .unwrap_or([0.0; KINDS])
}
