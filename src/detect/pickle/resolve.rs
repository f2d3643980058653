//! Following names at load time: attributes, items, imported modules.
//!
//! `getattr` is how Python itself writes methods and nested classes, so it is
//! no danger as such. What it reads is followed, and it is told where no
//! serialiser would do so: a special name, a module, a name that is computed.

use super::event::Fact;
use super::machine::Machine;
use super::names::{Special, is_special};
use super::summary::Trouble;
use super::value::{GlobalId, Role, Value};
use crate::detect::globals::Effect;

impl Machine<'_, '_> {
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
                let module = self.module_name(id);
                Ok(Value::Global(self.named(
                    &module,
                    &text,
                    self.span.start,
                )?))
            }
            Value::Global(id) => {
                if special || !self.has_ordinary_attributes(id) {
                    self.tell_access(special, object, name);
                }
                self.member(id, &text)
            }
            _ => {
                if special {
                    self.tell_access(true, object, name);
                }
                Ok(self.result(object, name, Role::Bound))
            }
        }
    }

    /// Tell of the name of an attribute that a getter is made for, if it is
    /// computed or special.
    pub(super) fn check_name(&mut self, getter: Value, name: Value) {
        let text = self.text(name);
        if text.is_none_or(|text| text.split('.').any(is_special)) {
            self.tell_access(true, getter, name);
        }
    }

    /// Whether attributes of this global are methods and nested classes.
    fn has_ordinary_attributes(&self, id: GlobalId) -> bool {
        self.names.get(id).is_some_and(|name| {
            let builtin = matches!(name.module.as_str(), "builtins" | "__builtin__");
            name.is_harmless() || name.is_class_like() || name.danger().is_some() || builtin
        })
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
        if danger.is_some_and(|d| d.effect == Effect::Unvetted) {
            self.names.settle(member);
        }
        Ok(Value::Global(member))
    }

    fn module_name(&self, id: GlobalId) -> String {
        let name = self.names.get(id);
        name.map_or_else(String::new, |n| n.module.clone())
    }

    fn tell_access(&mut self, certain: bool, object: Value, name: Value) {
        self.tell(Fact::AttributeAccess { certain }, |scene| {
            format!("getattr({}, {})", scene.show(object), scene.show(name))
        });
    }

    /// `object[key]`: known where `object` is the table of modules.
    pub(super) fn item(&mut self, object: Value, key: Value) -> Result<Value, Trouble> {
        let modules = match object {
            Value::Global(id) => self
                .names
                .get(id)
                .is_some_and(|n| n.module == "sys" && n.name == "modules"),
            _ => false,
        };
        match (modules, key) {
            (true, Value::Text(_)) => self.imported(Special::ImportModule, &[key]),
            _ => Ok(self.result(object, key, Role::Bound)),
        }
    }

    /// The module that a call imports.
    pub(super) fn imported(&mut self, how: Special, given: &[Value]) -> Result<Value, Trouble> {
        let text = given.first().and_then(|&v| self.text(v));
        let Some(text) = text else {
            return Ok(Value::Unknown);
        };
        let module = match how {
            Special::ImportTop => text.split('.').next().unwrap_or(&text),
            _ => &text,
        };
        Ok(Value::Module(self.named(module, "", self.span.start)?))
    }

    /// `copyreg.add_extension(module, name, code)`, a call that is told as such.
    pub(super) fn register_extension(&mut self, given: &[Value]) -> Result<(), Trouble> {
        let texts = |i: usize| given.get(i).and_then(|&v| self.text(v));
        let (module, name) = (texts(0), texts(1));
        if let (Some(module), Some(name), Some(&Value::Int(code))) = (module, name, given.get(2)) {
            let id = self.named(&module, &name, self.span.start)?;
            self.extensions.insert(code, id);
        }
        Ok(())
    }
}
