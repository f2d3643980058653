//! A set of byte values.

/// A set of byte values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// Add a value.
    pub(super) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    /// Its values in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u8> {
        let words = self.0;
        (0u8..4).zip(words).flat_map(|(index, word)| {
            ones(word).map(move |bit| index << 6 | u8::try_from(bit).unwrap_or(0))
        })
    }

    /// The set of what each value becomes.
    pub(super) fn map(&self, change: impl Fn(u8) -> u8) -> ByteSet {
        self.iter().map(change).collect()
    }
}

impl FromIterator<u8> for ByteSet {
    fn from_iter<T: IntoIterator<Item = u8>>(bytes: T) -> Self {
        let mut set = ByteSet::default();
        bytes.into_iter().for_each(|byte| set.insert(byte));
        set
    }
}

/// The places of the bits that are set, lowest first.
pub(super) fn ones(word: u64) -> impl Iterator<Item = usize> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros();
        left &= left.wrapping_sub(1);
        (bit < u64::BITS).then_some(bit as usize)
    })
}
