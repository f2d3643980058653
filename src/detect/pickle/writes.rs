//! Writes: items put into containers, state set on objects.
//!
//! A pickle may fill what it made itself. Filling or changing anything else
//! (a class, a module, a function, the result of an attribute access) changes
//! the program that loads it.

use super::calls::How;
use super::event::{Danger, Fact};
use super::machine::Machine;
use super::names::is_special;
use super::summary::{LIST_CAP, NamedTensor, Trouble};
use super::value::{GlobalId, Hook, Kind, Role, Value};
use crate::detect::globals::Use;

/// Special names that Python never looks up on the instance in order to do
/// something, and that ordinary states contain.
const PASSIVE_NAMES: [&str; 12] = [
    "__dict__",
    "__doc__",
    "__module__",
    "__name__",
    "__qualname__",
    "__wrapped__",
    "__orig_class__",
    "__annotations__",
    "__defaults__",
    "__kwdefaults__",
    "__slots__",
    "__path__",
];

/// What makes a dict by a call.
const MADE_DICTS: [&str; 6] = [
    "builtins.dict",
    "builtins.dict.fromkeys",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.UserDict",
    "collections.defaultdict",
];

/// Elements that a planted method is called with.
const ADDED_CAP: usize = 64;

/// Hooks of one object that are kept; a place for each kind, and then some.
const HOOKS_CAP: usize = 64;

/// Dicts inside a state that are looked through: `__dict__` of a `__dict__`.
const STATE_DEPTH: u32 = 4;

impl Machine<'_, '_> {
    /// `APPEND`, `APPENDS`, `ADDITEMS`, `SETITEM` and `SETITEMS`.
    pub(super) fn fill(
        &mut self,
        target: Value,
        elements: &[Value],
        pairs: bool,
    ) -> Result<(), Trouble> {
        if pairs {
            self.name_tensors(target, elements);
        }
        match target {
            Value::Global(id) => {
                self.note_registry(id, elements)?;
                self.tell_write(target, elements);
            }
            Value::Module(_) | Value::Extension | Value::Foreign | Value::Unknown => {
                self.tell_write(target, elements);
            }
            Value::Node(_) => return self.fill_node(target, elements, pairs),
            Value::Container => {
                self.heap.extend(target, elements);
            }
            _ => {}
        }
        Ok(())
    }

    /// What is stored in a table that imports are looked up in.
    fn note_registry(&mut self, target: GlobalId, elements: &[Value]) -> Result<(), Trouble> {
        let path = self.names.get(target).map(|name| name.path.clone());
        let path = path.unwrap_or_default();
        for pair in elements.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            if self.is_module_table(target) {
                if let (Some(module), Some(meant)) = (self.text(key), self.module_of(value)) {
                    self.alias_module(module, meant);
                }
            } else if let Value::Int(code) = key {
                match path.as_str() {
                    "copyreg._extension_cache" => self.keep_extension(code, value),
                    "copyreg._inverted_registry" => {
                        let mut given = self.elements(value);
                        given.push(key);
                        self.register_extension(&given)?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn fill_node(&mut self, target: Value, elements: &[Value], pairs: bool) -> Result<(), Trouble> {
        if let Some((kind, _)) = self.heap.container(target) {
            match kind {
                Kind::Tuple | Kind::FrozenSet => {}
                Kind::List if pairs => {
                    for pair in elements.chunks_exact(2) {
                        if let &[index, element] = pair {
                            self.heap.replace(target, index, element);
                        }
                    }
                }
                Kind::List | Kind::Dict | Kind::Set => {
                    self.heap.extend(target, elements);
                }
            }
            return Ok(());
        }
        let Some(made) = self.heap.made(target) else {
            self.tell_write(target, elements);
            return Ok(());
        };
        let role = made.role;
        let adders: Vec<(Hook, Value)> = match pairs {
            true => Vec::new(),
            false => made
                .hooks
                .iter()
                .filter(|(hook, _)| *hook != Hook::SetState)
                .copied()
                .collect(),
        };
        let mut filled = false;
        for (hook, adder) in adders {
            match hook {
                Hook::Extend => {
                    let list = self.heap.make(Kind::List, elements);
                    let args = self.heap.make(Kind::Tuple, &[list]);
                    self.call(How::Called, adder, args)?;
                }
                Hook::Adder => {
                    for &element in elements.iter().take(ADDED_CAP) {
                        let args = self.heap.make(Kind::Tuple, &[element]);
                        self.call(How::Called, adder, args)?;
                    }
                }
                _ => continue,
            }
            filled = true;
        }
        if !filled && matches!(role, Role::Tensor(_) | Role::Bound | Role::Namespace) {
            self.tell_write(target, elements);
        }
        Ok(())
    }

    fn tell_write(&mut self, target: Value, elements: &[Value]) {
        let (key, value) = (elements.first().copied(), elements.get(1).copied());
        // What is stored is settled: this tells of it.
        for &element in elements.iter().chain([&target]) {
            if let Value::Global(id) = element {
                self.names.settle(id);
            }
        }
        let values: Vec<Value> = [Some(target), key, value].into_iter().flatten().collect();
        self.tell_with(Fact::ForeignWrite, None, &values, |scene| {
            let shown = |v: Option<Value>| v.map_or_else(String::new, |v| scene.show(v));
            match value {
                Some(_) => format!("{}[{}] = {}", scene.show(target), shown(key), shown(value)),
                None => format!("{}.append({})", scene.show(target), shown(key)),
            }
        });
    }

    /// Note the tensors among key and value pairs.
    pub(super) fn name_tensors(&mut self, container: Value, elements: &[Value]) {
        for pair in elements.chunks_exact(2) {
            let &[Value::Text(name), value] = pair else {
                continue;
            };
            let Some(Role::Tensor(bytes)) = self.heap.made(value).map(|m| m.role) else {
                continue;
            };
            if self.summary.tensors.len() < LIST_CAP {
                self.summary.tensors.push(NamedTensor {
                    container,
                    name,
                    bytes,
                });
            } else {
                self.limit("named tensors");
            }
        }
    }

    /// `BUILD`: `__setstate__`, or `__dict__` and `setattr`.
    pub(super) fn build(&mut self) -> Result<(), Trouble> {
        let state = self.level.stack.pop()?;
        let target = self.level.stack.top()?;
        self.set_state(target, state)
    }

    /// Give an object a state, or set attributes on it.
    pub(super) fn set_state(&mut self, target: Value, state: Value) -> Result<(), Trouble> {
        match target {
            Value::Global(_) | Value::Module(_) | Value::Extension => {
                self.tell_state(target, state)
            }
            Value::Foreign | Value::Unknown => self.tell_state(target, state),
            Value::Node(_) => self.build_node(target, state)?,
            // Nothing was kept of the object; what is planted is told.
            Value::Made => {
                self.check_distribution(target, state);
                self.plant(target, state)
            }
            _ => {}
        }
        Ok(())
    }

    fn build_node(&mut self, target: Value, state: Value) -> Result<(), Trouble> {
        if self.heap.container(target).is_some() {
            return Ok(());
        }
        let Some(made) = self.heap.made(target) else {
            self.tell_state(target, state);
            return Ok(());
        };
        let (role, callee) = (made.role, made.callee);
        let setter = made.hooks.iter().find(|(hook, _)| *hook == Hook::SetState);
        if let Some(&(_, setter)) = setter {
            let args = self.heap.make(Kind::Tuple, &[state]);
            self.call(How::Called, setter, args)?;
            return Ok(());
        }
        if matches!(role, Role::Bound | Role::Namespace) {
            self.tell_state(target, state);
        }
        self.check_distribution(target, state);
        match callee {
            Value::Global(id) if self.names.is_restoring(id) => {
                self.check_restoring(target, id, state);
            }
            _ => self.assign(target, callee, state),
        }
        self.plant(target, state);
        if role == Role::Partial {
            self.rebind(target, state);
        }
        if let Some(made) = self.heap.made_mut(target) {
            made.state = state;
        }
        self.note_built(target);
        match role {
            Role::ArrayWrapper => self.pass_array(target, state),
            _ if self.arrays && self.has_wrapper && self.may_be_wrapper(target) => {
                self.tell(Fact::UnsureArray, |scene| scene.show(target));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The state of a `partial` is another function with its arguments.
    fn rebind(&mut self, target: Value, state: Value) {
        let given = self.elements(state);
        let &[function, args, ref rest @ ..] = given.as_slice() else {
            return;
        };
        let mut all = vec![function];
        all.extend(self.elements(args));
        let keywords = rest.first().copied().unwrap_or(Value::None);
        if self
            .heap
            .container(keywords)
            .is_some_and(|(_, items)| items.total > 0)
        {
            all.push(keywords);
        }
        let all = self.heap.make(Kind::Tuple, &all);
        if let Some(made) = self.heap.made_mut(target) {
            made.args = all;
        }
    }

    /// The slots of a state are set one by one, which runs the setters of
    /// properties.
    fn assign(&mut self, target: Value, callee: Value, state: Value) {
        let Value::Global(id) = callee else {
            return;
        };
        let slots = match self.elements(state).as_slice() {
            &[_, slots] => slots,
            _ => return,
        };
        let is_set =
            matches!(self.heap.container(slots), Some((Kind::Dict, items)) if items.total > 0);
        // What is dangerous whatever is done with it was told where it was called.
        let name = self.names.get(id);
        let name = name.filter(|n| is_set && n.danger().is_none());
        if let Some(danger) = name.and_then(|n| n.danger_of(Use::Assigned)) {
            self.names.settle(id);
            self.tell_restored(danger, id, target, state);
        }
    }

    /// Tell that setting a state is what makes a class dangerous.
    pub(super) fn tell_restored(
        &mut self,
        danger: Danger,
        id: GlobalId,
        target: Value,
        state: Value,
    ) {
        self.tell_about(Fact::DangerousCall(danger), Some(id), |scene| {
            scene.state(target, state)
        });
    }

    fn tell_state(&mut self, target: Value, state: Value) {
        self.settle_state(state);
        if let Value::Global(id) = target {
            self.names.settle(id);
        }
        self.tell_with(Fact::Overwrite, None, &[target, state], |scene| {
            scene.state(target, state)
        });
    }

    /// What is set is told of together with where it is set.
    fn settle_state(&mut self, state: Value) {
        for part in self.parts(state) {
            let items = self
                .heap
                .container(part)
                .map(|(_, items)| items.kept.clone());
            for value in items.unwrap_or_default() {
                if let Value::Global(id) = value {
                    self.names.settle(id);
                }
            }
        }
    }

    /// The dicts of a state: `__dict__`, and slots where it is a pair.
    fn parts(&self, state: Value) -> Vec<Value> {
        match self.heap.container(state) {
            Some((Kind::Dict, _)) => vec![state],
            Some((Kind::Tuple, items)) if items.total == 2 => items.kept.clone(),
            _ => Vec::new(),
        }
    }

    /// Note the methods that a state puts onto an object.
    fn plant(&mut self, target: Value, state: Value) {
        if self.is_made_dict(state) {
            self.tell(Fact::PlantedHook, |scene| {
                format!("a state that is made while loading: {}", scene.show(state))
            });
        }
        let mut parts = self.parts(state);
        for _ in 0..STATE_DEPTH {
            let mut inner = Vec::new();
            for part in parts {
                inner.extend(self.plant_part(target, part));
            }
            parts = inner;
        }
    }

    /// Whether a state is a dict that a call made, so that what it plants is
    /// not in the stream as it stands. No pickler writes a state so.
    fn is_made_dict(&self, state: Value) -> bool {
        let Some(Value::Global(id)) = self.heap.made(state).map(|made| made.callee) else {
            return false;
        };
        self.names
            .get(id)
            .is_some_and(|name| MADE_DICTS.contains(&name.path.as_str()))
    }

    /// The same for one dict; the dicts in it that become the object's own.
    fn plant_part(&mut self, target: Value, part: Value) -> Vec<Value> {
        let Some((Kind::Dict, items)) = self.heap.container(part) else {
            return Vec::new();
        };
        if !items.active {
            return Vec::new();
        }
        if items.lost {
            self.limit("elements of a container");
        }
        let mut inner = Vec::new();
        for (key, value) in self.pairs(part) {
            if !self.heap.is_active(value) {
                continue;
            }
            if self.is_callable(value) {
                self.plant_one(target, key, value);
            } else if self.text(key).as_deref() == Some("__dict__") {
                inner.push(value);
            }
        }
        inner
    }

    fn plant_one(&mut self, target: Value, key: Value, value: Value) {
        let Some(name) = self.text(key) else {
            return;
        };
        let hook = match name.as_str() {
            "__setstate__" => Hook::SetState,
            "extend" => Hook::Extend,
            "append" | "add" => Hook::Adder,
            name if is_special(name) && !PASSIVE_NAMES.contains(&name) => Hook::Other,
            _ => return,
        };
        // A method of an ordinary name is ordinary until it is used.
        if !matches!(hook, Hook::Adder | Hook::Extend) {
            if let Value::Global(id) = value {
                self.names.settle(id);
            }
            self.tell_with(Fact::PlantedHook, None, &[value], |scene| {
                format!(
                    "{} = {}",
                    crate::report::escape_text(&name),
                    scene.show(value)
                )
            });
        }
        if let Some(made) = self.heap.made_mut(target) {
            made.hooks
                .retain(|(other, _)| *other != hook || hook == Hook::Other);
            if made.hooks.len() < HOOKS_CAP {
                made.hooks.push((hook, value));
            }
        }
    }
}
