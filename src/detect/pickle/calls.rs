//! Calls: what is called, through whatever stands in between, and what comes
//! out of it.
//!
//! Calls are denied unless they are vetted. Where a vetted callable could be
//! turned by its arguments (`getattr`, `partial`, `map`, torch's rebuilders),
//! the arguments decide.

use super::event::{Fact, Nested};
use super::machine::Machine;
use super::names::Special;
use super::summary::Trouble;
use super::value::{GlobalId, Kind, Made, Role, Value};
use crate::detect::globals::{Effect, Judgement};

/// Callables inside callables that are followed: `partial(partial(…))`.
const NESTING_CAP: u32 = 32;

/// Bytes of an argument that are looked at for code.
const LOOKED_AT_BYTES: usize = 512;

/// What an argument of an unknown class contains if it is meant to be run or
/// fetched.
const CODE_WORDS: [&str; 12] = [
    "__import__",
    "import os",
    "exec(",
    "eval(",
    "os.system",
    "subprocess",
    "/bin/",
    "curl ",
    "wget ",
    "powershell",
    "cmd.exe",
    "http://",
];

/// What kind of call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Called as a function is.
    Called,
    /// `cls.__new__`: only a class can be meant.
    Constructed,
}

impl Machine<'_, '_> {
    /// Call something; what comes out of it.
    pub(super) fn call(&mut self, how: How, callee: Value, args: Value) -> Result<Value, Trouble> {
        self.summary.calls = self.summary.calls.saturating_add(1);
        if self.nesting >= NESTING_CAP {
            return Err(Trouble::Limit("calls inside calls".to_owned()));
        }
        self.nesting = self.nesting.saturating_add(1);
        let result = self.dispatch(how, callee, args);
        self.nesting = self.nesting.saturating_sub(1);
        result
    }

    fn dispatch(&mut self, how: How, callee: Value, args: Value) -> Result<Value, Trouble> {
        match callee {
            Value::Global(id) => self.call_global(how, id, args),
            Value::Node(_) => self.call_made(how, callee, args),
            // Told where it was asked for.
            Value::Extension => Ok(self.result(callee, args, Role::Anything)),
            Value::Module(_) | Value::Made | Value::Foreign | Value::Unknown => {
                self.tell_call(Fact::CallOfResult, None, callee, args);
                Ok(self.result(callee, args, Role::Anything))
            }
            _ => Err(Trouble::Refused("a constant is called".to_owned())),
        }
    }

    /// Call what a call returned.
    fn call_made(&mut self, how: How, callee: Value, args: Value) -> Result<Value, Trouble> {
        let Some(made) = self.heap.made(callee) else {
            if self.heap.container(callee).is_some() {
                return Err(Trouble::Refused("a container is called".to_owned()));
            }
            self.tell_call(Fact::CallOfResult, None, callee, args);
            return Ok(self.result(callee, args, Role::Anything));
        };
        let role = made.role;
        let bound = self.elements(made.args);
        let given = self.elements(args);
        match (role, bound.split_first(), given.split_first()) {
            (Role::Partial, Some((&inner, bound)), _) => {
                let joined: Vec<Value> = bound.iter().chain(&given).copied().collect();
                let joined = self.heap.make(Kind::Tuple, &joined);
                self.call(how, inner, joined)
            }
            (Role::AttrGetter, Some((&name, _)), Some((&object, _))) => {
                self.attribute(object, name)
            }
            (Role::ItemGetter, Some((&key, _)), Some((&object, _))) => self.item(object, key),
            (Role::MethodCaller, Some((&name, bound)), Some((&object, _))) => {
                let method = self.attribute(object, name)?;
                let bound = self.heap.make(Kind::Tuple, bound);
                self.call(how, method, bound)
            }
            _ => {
                self.tell_call(Fact::CallOfResult, None, callee, args);
                Ok(self.result(callee, args, Role::Anything))
            }
        }
    }

    fn call_global(&mut self, how: How, id: GlobalId, args: Value) -> Result<Value, Trouble> {
        let callee = Value::Global(id);
        let special = self.names.get(id).map_or(Special::None, |n| n.special);
        let given = self.elements(args);
        match (special, given.as_slice()) {
            (Special::GetAttr, &[object, name, ..]) => {
                self.names.settle(id);
                self.attribute(object, name)
            }
            (Special::Partial, _) => self.keep_callable(id, args, Role::Partial),
            (Special::AttrGetter, _) => self.keep_callable(id, args, Role::AttrGetter),
            (Special::ItemGetter, _) => self.keep_callable(id, args, Role::ItemGetter),
            (Special::MethodCaller, _) => self.keep_callable(id, args, Role::MethodCaller),
            (Special::Apply, &[inner, ref rest @ ..]) => {
                self.names.settle(id);
                let rest = self.heap.make(Kind::Tuple, rest);
                self.call(How::Called, inner, rest)?;
                Ok(self.result(callee, args, Role::Object))
            }
            (Special::RebuildFromType, &[inner, _, inner_args, ..]) => {
                self.names.settle(id);
                self.call(How::Called, inner, inner_args)
            }
            (Special::NewObj, &[class, ref rest @ ..]) => {
                self.names.settle(id);
                let rest = self.heap.make(Kind::Tuple, rest);
                self.call(How::Constructed, class, rest)
            }
            (Special::Reconstructor, &[class, base, state]) => {
                self.names.settle(id);
                let state = self.heap.make(Kind::Tuple, &[state]);
                // `base.__new__` and `base.__init__` are what is called.
                if base != class {
                    self.call(How::Constructed, base, state)?;
                }
                self.call(How::Constructed, class, state)
            }
            (Special::LoadBytes, _) if self.tell_nested(id, &given) => {
                self.names.settle(id);
                Ok(self.result(callee, args, Role::Object))
            }
            _ => {
                self.grade(how, id, args);
                self.tell_nested(id, &given);
                self.call_plainly(how, id, args, &given)
            }
        }
    }

    /// A call whose effect is in the callable itself.
    fn call_plainly(
        &mut self,
        how: How,
        id: GlobalId,
        args: Value,
        given: &[Value],
    ) -> Result<Value, Trouble> {
        let callee = Value::Global(id);
        let special = self.names.get(id).map_or(Special::None, |n| n.special);
        match (special, given) {
            (Special::ImportTop | Special::ImportModule, &[Value::Text(_), ..]) => {
                self.imported(special, given)
            }
            (Special::GetItem, &[object, key, ..]) => self.item(object, key),
            (Special::ModulesGet, &[Value::Text(_), ..]) => {
                self.imported(Special::ImportModule, given)
            }
            (Special::AddExtension, _) => {
                self.register_extension(given)?;
                Ok(self.result(callee, args, Role::Object))
            }
            (Special::RebuildTensor, _) => {
                let bytes = self.rebuilt_bytes(given);
                Ok(self.result(callee, args, Role::Tensor(bytes)))
            }
            (Special::WrapTensor, &[inner, ..]) => {
                let role = self.heap.made(inner).map_or(Role::Object, |m| m.role);
                Ok(self.result(callee, args, role))
            }
            (Special::ArrayWrapper, _) => Ok(self.result(callee, args, Role::ArrayWrapper)),
            _ => {
                let role = self.role_of(how, id);
                Ok(self.result(callee, args, role))
            }
        }
    }

    /// What the result of a call of this global is good for.
    fn role_of(&self, how: How, id: GlobalId) -> Role {
        let Some(name) = self.names.get(id) else {
            return Role::Anything;
        };
        let class = how == How::Constructed || name.is_class_like();
        match name.judgement {
            Judgement::Harmless(_) => Role::Object,
            Judgement::Unknown { .. } if class => Role::Object,
            Judgement::Unknown { .. } | Judgement::Dangerous { .. } => Role::Anything,
        }
    }

    /// A callable that is made of another one and of constants: it counts once
    /// it is called.
    fn keep_callable(&mut self, id: GlobalId, args: Value, role: Role) -> Result<Value, Trouble> {
        self.names.settle(id);
        let named = matches!(role, Role::AttrGetter | Role::MethodCaller);
        if let (true, Some(&name)) = (named, self.elements(args).first()) {
            self.check_name(Value::Global(id), name);
        }
        Ok(self.result(Value::Global(id), args, role))
    }

    /// Tell what is to be told about the call of a global.
    fn grade(&mut self, how: How, id: GlobalId, args: Value) {
        let callee = Value::Global(id);
        let Some(name) = self.names.get(id) else {
            return;
        };
        if !matches!(
            name.judgement,
            Judgement::Unknown {
                known_package: false
            }
        ) {
            self.summary.graded_calls = self.summary.graded_calls.saturating_add(1);
        }
        let first = !name.settled;
        let class = how == How::Constructed || name.is_class_like();
        if let Some(danger) = name.danger() {
            self.names.settle(id);
            self.tell_call(Fact::DangerousCall(danger), Some(id), callee, args);
            return;
        }
        self.names.settle(id);
        let name = self.names.get(id);
        let Some(Judgement::Unknown { known_package }) = name.map(|n| n.judgement) else {
            return;
        };
        if class && !known_package && first {
            let code_like = self.is_code_like(args);
            self.tell_call(Fact::UnknownClass { code_like }, None, callee, args);
        } else if !class && first {
            self.tell_call(Fact::UnknownCall { known_package }, None, callee, args);
        }
        self.tell_handed_over(callee, args);
    }

    /// A dangerous callable among the arguments of something that is not
    /// vetted counts as called.
    fn tell_handed_over(&mut self, callee: Value, args: Value) {
        for argument in self.elements(args) {
            let Value::Global(id) = argument else {
                continue;
            };
            let danger = self.names.get(id).filter(|n| !n.settled);
            if let Some(danger) = danger.and_then(|n| n.danger()) {
                self.names.settle(id);
                self.tell_call(Fact::DangerousCall(danger), Some(id), callee, args);
            }
        }
    }

    fn tell_call(&mut self, fact: Fact, global: Option<GlobalId>, callee: Value, args: Value) {
        self.tell_about(fact, global, |scene| scene.call(callee, args));
    }

    /// Bytes that are handed to a loader; whether there are some.
    fn tell_nested(&mut self, id: GlobalId, given: &[Value]) -> bool {
        let Some(name) = self.names.get(id) else {
            return false;
        };
        let loads = name.special == Special::LoadBytes
            || name
                .danger()
                .is_some_and(|d| d.effect == Effect::Deserialises);
        let (Some(&first), true) = (given.first(), loads) else {
            return false;
        };
        let nested = match first {
            Value::Bytes(literal) => Some((literal, false)),
            Value::Text(literal) => Some((literal, true)),
            _ => self.encoded_bytes(first).map(|literal| (literal, true)),
        };
        let Some((literal, as_text)) = nested else {
            return false;
        };
        let fact = Fact::Nested(Nested { literal, as_text });
        self.tell_about(fact, None, |scene| scene.show(Value::Global(id)));
        true
    }

    /// The text behind `_codecs.encode(text, …)`.
    fn encoded_bytes(&self, value: Value) -> Option<crate::wire::pickle::Literal> {
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

    /// A new object with nothing set on it yet.
    pub(super) fn result(&mut self, callee: Value, args: Value, role: Role) -> Value {
        self.heap.make_result(Made {
            callee,
            args,
            role,
            state: Value::None,
            hooks: Vec::new(),
        })
    }

    /// The elements of a tuple or list; none of anything else.
    pub(super) fn elements(&self, value: Value) -> Vec<Value> {
        match self.heap.container(value) {
            Some((Kind::Tuple | Kind::List, items)) => items.kept.clone(),
            _ => Vec::new(),
        }
    }

    /// A constant text, bounded.
    pub(super) fn text(&self, value: Value) -> Option<String> {
        let Value::Text(literal) = value else {
            return None;
        };
        let bytes = literal.fetch(self.source, LOOKED_AT_BYTES).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn is_code_like(&self, args: Value) -> bool {
        self.elements(args).into_iter().any(|argument| {
            self.text(argument)
                .is_some_and(|text| CODE_WORDS.iter().any(|word| text.contains(word)))
        })
    }
}
