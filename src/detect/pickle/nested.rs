//! Bytes that are handed to a loader: a pickle inside the pickle.
//!
//! Told with the place of the bytes, so that whoever asked can examine them:
//! as they lie in the stream, as text of bytes (protocol 2), or as they come
//! out of a decoder. A `BytesIO` around them changes nothing.

use std::sync::Arc;

use super::event::{Fact, Nested};
use super::machine::Machine;
use super::names::Special;
use super::value::{GlobalId, Value};
use crate::detect::constants::Datum;
use crate::detect::globals::Effect;
use crate::wire::pickle::Literal;

/// Arguments of a loader that may be the bytes.
const ARGUMENTS_LOOKED_AT: usize = 3;

/// Readers around readers.
const WRAPPINGS: usize = 8;

/// What stands between bytes and a loader without changing them.
const READERS: [&str; 7] = [
    "io.BytesIO",
    "io.StringIO",
    "io.BufferedReader",
    "builtins.memoryview",
    "builtins.bytes",
    "builtins.bytearray",
    "tempfile.SpooledTemporaryFile",
];

impl Machine<'_, '_> {
    /// Bytes that are handed to a loader called as a function; whether there
    /// are some.
    pub(super) fn tell_nested(&mut self, id: GlobalId, given: &[Value]) -> bool {
        match self.names.get(id).map(|name| name.special) {
            Some(Special::LoadBytes(place)) => {
                let bytes = given.get(place).copied();
                bytes.is_some_and(|bytes| self.tell_bytes(id, bytes))
            }
            _ => {
                self.is_loader(id)
                    && given
                        .iter()
                        .take(ARGUMENTS_LOOKED_AT)
                        .any(|&v| self.tell_bytes(id, v))
            }
        }
    }

    /// The same with all arguments as one value.
    pub(super) fn tell_nested_of(&mut self, id: GlobalId, args: Value) {
        if self.is_loader(id) {
            let given = self.elements(args);
            self.tell_nested(id, &given);
        }
    }

    /// Bytes that are handed to a method of an object of a loader.
    pub(super) fn tell_loaded(&mut self, class: GlobalId, object: Value, given: &[Value]) {
        let inner = match self.heap.made(object).map(|m| m.args) {
            Some(args) => self.elements(args),
            None => Vec::new(),
        };
        if !self.tell_nested(class, given) {
            self.tell_nested(class, &inner);
        }
    }

    fn is_loader(&self, id: GlobalId) -> bool {
        let Some(name) = self.names.get(id) else {
            return false;
        };
        let deserialises = |effect| effect == Effect::Deserialises;
        matches!(name.special, Special::LoadBytes(_))
            || name.danger().is_some_and(|d| deserialises(d.effect))
    }

    pub(super) fn tell_bytes(&mut self, id: GlobalId, value: Value) -> bool {
        let value = self.unwrapped(value);
        let nested = match value {
            Value::Bytes(literal) => Some((literal, false)),
            Value::Text(literal) => Some((literal, true)),
            _ => self.encoded_bytes(value).map(|literal| (literal, true)),
        };
        let fact = match nested {
            Some((literal, as_text)) => Fact::Nested(Nested { literal, as_text }),
            None => {
                let Some(bytes) = self.computed_bytes_of(value) else {
                    return false;
                };
                self.content = Some(Arc::from(bytes));
                Fact::NestedComputed
            }
        };
        self.tell_about(fact, None, |scene| scene.show(Value::Global(id)));
        self.content = None;
        true
    }

    fn computed_bytes_of(&mut self, value: Value) -> Option<Vec<u8>> {
        self.heap.computed(value)?;
        match self.datum(value, 0)? {
            Datum::Bytes(bytes) => Some(bytes),
            Datum::Text(text) => Some(text.into_bytes()),
            _ => None,
        }
    }

    /// What a reader reads from.
    fn unwrapped(&mut self, mut value: Value) -> Value {
        for _ in 0..WRAPPINGS {
            let Some(made) = self.heap.made(value) else {
                break;
            };
            let (callee, args) = (made.callee, made.args);
            let wraps = match callee {
                Value::Global(id) => self
                    .names
                    .get(id)
                    .is_some_and(|name| READERS.contains(&name.path.as_str())),
                _ => false,
            };
            match self.heap.tuple(args).and_then(<[Value]>::first) {
                Some(&inner) if wraps => value = inner,
                _ => break,
            }
        }
        value
    }

    /// The text behind `_codecs.encode(text, …)`.
    pub(super) fn encoded_bytes(&self, value: Value) -> Option<Literal> {
        let made = self.heap.made(value)?;
        let Value::Global(callee) = made.callee else {
            return None;
        };
        let encode = self.names.get(callee)?.special == Special::Encode;
        match self.heap.tuple(made.args)?.first()? {
            Value::Text(literal) if encode => Some(*literal),
            _ => None,
        }
    }
}
