//! The types of tensors in GGML files: how many elements a block has, and how
//! many bytes.
//!
//! The numbers are those of `enum ggml_type`, which only grows; a number that
//! was removed is never given again, and old files still have it. The sizes
//! are those of ggml's block structures.

/// A type of tensor.
#[derive(Debug, PartialEq, Eq)]
pub struct TensorType {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// Elements of a block; a row is a whole number of blocks.
    pub block: u64,
    /// Bytes of a block.
    pub bytes: u64,
    /// Whether loaders of today refuse it.
    pub removed: bool,
}

/// How large the blocks of the first types are: they shrank when their scales
/// became half floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// As in GGUF and in GGJT version 3.
    Today,
    /// As before.
    Wide,
}

const fn kind(number: u32, name: &'static str, block: u64, bytes: u64) -> TensorType {
    TensorType {
        number,
        name,
        block,
        bytes,
        removed: false,
    }
}

const fn removed(number: u32, name: &'static str, block: u64, bytes: u64) -> TensorType {
    TensorType {
        removed: true,
        ..kind(number, name, block, bytes)
    }
}

/// Every type, in the order of the numbers.
pub static TYPES: &[TensorType] = &[
    kind(0, "F32", 1, 4),
    kind(1, "F16", 1, 2),
    kind(2, "Q4_0", 32, 18),
    kind(3, "Q4_1", 32, 20),
    removed(4, "Q4_2", 16, 10),
    removed(5, "Q4_3", 16, 12),
    kind(6, "Q5_0", 32, 22),
    kind(7, "Q5_1", 32, 24),
    kind(8, "Q8_0", 32, 34),
    kind(9, "Q8_1", 32, 36),
    kind(10, "Q2_K", 256, 84),
    kind(11, "Q3_K", 256, 110),
    kind(12, "Q4_K", 256, 144),
    kind(13, "Q5_K", 256, 176),
    kind(14, "Q6_K", 256, 210),
    kind(15, "Q8_K", 256, 292),
    kind(16, "IQ2_XXS", 256, 66),
    kind(17, "IQ2_XS", 256, 74),
    kind(18, "IQ3_XXS", 256, 98),
    kind(19, "IQ1_S", 256, 50),
    kind(20, "IQ4_NL", 32, 18),
    kind(21, "IQ3_S", 256, 110),
    kind(22, "IQ2_S", 256, 82),
    kind(23, "IQ4_XS", 256, 136),
    kind(24, "I8", 1, 1),
    kind(25, "I16", 1, 2),
    kind(26, "I32", 1, 4),
    kind(27, "I64", 1, 8),
    kind(28, "F64", 1, 8),
    kind(29, "IQ1_M", 256, 56),
    kind(30, "BF16", 1, 2),
    removed(31, "Q4_0_4_4", 32, 18),
    removed(32, "Q4_0_4_8", 32, 18),
    removed(33, "Q4_0_8_8", 32, 18),
    kind(34, "TQ1_0", 256, 54),
    kind(35, "TQ2_0", 256, 66),
    removed(36, "IQ4_NL_4_4", 32, 18),
    removed(37, "IQ4_NL_4_8", 32, 18),
    removed(38, "IQ4_NL_8_8", 32, 18),
    kind(39, "MXFP4", 32, 17),
    kind(40, "NVFP4", 64, 36),
    kind(41, "Q1_0", 128, 18),
];

/// Blocks that were larger once: number and bytes.
const WIDE: &[(u32, u64)] = &[(2, 20), (3, 24), (8, 36), (9, 40)];

impl TensorType {
    /// The type with this number.
    pub fn of(number: u32) -> Option<&'static TensorType> {
        TYPES.get(usize::try_from(number).ok()?)
    }

    /// Bytes of a tensor with this many elements, a whole number of blocks;
    /// `None` where they do not fit into 64 bits.
    pub fn size(&self, elements: u64, sizes: Sizes) -> Option<u64> {
        let wide = WIDE.iter().find(|(number, _)| *number == self.number);
        let bytes = match (sizes, wide) {
            (Sizes::Wide, Some((_, bytes))) => *bytes,
            _ => self.bytes,
        };
        elements.checked_div(self.block)?.checked_mul(bytes)
    }
}
