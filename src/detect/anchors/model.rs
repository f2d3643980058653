//! How common bytes are in what is swept, to choose keys that are rare there.
//!
//! Only the speed of the search depends on these figures, never what it finds.
//! They are rough on purpose: what weights, quantised weights, text and
//! compressed bytes have in common matters, not the last digit.

use super::bytes::ByteSet;

/// Kinds of content that are weighed.
pub(super) const KINDS: usize = 5;

/// What each kind counts.
const WEIGHTS: [f32; KINDS] = [1.0, 0.7, 0.7, 1.0, 0.1];

/// The share of a byte, or of a set of bytes, in each kind of content: random
/// bytes, 16-bit floats with the high byte at even places, the same at odd
/// places, 4-bit integers, and text.
pub(super) type Shares = [f32; KINDS];

/// The shares of every byte at the even and at the odd places of a key.
pub(super) struct Model {
    shares: [[Shares; 256]; 2],
}

impl Model {
    pub(super) fn new() -> Self {
        let random = [1.0 / 256.0; 256];
        let (high, low) = (normed(exponents()), normed(fractions()));
        let (packed, text) = (normed(packed()), normed(text()));
        let at = |even: &[f32; 256], odd: &[f32; 256]| {
            std::array::from_fn(|byte| {
                [&random, even, odd, &packed, &text]
                    .map(|shares| shares.get(byte).copied().unwrap_or(0.0))
            })
        };
        Model {
            shares: [at(&high, &low), at(&low, &high)],
        }
    }

    /// The shares of a byte at this place of a key.
    pub(super) fn byte(&self, place: usize, byte: u8) -> Shares {
        let [even, odd] = &self.shares;
        let shares = if place.is_multiple_of(2) { even } else { odd };
        shares
            .get(usize::from(byte))
            .copied()
            .unwrap_or([0.0; KINDS])
    }

    /// The shares of a set of bytes at this place of a key.
    pub(super) fn set(&self, place: usize, set: &ByteSet) -> Shares {
        set.iter()
            .fold([0.0; KINDS], |sum, byte| plus(sum, self.byte(place, byte)))
    }
}

/// How often bytes of these sets follow one another, all kinds together.
pub(super) fn frequency(places: impl Iterator<Item = Shares>) -> f32 {
    let product = places.fold(WEIGHTS, |product, shares| {
        std::array::from_fn(|kind| part(&product, kind) * part(&shares, kind))
    });
    product.iter().sum()
}

/// Both together.
pub(super) fn plus(a: Shares, b: Shares) -> Shares {
    std::array::from_fn(|kind| part(&a, kind) + part(&b, kind))
}

/// The first without the second.
pub(super) fn minus(a: Shares, b: Shares) -> Shares {
    std::array::from_fn(|kind| part(&a, kind) - part(&b, kind))
}

fn part(shares: &Shares, kind: usize) -> f32 {
    shares.get(kind).copied().unwrap_or(0.0)
}

fn normed(shares: [f32; 256]) -> [f32; 256] {
    let total: f32 = shares.iter().sum();
    shares.map(|share| share / total)
}

/// The high bytes of 16-bit and 32-bit floats: a sign and a narrow exponent,
/// around 0x3c and 0xbc for the long format and lower for the short one.
fn exponents() -> [f32; 256] {
    std::array::from_fn(|byte| match byte & 0x7f {
        0x00 => 12.0,
        0x3a | 0x3e => 30.0,
        0x3b | 0x3d => 100.0,
        0x3c => 200.0,
        0x36..=0x39 | 0x3f | 0x40 => 12.0,
        0x1c..=0x2c => 8.0,
        0x7f => 3.0,
        _ => 1.0,
    })
}

/// The low bytes: anything, and zeros.
fn fractions() -> [f32; 256] {
    std::array::from_fn(|byte| match byte {
        0x00 => 8.0,
        0xff => 2.0,
        _ => 1.0,
    })
}

/// Two 4-bit numbers, crowded around the middle.
fn packed() -> [f32; 256] {
    const NIBBLES: [f32; 16] = [
        3.0, 3.0, 5.0, 8.0, 11.0, 14.0, 16.0, 17.0, 17.0, 16.0, 14.0, 11.0, 8.0, 5.0, 3.0, 3.0,
    ];
    let nibble = |value: usize| NIBBLES.get(value).copied().unwrap_or(0.0);
    std::array::from_fn(|byte| nibble(byte & 0xf) * nibble(byte >> 4))
}

/// Prose, code and vocabularies.
fn text() -> [f32; 256] {
    const LETTERS: [f32; 26] = [
        62.0, 12.0, 25.0, 30.0, 90.0, 18.0, 15.0, 35.0, 56.0, 2.0, 6.0, 35.0, 20.0, 56.0, 60.0,
        18.0, 2.0, 50.0, 50.0, 70.0, 25.0, 8.0, 12.0, 4.0, 12.0, 2.0,
    ];
    std::array::from_fn(|byte| match u8::try_from(byte).unwrap_or(0) {
        b' ' => 150.0,
        b'\n' => 15.0,
        letter @ b'a'..=b'z' => LETTERS
            .get(usize::from(letter.wrapping_sub(b'a')))
            .copied()
            .unwrap_or(0.0),
        b'"' | b'.' | b',' | b'_' => 9.0,
        b'(' | b')' | b'\'' | b':' | b'/' | b'-' | b'=' | b'\\' => 5.0,
        b'0'..=b'9' => 4.0,
        b'A'..=b'Z' => 2.0,
        b'\t' | b'!'..=b'~' => 0.5,
        0x80.. => 0.05,
        _ => 0.01,
    })
}
