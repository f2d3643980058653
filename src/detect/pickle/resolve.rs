//! Following names at load time: attributes, items, imported modules.
//!
//! `getattr` is how Python itself writes methods and nested classes, so it is
//! no danger as such. What it reads is followed, and it is told where no
//! serialiser would do so: a special name, a module, a name that is computed.

use super::calls::How;
use super::event::Fact;
use super::machine::Machine;
use super::names::{Name, Special, is_special};
use super::summary::Trouble;
use super::value::{Computed, GlobalId, Kind, Role, Value};
use crate::detect::constants;
use crate::detect::globals::Effect;

/// Extension codes that one stream may give a meaning.
const EXTENSION_CAP: usize = 1 << 12;

/// Modules whose classes hold plain values: their methods touch nothing else.
const VALUE_MODULES: [&str; 10] = [
    "__builtin__",
    "builtins",
    "collections",
    "datetime",
    "decimal",
    "fractions",
    "math",
    "re",
    "string",
    "uuid",
];

/// Methods of texts, arrays and tables that a `methodcaller` of an ordinary
/// model calls.
const PLAIN_METHODS: [&str; 24] = [
    "astype",
    "capitalize",
    "casefold",
    "copy",
    "count",
    "decode",
    "encode",
    "endswith",
    "get",
    "items",
    "keys",
    "lower",
    "lstrip",
    "mean",
    "replace",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "sum",
    "title",
    "upper",
    "values",
];

impl Machine<'_, '_> {
    /// `attrgetter(*names)(object)`: names with dots go through attributes.
    pub(super) fn attributes(&mut self, object: Value, names: &[Value]) -> Result<Value, Trouble> {
        let mut all = Vec::new();
        for &name in names {
            let text = self.text(name).filter(|text| text.contains('.'));
            // A path from a global names another global, in one go.
            let whole = text.is_none() || matches!(object, Value::Global(_) | Value::Module(_));
            all.push(match text {
                Some(text) if !whole => {
                    let mut value = object;
                    for part in text.split('.') {
                        let part = self.constant_text(part);
                        value = self.attribute(value, part)?;
                    }
                    value
                }
                _ => self.attribute(object, name)?,
            });
        }
        Ok(match all.as_slice() {
            &[one] => one,
            many => self.heap.make(Kind::Tuple, many),
        })
    }

    /// A text of our own making, as a value.
    fn constant_text(&mut self, text: &str) -> Value {
        let computed = Computed {
            bytes: text.as_bytes().to_vec(),
            text: true,
            at: self.span.start,
            from: Vec::new(),
        };
        self.heap.make_computed(computed).unwrap_or(Value::Unknown)
    }

    /// `getattr(object, name)`.
    pub(super) fn attribute(&mut self, object: Value, name: Value) -> Result<Value, Trouble> {
        let Some(text) = self.text(name) else {
            self.tell_access(true, object, name);
            return Ok(self.result(object, Value::Unknown, Role::Bound));
        };
        let special = text.split('.').any(is_special);
        match object {
            Value::Module(id) => {
                self.tell_access(true, object, name);
                self.in_module(id, &text)
            }
            Value::Global(id) => {
                let member = self.member(id, &text)?;
                let known = match member {
                    Value::Global(member) => self.names.get(member).is_some_and(Name::is_harmless),
                    _ => false,
                };
                // A method that is vetted is as good as its name.
                if !known && (special || !self.has_ordinary_attributes(id)) {
                    self.tell_access(special, object, name);
                }
                Ok(member)
            }
            _ => {
                if special {
                    self.tell_access(true, object, name);
                }
                match self.heap.made(object).map(|m| (m.role, m.callee)) {
                    Some((Role::Namespace, owner)) if text == "__dict__" => Ok(owner),
                    made => {
                        if let Some((Role::Object, Value::Global(class))) = made {
                            self.note_method(class, &text)?;
                        }
                        Ok(self.result(object, name, Role::Bound))
                    }
                }
            }
        }
    }

    /// What is called `name` in a module.
    fn in_module(&mut self, module: GlobalId, name: &str) -> Result<Value, Trouble> {
        let module = self.module_name(module);
        Ok(Value::Global(self.named(&module, name, self.span.start)?))
    }

    /// Tell of the name of an attribute that a getter is made for, if it is
    /// computed or special.
    pub(super) fn check_name(&mut self, getter: Value, name: Value) {
        let text = self.text(name);
        if text.is_none_or(|text| text.split('.').any(is_special)) {
            self.tell_access(true, getter, name);
        }
    }

    /// Tell of the name of a method that a caller is made for, unless texts and
    /// arrays have it: whatever it is given in the end, it calls.
    pub(super) fn check_method(&mut self, caller: Value, name: Value) {
        let known = |text: String| {
            text.split('.').any(is_special) || PLAIN_METHODS.contains(&text.as_str())
        };
        if self.text(name).is_some_and(|text| !known(text)) {
            self.tell_access(false, caller, name);
        }
    }

    /// Whether attributes of this global are methods and nested classes.
    fn has_ordinary_attributes(&self, id: GlobalId) -> bool {
        self.names.get(id).is_some_and(|name| {
            let builtin = matches!(name.module.as_str(), "builtins" | "__builtin__");
            name.is_harmless() || name.is_class_like() || name.danger().is_some() || builtin
        })
    }

    /// The method of an object is the function in its class: one that is
    /// dangerous counts as imported, whoever comes to call it.
    fn note_method(&mut self, class: GlobalId, method: &str) -> Result<(), Trouble> {
        let Some(name) = self.names.get(class).filter(|n| n.is_class_like()) else {
            return Ok(());
        };
        let (module, path) = (name.module.clone(), format!("{}.{method}", name.name));
        self.named(&module, &path, self.span.start)?;
        Ok(())
    }

    /// The attribute of a global, as a global.
    fn member(&mut self, id: GlobalId, attribute: &str) -> Result<Value, Trouble> {
        let Some(owner) = self.names.get(id) else {
            return Ok(Value::Unknown);
        };
        let (module, site) = (owner.module.clone(), owner.site);
        let name = format!("{}.{attribute}", owner.name);
        let member = self.named(&module, &name, site)?;
        // Methods are ordinary values; one that nobody vetted counts once it
        // is called.
        let danger = self.names.get(member).and_then(|n| n.danger());
        let of_value = VALUE_MODULES.contains(&module.as_str());
        if danger.is_some_and(|d| d.effect == Effect::Unvetted && of_value) {
            self.names.settle(member);
        } else if danger.is_some() {
            // One of the two is enough to be told of.
            self.names.settle(id);
        }
        Ok(Value::Global(member))
    }

    fn module_name(&self, id: GlobalId) -> String {
        let name = self.names.get(id);
        name.map_or_else(String::new, |n| n.module.clone())
    }

    fn tell_access(&mut self, certain: bool, object: Value, name: Value) {
        self.tell_with(
            Fact::AttributeAccess { certain },
            None,
            &[object, name],
            |scene| format!("getattr({}, {})", scene.show(object), scene.show(name)),
        );
    }

    /// `object[key]`: known where `object` is a container of the stream, the
    /// table of modules, the names of a module, or makes what is missing.
    pub(super) fn item(&mut self, object: Value, key: Value) -> Result<Value, Trouble> {
        if let Some(value) = self.element(object, key) {
            return Ok(value);
        }
        let (role, callee, args) = match (object, self.heap.made(object)) {
            (Value::Global(id), _) => return self.item_of_global(id, object, key),
            (_, Some(made)) => (made.role, made.callee, made.args),
            _ => return Ok(self.result(object, key, Role::Bound)),
        };
        if role == Role::Namespace {
            return self.attribute(callee, key);
        }
        let path = match callee {
            Value::Global(id) => self.names.get(id).map(|name| name.path.clone()),
            _ => None,
        };
        let given = self.elements(args);
        match (path.as_deref(), given.as_slice()) {
            (Some("collections.defaultdict"), &[factory, ..]) if self.is_callable(factory) => {
                let nothing = self.heap.make(Kind::Tuple, &[]);
                self.call(How::Called, factory, nothing)
            }
            (Some("collections.ChainMap" | "types.MappingProxyType" | "builtins.dict"), maps) => {
                let found = maps.iter().find_map(|&map| self.element(map, key));
                Ok(found.unwrap_or_else(|| self.result(object, key, Role::Bound)))
            }
            _ => Ok(self.result(object, key, Role::Bound)),
        }
    }

    fn item_of_global(
        &mut self,
        id: GlobalId,
        object: Value,
        key: Value,
    ) -> Result<Value, Trouble> {
        let Some(text) = self.text(key) else {
            return Ok(self.result(object, key, Role::Bound));
        };
        if self.is_module_table(id) {
            return self.imported(Special::ImportModule, &[key]);
        }
        let Some(name) = self.names.get(id) else {
            return Ok(Value::Unknown);
        };
        let (module, path) = (name.module.clone(), name.name.clone());
        let (owner, last) = path.rsplit_once('.').unwrap_or(("", &path));
        let (module, name) = match last {
            "__dict__" if owner.is_empty() => (module, text),
            "__dict__" => (module, format!("{owner}.{text}")),
            "__globals__" => (module, text),
            "__builtins__" => ("builtins".to_owned(), text),
            _ => return Ok(self.result(object, key, Role::Bound)),
        };
        Ok(Value::Global(self.named(
            &module,
            &name,
            self.span.start,
        )?))
    }

    /// The element of a container that is known whole, or of a constant.
    fn element(&mut self, object: Value, key: Value) -> Option<Value> {
        let Some((kind, items)) = self.heap.container(object) else {
            let args = [self.datum(object, 0)?, self.datum(key, 0)?];
            return self.compute_item(&args);
        };
        if kind == Kind::Dict {
            let pairs = items.kept.clone();
            let wanted = self.datum(key, 0)?;
            let mut pairs = pairs.chunks_exact(2);
            return pairs.find_map(|pair| match pair {
                &[key, value] if self.datum(key, 0).as_ref() == Some(&wanted) => Some(value),
                _ => None,
            });
        }
        match key {
            Value::Int(n) if items.is_complete() => items
                .kept
                .get(constants::place(n, items.kept.len())?)
                .copied(),
            Value::Node(_) => {
                let args = [self.datum(object, 0)?, self.datum(key, 0)?];
                self.compute_item(&args)
            }
            _ => None,
        }
    }

    /// Whether a global is `sys.modules`, by whatever way.
    pub(super) fn is_module_table(&self, id: GlobalId) -> bool {
        let Some(name) = self.names.get(id) else {
            return false;
        };
        let mut parts = name
            .path
            .rsplit('.')
            .map(|part| part.trim_start_matches('_'));
        parts.next() == Some("modules") && parts.next() == Some("sys")
    }

    /// The module that a call imports.
    pub(super) fn imported(&mut self, how: Special, given: &[Value]) -> Result<Value, Trouble> {
        let text = given.first().and_then(|&v| self.text(v));
        let Some(text) = text else {
            return Ok(Value::Unknown);
        };
        let module = match (how, text.strip_prefix('.')) {
            // With a list of names, the module itself is what comes back.
            (Special::ImportTop, _) if !self.has_names(given.get(3)) => {
                text.split('.').next().unwrap_or(&text).to_owned()
            }
            (Special::ImportModule, Some(rest)) => {
                let package = given.get(1).and_then(|&v| self.text(v)).unwrap_or_default();
                match rest.is_empty() {
                    true => package,
                    false => format!("{package}.{rest}"),
                }
            }
            _ => text,
        };
        Ok(Value::Module(self.named(&module, "", self.span.start)?))
    }

    fn has_names(&self, list: Option<&Value>) -> bool {
        let items = list.and_then(|&v| self.heap.container(v));
        items.is_some_and(|(_, items)| items.total > 0)
    }

    /// The object that a text names: `os.system`, `os:system`.
    pub(super) fn resolved(&mut self, name: Value) -> Result<Value, Trouble> {
        let Some(text) = self.text(name) else {
            return Ok(Value::Unknown);
        };
        let parts = text.split_once(':').or_else(|| text.rsplit_once('.'));
        Ok(match parts {
            Some((module, name)) if !name.is_empty() => {
                Value::Global(self.named(module, name, self.span.start)?)
            }
            Some((module, _)) => Value::Module(self.named(module, "", self.span.start)?),
            None => Value::Module(self.named(&text, "", self.span.start)?),
        })
    }

    /// The module that a value is, by name.
    pub(super) fn module_of(&self, value: Value) -> Option<String> {
        match value {
            Value::Module(id) => Some(self.module_name(id)),
            // `collections._sys`: modules that other modules have imported.
            Value::Global(id) => {
                let name = self.names.get(id)?;
                let last = name.name.rsplit('.').next()?;
                Some(last.trim_start_matches('_').to_owned())
            }
            _ => None,
        }
    }

    /// `copyreg.add_extension(module, name, code)`, a call that is told as such.
    pub(super) fn register_extension(&mut self, given: &[Value]) -> Result<(), Trouble> {
        let texts = |i: usize| given.get(i).and_then(|&v| self.text(v));
        let (module, name) = (texts(0), texts(1));
        if let (Some(module), Some(name), Some(&Value::Int(code))) = (module, name, given.get(2)) {
            let id = self.named(&module, &name, self.span.start)?;
            self.keep_extension(code, Value::Global(id));
        }
        Ok(())
    }

    /// Remember what an extension code stands for.
    pub(super) fn keep_extension(&mut self, code: i64, value: Value) {
        if self.extensions.len() < EXTENSION_CAP {
            self.extensions.insert(code, value);
        } else {
            self.limit("extension codes");
        }
    }
}
