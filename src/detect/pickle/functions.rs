//! Functions, classes and code objects that the stream carries by value.
//!
//! cloudpickle and dill write a function of a script as the parts of its code
//! object and a call of a *maker*, a function of their own that puts the parts
//! together. Such a call does no harm; the function may, once it is called. So
//! a maker's call makes a *carried* thing, and when the stream has ended each
//! of them is judged by its bytecode
//! ([`bytecode`](crate::detect::bytecode)) and told once, a class together
//! with its methods.
//!
//! Makers that no serialiser names (`types.FunctionType`, `marshal.loads`) are
//! graded like any other call, and what they make is judged all the same.

use super::calls::How;
use super::carried::{Carried, Parts, Site, What};
use super::event::Fact;
use super::machine::Machine;
use super::names::Special;
use super::restoring;
use super::summary::Trouble;
use super::value::{GlobalId, Kind, Role, Value};
use crate::detect::globals::{self, Effect, Judgement};

/// Carried things of one stream that are judged.
const CARRIED_CAP: usize = 1 << 12;

/// Elements of each container that are kept once a stream makes code: names
/// and constants are found by their place.
const KEPT_FOR_CODE: usize = 1 << 12;

/// What a function that makes code does with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Makes a code object of its parts.
    Code,
    /// Makes a function of code, globals, a name, defaults and cells.
    Function,
    /// Makes a function of code, a number of cells and globals.
    Skeleton,
    /// Gives a function its state and returns it.
    Fill,
    /// Gives a function or a class its state.
    State,
    /// Makes a class of a metaclass, a name, bases and attributes.
    Class,
    /// Makes an enumeration of bases and a name.
    Enumeration,
    /// Makes a cell, or something else that only holds.
    Holder,
    /// Gives the type of this name.
    TypeName,
    /// Imports the module of this name.
    Module,
    /// Gives the attribute of a module, both by name.
    Attribute,
    /// Sets an attribute of a cell or a function.
    SetAttribute,
    /// Sets the content of a cell.
    SetCell,
    /// Stores the items of one dict in another.
    SetItems,
    /// Wraps a function: `classmethod`, `property`, a bound method.
    Wrapper,
    /// Calls its first argument with the others.
    Apply,
    /// `types.CodeType` and its like, named by the stream itself.
    BareCode,
    /// `types.FunctionType` and its like, named by the stream itself.
    BareFunction,
    /// `marshal.loads`.
    Marshal,
}

/// The maker of this name, if it is one.
pub(super) fn maker(module: &str, name: &str) -> Option<Maker> {
    // Packages carry copies of cloudpickle under names of their own.
    let copied = module.split('.').any(|part| part == "cloudpickle");
    let path = match copied {
        true => format!("cloudpickle.{name}"),
        false => globals::folded(module, name)?,
    };
    if let Some(name) = path.strip_prefix("cloudpickle.") {
        return cloudpickle(name);
    }
    if let Some(name) = path.strip_prefix("dill.") {
        return dill(name.strip_prefix("_shims.").unwrap_or(name));
    }
    Some(match path.as_str() {
        "types.CodeType" | "new.code" | "builtins.code" => Maker::BareCode,
        "types.FunctionType" | "types.LambdaType" | "new.function" | "builtins.function" => {
            Maker::BareFunction
        }
        "marshal.loads" => Maker::Marshal,
        "builtins.classmethod" | "builtins.staticmethod" | "builtins.property" => Maker::Wrapper,
        "types.MethodType" => Maker::Wrapper,
        _ => return None,
    })
}

fn cloudpickle(name: &str) -> Option<Maker> {
    Some(match name {
        "_make_function" => Maker::Function,
        "_make_skel_func" => Maker::Skeleton,
        "_fill_function" => Maker::Fill,
        "_function_setstate" | "_class_setstate" | "_rehydrate_skeleton_class" => Maker::State,
        "_make_skeleton_class" => Maker::Class,
        "_make_skeleton_enum" => Maker::Enumeration,
        "_make_cell"
        | "_make_empty_cell"
        | "_make_typevar"
        | "_make_dict_items"
        | "_make_dict_keys"
        | "_make_dict_values"
        | "_gen_ellipsis"
        | "_gen_not_implemented"
        | "_get_bases"
        | "dynamic_subimport" => Maker::Holder,
        "_cell_set" | "cell_set" => Maker::SetCell,
        "_builtin_type" => Maker::TypeName,
        "subimport" => Maker::Module,
        "_getobject" => Maker::Attribute,
        _ => return None,
    })
}

fn dill(name: &str) -> Option<Maker> {
    Some(match name {
        "_create_code" => Maker::Code,
        "_create_function" => Maker::Function,
        "_create_type" => Maker::Class,
        "_create_cell" | "_create_typevar" => Maker::Holder,
        "_load_type" => Maker::TypeName,
        "_import_module" => Maker::Module,
        "_setattr" => Maker::SetAttribute,
        "_setitems" => Maker::SetItems,
        "_create_ftype" => Maker::Apply,
        _ => return None,
    })
}

impl Machine<'_, '_> {
    /// Be ready for what is found by its place or its key.
    pub(super) fn expect_code(&mut self, id: GlobalId) {
        let makes = |m| !matches!(m, Maker::Wrapper);
        if self.names.maker(id).is_some_and(makes) {
            self.heap.keep_at_least(KEPT_FOR_CODE);
        }
        if self.names.is_restoring(id) {
            self.heap.keep_at_least(restoring::KEPT_FOR_STATE);
        }
    }

    /// Call a maker.
    pub(super) fn make_code(
        &mut self,
        id: GlobalId,
        maker: Maker,
        args: Value,
        given: &[Value],
    ) -> Result<Value, Trouble> {
        let callee = Value::Global(id);
        match maker {
            Maker::BareCode | Maker::BareFunction | Maker::Marshal => {
                self.grade(How::Called, id, args);
                self.tell_nested(id, given);
            }
            Maker::Wrapper if given.iter().any(|&value| self.is_dangerous(value)) => {
                self.grade(How::Called, id, args);
            }
            _ => {
                self.names.settle(id);
                self.summary.graded_calls = self.summary.graded_calls.saturating_add(1);
            }
        }
        self.made_by(maker, callee, args, given)
    }

    /// What a maker makes of these arguments.
    fn made_by(
        &mut self,
        maker: Maker,
        callee: Value,
        args: Value,
        given: &[Value],
    ) -> Result<Value, Trouble> {
        match (maker, given) {
            (Maker::Module | Maker::TypeName | Maker::Attribute, _) => {
                self.named_by(maker, callee, args, given)
            }
            (Maker::Fill | Maker::State, &[target, ref state @ ..]) => {
                // On an import this changes the program: its globals, or the
                // methods of its class.
                if self.heap.made(target).is_none() {
                    self.tell(Fact::Overwrite, |scene| scene.call(callee, args));
                }
                self.add_state(target, state);
                Ok(target)
            }
            (Maker::SetItems, &[target, items, ..]) => {
                let pairs = self.pairs(items);
                let flat: Vec<Value> = pairs.into_iter().flat_map(|(k, v)| [k, v]).collect();
                self.fill(target, &flat, true)?;
                Ok(self.result(callee, args, Role::Object))
            }
            (Maker::SetAttribute, &[target, name, value, ..]) => {
                self.set_attribute(target, name, value);
                Ok(self.result(callee, args, Role::Object))
            }
            (Maker::SetCell, &[cell, value]) => {
                if let Some(made) = self.heap.made_mut(cell) {
                    made.state = value;
                }
                Ok(self.result(callee, args, Role::Object))
            }
            (Maker::Apply, &[inner, ref rest @ ..]) => {
                let rest = self.heap.make(Kind::Tuple, rest);
                self.call(How::Called, inner, rest)
            }
            (Maker::Class, _) => {
                self.tell_handed_over(callee, args)?;
                Ok(self.carry_made(maker, callee, args, given))
            }
            _ => Ok(self.carry_made(maker, callee, args, given)),
        }
    }

    /// Carry what a maker makes, if that is code.
    fn carry_made(&mut self, maker: Maker, callee: Value, args: Value, given: &[Value]) -> Value {
        let at = |index: usize| given.get(index).copied();
        let (what, parts) = match (maker, given) {
            (Maker::Code | Maker::BareCode, _) => (What::Code, Parts::of(args)),
            (Maker::Marshal, &[bytes, ..]) => (What::Code, Parts::of(bytes)),
            (Maker::Function | Maker::BareFunction, &[code, ..]) => {
                let parts = Parts {
                    globals: at(1).into_iter().collect(),
                    defaults: at(3),
                    closure: at(4),
                    ..Parts::of(code)
                };
                (What::Function, parts)
            }
            (Maker::Skeleton, &[code, ..]) => {
                let parts = Parts {
                    globals: at(2).into_iter().collect(),
                    ..Parts::of(code)
                };
                (What::Function, parts)
            }
            (Maker::Class, _) | (Maker::Enumeration, _) => {
                let parts = Parts {
                    name: at(1),
                    attributes: at(3).into_iter().collect(),
                    metaclass: at(0),
                    ..Parts::of(Value::None)
                };
                (What::Class, parts)
            }
            _ => return self.result(callee, args, Role::Object),
        };
        self.carry(what, callee, args, parts)
    }

    /// What a maker finds by a name.
    fn named_by(
        &mut self,
        maker: Maker,
        callee: Value,
        args: Value,
        given: &[Value],
    ) -> Result<Value, Trouble> {
        match (maker, given) {
            (Maker::TypeName, &[name, ..]) => self.type_named(callee, args, name),
            // The namespace of the script, which dill restores in a session.
            (Maker::Module, &[name, ..]) if self.text(name).as_deref() == Some("__main__") => {
                Ok(self.result(callee, args, Role::Object))
            }
            (Maker::Module, &[Value::Text(_), ..]) => self.imported(Special::ImportModule, given),
            (Maker::Attribute, &[module, name, ..]) => match (self.text(module), self.text(name)) {
                (Some(module), Some(name)) => {
                    let id = self.named(&module, &name, self.span.start)?;
                    Ok(Value::Global(id))
                }
                _ => self.tell_computed(callee, args),
            },
            _ => self.tell_computed(callee, args),
        }
    }

    /// A name that is computed while loading.
    fn tell_computed(&mut self, callee: Value, args: Value) -> Result<Value, Trouble> {
        self.tell(Fact::ComputedGlobal, |scene| scene.call(callee, args));
        Ok(Value::Unknown)
    }

    /// Keep something the stream carries.
    fn carry(&mut self, what: What, callee: Value, args: Value, parts: Parts) -> Value {
        let at = self.carried.len();
        let Some(index) = u32::try_from(at).ok().filter(|_| at < CARRIED_CAP) else {
            self.limit("functions that are carried by value");
            return self.result(callee, args, Role::Anything);
        };
        let value = self.result(callee, args, Role::Carried(index));
        self.carried
            .push(Carried::new(what, value, parts, self.site()));
        value
    }

    /// The carried thing behind a value.
    fn carried(&mut self, value: Value) -> Option<&mut Carried> {
        match self.heap.made(value)?.role {
            Role::Carried(index) => self.carried.get_mut(index as usize),
            _ => None,
        }
    }

    /// Call something carried, or a maker that was asked for by the name of its
    /// type; `None` for anything else.
    pub(super) fn call_carried(
        &mut self,
        how: How,
        callee: Value,
        args: Value,
    ) -> Result<Option<Value>, Trouble> {
        match self.heap.made(callee).map(|made| made.role) {
            Some(Role::Maker(maker)) => {
                let given = self.elements(args);
                self.made_by(maker, callee, args, &given).map(Some)
            }
            Some(Role::Carried(index)) => {
                let site = self.site();
                let Some(carried) = self.carried.get_mut(index as usize) else {
                    return Ok(None);
                };
                let class = carried.what == What::Class;
                carried.call(how, site);
                let role = if class { Role::Object } else { Role::Anything };
                Ok(Some(self.result(callee, args, role)))
            }
            _ => Ok(None),
        }
    }

    /// State is set on an object of a class that the stream carries: the class
    /// may have a method for that.
    pub(super) fn note_built(&mut self, target: Value) {
        let class = self.heap.made(target).map(|made| made.callee);
        let site = self.site();
        if let Some(carried) = class.and_then(|class| self.carried(class)) {
            carried.built.get_or_insert(site);
        }
        // dill sets what a function has by its state.
        if let Some(state) = self.heap.made(target).map(|made| made.state) {
            self.add_state(target, &[state]);
        }
    }

    /// The state of a function, its globals and its closure; or the attributes
    /// of a class.
    fn add_state(&mut self, target: Value, state: &[Value]) {
        let mut dicts = Vec::new();
        for &value in state {
            match self.heap.container(value) {
                Some((Kind::Dict, _)) => dicts.push(value),
                Some((Kind::Tuple, items)) => dicts.extend(items.kept.iter().take(2)),
                _ => {}
            }
        }
        let mut globals = Vec::new();
        let mut closure = None;
        let mut defaults = None;
        for &dict in &dicts {
            for (key, value) in self.pairs(dict) {
                match self.text(key).as_deref() {
                    Some("__globals__" | "globals") => globals.push(value),
                    Some("__closure__" | "closure_values") => closure = Some(value),
                    Some("__defaults__" | "defaults") => defaults = Some(value),
                    _ => {}
                }
            }
        }
        let Some(carried) = self.carried(target) else {
            return;
        };
        let parts = &mut carried.parts;
        match carried.what {
            What::Class => parts.attributes.extend(dicts),
            What::Function | What::Code => {
                // Old versions give the globals as such.
                parts.globals.extend(globals.into_iter().chain(dicts));
                parts.closure = closure.filter(|v| *v != Value::None).or(parts.closure);
                parts.defaults = defaults.filter(|v| *v != Value::None).or(parts.defaults);
            }
        }
    }

    pub(super) fn set_attribute(&mut self, target: Value, name: Value, value: Value) {
        if !self.is_ours(target) {
            return self.tell(Fact::Overwrite, |scene| {
                format!(
                    "setattr({}, {}, {})",
                    scene.show(target),
                    scene.show(name),
                    scene.show(value)
                )
            });
        }
        let state = self.heap.make(Kind::Dict, &[name, value]);
        self.add_state(target, &[state]);
        // The content of a cell.
        if let Some(made) = self.heap.made_mut(target) {
            made.state = value;
        }
    }

    /// The type of this name: a maker, a class, or whatever else the name
    /// means.
    fn type_named(&mut self, callee: Value, args: Value, name: Value) -> Result<Value, Trouble> {
        let Some(name) = self.text(name) else {
            return self.tell_computed(callee, args);
        };
        let maker = match name.as_str() {
            "CodeType" | "code" => Some(Maker::Code),
            "FunctionType" | "LambdaType" | "function" => Some(Maker::Function),
            "CellType" | "cell" => Some(Maker::Holder),
            "MethodType" => Some(Maker::Wrapper),
            _ => None,
        };
        if let Some(maker) = maker {
            return Ok(self.result(callee, args, Role::Maker(maker)));
        }
        let (module, name) = of_type_table(&name);
        let id = self.named(module, name, self.span.start)?;
        // A type as such is a value like any other; what a call of it does is
        // graded there.
        let ordinary = self.names.get(id).is_some_and(|name| match name.judgement {
            Judgement::Dangerous { effect, .. } => {
                matches!(
                    effect,
                    Effect::CallsArgument | Effect::ResolvesNames | Effect::Unvetted
                )
            }
            _ => true,
        });
        if ordinary {
            self.names.settle(id);
        }
        Ok(Value::Global(id))
    }

    /// Whether a value is carried, or a cell.
    pub(super) fn is_ours(&self, value: Value) -> bool {
        let Some(made) = self.heap.made(value) else {
            return false;
        };
        match (made.role, made.callee) {
            (Role::Carried(_), _) => true,
            (_, Value::Global(id)) => self.names.maker(id) == Some(Maker::Holder),
            _ => false,
        }
    }

    /// `getattr(dill._dill, "_setattr", setattr)`: how dill names what old
    /// versions of it do not have.
    pub(super) fn shim(&mut self, id: GlobalId, given: &[Value]) -> Result<Option<Value>, Trouble> {
        let &[Value::Global(owner), name, ref rest @ ..] = given else {
            return Ok(None);
        };
        let Some(name) = self.text(name) else {
            return Ok(None);
        };
        let Some(owner_name) = self.names.get(owner) else {
            return Ok(None);
        };
        let module = owner_name.module.clone();
        let path = format!("{}.{name}", owner_name.name);
        if maker(&format!("{module}.{}", owner_name.name), &name).is_none() {
            return Ok(None);
        }
        for &value in [Value::Global(id), Value::Global(owner)].iter().chain(rest) {
            if let Value::Global(id) = value {
                self.names.settle(id);
            }
        }
        Ok(Some(Value::Global(self.named(
            &module,
            &path,
            self.span.start,
        )?)))
    }

    fn is_dangerous(&self, value: Value) -> bool {
        match value {
            Value::Global(id) => self.names.get(id).is_some_and(|n| n.danger().is_some()),
            _ => false,
        }
    }

    /// The pairs of a dict, as far as they are kept.
    pub(super) fn pairs(&self, dict: Value) -> Vec<(Value, Value)> {
        match self.heap.container(dict) {
            Some((Kind::Dict, items)) => {
                let pairs = items.kept.chunks_exact(2);
                pairs
                    .filter_map(|p| Some((*p.first()?, *p.get(1)?)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The instruction at hand.
    fn site(&self) -> Site {
        Site {
            span: self.span.clone(),
            opcode: self.summary.opcodes,
        }
    }
}

/// Module and name of what dill's table of types has under a name: the types
/// of `builtins` and `types`, and a few of its own.
fn of_type_table(name: &str) -> (&str, &str) {
    match name {
        "AttrGetterType" => ("operator", "attrgetter"),
        "ItemGetterType" => ("operator", "itemgetter"),
        "PartialType" => ("functools", "partial"),
        "SuperType" => ("builtins", "super"),
        "GenericAlias" | "SimpleNamespace" => ("types", name),
        other if other.ends_with("Type") => ("types", other),
        other => ("builtins", other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_where_dill_finds_it() {
        let found = |name: &str| {
            let (module, name) = of_type_table(name);
            format!("{module}.{name}")
        };
        assert_eq!(found("int"), "builtins.int");
        assert_eq!(found("CodeType"), "types.CodeType");
        assert_eq!(found("PartialType"), "functools.partial");
        assert_eq!(found("eval"), "builtins.eval");
    }

    #[test]
    fn makers_are_known_in_every_copy_of_the_libraries() {
        for module in [
            "cloudpickle.cloudpickle",
            "cloudpickle.cloudpickle_fast",
            "joblib.externals.cloudpickle.cloudpickle",
            "ray.cloudpickle.cloudpickle_fast",
            "pyspark.cloudpickle.cloudpickle",
            "pyspark.cloudpickle",
            "pyspark.serializers.cloudpickle",
            "srsly.cloudpickle.cloudpickle",
            "vendored.cloudpickle.cloudpickle",
        ] {
            assert_eq!(
                maker(module, "_make_function"),
                Some(Maker::Function),
                "{module}"
            );
            assert_eq!(maker(module, "loads"), None, "{module}");
        }
        for module in ["dill._dill", "dill.dill", "dill"] {
            assert_eq!(maker(module, "_create_code"), Some(Maker::Code), "{module}");
            assert_eq!(maker(module, "load"), None, "{module}");
        }
        assert_eq!(maker("dill._shims", "_setattr"), Some(Maker::SetAttribute));
        assert_eq!(maker("types", "FunctionType"), Some(Maker::BareFunction));
        assert_eq!(maker("mycloudpickle", "_make_function"), None);
    }
}
