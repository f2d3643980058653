//! The kernel for NEON, which every 64-bit ARM processor has: each half of
//! each byte of a key chooses its buckets by a table look-up, for 16 places at
//! once.

#![allow(unsafe_code)]

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vdupq_n_u8, vget_lane_u64, vld1q_u8, vmaxvq_u8, vorrq_u8, vqtbl1q_u8,
    vreinterpret_u64_u8, vreinterpretq_u16_u8, vshrn_n_u16, vshrq_n_u8, vtstq_u8,
};

use super::super::keys::{KEY_BYTES, Key};
use super::nibbles::Nibbles;
use super::{BLOCK_BYTES, Filter, Marks, REACH_BYTES};

/// Bytes of a vector.
const VECTOR_BYTES: usize = 16;

/// A block and what its last key reaches into.
type Step = [u8; BLOCK_BYTES + REACH_BYTES];

/// Exists only where the processor has NEON.
pub(super) struct Neon(Nibbles);

impl Neon {
    /// The tables for these keys, on a processor that can use them.
    pub(super) fn new(keys: &[Key]) -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then(|| Neon(Nibbles::new(keys)))
    }
}

impl Filter for Neon {
    fn mark(&self, bytes: &[u8], marks: &mut Marks) {
        // SAFETY: a value of this type is made only by `new`, where the
        // processor was found to have NEON, all that `mark` requires.
        unsafe { mark(&self.0, bytes, marks) }
    }
}

/// The tables in registers: for each place of a key the low and the high half.
type Tables = [[uint8x16_t; 2]; KEY_BYTES];

#[target_feature(enable = "neon")]
fn mark(nibbles: &Nibbles, bytes: &[u8], marks: &mut Marks) {
    let [a, b, c, d] = &nibbles.0;
    let tables = [a, b, c, d].map(|h| [load(&h.low, 0), load(&h.high, 0)]);
    let mut rest = bytes;
    let mut block = 0usize;
    while let Some(step) = rest.first_chunk::<{ BLOCK_BYTES + REACH_BYTES }>() {
        let quarters = [0, 16, 32, 48].map(|at| admitted(&tables, step, at));
        let [a, b, c, d] = quarters;
        if vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) != 0 {
            let places = (0u32..).zip(quarters).fold(0, |all, (quarter, admitted)| {
                all | places(admitted) << (quarter.wrapping_mul(16) & 63)
            });
            marks.note(block, places);
        }
        block = block.wrapping_add(1);
        rest = rest.get(BLOCK_BYTES..).unwrap_or_default();
    }
}

/// For 16 places from `at` on, the buckets that admit all four bytes.
#[target_feature(enable = "neon")]
#[inline]
fn admitted(tables: &Tables, step: &Step, at: usize) -> uint8x16_t {
    let [a, b, c, d] = tables;
    let one = vandq_u8(
        buckets(a, load(step, at)),
        buckets(b, load(step, at.wrapping_add(1))),
    );
    let two = vandq_u8(
        buckets(c, load(step, at.wrapping_add(2))),
        buckets(d, load(step, at.wrapping_add(3))),
    );
    vandq_u8(one, two)
}

/// The buckets that admit each of these bytes at one place of a key.
#[target_feature(enable = "neon")]
#[inline]
fn buckets([low, high]: &[uint8x16_t; 2], bytes: uint8x16_t) -> uint8x16_t {
    let lows = vandq_u8(bytes, vdupq_n_u8(0x0f));
    vandq_u8(
        vqtbl1q_u8(*low, lows),
        vqtbl1q_u8(*high, vshrq_n_u8::<4>(bytes)),
    )
}

/// A bit for each byte that is not zero.
#[target_feature(enable = "neon")]
#[inline]
fn places(admitted: uint8x16_t) -> u64 {
    let some = vreinterpretq_u16_u8(vtstq_u8(admitted, admitted));
    let mut fours = vget_lane_u64::<0>(vreinterpret_u64_u8(vshrn_n_u16::<4>(some)));
    // Four equal bits for each byte: keep one, and close the ranks.
    fours &= 0x1111_1111_1111_1111;
    fours = (fours | fours >> 3) & 0x0303_0303_0303_0303;
    fours = (fours | fours >> 6) & 0x000f_000f_000f_000f;
    fours = (fours | fours >> 12) & 0x0000_00ff_0000_00ff;
    (fours | fours >> 24) & 0xffff
}

/// The 16 bytes from `at` on; zeros where there are not as many.
#[target_feature(enable = "neon")]
#[inline]
fn load<const N: usize>(step: &[u8; N], at: usize) -> uint8x16_t {
    let bytes: Option<&[u8; VECTOR_BYTES]> = step.get(at..).and_then(<[u8]>::first_chunk);
    match bytes {
        // SAFETY: the reference is to 16 bytes that can be read; the
        // instruction asks for no alignment.
        Some(bytes) => unsafe { vld1q_u8(bytes.as_ptr()) },
        None => vdupq_n_u8(0),
    }
}
