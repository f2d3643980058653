//! joblib's arrays, whose bytes lie between the opcodes.
//!
//! joblib pickles a `NumpyArrayWrapper` and writes the array itself right
//! behind the `BUILD` of the wrapper: a padding length and padding (since 1.2),
//! then the data, or another pickle where the elements are objects. Whoever
//! does not count these bytes reads floats as opcodes and loses what follows.
//! Plain `pickle` knows nothing of this and does run them, so such a stream is
//! two programs, and whoever asks may have either. Source:
//! `joblib/numpy_pickle.py`.

use super::event::Fact;
use super::machine::Machine;
use super::names::Special;
use super::summary::Trouble;
use super::value::{Kind, Node, Role, Value};

/// Values that are looked through for a wrapper.
const LOOKED_THROUGH: usize = 64;

/// What the state of a wrapper says.
#[derive(Debug, Default)]
struct Wrapper {
    elements: Option<u64>,
    item: Option<Item>,
    aligned: bool,
}

/// Alignments that joblib writes.
const ALIGNMENT_BYTES: i64 = 16;

/// The flag of a dtype that holds objects.
const HAS_OBJECTS: i64 = 1;

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
    pub(super) fn pass_array(&mut self, target: Value, state: Value) -> Result<(), Trouble> {
        if !self.arrays {
            return Ok(());
        }
        self.summary.arrays = self.summary.arrays.saturating_add(1);
        let wrapper = self.wrapper(target, state).unwrap_or_default();
        let (Some(elements), Some(item)) = (wrapper.elements, wrapper.item) else {
            // joblib would read on somewhere else than whoever guesses.
            self.tell(Fact::UnsureArray, |scene| scene.show(state));
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

    /// What a wrapper says that is exactly as joblib writes it: made without
    /// arguments, with each key once and each value of its own type. Anything
    /// else may mean another size to joblib than to whoever reads it here.
    fn wrapper(&self, target: Value, state: Value) -> Option<Wrapper> {
        let made = self.heap.made(target)?;
        if !matches!(self.heap.tuple(made.args)?, [] | [Value::None]) {
            return None;
        }
        let (Kind::Dict, items) = self.heap.container(state)? else {
            return None;
        };
        if !items.is_complete() || items.shared {
            return None;
        }
        let mut wrapper = Wrapper::default();
        let mut seen = Vec::new();
        for pair in items.kept.chunks_exact(2) {
            let &[key @ Value::Text(_), value] = pair else {
                return None;
            };
            let key = self.text(key)?;
            let plain = match key.as_str() {
                "shape" => {
                    wrapper.elements = self.product(value);
                    wrapper.elements.is_some()
                }
                "dtype" => {
                    wrapper.item = self.item_of(value);
                    wrapper.item.is_some()
                }
                "numpy_array_alignment_bytes" => {
                    wrapper.aligned = value != Value::None;
                    matches!(value, Value::None | Value::Int(ALIGNMENT_BYTES))
                }
                "subclass" => matches!(value, Value::Global(_)),
                "order" => matches!(value, Value::Text(_)),
                "allow_mmap" => matches!(value, Value::Bool(_) | Value::Int(0 | 1)),
                _ => false,
            };
            if !plain || seen.contains(&key) {
                return None;
            }
            seen.push(key);
        }
        Some(wrapper)
    }

    fn product(&self, shape: Value) -> Option<u64> {
        let sizes = self.heap.tuple(shape)?.iter();
        sizes.copied().try_fold(1u64, |n, size| match size {
            Value::Int(size) => n.checked_mul(u64::try_from(size).ok()?),
            _ => None,
        })
    }

    /// The element of a `numpy.dtype('f8', …)`, if its state says the same.
    fn item_of(&self, dtype: Value) -> Option<Item> {
        let made = self.heap.made(dtype)?;
        let Value::Global(callee) = made.callee else {
            return None;
        };
        if self.names.get(callee)?.special != Special::Dtype {
            return None;
        }
        let &code @ Value::Text(_) = self.heap.tuple(made.args)?.first()? else {
            return None;
        };
        let code = self.text(code)?;
        let item = parse_item(&code)?;
        let state = match made.state {
            Value::None => return Some(item),
            state => self.heap.tuple(state)?,
        };
        let &[_, _, subarray, names, fields, size, _, flags, ..] = state else {
            return None;
        };
        let (Value::Int(size), Value::Int(flags)) = (size, flags) else {
            return None;
        };
        let structured = code.contains('V');
        let is_plain = [subarray, names, fields] == [Value::None; 3];
        let same_size = match item {
            _ if size < 0 => !structured,
            Item::Bytes(bytes) => u64::try_from(size) == Ok(bytes),
            Item::Objects => true,
        };
        if !same_size || (!structured && !is_plain) {
            return None;
        }
        match (flags & HAS_OBJECTS != 0, item) {
            (true, Item::Bytes(_)) if structured => Some(Item::Objects),
            (true, Item::Objects) | (false, Item::Bytes(_)) => Some(item),
            _ => None,
        }
    }

    /// Whether a value is joblib's wrapper, or a call that was given one and
    /// may have returned it.
    pub(super) fn may_be_wrapper(&self, value: Value) -> bool {
        let mut todo = vec![value];
        for _ in 0..LOOKED_THROUGH {
            let Some(value) = todo.pop() else {
                return false;
            };
            match self.heap.get(value) {
                Some(Node::Made(made)) if made.role == Role::ArrayWrapper => return true,
                Some(Node::Made(made)) if !made.fresh => todo.push(made.args),
                Some(Node::Container(_, items)) => todo.extend(&items.kept),
                _ => {}
            }
        }
        false
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
