//! Types of elements: how many bits, and which field holds them one by one.

/// A field of a tensor that holds its elements one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    Float,
    Int32,
    Text,
    Int64,
    Double,
    Uint64,
}

impl Typed {
    /// Every field, in the order of their numbers.
    pub(super) const ALL: [Typed; 6] = [
        Typed::Float,
        Typed::Int32,
        Typed::Text,
        Typed::Int64,
        Typed::Double,
        Typed::Uint64,
    ];

    /// The field with this number in `TensorProto`.
    pub(super) fn of(number: u32) -> Option<Typed> {
        Some(match number {
            4 => Typed::Float,
            5 => Typed::Int32,
            6 => Typed::Text,
            7 => Typed::Int64,
            10 => Typed::Double,
            11 => Typed::Uint64,
            _ => return None,
        })
    }

    /// Its name in the schema.
    pub(super) fn name(self) -> &'static str {
        match self {
            Typed::Float => "float_data",
            Typed::Int32 => "int32_data",
            Typed::Text => "string_data",
            Typed::Int64 => "int64_data",
            Typed::Double => "double_data",
            Typed::Uint64 => "uint64_data",
        }
    }
}

/// A type of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dtype {
    /// Its name in the schema.
    pub(super) name: &'static str,
    /// Bits of an element; `None` for texts, which have any length.
    pub(super) bits: Option<u64>,
    /// The field that holds elements one by one.
    pub(super) typed: Typed,
    /// Entries of that field for so many elements: numerator, denominator.
    share: (u64, u64),
}

impl Dtype {
    const fn new(name: &'static str, bits: u64, typed: Typed, share: (u64, u64)) -> Self {
        Dtype {
            name,
            bits: Some(bits),
            typed,
            share,
        }
    }

    /// Bytes of so many elements; `None` for texts and where it overflows.
    pub(super) fn bytes(self, elements: u64) -> Option<u64> {
        elements
            .checked_mul(self.bits?)
            .map(|bits| bits.div_ceil(8))
    }

    /// Entries that so many elements take in their field.
    pub(super) fn entries(self, elements: u64) -> Option<u64> {
        let (times, per) = self.share;
        elements.checked_mul(times).map(|n| n.div_ceil(per.max(1)))
    }
}

/// The type with this number; `None` for 0, which says that there is none, and
/// for those that newer versions may have.
pub(super) fn dtype(number: i32) -> Option<Dtype> {
    use Typed::{Double, Float, Int32, Int64, Uint64};
    let one = (1, 1);
    Some(match number {
        1 => Dtype::new("FLOAT", 32, Float, one),
        2 => Dtype::new("UINT8", 8, Int32, one),
        3 => Dtype::new("INT8", 8, Int32, one),
        4 => Dtype::new("UINT16", 16, Int32, one),
        5 => Dtype::new("INT16", 16, Int32, one),
        6 => Dtype::new("INT32", 32, Int32, one),
        7 => Dtype::new("INT64", 64, Int64, one),
        8 => Dtype {
            name: "STRING",
            bits: None,
            typed: Typed::Text,
            share: one,
        },
        9 => Dtype::new("BOOL", 8, Int32, one),
        10 => Dtype::new("FLOAT16", 16, Int32, one),
        11 => Dtype::new("DOUBLE", 64, Double, one),
        12 => Dtype::new("UINT32", 32, Uint64, one),
        13 => Dtype::new("UINT64", 64, Uint64, one),
        14 => Dtype::new("COMPLEX64", 64, Float, (2, 1)),
        15 => Dtype::new("COMPLEX128", 128, Double, (2, 1)),
        16 => Dtype::new("BFLOAT16", 16, Int32, one),
        17 => Dtype::new("FLOAT8E4M3FN", 8, Int32, one),
        18 => Dtype::new("FLOAT8E4M3FNUZ", 8, Int32, one),
        19 => Dtype::new("FLOAT8E5M2", 8, Int32, one),
        20 => Dtype::new("FLOAT8E5M2FNUZ", 8, Int32, one),
        21 => Dtype::new("UINT4", 4, Int32, (1, 2)),
        22 => Dtype::new("INT4", 4, Int32, (1, 2)),
        23 => Dtype::new("FLOAT4E2M1", 4, Int32, (1, 2)),
        24 => Dtype::new("FLOAT8E8M0", 8, Int32, one),
        25 => Dtype::new("UINT2", 2, Int32, (1, 4)),
        26 => Dtype::new("INT2", 2, Int32, (1, 4)),
        27 => Dtype::new("FLOAT6E2M3", 6, Int32, (3, 4)),
        28 => Dtype::new("FLOAT6E3M2", 6, Int32, (3, 4)),
        _ => return None,
    })
}
