//! The kernel for machines without vector instructions: one look-up for each
//! byte, exact.

use super::super::buckets::{BUCKETS, Item, LaneShares, share_out};
use super::super::keys::{KEY_BYTES, Key};
use super::super::model::Model;
use super::{BLOCK_BYTES, Filter, Marks, REACH_BYTES};

/// For each byte, the buckets that admit it, eight bits for each place of a
/// key: its first place is lowest.
pub(super) struct Plain([u32; 256]);

impl Plain {
    pub(super) fn new(keys: &[Key]) -> Self {
        let mut table = [0; 256];
        for (key, home) in keys.iter().zip(homes(keys)) {
            for (place, set) in (0u32..).zip(&key.admits) {
                let bit = 1 << place.saturating_mul(8).saturating_add(home);
                for byte in set.iter() {
                    if let Some(entry) = table.get_mut(usize::from(byte)) {
                        *entry |= bit;
                    }
                }
            }
        }
        Plain(table)
    }

    fn entry(&self, byte: u8) -> u32 {
        // A table of 256 has an entry for each byte.
        self.0.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// The places of a block.
    fn block(&self, bytes: &[u8; BLOCK_BYTES + REACH_BYTES]) -> u64 {
        let entries = bytes.map(|byte| self.entry(byte));
        let mut admitted = [0; BLOCK_BYTES];
        for (admitted, key) in admitted.iter_mut().zip(entries.array_windows()) {
            let [first, second, third, fourth] = key;
            *admitted = first & second >> 8 & third >> 16 & fourth >> 24;
        }
        match admitted.iter().fold(0, |any, buckets| any | buckets) {
            0 => 0,
            _ => places(&admitted),
        }
    }
}

/// A bit for each place that some bucket admits.
fn places(admitted: &[u32; BLOCK_BYTES]) -> u64 {
    let bits = (0u32..).zip(admitted);
    bits.fold(0, |places, (bit, buckets)| {
        places | u64::from(*buckets != 0) << (bit & 63)
    })
}

impl Filter for Plain {
    fn mark(&self, bytes: &[u8], marks: &mut Marks) {
        let mut rest = bytes;
        let mut block = 0usize;
        while let Some(step) = rest.first_chunk() {
            marks.note(block, self.block(step));
            block = block.wrapping_add(1);
            rest = rest.get(BLOCK_BYTES..).unwrap_or_default();
        }
    }
}

/// The bucket of each key; the lanes are the bytes of a key.
fn homes(keys: &[Key]) -> impl Iterator<Item = u32> {
    let items: Vec<Item> = keys
        .iter()
        .map(|key| Item {
            lanes: key.admits.to_vec(),
            allowed: 0..BUCKETS,
        })
        .collect();
    share_out(&items, &byte_lanes())
        .into_iter()
        .map(|home| u32::try_from(home).unwrap_or(0))
}

/// The shares of every byte at each place of a key.
pub(super) fn byte_lanes() -> Vec<LaneShares> {
    let model = Model::new();
    let lane = |place| {
        let shares = std::array::from_fn(|byte| model.byte(place, u8::try_from(byte).unwrap_or(0)));
        Box::new(shares)
    };
    (0..KEY_BYTES).map(lane).collect()
}
