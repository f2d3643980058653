//! Writes: items put into containers, state set on objects.
//!
//! A pickle may fill what it made itself. Filling or changing anything else
//! (a class, a module, a function, the result of an attribute access) changes
//! the program that loads it.

use super::calls::How;
use super::event::Fact;
use super::machine::Machine;
use super::names::is_special;
use super::summary::{LIST_CAP, NamedTensor, Trouble};
use super::value::{Hook, Kind, Role, Value};

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

/// Names that CPython asks an object for before it fills it.
const ADDERS: [&str; 3] = ["append", "extend", "add"];

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
            Value::Global(_) | Value::Module(_) | Value::Extension => {
                self.tell_write(target, elements);
            }
            Value::Foreign | Value::Unknown => self.tell_write(target, elements),
            Value::Node(_) => return self.fill_node(target, elements, pairs),
            _ => {}
        }
        Ok(())
    }

    fn fill_node(&mut self, target: Value, elements: &[Value], pairs: bool) -> Result<(), Trouble> {
        if let Some((kind, _)) = self.heap.container(target) {
            if kind != Kind::Tuple && kind != Kind::FrozenSet {
                self.heap.extend(target, elements);
            }
            return Ok(());
        }
        let Some(made) = self.heap.made(target) else {
            self.tell_write(target, elements);
            return Ok(());
        };
        let adder = made.hooks.iter().find(|(hook, _)| *hook == Hook::Adder);
        if let (Some(&(_, adder)), false) = (adder, pairs) {
            let args = self.heap.make(Kind::Tuple, elements);
            self.call(How::Called, adder, args)?;
        } else if matches!(made.role, Role::Tensor(_) | Role::Bound) {
            self.tell_write(target, elements);
        }
        Ok(())
    }

    fn tell_write(&mut self, target: Value, elements: &[Value]) {
        let (key, value) = (elements.first().copied(), elements.get(1).copied());
        self.tell(Fact::ForeignWrite, |scene| {
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
            } else if !self.summary.limits.contains(&"named tensors") {
                self.summary.limits.push("named tensors");
            }
        }
    }

    /// `BUILD`: `__setstate__`, or `__dict__` and `setattr`.
    pub(super) fn build(&mut self) -> Result<(), Trouble> {
        let state = self.level.stack.pop()?;
        let target = self.level.stack.top()?;
        match target {
            Value::Global(_) | Value::Module(_) | Value::Extension => {
                self.tell_state(target, state)
            }
            Value::Foreign | Value::Unknown => self.tell_state(target, state),
            Value::Node(_) => self.build_node(target, state)?,
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
        let role = made.role;
        let setter = made.hooks.iter().find(|(hook, _)| *hook == Hook::SetState);
        if let Some(&(_, setter)) = setter {
            let args = self.heap.make(Kind::Tuple, &[state]);
            self.call(How::Called, setter, args)?;
            return Ok(());
        }
        if role == Role::Bound {
            self.tell_state(target, state);
        }
        self.plant(target, state);
        if role == Role::Partial {
            self.rebind(target, state);
        }
        if let Some(made) = self.heap.made_mut(target) {
            made.state = state;
        }
        match role {
            Role::ArrayWrapper => self.pass_array(state),
            _ => Ok(()),
        }
    }

    /// The state of a `partial` is another function with its arguments.
    fn rebind(&mut self, target: Value, state: Value) {
        let &[function, args, ..] = self.elements(state).as_slice() else {
            return;
        };
        let mut all = vec![function];
        all.extend(self.elements(args));
        let all = self.heap.make(Kind::Tuple, &all);
        if let Some(made) = self.heap.made_mut(target) {
            made.args = all;
        }
    }

    fn tell_state(&mut self, target: Value, state: Value) {
        self.tell(Fact::Overwrite, |scene| {
            format!("{}.__setstate__({})", scene.show(target), scene.show(state))
        });
    }

    /// Note the methods that a state puts onto an object.
    fn plant(&mut self, target: Value, state: Value) {
        let parts = match self.heap.container(state) {
            Some((Kind::Dict, _)) => vec![state],
            // `__dict__` and slots.
            Some((Kind::Tuple, items)) if items.total == 2 => items.kept.clone(),
            _ => return,
        };
        for part in parts {
            let Some((Kind::Dict, items)) = self.heap.container(part) else {
                continue;
            };
            let active: Vec<(Value, Value)> = items
                .kept
                .chunks_exact(2)
                .filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
                .filter(|(_, value)| self.is_callable(*value))
                .collect();
            for (key, value) in active {
                self.plant_one(target, key, value);
            }
        }
    }

    fn plant_one(&mut self, target: Value, key: Value, value: Value) {
        let Some(name) = self.text(key) else {
            return;
        };
        let hook = match name.as_str() {
            "__setstate__" => Hook::SetState,
            name if ADDERS.contains(&name) => Hook::Adder,
            name if is_special(name) && !PASSIVE_NAMES.contains(&name) => Hook::Other,
            _ => return,
        };
        // A method of these names is ordinary until it is used.
        if hook != Hook::Adder {
            self.tell(Fact::PlantedHook, |scene| {
                format!(
                    "{} = {}",
                    crate::report::escape_text(&name),
                    scene.show(value)
                )
            });
        }
        if let Some(made) = self.heap.made_mut(target) {
            made.hooks.push((hook, value));
        }
    }

    /// Whether calling a value could do something.
    fn is_callable(&self, value: Value) -> bool {
        match value {
            Value::Node(_) => self.heap.made(value).is_some(),
            other => other.is_active(),
        }
    }
}
