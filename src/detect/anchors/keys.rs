//! Which four bytes of each literal the search looks for.
//!
//! A *key* is four neighbouring bytes of a literal. The fewer distinct keys a
//! list of literals needs, the fewer bytes the filter lets through, and the
//! rarer those keys are in what is swept, the fewer places are looked at: a
//! greedy set cover chooses among the keys of each literal that are rare
//! enough. Two keys that differ in the sixth bit of their bytes only, as upper
//! and lower case do, are one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Literal;
use super::bytes::ByteSet;
use super::model::{Model, frequency};

/// Length of a key.
pub const KEY_BYTES: usize = 4;

/// The bits that are set before keys are compared.
const FOLD: u32 = 0x2020_2020;

/// Places of a literal where a key may start.
const PLACES_CAP: usize = 64;

/// A key this rare is never passed over for a rarer one.
const RARE: f32 = 1e-6;

/// How much more common than the rarest key of a literal its key may be.
const SLACK: f32 = 8.0;

/// Most literals that share a key, as long as there are others.
const OWNERS_CAP: usize = 24;

/// Four bytes that are looked for.
#[derive(Debug)]
pub(super) struct Key {
    /// The bytes, folded.
    pub folded: u32,
    /// What each of the four may be.
    pub admits: [ByteSet; KEY_BYTES],
    /// The literals that are found by it.
    pub owners: Vec<Owner>,
}

/// A literal that is found by a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    /// Index of the literal.
    pub literal: usize,
    /// Where in it the key starts.
    pub at: usize,
    /// Where in it four bytes far from the key start.
    pub far_at: usize,
    /// Those bytes, folded: what tells owners of one key apart at a glance.
    pub far: u32,
}

impl Owner {
    fn new(index: usize, literal: &Literal, at: usize) -> Self {
        let last = literal.bytes.len().saturating_sub(KEY_BYTES);
        let far_at = if at < last.saturating_sub(at) {
            last
        } else {
            0
        };
        let far = literal.bytes.get(far_at..).and_then(<[u8]>::first_chunk);
        Owner {
            literal: index,
            at,
            far_at,
            far: folded(far.copied().unwrap_or_default()),
        }
    }
}

/// The key that starts with these bytes, folded.
pub(super) fn folded(bytes: [u8; KEY_BYTES]) -> u32 {
    u32::from_le_bytes(bytes) | FOLD
}

/// A place that can be the key of a literal.
struct Candidate {
    folded: u32,
    owner: Owner,
    frequency: f32,
}

/// Choose the keys of these literals; each literal owns exactly one place of
/// one key. Keys come in the order of their folded bytes.
pub(super) fn choose(literals: &[Literal]) -> Vec<Key> {
    let model = Model::new();
    let mut candidates: Vec<Candidate> = literals
        .iter()
        .enumerate()
        .flat_map(|(index, literal)| candidates(index, literal, &model))
        .collect();
    candidates.sort_by_key(|c| (c.folded, c.owner.literal, c.owner.at));
    candidates.dedup_by_key(|c| (c.folded, c.owner.literal));
    let mut keys: Vec<Key> = cover(&candidates, literals.len())
        .into_iter()
        .map(|(folded, owners)| Key {
            folded,
            admits: std::array::from_fn(|place| admitted(literals, &owners, place)),
            owners,
        })
        .collect();
    keys.sort_by_key(|key| key.folded);
    keys
}

/// The places of a literal that are rare enough.
fn candidates(index: usize, literal: &Literal, model: &Model) -> Vec<Candidate> {
    let windows = literal.bytes.array_windows::<KEY_BYTES>().take(PLACES_CAP);
    let mut all: Vec<Candidate> = windows
        .enumerate()
        .map(|(at, bytes)| {
            let sets = bytes.map(|byte| literal.variants(byte));
            let shares = (0..).zip(&sets).map(|(place, set)| model.set(place, set));
            Candidate {
                folded: folded(*bytes),
                owner: Owner::new(index, literal, at),
                frequency: frequency(shares),
            }
        })
        .collect();
    let rarest = all.iter().map(|c| c.frequency).fold(f32::MAX, f32::min);
    all.retain(|c| c.frequency <= (rarest * SLACK).max(RARE));
    all
}

/// The greedy cover: time and again the key that serves most literals that
/// have none yet, the rarer one of equals.
fn cover(candidates: &[Candidate], literals: usize) -> Vec<(u32, Vec<Owner>)> {
    let groups: Vec<&[Candidate]> = candidates.chunk_by(|a, b| a.folded == b.folded).collect();
    let mut served = vec![false; literals];
    let mut queue: BinaryHeap<_> = (0..)
        .zip(&groups)
        .map(|(group, members)| rank(members.len(), members, group))
        .collect();
    let mut chosen = Vec::new();
    while let Some((gain, _, Reverse(group))) = queue.pop() {
        let members = groups.get(group).copied().unwrap_or_default();
        let open = |c: &&Candidate| served.get(c.owner.literal) == Some(&false);
        let owners: Vec<Owner> = members.iter().filter(open).map(|c| c.owner).collect();
        if owners.is_empty() {
            continue;
        }
        if owners.len().min(OWNERS_CAP) < gain {
            queue.push(rank(owners.len(), members, group));
            continue;
        }
        for owner in &owners {
            if let Some(served) = served.get_mut(owner.literal) {
                *served = true;
            }
        }
        let folded = members.first().map_or(0, |c| c.folded);
        chosen.push((folded, owners));
    }
    chosen
}

/// The place of a group in the queue: by what it serves, then by rarity.
fn rank(
    serves: usize,
    members: &[Candidate],
    group: usize,
) -> (usize, Reverse<u32>, Reverse<usize>) {
    let frequency = members.iter().map(|c| c.frequency).fold(0.0, f32::max);
    // The bits of positive floats are in the order of their values.
    (
        serves.min(OWNERS_CAP),
        Reverse(frequency.to_bits()),
        Reverse(group),
    )
}

/// What the byte at this place of a key may be, for all of its owners.
fn admitted(literals: &[Literal], owners: &[Owner], place: usize) -> ByteSet {
    owners
        .iter()
        .filter_map(|owner| {
            let literal = literals.get(owner.literal)?;
            let byte = literal.bytes.get(owner.at.checked_add(place)?)?;
            Some(literal.variants(*byte))
        })
        .flat_map(|set| set.iter().collect::<Vec<u8>>())
        .collect()
}
