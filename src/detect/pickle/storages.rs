//! Torch storages and the tensors that are rebuilt from them.
//!
//! torch writes a storage as the persistent id `('storage', class, key,
//! location, elements)`, with a view behind it in the oldest files, which also
//! write classes as `('module', class, file, source)`. A tensor is
//! a window into a storage, given by offset, sizes and strides in elements;
//! loaders have trusted these numbers (CVE-2025-32434, CVE-2026-24747).

use super::event::Fact;
use super::machine::Machine;
use super::summary::{Key, LIST_CAP, Storage, Trouble};
use super::value::{Kind, Node, Value};
use crate::wire::pickle::Operand;

/// Bytes of one element, by storage class.
const ITEM_BYTES: [(&str, u64); 18] = [
    ("FloatStorage", 4),
    ("DoubleStorage", 8),
    ("HalfStorage", 2),
    ("BFloat16Storage", 2),
    ("LongStorage", 8),
    ("IntStorage", 4),
    ("ShortStorage", 2),
    ("CharStorage", 1),
    ("ByteStorage", 1),
    ("BoolStorage", 1),
    ("ComplexFloatStorage", 8),
    ("ComplexDoubleStorage", 16),
    ("QUInt8Storage", 1),
    ("QInt8Storage", 1),
    ("QInt32Storage", 4),
    ("QUInt4x2Storage", 1),
    ("QUInt2x4Storage", 1),
    ("UntypedStorage", 1),
];

/// Bytes of one element, by the name of a dtype that has no storage class.
const DTYPE_BYTES: [(&str, u64); 9] = [
    ("float8_e4m3fn", 1),
    ("float8_e5m2", 1),
    ("float8_e4m3fnuz", 1),
    ("float8_e5m2fnuz", 1),
    ("float8_e8m0fnu", 1),
    ("uint16", 2),
    ("uint32", 4),
    ("uint64", 8),
    ("bits8", 1),
];

/// Bytes of one element of a storage of this class.
pub fn item_bytes(class: &str) -> Option<u64> {
    lookup(&ITEM_BYTES, class)
}

impl Machine<'_, '_> {
    /// `PERSID` and `BINPERSID`.
    pub(super) fn persistent(&mut self, operand: Operand) -> Result<(), Trouble> {
        let id = match operand {
            Operand::Text(literal) => Value::Text(literal),
            _ => self.level.stack.pop()?,
        };
        self.summary.persistent_ids = self.summary.persistent_ids.saturating_add(1);
        if let Some(class) = self.described_class(id) {
            return Ok(self.level.stack.push(class)?);
        }
        let node = match self.claims_storage(id) {
            false => {
                self.tell_persistent(false, id);
                Node::Persistent(id)
            }
            true => match self.storage(id) {
                Some(storage) => self.list_storage(storage, id),
                None => {
                    self.tell_persistent(true, id);
                    Node::Persistent(id)
                }
            },
        };
        let value = self.heap.make_reference(node);
        Ok(self.level.stack.push(value)?)
    }

    fn tell_persistent(&mut self, misshapen: bool, id: Value) {
        self.tell_with(Fact::PersistentId { misshapen }, None, &[id], |scene| {
            scene.show(id)
        });
    }

    fn list_storage(&mut self, storage: Storage, id: Value) -> Node {
        let index = self.summary.storages.len();
        if index >= LIST_CAP {
            self.limit("storages");
            return Node::Persistent(id);
        }
        self.summary.storages.push(storage);
        Node::Storage(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The class behind `('module', class, file, source)`, which the oldest
    /// files write so that the source can be compared; the loader returns the
    /// class.
    fn described_class(&self, id: Value) -> Option<Value> {
        let &[word, class @ Value::Global(_), file, source] = self.heap.tuple(id)? else {
            return None;
        };
        let plain = |v: Value| matches!(v, Value::Text(_) | Value::None);
        let described = plain(file) && plain(source);
        (described && self.text(word).as_deref() == Some("module")).then_some(class)
    }

    /// Whether a persistent id is a tuple that begins with `storage`.
    fn claims_storage(&mut self, id: Value) -> bool {
        let Some(&Value::Text(word)) = self.heap.tuple(id).and_then(<[Value]>::first) else {
            return false;
        };
        // Picklers memoize the word, so it is nearly always the same literal.
        if self.storage_word == Some(word) {
            return true;
        }
        let says = self.text(Value::Text(word)).as_deref() == Some("storage");
        if says {
            self.storage_word = Some(word);
        }
        says
    }

    /// The storage that a persistent id names, if it has the exact shape.
    fn storage(&self, id: Value) -> Option<Storage> {
        let (_, items) = self.heap.container(id)?;
        let (class, key, elements) = match items.kept.as_slice() {
            &[_, class, key, Value::Text(_), Value::Int(n)]
            | &[_, class, key, Value::Text(_), Value::Int(n), _] => (class, key, n),
            _ => return None,
        };
        let key = match key {
            Value::Text(literal) => Key::Text(literal),
            Value::Int(number) => Key::Number(u64::try_from(number).ok()?),
            _ => return None,
        };
        let Value::Global(class) = class else {
            return None;
        };
        let class = self.names.get(class)?;
        let torch = class.module == "torch" || class.module.starts_with("torch.");
        let last = class.name.as_str();
        if !torch || !last.ends_with("Storage") || last.contains('.') {
            return None;
        }
        Some(Storage {
            key,
            item_bytes: lookup(&ITEM_BYTES, last),
            elements: u64::try_from(elements).ok()?,
            at: self.span.start,
        })
    }

    /// The size of the tensor that these arguments rebuild; told if it
    /// reaches outside its storage.
    pub(super) fn rebuilt_bytes(&mut self, given: &[Value]) -> Option<u64> {
        let &[storage, Value::Int(offset), sizes, strides, ref rest @ ..] = given else {
            return None;
        };
        let sizes = self.integers(sizes)?;
        let strides = self.integers(strides)?;
        let storage = match self.heap.get(storage) {
            Some(Node::Storage(index)) => self.summary.storages.get(*index as usize).copied(),
            _ => None,
        };
        let dtype = self.dtype_bytes(rest);
        let elements = sizes.iter().try_fold(1u64, |n, &s| n.checked_mul(s));
        if let Some(storage) = storage {
            let held = match dtype {
                Some(bytes) => storage.elements.checked_div(bytes).unwrap_or(0),
                None => storage.elements,
            };
            let end = reach(offset, &sizes, &strides);
            if end.is_none_or(|end| end > held) || elements.is_none() {
                self.tell(Fact::TensorOutside, |_| {
                    format!(
                        "offset {offset}, sizes {sizes:?}, strides {strides:?}, {held} elements held"
                    )
                });
            }
        }
        let item = dtype.or(storage.and_then(|s| s.item_bytes))?;
        elements?.checked_mul(item)
    }

    /// The element size of a dtype among the last arguments, which only
    /// untyped storages come with.
    fn dtype_bytes(&self, rest: &[Value]) -> Option<u64> {
        rest.iter().find_map(|&v| match v {
            Value::Global(id) => {
                let name = self.names.get(id).filter(|n| n.module == "torch")?;
                lookup(&DTYPE_BYTES, &name.name)
            }
            _ => None,
        })
    }

    /// The non-negative integers of a tuple; `torch.Size` is one around it.
    fn integers(&self, value: Value) -> Option<Vec<u64>> {
        let value = match self.heap.made(value) {
            Some(made) => *self.heap.tuple(made.args)?.first()?,
            None => value,
        };
        let (Kind::Tuple | Kind::List, items) = self.heap.container(value)? else {
            return None;
        };
        let number = |&v: &Value| match v {
            Value::Int(n) => u64::try_from(n).ok(),
            _ => None,
        };
        items.kept.iter().map(number).collect()
    }
}

fn lookup(table: &[(&str, u64)], name: &str) -> Option<u64> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|&(_, bytes)| bytes)
}

/// One element behind the last that a tensor touches; `None` where that is no
/// number.
fn reach(offset: i64, sizes: &[u64], strides: &[u64]) -> Option<u64> {
    let offset = u64::try_from(offset).ok()?;
    if sizes.contains(&0) {
        return Some(0);
    }
    if sizes.len() != strides.len() {
        return None;
    }
    let last = sizes
        .iter()
        .zip(strides)
        .try_fold(offset, |n, (&size, &stride)| {
            n.checked_add(size.checked_sub(1)?.checked_mul(stride)?)
        });
    last?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_of_a_tensor_is_computed_without_overflow() {
        assert_eq!(reach(0, &[2, 3], &[3, 1]), Some(6));
        assert_eq!(reach(4, &[], &[]), Some(5));
        assert_eq!(reach(4, &[0, 9], &[9, 1]), Some(0));
        assert_eq!(reach(0, &[u64::MAX, 2], &[u64::MAX, 1]), None);
        assert_eq!(reach(-1, &[1], &[1]), None);
        assert_eq!(reach(0, &[2], &[]), None);
    }
}
