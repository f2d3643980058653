//! What stands in front of the tensors, program by program.

use crate::wire::gguf::Sizes;

/// Bytes to which GGJT and GGLA align the data of a tensor.
const ALIGNMENT_BYTES: u64 = 32;

/// How one program writes a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// Bytes in front of the first number: the magic, and the version.
    pub(super) start: u64,
    /// Numbers of 4 bytes; the first of them is the size of the vocabulary.
    pub(super) numbers: u64,
    /// Whether the filters of a spectrogram follow.
    pub(super) filters: bool,
    /// The vocabulary, where there is one.
    pub(super) vocabulary: Vocabulary,
    /// What the data of a tensor is aligned to.
    pub(super) alignment: u64,
    /// How large blocks are.
    pub(super) sizes: Sizes,
}

/// How the words of a vocabulary are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// There is none.
    None,
    /// Length and bytes, as many as the first number says.
    Words,
    /// The same with a score of 4 bytes behind each.
    Scored,
    /// A count of their own, then length and bytes.
    Counted,
}

const fn dialect(start: u64, numbers: u64, vocabulary: Vocabulary) -> Dialect {
    Dialect {
        start,
        numbers,
        filters: false,
        vocabulary,
        alignment: 1,
        sizes: Sizes::Today,
    }
}

/// Files with the magic `ggml`: LLaMA, Whisper, and the examples of ggml
/// (GPT-2, GPT-J, GPT-NeoX, MPT, StarCoder, Replit, Dolly and others), which
/// differ in how many numbers they begin with.
static UNVERSIONED: &[Dialect] = &[
    dialect(4, 7, Vocabulary::Words),
    Dialect {
        filters: true,
        ..dialect(4, 11, Vocabulary::Counted)
    },
    dialect(4, 6, Vocabulary::Counted),
    dialect(4, 7, Vocabulary::Counted),
    dialect(4, 8, Vocabulary::Counted),
    dialect(4, 9, Vocabulary::Counted),
    dialect(4, 6, Vocabulary::Words),
    dialect(4, 8, Vocabulary::Words),
    dialect(4, 9, Vocabulary::Words),
    dialect(4, 5, Vocabulary::Words),
];

/// Files with the magic `ggmf`: LLaMA with scores, and RWKV.
static SCORED: &[Dialect] = &[dialect(8, 7, Vocabulary::Scored)];
static RWKV: &[Dialect] = &[dialect(8, 4, Vocabulary::None)];

/// Files with the magic `ggjt`.
static MAPPED: &[Dialect] = &[Dialect {
    alignment: ALIGNMENT_BYTES,
    ..dialect(8, 7, Vocabulary::Scored)
}];

/// Files with the magic `ggla`: rank and scale.
static ADAPTER: &[Dialect] = &[Dialect {
    alignment: ALIGNMENT_BYTES,
    ..dialect(8, 2, Vocabulary::None)
}];

/// The sizes of blocks where nothing tells which they are.
const EITHER: &[Sizes] = &[Sizes::Today, Sizes::Wide];

/// The dialects that a file with this magic and version may be in, with each
/// size of blocks, the likelier first.
pub(super) fn of(magic: [u8; 4], version: u32) -> impl Iterator<Item = Dialect> {
    let (dialects, sizes) = match (&magic, version) {
        (b"lmgg", _) => (UNVERSIONED, EITHER),
        (b"fmgg", 100..) => (RWKV, EITHER),
        (b"fmgg", _) => (SCORED, &[Sizes::Wide][..]),
        (b"tjgg", 3..) => (MAPPED, &[Sizes::Today][..]),
        (b"tjgg", _) => (MAPPED, &[Sizes::Wide][..]),
        (b"algg", _) => (ADAPTER, EITHER),
        _ => (&[][..], EITHER),
    };
    dialects.iter().flat_map(move |dialect| {
        sizes
            .iter()
            .map(move |&sizes| Dialect { sizes, ..*dialect })
    })
}
