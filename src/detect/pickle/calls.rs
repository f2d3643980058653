//! Calls: what is called, through whatever stands in between, and what comes
//! out of it.
//!
//! Calls are denied unless they are vetted. Where a vetted callable could be
//! turned by its arguments (`getattr`, `partial`, `map`, torch's rebuilders),
//! the arguments decide.

use super::event::{Danger, Fact};
use super::hands::Hands;
use super::machine::Machine;
use super::names::{Collect, Special};
use super::summary::Trouble;
use super::value::{GlobalId, Kind, Made, Role, Value};
use crate::detect::globals::{Effect, Judgement, Why};
use crate::report::Severity;

/// Callables inside callables that are followed: `partial(partial(…))`.
const NESTING_CAP: u32 = 32;

/// Calls that one opcode may lead to: `map(map, …)` multiplies.
const CALLS_PER_OPCODE: u32 = 4096;

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
        if self.nesting >= NESTING_CAP || self.opcode_calls >= CALLS_PER_OPCODE {
            return Err(Trouble::Limit("calls inside calls".to_owned()));
        }
        self.opcode_calls = self.opcode_calls.saturating_add(1);
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
                self.call_result(callee, args)
            }
            _ => Err(Trouble::Refused("a constant is called".to_owned())),
        }
    }

    /// Call what nothing is known about but that a call returned it.
    fn call_result(&mut self, callee: Value, args: Value) -> Result<Value, Trouble> {
        self.tell_call(Fact::CallOfResult, None, callee, args);
        self.tell_handed_over(callee, args)?;
        Ok(self.result(callee, args, Role::Anything))
    }

    /// Call what a call returned.
    fn call_made(&mut self, how: How, callee: Value, args: Value) -> Result<Value, Trouble> {
        if let Some(value) = self.call_carried(how, callee, args)? {
            return Ok(value);
        }
        let Some(made) = self.heap.made(callee) else {
            if self.heap.container(callee).is_some() || self.heap.computed(callee).is_some() {
                return Err(Trouble::Refused("a container is called".to_owned()));
            }
            return self.call_result(callee, args);
        };
        let (role, object, kept) = (made.role, made.callee, made.args);
        let bound = self.elements(kept);
        let given = self.elements(args);
        match (role, bound.split_first(), given.split_first()) {
            (Role::Partial, Some((&inner, bound)), _) => {
                let joined: Vec<Value> = bound.iter().chain(&given).copied().collect();
                let joined = self.heap.make(Kind::Tuple, &joined);
                self.call(how, inner, joined)
            }
            (Role::AttrGetter, Some(_), Some((&object, _))) => self.attributes(object, &bound),
            (Role::ItemGetter, Some((&key, [])), Some((&object, _))) => self.item(object, key),
            (Role::ItemGetter, Some(_), Some((&object, _))) => {
                let items: Result<Vec<_>, _> =
                    bound.iter().map(|&k| self.item(object, k)).collect();
                Ok(self.heap.make(Kind::Tuple, &items?))
            }
            (Role::MethodCaller, Some((&name, bound)), Some((&object, _))) => {
                let method = self.attribute(object, name)?;
                let bound = self.heap.make(Kind::Tuple, bound);
                self.call(how, method, bound)
            }
            (Role::Bound, _, _) => match self.call_method(object, kept, &given)? {
                Some(value) => Ok(value),
                None => self.call_result(callee, args),
            },
            _ => self.call_result(callee, args),
        }
    }

    /// Call the method called `name` of an object, if something is known about
    /// it.
    fn call_method(
        &mut self,
        object: Value,
        name: Value,
        given: &[Value],
    ) -> Result<Option<Value>, Trouble> {
        let Some(name) = self.text(name) else {
            return Ok(None);
        };
        if let Some(value) = self.compute_method(object, &name, given) {
            return Ok(Some(value));
        }
        if let Some(value) = self.container_method(object, &name, given)? {
            return Ok(Some(value));
        }
        // The method of an object is the function in its class.
        let class = match self.heap.made(object).map(|made| made.callee) {
            Some(Value::Global(class)) => class,
            _ => return Ok(None),
        };
        let Some((module, path)) = self
            .names
            .get(class)
            .map(|n| (n.module.clone(), n.name.clone()))
        else {
            return Ok(None);
        };
        let method = self.named(&module, &format!("{path}.{name}"), self.span.start)?;
        self.names.settle(method);
        let all: Vec<Value> = std::iter::once(object)
            .chain(given.iter().copied())
            .collect();
        let args = self.heap.make(Kind::Tuple, &all);
        match self.names.get(method).map(|n| n.special) {
            Some(Special::Hands(_)) => self.call_global(How::Called, method, args).map(Some),
            _ => {
                self.tell_loaded(class, object, given);
                Ok(None)
            }
        }
    }

    fn call_global(&mut self, how: How, id: GlobalId, args: Value) -> Result<Value, Trouble> {
        let callee = Value::Global(id);
        if let Some(value) = self.compute_call(id, args) {
            return Ok(value);
        }
        let special = self.names.get(id).map_or(Special::None, |n| n.special);
        self.names.count_call(id);
        let given = match special {
            // Nothing asks for the elements: most calls.
            Special::None => return self.call_plainly(how, id, args, &[]),
            _ => self.elements(args),
        };
        match (special, given.as_slice()) {
            (Special::Maker(maker), _) => self.make_code(id, maker, args, &given),
            (Special::GetAttr, &[object, name, ..]) => {
                if let Some(value) = self.shim(id, &given)? {
                    return Ok(value);
                }
                self.names.settle(id);
                self.attribute(object, name)
            }
            (Special::Partial, _) => self.keep_callable(id, args, Role::Partial),
            (Special::AttrGetter, _) => self.keep_callable(id, args, Role::AttrGetter),
            (Special::ItemGetter, _) => self.keep_callable(id, args, Role::ItemGetter),
            (Special::MethodCaller, _) => self.keep_callable(id, args, Role::MethodCaller),
            // With one argument `iter` only walks it.
            (Special::Hands(Hands::Iter), &[object]) if self.is_own(object) => {
                Ok(self.accept(id, args))
            }
            (Special::Hands(hands), _) => self.hand(id, hands, args, &given),
            (Special::Collect(how), &[_, ..]) => {
                self.names.settle(id);
                Ok(self.collect(id, how, &given, args))
            }
            (Special::SetAttr, &[object, name, value, ..]) if self.is_ours(object) => {
                self.names.settle(id);
                self.set_attribute(object, name, value);
                Ok(Value::None)
            }
            (Special::SetAttr, &[object, name, value, ..]) => {
                let state = self.heap.make(Kind::Dict, &[name, value]);
                let state = self.heap.make(Kind::Tuple, &[Value::None, state]);
                let told = self.events();
                self.set_state(object, state)?;
                match self.events() > told {
                    true => self.names.settle(id),
                    false => self.grade(how, id, args),
                }
                Ok(Value::None)
            }
            (Special::RebuildFromType, &[inner, _, inner_args, ref state @ ..]) => {
                self.names.settle(id);
                let made = self.call(How::Called, inner, inner_args)?;
                if let Some(&state) = state.first().filter(|&&s| s != Value::None) {
                    self.set_state(made, state)?;
                }
                Ok(made)
            }
            (Special::NewObj, &[class, ref rest @ ..]) => {
                self.names.settle(id);
                let rest = self.heap.make(Kind::Tuple, rest);
                self.call(How::Constructed, class, rest)
            }
            (Special::NewObjEx, &[class, args, kwargs, ..]) => {
                self.names.settle(id);
                let args = self.join_arguments(args, kwargs);
                self.call(How::Constructed, class, args)
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
            (Special::LoadBytes(_), _) if self.tell_nested(id, &given) => Ok(self.accept(id, args)),
            (Special::Lookup, _) => match self.looked_up(&given) {
                Some((module, name)) => {
                    self.names.settle(id);
                    let found = self.named(&module, &name, self.span.start)?;
                    Ok(Value::Global(found))
                }
                None => self.call_plainly(how, id, args, &given),
            },
            (Special::Distribution, _) => match self.empty_distribution(how, id, args) {
                Some(made) => Ok(made),
                None => self.call_plainly(how, id, args, &given),
            },
            // A name, bases and the methods: a class that the stream writes.
            (Special::MakeClass, &[_, _, _, ..]) => {
                let danger = Danger {
                    effect: Effect::EvaluatesCode,
                    severity: Severity::High,
                    why: Why::Known("it makes a class with methods that the stream chooses"),
                };
                self.names.settle(id);
                self.tell_call(Fact::DangerousCall(danger), Some(id), callee, args);
                Ok(self.result(callee, args, Role::Anything))
            }
            (Special::Restoring, &[]) if how == How::Constructed => Ok(self.accept(id, args)),
            (Special::EvalRepr, &[text]) if self.is_repr_of_constant(text) => {
                Ok(self.accept(id, args))
            }
            (Special::Reconstruct, &[Value::Global(class), ..]) if self.is_memory_map(class) => {
                self.names.settle(class);
                self.call_plainly(how, id, args, &given)
            }
            _ => self.call_plainly(how, id, args, &given),
        }
    }

    /// A call that its arguments make harmless.
    pub(super) fn accept(&mut self, id: GlobalId, args: Value) -> Value {
        self.names.settle(id);
        self.result(Value::Global(id), args, Role::Object)
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
        self.grade(how, id, args);
        self.tell_nested_of(id, args);
        let special = self.names.get(id).map_or(Special::None, |n| n.special);
        match (special, given) {
            (Special::ImportTop | Special::ImportModule, &[name, ..]) if self.is_text(name) => {
                self.imported(special, given)
            }
            (Special::Resolve, &[name, ..]) if self.is_text(name) => self.resolved(name),
            (Special::Vars, &[object, ..]) => Ok(self.result(object, args, Role::Namespace)),
            (Special::GetItem, &[object, key, ..]) => self.item(object, key),
            (Special::ModulesGet, &[name, ..]) if self.is_text(name) => {
                self.imported(Special::ImportModule, given)
            }
            (Special::SetItem, &[object, key, value, ..]) => {
                self.fill(object, &[key, value], true)?;
                Ok(Value::None)
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
            _ => {
                let role = match special {
                    Special::ArrayWrapper => {
                        self.has_wrapper = true;
                        Role::ArrayWrapper
                    }
                    _ => self.role_of(how, id),
                };
                let made = self.result(callee, args, role);
                self.mark_fresh(how, id, made);
                Ok(made)
            }
        }
    }

    /// Note of the result of a class that it is a new object.
    fn mark_fresh(&mut self, how: How, id: GlobalId, made: Value) {
        let class = self.names.get(id).is_some_and(|n| n.is_class_like());
        if let Some(made) = self.heap.made_mut(made) {
            made.fresh = how == How::Constructed || class;
        }
    }

    /// What the result of a call of this global is good for.
    pub(super) fn role_of(&self, how: How, id: GlobalId) -> Role {
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
        if matches!(role, Role::AttrGetter | Role::MethodCaller) {
            for name in self.elements(args) {
                self.check_name(Value::Global(id), name);
                if role == Role::MethodCaller {
                    self.check_method(Value::Global(id), name);
                }
                if role == Role::MethodCaller {
                    break;
                }
            }
        }
        Ok(self.result(Value::Global(id), args, role))
    }

    /// The elements of an iterable, as another container.
    fn collect(&mut self, id: GlobalId, how: Collect, given: &[Value], args: Value) -> Value {
        let columns = match how {
            Collect::Chain => given.to_vec(),
            Collect::Flatten => given.first().map(|&v| self.iterated(v)).unwrap_or_default(),
            _ => given.get(..1).unwrap_or_default().to_vec(),
        };
        if columns.iter().any(|&v| !self.is_iterable(v)) {
            return self.result(Value::Global(id), args, Role::Object);
        }
        let mut all: Vec<Value> = columns.iter().flat_map(|&v| self.iterated(v)).collect();
        if how == Collect::Reversed {
            all.reverse();
        }
        let kind = match how {
            Collect::Tuple => Kind::Tuple,
            _ => Kind::List,
        };
        self.heap.make(kind, &all)
    }

    /// A new object with nothing set on it yet.
    pub(super) fn result(&mut self, callee: Value, args: Value, role: Role) -> Value {
        self.heap.make_result(Made {
            at: self.span.start,
            callee,
            args,
            role,
            state: Value::None,
            fresh: false,
            hooks: Vec::new(),
        })
    }

    /// The elements of a tuple, a list or a set and the keys of a dict, which
    /// is what calls and iterations see; none of anything else.
    pub(super) fn elements(&mut self, value: Value) -> Vec<Value> {
        let (elements, lost) = match self.heap.container(value) {
            Some((Kind::Dict, items)) => {
                (items.kept.iter().step_by(2).copied().collect(), items.lost)
            }
            Some((_, items)) => (items.kept.clone(), items.lost),
            None => return Vec::new(),
        };
        if lost {
            self.limit("elements of a container");
        }
        elements
    }
}
