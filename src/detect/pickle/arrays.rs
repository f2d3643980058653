//! joblib's arrays, whose bytes lie between the opcodes.
//!
//! joblib pickles a `NumpyArrayWrapper` and writes the array itself right
//! behind the `BUILD` of the wrapper: a padding length and padding (since 1.2),
//! then the data, or another pickle where the elements are objects. Whoever
//! does not count these bytes reads floats as opcodes and loses what follows.
//! Plain `pickle` knows nothing of this and does run them, so such a stream is
//! two programs, and whoever asks may have either. Source:
//! `joblib/numpy_pickle.py`.

use super::machine::Machine;
use super::summary::Trouble;
use super::value::{Kind, Value};

/// What the state of a wrapper says.
#[derive(Debug, Default)]
struct Wrapper {
    elements: Option<u64>,
    item: Option<Item>,
    aligned: bool,
}

/// What an array is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// Elements of this many bytes.
    Bytes(u64),
    /// Objects: a pickle.
    Objects,
}

impl Machine<'_, '_> {
    /// Pass over the array behind the wrapper that has just been built.
    pub(super) fn pass_array(&mut self, state: Value) -> Result<(), Trouble> {
        if !self.arrays {
            return Ok(());
        }
        self.summary.arrays = self.summary.arrays.saturating_add(1);
        let wrapper = self.wrapper(state);
        let (Some(elements), Some(item)) = (wrapper.elements, wrapper.item) else {
            return Err(Trouble::Limit("an array of unknown size".to_owned()));
        };
        match item {
            Item::Objects => self.enter_inline(),
            Item::Bytes(bytes) => {
                if wrapper.aligned {
                    let padding = self.reader.raw_byte()?;
                    self.reader.skip(u64::from(padding))?;
                }
                let bytes = elements.checked_mul(bytes);
                let bytes = bytes.ok_or_else(|| {
                    Trouble::Refused("an array of more than 2⁶⁴ bytes".to_owned())
                })?;
                Ok(self.reader.skip(bytes)?)
            }
        }
    }

    fn wrapper(&self, state: Value) -> Wrapper {
        let mut wrapper = Wrapper::default();
        let Some((Kind::Dict, items)) = self.heap.container(state) else {
            return wrapper;
        };
        for pair in items.kept.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            match self.text(key).as_deref() {
                Some("shape") => wrapper.elements = self.product(value),
                Some("dtype") => wrapper.item = self.item_of(value),
                Some("numpy_array_alignment_bytes") => wrapper.aligned = value != Value::None,
                _ => {}
            }
        }
        wrapper
    }

    fn product(&self, shape: Value) -> Option<u64> {
        let sizes = self.heap.tuple(shape)?.iter();
        sizes.copied().try_fold(1u64, |n, size| match size {
            Value::Int(size) => n.checked_mul(u64::try_from(size).ok()?),
            _ => None,
        })
    }

    /// The element of a `numpy.dtype('f8', …)`.
    fn item_of(&self, dtype: Value) -> Option<Item> {
        let made = self.heap.made(dtype)?;
        let code = *self.heap.tuple(made.args)?.first()?;
        parse_item(&self.text(code)?)
    }
}

/// `f8`, `<U12`, `O8`, `V16`.
fn parse_item(code: &str) -> Option<Item> {
    let code = code.trim_start_matches(['<', '>', '|', '=']);
    let mut letters = code.chars();
    let kind = letters.next()?;
    let digits = letters.as_str();
    match kind {
        'O' => Some(Item::Objects),
        'U' => digits.parse::<u64>().ok()?.checked_mul(4).map(Item::Bytes),
        'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'V' | 'M' | 'm' | 'a' => {
            digits.parse().ok().map(Item::Bytes)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn element_sizes_are_read_from_type_codes() {
        assert_eq!(parse_item("f8"), Some(Item::Bytes(8)));
        assert_eq!(parse_item("<U12"), Some(Item::Bytes(48)));
        assert_eq!(parse_item("O8"), Some(Item::Objects));
        assert_eq!(parse_item("M8"), Some(Item::Bytes(8)));
        assert_eq!(parse_item("V"), None);
        assert_eq!(parse_item("f99999999999999999999"), None);
        assert_eq!(parse_item(""), None);
    }
}
