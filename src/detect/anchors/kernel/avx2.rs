//! The kernel for AVX2: each half of each byte of a key chooses its buckets by
//! a shuffle, for 32 places at once.

#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_testz_si256,
};

use super::super::keys::{KEY_BYTES, Key};
use super::nibbles::Nibbles;
use super::{BLOCK_BYTES, Filter, Marks, REACH_BYTES};

/// Bytes of a vector.
const VECTOR_BYTES: usize = 32;

/// Exists only where the processor has AVX2.
pub(super) struct Avx2(Nibbles);

impl Avx2 {
    /// The tables for these keys, on a processor that can use them.
    pub(super) fn new(keys: &[Key]) -> Option<Self> {
        is_x86_feature_detected!("avx2").then(|| Avx2(Nibbles::new(keys)))
    }
}

impl Filter for Avx2 {
    fn mark(&self, bytes: &[u8], marks: &mut Marks) {
        // SAFETY: a value of this type is made only by `new`, where the
        // processor was found to have AVX2, all that `mark` requires.
        unsafe { mark(&self.0, bytes, marks) }
    }
}

/// The tables in registers: for each place of a key the low and the high half.
type Tables = [[__m256i; 2]; KEY_BYTES];

#[target_feature(enable = "avx2")]
fn mark(nibbles: &Nibbles, bytes: &[u8], marks: &mut Marks) {
    let [a, b, c, d] = &nibbles.0;
    let tables = [a, b, c, d].map(|halves| [table(&halves.low), table(&halves.high)]);
    let mut rest = bytes;
    let mut block = 0usize;
    while let Some(step) = rest.first_chunk::<{ BLOCK_BYTES + REACH_BYTES }>() {
        let [first, second] = [admitted::<0>(&tables, step), admitted::<32>(&tables, step)];
        let any = _mm256_or_si256(first, second);
        if _mm256_testz_si256(any, any) == 0 {
            marks.note(block, places(first) | places(second) << VECTOR_BYTES);
        }
        block = block.wrapping_add(1);
        rest = rest.get(BLOCK_BYTES..).unwrap_or_default();
    }
}

/// For 32 places from `AT` on, the buckets that admit all four bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn admitted<const AT: usize>(tables: &Tables, step: &[u8; BLOCK_BYTES + REACH_BYTES]) -> __m256i {
    let [a, b, c, d] = tables;
    let one = _mm256_and_si256(
        buckets(a, load(step, AT)),
        buckets(b, load(step, AT.wrapping_add(1))),
    );
    let two = _mm256_and_si256(
        buckets(c, load(step, AT.wrapping_add(2))),
        buckets(d, load(step, AT.wrapping_add(3))),
    );
    _mm256_and_si256(one, two)
}

/// The buckets that admit each of these bytes at one place of a key.
#[target_feature(enable = "avx2")]
#[inline]
fn buckets([low, high]: &[__m256i; 2], bytes: __m256i) -> __m256i {
    let half = _mm256_set1_epi8(0x0f);
    let lows = _mm256_and_si256(bytes, half);
    let highs = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half);
    _mm256_and_si256(
        _mm256_shuffle_epi8(*low, lows),
        _mm256_shuffle_epi8(*high, highs),
    )
}

/// A bit for each byte that is not zero.
#[target_feature(enable = "avx2")]
#[inline]
fn places(admitted: __m256i) -> u64 {
    let none = _mm256_cmpeq_epi8(admitted, _mm256_setzero_si256());
    u64::from(!(_mm256_movemask_epi8(none).cast_unsigned()))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(step: &[u8; BLOCK_BYTES + REACH_BYTES], at: usize) -> __m256i {
    let bytes: Option<&[u8; VECTOR_BYTES]> = step.get(at..).and_then(<[u8]>::first_chunk);
    match bytes {
        // SAFETY: the reference is to 32 bytes that can be read; the
        // instruction asks for no alignment.
        Some(bytes) => unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) },
        None => _mm256_setzero_si256(),
    }
}

#[target_feature(enable = "avx2")]
fn table(entries: &[u8; 16]) -> __m256i {
    // SAFETY: the reference is to 16 bytes that can be read; the instruction
    // asks for no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(entries.as_ptr().cast()) })
}
