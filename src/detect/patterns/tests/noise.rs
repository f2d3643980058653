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

/// A number near zero, as weights have them: the sum of four random ones. Only
/// sums and products of `f32`, so that it is the same on every machine.
fn weight(word: u64) -> f32 {
    let sum: i32 = [0, 16, 32, 48]
        .map(|shift| i32::from((word >> shift) as i16))
        .iter()
        .sum();
    sum as f32 * (0.02 / 37_837.0)
}

/// Writes random numbers of a kind.
type Kind = fn(&mut Noise, &mut [u8]);

/// The kinds of weights that the arithmetic is about.
const KINDS: [(&str, Kind); 4] = [
    ("uniform", |noise, bytes| {
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&noise.next().to_le_bytes());
        }
    }),
    ("bf16", |noise, bytes| {
        for number in bytes.chunks_exact_mut(2) {
            let bits = weight(noise.next()).to_bits();
            number.copy_from_slice(&((bits >> 16) as u16).to_le_bytes());
        }
    }),
    ("fp32", |noise, bytes| {
        for number in bytes.chunks_exact_mut(4) {
            number.copy_from_slice(&weight(noise.next()).to_le_bytes());
        }
    }),
    // Sums of two three-bit numbers: crowded around the middle.
    ("int4", |noise, bytes| {
        const NIBBLES: u64 = 0x1111_1111_1111_1111;
        for word in bytes.chunks_exact_mut(8) {
            let (one, other) = (noise.next(), noise.next());
            let sums = (one & (7 * NIBBLES)) + (other & (7 * NIBBLES));
            word.copy_from_slice(&sums.to_le_bytes());
        }
    }),
];

/// The share of every byte at each of four places, in a kind.
fn shares(kind: Kind) -> [[f64; 256]; 4] {
    let mut bytes = vec![0; 16 << 20];
    kind(&mut Noise(7), &mut bytes);
    let mut counts = [[0.0; 256]; 4];
    for four in bytes.chunks_exact(4) {
        for (counts, byte) in counts.iter_mut().zip(four) {
            counts[usize::from(*byte)] += 4.0 / (16 << 20) as f64;
        }
    }
    counts
}

/// How often these bytes stand in a TiB, if bytes come independently with
/// their shares.
fn per_tebibyte(anchor: &[u8], shares: &[[f64; 256]; 4]) -> f64 {
    let at = |start: usize| {
        let place = |(index, byte): (usize, &u8)| shares[(start + index) % 4][usize::from(*byte)];
        anchor.iter().enumerate().map(place).product::<f64>()
    };
    (0..4).map(at).sum::<f64>() / 4.0 * 40f64.exp2()
}

/// A number by its magnitude: more digits would be a pretence.
fn magnitude(number: f64) -> String {
    match number {
        n if n < 1e-9 => "0".to_owned(),
        n => format!("1e{}", n.log10().round() as i32),
    }
}

/// The page with the arithmetic of every anchor.
fn page() -> String {
    let kinds = KINDS.map(|(_, kind)| shares(kind));
    let mut page = String::from(
        "# The anchors, and how often chance makes one\n\n\
         Written by a test (`MODELAUDIT_BLESS=1 cargo test --lib anchors_page`). For the \
         literal of each pattern of the sweep: how often it stands in a TiB of random bytes and of weights \
         (powers of ten, 0 below 1e-9), how many bits its verifier checks beyond it, and how many \
         false hits per TiB that leaves where they are most common. Weights are sums of random \
         numbers around zero, with a spread of 0.02; bytes count as independent but for their \
         place in a number. Pickles in other bytes are no row here: they are found by the module \
         names they call, and count only where they parse up to a dangerous call.\n\n\
         | finds | literal | uniform | bf16 | fp32 | int4 | verifier, bits | false hits |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for pattern in patterns() {
        let anchor = crate::report::escape_bytes(pattern.anchor).replace('|', "\\|");
        let often = kinds.each_ref().map(|k| per_tebibyte(pattern.anchor, k));
        let most = often.iter().copied().fold(0.0, f64::max);
        let left = most * (-pattern.checked_bits).exp2();
        let often = often.map(magnitude).join(" | ");
        page.push_str(&format!(
            "| {} | `{anchor}` | {often} | {:.0} | {} |\n",
            pattern.name,
            pattern.checked_bits,
            magnitude(left)
        ));
    }
    page
}

#[test]
fn the_anchors_page_says_what_the_arithmetic_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/anchors.md");
    let page = page();
    if std::env::var_os("MODELAUDIT_BLESS").is_some() {
        std::fs::write(path, page).unwrap();
        return;
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == page,
        "bless docs/anchors.md"
    );
}

/// No pattern may alarm by chance, in any kind of weights.
#[test]
fn chance_makes_less_than_a_false_hit_in_a_hundred_tebibytes() {
    for (name, kind) in KINDS {
        let shares = shares(kind);
        for pattern in patterns() {
            let left = per_tebibyte(pattern.anchor, &shares) * (-pattern.checked_bits).exp2();
            assert!(left < 0.01, "{} in {name}: {left} per TiB", pattern.name);
        }
    }
}

/// 64 GiB of each kind of weights. Run by hand:
/// `cargo test --release --lib gibibytes -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn gibibytes_of_weights_have_no_hits() {
    const PIECE_BYTES: usize = 16 << 20;
    const PIECES: usize = 64 << 6;
    for (seed, (name, kind)) in (100u64..).zip(KINDS) {
        let mut noise = Noise(seed);
        let mut bytes = vec![0; PIECE_BYTES];
        for piece in 0..PIECES {
            kind(&mut noise, &mut bytes);
            let window = Window {
                bytes: &bytes,
                base: 0,
                core: 0..PIECE_BYTES,
            };
            // All sweepers, not only the patterns.
            crate::detect::sweep(&window, &mut |sweeper, sightings| {
                sweeper.judge(&window, sightings, &mut |hit| {
                    panic!("{name}, piece {piece}: {hit:?}");
                });
            });
        }
    }
}
