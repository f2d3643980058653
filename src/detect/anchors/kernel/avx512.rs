//! The kernel for AVX-512 VBMI: each byte of a key chooses its buckets by a
//! permutation of 128 entries, for 64 places at once.
//!
//! A permutation sees seven bits of a byte. Keys with a byte of 0x80 or more
//! have *high* buckets of their own, and a place counts in those if one of its
//! bytes has the eighth bit, and in the others if none has.

#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512i, __mmask64, _mm512_and_si512, _mm512_loadu_si512, _mm512_mask_blend_epi8,
    _mm512_movepi8_mask, _mm512_or_si512, _mm512_permutex2var_epi8, _mm512_set1_epi8,
    _mm512_setzero_si512, _mm512_ternarylogic_epi32, _mm512_test_epi8_mask,
};

use super::super::buckets::{BUCKETS, Item, LaneShares, share_out};
use super::super::keys::{KEY_BYTES, Key};
use super::super::model::plus;
use super::plain::byte_lanes;
use super::{BLOCK_BYTES, Filter, Marks, REACH_BYTES};

/// Blocks that share a branch.
const BLOCKS: usize = 4;

/// Values of seven bits.
const SEVEN_BITS: usize = 128;

/// The bit that a permutation does not see.
const EIGHTH: u8 = 0x80;

/// Exists only where the processor has AVX-512 VBMI.
pub(super) struct Avx512 {
    /// For each place of a key, the buckets that admit each value of seven
    /// bits.
    tables: [[u8; SEVEN_BITS]; KEY_BYTES],
    /// The high buckets.
    high: u8,
}

impl Avx512 {
    /// The tables for these keys, on a processor that can use them.
    pub(super) fn new(keys: &[Key]) -> Option<Self> {
        let able = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi");
        able.then(|| Avx512::tables(keys))
    }

    fn tables(keys: &[Key]) -> Self {
        let split = BUCKETS.saturating_sub(high_buckets(keys));
        let items: Vec<Item> = keys
            .iter()
            .map(|key| Item {
                lanes: key.admits.map(|set| set.map(|b| b & !EIGHTH)).to_vec(),
                allowed: if is_high(key) {
                    split..BUCKETS
                } else {
                    0..split
                },
            })
            .collect();
        let mut filter = Avx512 {
            tables: [[0; SEVEN_BITS]; KEY_BYTES],
            high: (0xff00u16 >> BUCKETS.saturating_sub(split)) as u8,
        };
        for (item, home) in items.iter().zip(share_out(&items, &seven_bit_lanes())) {
            for (table, set) in filter.tables.iter_mut().zip(&item.lanes) {
                for value in set.iter() {
                    if let Some(entry) = table.get_mut(usize::from(value)) {
                        *entry |= 1 << (home & 7);
                    }
                }
            }
        }
        filter
    }
}

fn is_high(key: &Key) -> bool {
    key.admits.iter().any(|set| set.iter().any(|b| b >= EIGHTH))
}

/// How many buckets keys with an eighth bit get. Most bytes of weights have it
/// within four, so that they need more room than their number asks for.
fn high_buckets(keys: &[Key]) -> usize {
    let high = keys.iter().filter(|key| is_high(key)).count();
    let room = high.saturating_mul(2).saturating_mul(BUCKETS);
    match room.checked_div(keys.len()).unwrap_or_default() {
        0 => usize::from(high > 0),
        share => share.min(BUCKETS / 2),
    }
}

/// The shares of seven bits at each place of a key.
fn seven_bit_lanes() -> Vec<LaneShares> {
    let mut lanes = byte_lanes();
    for lane in &mut lanes {
        let (low, high) = lane.split_at_mut(SEVEN_BITS);
        for (low, high) in low.iter_mut().zip(high) {
            *low = plus(*low, *high);
        }
    }
    lanes
}

impl Filter for Avx512 {
    fn mark(&self, bytes: &[u8], marks: &mut Marks) {
        // SAFETY: a value of this type is made only by `new`, where the
        // processor was found to have all that `mark` requires.
        unsafe { mark(self, bytes, marks) }
    }
}

/// What the loop holds in registers.
struct Registers {
    tables: [[__m512i; 2]; KEY_BYTES],
    high: __m512i,
    low: __m512i,
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn mark(filter: &Avx512, bytes: &[u8], marks: &mut Marks) {
    let [a, b, c, d] = &filter.tables;
    let registers = Registers {
        tables: [a, b, c, d].map(|t| [load(t, 0), load(t, BLOCK_BYTES)]),
        high: _mm512_set1_epi8(filter.high.cast_signed()),
        low: _mm512_set1_epi8((!filter.high).cast_signed()),
    };
    let mut rest = bytes;
    let mut block = 0usize;
    while let Some(step) = rest.first_chunk::<{ BLOCKS * BLOCK_BYTES + REACH_BYTES }>() {
        let places = [
            places::<0, _>(&registers, step),
            places::<64, _>(&registers, step),
            places::<128, _>(&registers, step),
            places::<192, _>(&registers, step),
        ];
        if places.iter().fold(0, |any, p| any | p) != 0 {
            for (index, places) in places.into_iter().enumerate() {
                marks.note(block.wrapping_add(index), places);
            }
        }
        block = block.wrapping_add(BLOCKS);
        rest = rest.get(BLOCKS * BLOCK_BYTES..).unwrap_or_default();
    }
    while let Some(step) = rest.first_chunk::<{ BLOCK_BYTES + REACH_BYTES }>() {
        marks.note(block, places::<0, _>(&registers, step));
        block = block.wrapping_add(1);
        rest = rest.get(BLOCK_BYTES..).unwrap_or_default();
    }
}

/// The 64 places from `AT` on where a bucket admits all four bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn places<const AT: usize, const N: usize>(registers: &Registers, step: &[u8; N]) -> __mmask64 {
    let w = load(step, AT);
    let x = load(step, AT.wrapping_add(1));
    let y = load(step, AT.wrapping_add(2));
    let z = load(step, AT.wrapping_add(3));
    let [a, b, c, d] = &registers.tables;
    let three = and3(buckets(a, w), buckets(b, x), buckets(c, y));
    let admitted = _mm512_and_si512(three, buckets(d, z));
    let eighth = _mm512_movepi8_mask(_mm512_or_si512(or3(w, x, y), z));
    let counting = _mm512_mask_blend_epi8(eighth, registers.low, registers.high);
    _mm512_test_epi8_mask(admitted, counting)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn buckets([low, high]: &[__m512i; 2], bytes: __m512i) -> __m512i {
    _mm512_permutex2var_epi8(*low, bytes, *high)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn and3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x80>(a, b, c)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn or3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xfe>(a, b, c)
}

/// The 64 bytes from `at` on; zeros where there are not as many.
#[target_feature(enable = "avx512f")]
#[inline]
fn load<const N: usize>(step: &[u8; N], at: usize) -> __m512i {
    let bytes: Option<&[u8; BLOCK_BYTES]> = step.get(at..).and_then(<[u8]>::first_chunk);
    match bytes {
        // SAFETY: the reference is to 64 bytes that can be read; the
        // instruction asks for no alignment.
        Some(bytes) => unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) },
        None => _mm512_setzero_si512(),
    }
}
