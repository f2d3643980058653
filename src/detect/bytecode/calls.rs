//! Calls and imports: the instructions that bring one name to another.
//!
//! A module comes by `import`, by `__import__` and `import_module`, out of
//! `sys.modules`; an attribute by `getattr`, `vars` and `__dict__`. Where the
//! name is a constant, what comes out is a path like any other. Where it is
//! computed, that alone is told.

use std::rc::Rc;

use super::decode::Instruction;
use super::follow::Follower;
use super::names::COMMAND_MODULES;
use super::opcodes::Act;
use super::scope::Known;
use super::weight::{PATH_CAP_BYTES, Weight};
use crate::detect::globals::{Effect, Why};
use crate::report::Severity;
use crate::wire::marshal::{Object, Python};

/// The intrinsic function that imports every name of a module.
const STAR_INTRINSIC: u32 = 2;

impl Follower<'_, '_> {
    pub(super) fn import(&mut self, instruction: Instruction) {
        match instruction.act {
            Act::ImportName => {
                let from = self.pop();
                let level = self.pop();
                let value = self.import_name(instruction, &level, &from);
                self.push(value);
            }
            Act::ImportFrom => {
                let module = self.stack.last().cloned().unwrap_or_default();
                // The name is only bound; told where it is used.
                let value = match (module, self.name(instruction)) {
                    (Known::Path(path), Some(name)) => self.module(&format!("{path}.{name}")),
                    _ => Known::Unknown,
                };
                self.push(value);
            }
            Act::Intrinsic if instruction.arg != STAR_INTRINSIC => self.replace(1),
            _ => {
                let module = self.pop();
                if let (Known::Path(path), true) = (&module, self.scope.stars.len() < 64) {
                    self.scope.stars.push(path.clone());
                }
                if instruction.act == Act::Intrinsic {
                    self.push(Known::Unknown);
                }
            }
        }
    }

    fn import_name(&mut self, instruction: Instruction, level: &Known, from: &Known) -> Known {
        let Some(name) = self.name(instruction) else {
            return Known::Unknown;
        };
        let is = |value: &Known, wanted: &dyn Fn(&Object) -> bool| match value {
            Known::Const(id) => self.site.tree.get(*id).is_some_and(wanted),
            _ => false,
        };
        if is(level, &|object| matches!(object, Object::Int(n) if *n > 0)) {
            // A neighbour in the same package.
            return Known::Unknown;
        }
        let whole = is(
            from,
            &|object| matches!(object, Object::Sequence(_, items) if !items.is_empty()),
        );
        if self.tell {
            self.told.import(&name);
        }
        match whole {
            true => self.module(&name),
            // `import a.b` binds `a`, and `import a.b as c` asks it for `b`.
            false => self.module(name.split('.').next().unwrap_or(&name)),
        }
    }

    pub(super) fn module(&mut self, name: &str) -> Known {
        match name.len() <= PATH_CAP_BYTES {
            true => Known::path(name),
            false => Known::Unknown,
        }
    }

    pub(super) fn subscript(&mut self) {
        let key = self.pop();
        let owner = self.pop();
        let value = match (&owner, self.text(&key)) {
            (_, Some(name)) if name == "__builtins__" => self.escape(&name, "builtins"),
            (Known::Path(path), Some(name)) => match &**path {
                "sys.modules" => self.module(&name),
                "builtins" => self.reached(&format!("builtins.{name}")),
                "globals()" => self.meaning(&name, Act::Global),
                other => match other.strip_suffix(".__dict__") {
                    Some(module) => self.reached(&format!("{module}.{name}")),
                    None => Known::Unknown,
                },
            },
            (Known::Path(path), None) if &**path == "sys.modules" => Known::Computed,
            (Known::Path(path), None) => self.computed_attribute(&path.clone()),
            _ => Known::Unknown,
        };
        self.push(value);
    }

    /// An attribute, known only while running, of a module that runs things.
    pub(super) fn computed_attribute(&mut self, path: &str) -> Known {
        let module = path.strip_suffix(".__dict__").unwrap_or(path);
        if module == "builtins" || COMMAND_MODULES.contains(&module) {
            let weight = Weight {
                effect: Effect::ResolvesNames,
                severity: Severity::Critical,
                why: Why::Known(
                    "it reads an attribute whose name is computed out of a module that runs commands or code",
                ),
            };
            self.tell_path(&format!("getattr({module}, …)"), weight);
        }
        Known::Unknown
    }

    pub(super) fn call(&mut self, instruction: Instruction) {
        let arg = instruction.arg as usize;
        let eleven = self.site.python >= Python::V311;
        match instruction.act {
            Act::MakeFunction => return self.make_function(arg),
            Act::ExecStatement => {
                self.drop(3);
                self.reached("builtins.exec");
                return;
            }
            Act::CallSpread => {
                self.stack.clear();
                return self.push(Known::Unknown);
            }
            Act::CallNames | Act::CallKeywords => self.drop(1),
            _ => {}
        }
        let given = match self.site.python {
            Python::V27 => (arg & 0xff).saturating_add((arg >> 8).saturating_mul(2)),
            _ => arg,
        };
        let at = self.stack.len().saturating_sub(given);
        let args: Vec<Known> = self.stack.split_off(at);
        let top = self.pop();
        let two = match instruction.act {
            Act::CallMethod => true,
            Act::Call | Act::CallKeywords => eleven,
            _ => false,
        };
        let below = if two { self.pop() } else { Known::Null };
        let callee = match below {
            Known::Null => top,
            other => other,
        };
        let value = self.result(&callee, &args);
        self.push(value);
    }

    fn make_function(&mut self, arg: usize) {
        let python = self.site.python;
        let bits = (arg & 15).count_ones() as usize;
        let (name, extra) = match python {
            Python::V27 => (0, arg),
            Python::V36 | Python::V37 | Python::V38 | Python::V39 | Python::V310 => (1, bits),
            Python::V311 | Python::V312 => (0, bits),
            Python::V313 | Python::V314 => (0, 0),
        };
        self.drop(name);
        let code = self.pop();
        self.drop(extra);
        let function = match code {
            Known::Const(id) if self.site.tree.code(id).is_some() => Known::Function(id),
            _ => Known::Unknown,
        };
        self.push(function);
    }

    /// What comes out of a call.
    fn result(&mut self, callee: &Known, args: &[Known]) -> Known {
        self.note_use(callee);
        args.iter().for_each(|value| self.note_use(value));
        let Known::Path(path) = callee else {
            return Known::Unknown;
        };
        match (&**path, args) {
            ("builtins.__import__", [name, rest @ ..]) => {
                self.imported(path, name, rest.len() >= 3)
            }
            ("importlib.import_module", [name, ..]) => self.imported(path, name, true),
            ("builtins.getattr", [Known::Path(owner), name, ..]) => match self.text(name) {
                Some(name) => self.attribute(&Known::Path(owner.clone()), &name),
                None => self.computed_attribute(owner),
            },
            ("builtins.getattr", [owner, name, ..]) => match self.text(name) {
                Some(name) => self.attribute(&owner.clone(), &name),
                None => Known::Unknown,
            },
            ("builtins.vars", [Known::Path(owner)]) => Known::path(&format!("{owner}.__dict__")),
            ("builtins.globals" | "builtins.locals", []) => Known::path("globals()"),
            ("functools.partial", [inner, ..]) => inner.clone(),
            ("types.FunctionType" | "types.LambdaType", [_, ..]) => {
                let weight = Weight {
                    effect: Effect::EvaluatesCode,
                    severity: Severity::High,
                    why: Why::Known("it makes a function of a code object"),
                };
                self.tell_path(path, weight);
                Known::Unknown
            }
            _ => Known::Unknown,
        }
    }

    /// The module that a call imports.
    fn imported(&mut self, importer: &Rc<str>, name: &Known, whole: bool) -> Known {
        let Some(name) = self.text(name) else {
            return Known::Computed;
        };
        if let Some(at) = self.importers.iter().position(|path| path == importer) {
            self.importers.swap_remove(at);
        }
        if self.tell {
            self.told.import(&name);
        }
        match whole {
            true => self.module(&name),
            false => self.module(name.split('.').next().unwrap_or(&name)),
        }
    }
}
