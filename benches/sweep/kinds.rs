//! Kinds of content, made the same way in every run.

/// SplitMix64: small, fast, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// Makes so many bytes.
type Generator = fn(usize) -> Vec<u8>;

/// Kinds of content, each made with a length.
pub const KINDS: [(&str, Generator); 5] = [
    ("bf16", |len| fill(len, bf16)),
    ("fp32", |len| fill(len, fp32)),
    ("int4", |len| fill(len, int4)),
    ("uniform", |len| fill(len, |word| word)),
    ("text", text),
];

/// `len` bytes whose 64-bit words are random bits put in shape.
fn fill(len: usize, shape: impl Fn(u64) -> u64) -> Vec<u8> {
    let mut random = Random(0x5eed);
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        bytes.extend_from_slice(&shape(random.next()).to_le_bytes());
    }
    bytes
}

/// Four bf16 numbers with magnitudes between 2^-9 and 2^-4, as weights have.
fn bf16(random: u64) -> u64 {
    const LANE: u64 = 0x0001_0001_0001_0001;
    let sign_and_fraction = random & (0x807f * LANE);
    let exponent = (random >> 7 & (0x0003 * LANE)) + (0x77 * LANE);
    sign_and_fraction | exponent << 7
}

/// Two fp32 numbers with such magnitudes.
fn fp32(random: u64) -> u64 {
    const LANE: u64 = 0x0000_0001_0000_0001;
    let sign_and_fraction = random & (0x807f_ffff * LANE);
    let exponent = (random >> 23 & (0x0003 * LANE)) + (0x77 * LANE);
    sign_and_fraction | exponent << 23
}

/// Sixteen four-bit numbers crowded around the middle, as quantisers leave
/// them: the sum of two three-bit numbers each.
fn int4(random: u64) -> u64 {
    const NIBBLES: u64 = 0x1111_1111_1111_1111;
    (random & (7 * NIBBLES)) + (random.rotate_left(29) & (7 * NIBBLES))
}

/// The sources of this crate time and again: they are full of what is looked
/// for.
fn text(len: usize) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let paths = files.filter_map(|entry| Some(entry.ok()?.into_path()));
    let mut bytes: Vec<u8> = paths
        .filter_map(|path| std::fs::read(path).ok())
        .flatten()
        .collect();
    assert!(!bytes.is_empty(), "the sources are there");
    while bytes.len() < len {
        let more = bytes.len().min(len - bytes.len());
        bytes.extend_from_within(..more);
    }
    bytes.truncate(len);
    bytes
}
