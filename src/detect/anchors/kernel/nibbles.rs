//! Tables of half bytes, for shuffles that look up one of sixteen entries.

use super::super::buckets::{BUCKETS, Item, LaneShares, share_out};
use super::super::bytes::ByteSet;
use super::super::keys::{KEY_BYTES, Key};
use super::super::model::{KINDS, Model, plus};

/// For each place of a key, the buckets that admit each low half and each high
/// half of a byte.
#[derive(Debug, Default)]
pub(super) struct Nibbles(pub [Halves; KEY_BYTES]);

/// The buckets that admit each half of a byte.
#[derive(Debug, Default)]
pub(super) struct Halves {
    pub low: [u8; 16],
    pub high: [u8; 16],
}

impl Nibbles {
    pub(super) fn new(keys: &[Key]) -> Self {
        let items: Vec<Item> = keys
            .iter()
            .map(|key| Item {
                lanes: key.admits.iter().flat_map(halves).collect(),
                allowed: 0..BUCKETS,
            })
            .collect();
        let mut nibbles = Nibbles::default();
        for (item, home) in items.iter().zip(share_out(&items, &lanes())) {
            let tables = nibbles.0.iter_mut().flat_map(|h| [&mut h.low, &mut h.high]);
            for (table, set) in tables.zip(&item.lanes) {
                for value in set.iter() {
                    if let Some(entry) = table.get_mut(usize::from(value)) {
                        *entry |= 1 << (home & 7);
                    }
                }
            }
        }
        nibbles
    }
}

/// The low and the high halves of these bytes.
fn halves(set: &ByteSet) -> [ByteSet; 2] {
    [set.map(|byte| byte & 0xf), set.map(|byte| byte >> 4)]
}

/// The shares of every half at each place of a key.
fn lanes() -> Vec<LaneShares> {
    let model = Model::new();
    let lane = |place: usize, half: fn(u8) -> u8| {
        let mut shares = Box::new([[0.0; KINDS]; 256]);
        for byte in 0..=u8::MAX {
            if let Some(sum) = shares.get_mut(usize::from(half(byte))) {
                *sum = plus(*sum, model.byte(place, byte));
            }
        }
        shares
    };
    (0..KEY_BYTES)
        .flat_map(|place| [lane(place, |b| b & 0xf), lane(place, |b| b >> 4)])
        .collect()
}
