//! The arithmetic of the pattern set against random bytes.

use super::*;

/// SplitMix64: small, fast, and the same everywhere.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len / 8)
            .flat_map(|_| self.next().to_le_bytes())
            .collect()
    }
}

#[test]
fn random_bytes_have_no_hits() {
    let bytes = Noise(1).bytes(32 << 20);
    assert_eq!(sweep(&bytes), vec![]);
}

/// Bytes shaped like bf16 weights: a narrow exponent in every second byte.
#[test]
fn weights_have_no_hits() {
    let mut bytes = Noise(2).bytes(16 << 20);
    for pair in bytes.chunks_exact_mut(2) {
        pair[1] = (pair[1] & 0x83) | 0x3c;
    }
    assert_eq!(sweep(&bytes), vec![]);
}

/// Letters, digits and punctuation only: what random text would do.
#[test]
fn random_text_has_no_hits() {
    let mut bytes = Noise(3).bytes(8 << 20);
    for byte in &mut bytes {
        *byte = 0x20 + *byte % 95;
    }
    assert_eq!(sweep(&bytes), vec![]);
}

/// The anchor is planted in random bytes; the verifier must refuse as often as
/// its stated bits promise.
#[test]
fn verifiers_check_the_bits_they_state() {
    const TRIALS: usize = 1 << 14;
    let mut bytes = Noise(4).bytes(1 << 20);
    let len = bytes.len();
    for pattern in patterns() {
        let anchor = pattern.anchor;
        let mut accepted = 0.0;
        for trial in 0..TRIALS {
            let at = 5000 + trial * 61 % (len - 30_000);
            let kept = bytes[at..at + anchor.len()].to_vec();
            bytes[at..at + anchor.len()].copy_from_slice(anchor);
            let window = Window {
                bytes: &bytes,
                base: 0,
                core: 0..len,
            };
            accepted += f64::from(u8::from(pattern.judge(&window, at).is_some()));
            bytes[at..at + anchor.len()].copy_from_slice(&kept);
        }
        let expected = TRIALS as f64 * (-pattern.checked_bits).exp2();
        // Four times what was promised, and never one where less than a
        // twentieth of one was.
        let most = if expected < 0.05 {
            0.0
        } else {
            (4.0 * expected).ceil()
        };
        assert!(
            accepted <= most,
            "{}: {accepted}, stated {expected}",
            pattern.name
        );
    }
}

/// Gives random bytes the shape of numbers.
type Shape = fn(&mut [u8]);

/// A gigabyte of each kind of weights. Run by hand:
/// `cargo test --release gigabytes -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn gigabytes_of_weights_have_no_hits() {
    const PIECE_BYTES: usize = 64 << 20;
    let bf16: Shape = |bytes| {
        for pair in bytes.chunks_exact_mut(2) {
            pair[1] = (pair[1] & 0x83) | 0x3c;
        }
    };
    let fp32: Shape = |bytes| {
        for word in bytes.chunks_exact_mut(4) {
            word[3] = (word[3] & 0x81) | 0x3c;
        }
    };
    // Four-bit numbers around their middle: the sum of two that are uniform.
    let int4: Shape = |bytes| {
        for byte in bytes {
            let (a, b) = (*byte >> 4, *byte & 15);
            *byte = (((a + b) / 2) << 4) | ((a ^ b) / 2 + 4);
        }
    };
    let uniform: Shape = |_| {};
    let kinds: [(&str, Shape); 4] = [
        ("uniform", uniform),
        ("bf16", bf16),
        ("fp32", fp32),
        ("int4", int4),
    ];
    for (seed, (name, shape)) in (100u64..).zip(kinds) {
        let mut noise = Noise(seed);
        for piece in 0..16 {
            let mut bytes = noise.bytes(PIECE_BYTES);
            shape(&mut bytes);
            assert_eq!(sweep(&bytes), vec![], "{name}, piece {piece}");
        }
    }
}
