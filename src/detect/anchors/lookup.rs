//! From the bytes at a place to the literals that may stand around it.
//!
//! A small map of bits, which stays in the nearest cache, turns away nearly
//! all that the filter let through for nothing; a hash table has the rest.

use super::keys::{Key, Owner};

/// Bits of an index of the map.
const MAP_BITS: u32 = 16;

/// Slots of the hash table for each key, at least.
const SLOTS_PER_KEY: usize = 4;

/// The keys and their owners.
pub(super) struct Lookup {
    map: Box<[u64; 1 << (MAP_BITS - 6)]>,
    /// A power of two of slots, most of them empty.
    slots: Vec<Slot>,
    /// The owners of all keys, key by key.
    owners: Vec<Owner>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// The folded key; zero, which no folded key is, in an empty slot.
    folded: u32,
    from: u32,
    to: u32,
}

impl Lookup {
    pub(super) fn new(keys: &[Key]) -> Self {
        let room = keys.len().saturating_mul(SLOTS_PER_KEY).max(1);
        let mut lookup = Lookup {
            map: Box::new([0; 1 << (MAP_BITS - 6)]),
            slots: vec![Slot::default(); room.next_power_of_two()],
            owners: Vec::new(),
        };
        keys.iter().for_each(|key| lookup.insert(key));
        lookup
    }

    fn insert(&mut self, key: &Key) {
        let (word, bit) = place(key.folded);
        if let Some(word) = self.map.get_mut(word) {
            *word |= bit;
        }
        let from = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        self.owners.extend(&key.owners);
        let to = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        let index = self.probe(key.folded);
        if let Some(slot) = self.slots.get_mut(index) {
            let folded = key.folded;
            *slot = Slot { folded, from, to };
        }
    }

    /// The slot of this key, or the empty one where it would be.
    fn probe(&self, folded: u32) -> usize {
        let last = self.slots.len().saturating_sub(1);
        let mut index = hash(folded) as usize & last;
        while let Some(slot) = self.slots.get(index) {
            if slot.folded == folded || slot.folded == 0 {
                break;
            }
            index = index.wrapping_add(1) & last;
        }
        index
    }

    /// Whether this may be a key: never wrong about one that is.
    #[inline(always)]
    pub(super) fn may_hold(&self, folded: u32) -> bool {
        let (word, bit) = place(folded);
        self.map.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The literals that are found by this key; none if it is no key.
    pub(super) fn owners(&self, folded: u32) -> &[Owner] {
        let slot = self.slots.get(self.probe(folded)).copied();
        let Slot { from, to, .. } = slot.unwrap_or_default();
        self.owners
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }
}

fn hash(folded: u32) -> u32 {
    let mixed = folded.wrapping_mul(0x9e37_79b1);
    mixed ^ mixed >> 15
}

/// The word and the bit of a key in the map.
#[inline(always)]
fn place(folded: u32) -> (usize, u64) {
    let index = folded.wrapping_mul(0x9e37_79b1) >> (u32::BITS - MAP_BITS);
    ((index >> 6) as usize, 1 << (index & 63))
}
