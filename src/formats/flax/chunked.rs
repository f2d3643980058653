//! An array that was too large for one value: a map with its shape and its
//! pieces.

use super::array::Defect;
use crate::rules::flax as rules;

/// The key that says so.
pub(super) const MARK: &str = "__msgpack_chunked_array__";

/// What a map said, as far as it is an array in pieces.
#[derive(Debug)]
pub(super) struct Chunked {
    /// Whether it is one.
    pub(super) is_one: bool,
    /// Elements by its shape; `None` where they overflow.
    shape: Option<u64>,
    /// Elements of its pieces; `None` where they overflow.
    pieces: Option<u64>,
}

impl Default for Chunked {
    fn default() -> Self {
        Chunked {
            is_one: false,
            shape: Some(1),
            pieces: Some(0),
        }
    }
}

impl Chunked {
    /// A dimension of the whole.
    pub(super) fn dimension(&mut self, number: i128) {
        let number = u64::try_from(number).ok();
        self.shape = self
            .shape
            .and_then(|product| product.checked_mul(number?))
            .filter(|&product| i64::try_from(product).is_ok());
    }

    /// The elements of a piece.
    pub(super) fn add(&mut self, elements: u64) {
        self.pieces = self.pieces.and_then(|sum| sum.checked_add(elements));
    }

    /// What is wrong with it, now that it is complete.
    pub(super) fn judge(&self) -> Option<Defect> {
        match (self.is_one, self.shape, self.pieces) {
            (false, ..) => None,
            (true, None, _) => Some(Defect {
                rule: &rules::SHAPE_OVERFLOW,
                severity: None,
                what: "is an array in pieces whose shape overflows or is negative".to_owned(),
            }),
            (true, Some(shape), Some(pieces)) if shape == pieces => None,
            (true, Some(shape), pieces) => Some(Defect {
                rule: &rules::SIZE_MISMATCH,
                severity: None,
                what: match pieces {
                    Some(pieces) => format!(
                        "is an array in pieces of {pieces} elements together; its shape has \
                         {shape}"
                    ),
                    None => "is an array in pieces with more elements than can be counted".into(),
                },
            }),
        }
    }
}
