//! Between values and constants: what can be computed is.

use super::machine::Machine;
use super::names::Special;
use super::summary::Trouble;
use super::value::{Computed, GlobalId, Kind, Role, Value};
use crate::detect::constants::{self, DECODED_CAP_BYTES, Datum, LIST_CAP, TEXT_CAP_BYTES};
use crate::wire::pickle::Literal;

/// Bytes that all computations of one stream may take and give.
const COMPUTED_CAP_BYTES: usize = 512 << 20;

/// What a value counts besides its bytes.
const VALUE_COST_BYTES: usize = 64;

/// Values that one constant is made of: lists multiply what they hold.
const VALUES_CAP: u32 = 1 << 14;

/// Values behind a computed one that are remembered for traces.
const PARENTS_CAP: usize = 4;

/// Lists inside lists that are computed with.
const DEPTH_CAP: u32 = 4;

/// Bytes of a text that is looked at: a name, a path.
pub(super) const LOOKED_AT_BYTES: usize = 512;

impl Machine<'_, '_> {
    /// A constant text, bounded.
    pub(super) fn text(&self, value: Value) -> Option<String> {
        let bytes = match value {
            Value::Text(literal) => literal.fetch(self.source, LOOKED_AT_BYTES).ok()?,
            Value::Node(_) => match self.heap.computed(value).filter(|c| c.text) {
                Some(computed) => computed
                    .bytes
                    .get(..LOOKED_AT_BYTES)
                    .unwrap_or(&computed.bytes)
                    .to_vec(),
                None => return None,
            },
            Value::Global(id) => constants::held(&self.names.get(id)?.path)?
                .as_bytes()
                .to_vec(),
            _ => return None,
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether a value is a constant text.
    pub(super) fn is_text(&self, value: Value) -> bool {
        match value {
            Value::Text(_) => true,
            Value::Node(_) => self.heap.computed(value).is_some_and(|c| c.text),
            _ => false,
        }
    }

    /// Call a pure function, if this is one and its arguments are constants.
    pub(super) fn compute_call(&mut self, id: GlobalId, args: Value) -> Option<Value> {
        let name = self.names.get(id)?;
        let function = name.computes?;
        let encodes = name.special == Special::Encode;
        if encodes && self.is_long(args) {
            return None;
        }
        let args_value = args;
        let args = match self.datum(args, 0)? {
            Datum::List(args) => args,
            _ => return None,
        };
        let result = function(&args)?;
        // Protocol 2 writes bytes like this; they stay where they are.
        if encodes && matches!(result, Datum::Bytes(_)) {
            return None;
        }
        let from = self.heap.tuple(args_value).unwrap_or_default().to_vec();
        let value = self.computed(result, &from)?;
        self.summary.graded_calls = self.summary.graded_calls.saturating_add(1);
        self.names.settle(id);
        Some(value)
    }

    /// Whether the first argument is too long for a name.
    fn is_long(&self, args: Value) -> bool {
        match self.heap.tuple(args).and_then(<[Value]>::first) {
            Some(Value::Text(literal)) => literal.len() > TEXT_CAP_BYTES as u64,
            _ => false,
        }
    }

    /// Call a pure method of a constant.
    pub(super) fn compute_method(
        &mut self,
        object: Value,
        name: &str,
        given: &[Value],
    ) -> Option<Value> {
        let function = constants::method(name)?;
        let mut args = vec![self.datum(object, 0)?];
        if !matches!(args.first(), Some(Datum::Text(_) | Datum::Bytes(_))) {
            return None;
        }
        for &value in given {
            args.push(self.datum(value, 0)?);
        }
        let from: Vec<Value> = std::iter::once(object)
            .chain(given.iter().copied())
            .collect();
        self.computed(function(&args)?, &from)
    }

    /// An element or a piece of a constant.
    pub(super) fn compute_item(&mut self, args: &[Datum]) -> Option<Value> {
        let item = constants::method("__getitem__")?;
        self.computed(item(args)?, &[])
    }

    /// A value as a constant, if it is one.
    pub(super) fn datum(&mut self, value: Value, depth: u32) -> Option<Datum> {
        if depth == 0 {
            self.datum_left = VALUES_CAP;
        }
        self.datum_left = self.datum_left.checked_sub(1)?;
        match value {
            Value::None => Some(Datum::None),
            Value::Bool(b) => Some(Datum::Int(i64::from(b))),
            Value::Int(n) => Some(Datum::Int(n)),
            Value::Text(literal) => Some(Datum::Text(lossy(self.whole(literal)?))),
            Value::Bytes(literal) => self.whole(literal).map(Datum::Bytes),
            Value::Global(id) => {
                let held = constants::held(&self.names.get(id)?.path)?;
                Some(Datum::Text(held.to_owned()))
            }
            Value::Node(_) if depth < DEPTH_CAP => self.datum_of_node(value, depth),
            _ => None,
        }
    }

    fn datum_of_node(&mut self, value: Value, depth: u32) -> Option<Datum> {
        if let Some(computed) = self.heap.computed(value) {
            let (bytes, text) = (computed.bytes.clone(), computed.text);
            self.spend_computed(bytes.len())?;
            return Some(match text {
                true => Datum::Text(lossy(bytes)),
                false => Datum::Bytes(bytes),
            });
        }
        if let Some((kind, items)) = self.heap.container(value) {
            let usable = kind != Kind::Dict && items.is_complete() && items.kept.len() <= LIST_CAP;
            let kept = usable.then(|| items.kept.clone())?;
            let inner = depth.saturating_add(1);
            let elements = kept.into_iter().map(|v| self.datum(v, inner));
            return elements.collect::<Option<_>>().map(Datum::List);
        }
        let made = self.heap.made(value)?;
        let (callee, args) = (made.callee, made.args);
        let Value::Global(id) = callee else {
            return None;
        };
        let name = self.names.get(id)?;
        if name.special == Special::Encode {
            let function = name.computes?;
            let Datum::List(args) = self.datum(args, depth.saturating_add(1))? else {
                return None;
            };
            return function(&args);
        }
        if name.path != "builtins.slice" {
            return None;
        }
        let part = |v: Option<&Value>| match v {
            Some(&Value::Int(n)) => Some(n),
            _ => None,
        };
        Some(Datum::Slice(match self.heap.tuple(args)? {
            [stop] => [None, part(Some(stop)), None],
            parts => [part(parts.first()), part(parts.get(1)), part(parts.get(2))],
        }))
    }

    /// All bytes of a literal that is not too long.
    fn whole(&mut self, literal: Literal) -> Option<Vec<u8>> {
        let len = usize::try_from(literal.len()).unwrap_or(usize::MAX);
        if len > DECODED_CAP_BYTES {
            self.limit("computed constants");
            return None;
        }
        self.spend_computed(len)?;
        literal.fetch(self.source, len).ok()
    }

    /// Count bytes that a computation takes or gives; `None` past the cap.
    fn spend_computed(&mut self, bytes: usize) -> Option<()> {
        let cost = bytes.saturating_add(VALUE_COST_BYTES);
        self.computed_bytes = self.computed_bytes.saturating_add(cost);
        if self.computed_bytes > COMPUTED_CAP_BYTES {
            self.limit("computed constants");
            return None;
        }
        Some(())
    }

    /// A constant as a value, marked as computed.
    fn computed(&mut self, datum: Datum, from: &[Value]) -> Option<Value> {
        let (bytes, text) = match datum {
            Datum::None => return Some(Value::None),
            Datum::Int(n) => return Some(Value::Int(n)),
            Datum::Text(text) => (text.into_bytes(), true),
            Datum::Bytes(bytes) => (bytes, false),
            Datum::List(list) => {
                let values: Option<Vec<Value>> =
                    list.into_iter().map(|d| self.computed(d, from)).collect();
                return Some(self.heap.make(Kind::List, &values?));
            }
            Datum::Slice(_) => return None,
        };
        self.spend_computed(bytes.len())?;
        let at = self.span.start;
        let from = from.iter().filter(|v| matches!(v, Value::Node(_)));
        let from = from.take(PARENTS_CAP).copied().collect();
        let value = self.heap.make_computed(Computed {
            bytes,
            text,
            at,
            from,
        });
        if value.is_none() {
            self.limit("computed constants");
        }
        value
    }

    /// Whether it is known what iterating over a value gives.
    pub(super) fn is_iterable(&self, value: Value) -> bool {
        match value {
            Value::Text(literal) | Value::Bytes(literal) => literal.len() <= LIST_CAP as u64,
            Value::Node(_) => match self.heap.container(value) {
                Some((_, items)) => items.is_complete(),
                None => self
                    .heap
                    .computed(value)
                    .is_some_and(|c| c.bytes.len() <= LIST_CAP),
            },
            _ => false,
        }
    }

    /// What iterating over a value gives, as far as that is known.
    pub(super) fn iterated(&mut self, value: Value) -> Vec<Value> {
        if self.heap.container(value).is_some() {
            return self.elements(value);
        }
        if !self.is_iterable(value) {
            return Vec::new();
        }
        let parts = self.datum(value, 0).and_then(|d| constants::iterate(&d));
        let values = parts.into_iter().flatten().map(|d| self.computed(d, &[]));
        values.collect::<Option<_>>().unwrap_or_default()
    }

    /// Methods of containers that the stream made, and of namespaces.
    pub(super) fn container_method(
        &mut self,
        object: Value,
        name: &str,
        given: &[Value],
    ) -> Result<Option<Value>, Trouble> {
        let namespace = self
            .heap
            .made(object)
            .is_some_and(|m| m.role == Role::Namespace);
        let kind = self.heap.container(object).map(|(kind, _)| kind);
        if kind.is_none() && !namespace {
            return Ok(None);
        }
        Ok(match (name, given) {
            ("get" | "pop" | "setdefault" | "__getitem__", &[key, ..]) => {
                Some(self.item(object, key)?)
            }
            ("__setitem__", &[key, value]) => {
                self.fill(object, &[key, value], true)?;
                Some(Value::None)
            }
            ("append" | "add", &[value]) => {
                self.fill(object, &[value], false)?;
                Some(Value::None)
            }
            ("extend" | "update", &[other]) if kind != Some(Kind::Dict) => {
                let elements = self.iterated(other);
                self.fill(object, &elements, false)?;
                Some(Value::None)
            }
            ("update", &[other]) => {
                let pairs = match self.heap.container(other) {
                    Some((Kind::Dict, items)) => items.kept.clone(),
                    _ => return Ok(None),
                };
                self.fill(object, &pairs, true)?;
                Some(Value::None)
            }
            ("values", []) => {
                let values = match self.heap.container(object) {
                    Some((Kind::Dict, items)) => {
                        items.kept.iter().skip(1).step_by(2).copied().collect()
                    }
                    _ => Vec::new(),
                };
                Some(self.heap.make(Kind::List, &values))
            }
            _ => None,
        })
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}
