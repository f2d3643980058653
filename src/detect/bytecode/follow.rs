//! One code object, instruction by instruction, with a symbolic stack.
//!
//! Branches are read one after the other, as they stand. Where that cannot be
//! right (`finally`, `with`, an unknown instruction) the stack is forgotten,
//! and whatever is taken from an empty stack is unknown.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use super::decode::{Instruction, Table, index};
use super::names::is_command;
use super::opcodes::Act;
use super::scope::{Known, Scope, bind};
use super::verdict::{Reach, Verdict};
use super::weight::{PATH_CAP_BYTES, Weight, weigh};
use crate::detect::globals::{Effect, Why};
use crate::report::Severity;
use crate::wire::marshal::{Code, ObjectId, Python, Tree};

/// Values on the stack that are kept.
const STACK_CAP: usize = 1 << 12;

/// Bytes of a name that are read.
const NAME_CAP_BYTES: usize = 256;

/// `BINARY_OP` with this number is a subscript, since 3.14.
const SUBSCRIPT_OPERATOR: u32 = 26;

/// Modules that code may name without importing them, because it was given
/// globals that have them.
const ASSUMED_MODULES: [&str; 16] = [
    "builtins",
    "commands",
    "ctypes",
    "importlib",
    "marshal",
    "nt",
    "os",
    "pickle",
    "posix",
    "pty",
    "requests",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
];

/// A code object and where it is followed.
#[derive(Clone, Copy)]
pub(super) struct Site<'t> {
    /// The tree it is in.
    pub tree: &'t Tree,
    /// Its place.
    pub id: ObjectId,
    /// The code object.
    pub code: &'t Code,
    /// The version it is read in.
    pub python: Python,
    /// Whether it is the outermost one.
    pub is_root: bool,
}

/// A walk over one code object.
pub(super) struct Follower<'t, 's> {
    pub(super) site: Site<'t>,
    pub(super) tell: bool,
    pub(super) scope: &'s mut Scope,
    pub(super) told: &'s mut Verdict,
    pub(super) stack: Vec<Known>,
    locals: HashMap<usize, Known>,
    /// Names of a class body.
    own: HashMap<String, Known>,
    /// Instructions before this offset run only in a script.
    guard_end: usize,
    at: usize,
    /// Importing functions that were loaded and not yet called with a constant.
    pub(super) importers: Vec<Rc<str>>,
}

impl<'t, 's> Follower<'t, 's> {
    pub(super) fn new(
        site: Site<'t>,
        tell: bool,
        scope: &'s mut Scope,
        told: &'s mut Verdict,
    ) -> Self {
        Follower {
            site,
            tell,
            scope,
            told,
            stack: Vec::new(),
            locals: HashMap::new(),
            own: HashMap::new(),
            guard_end: 0,
            at: 0,
            importers: Vec::new(),
        }
    }

    /// Tell of importers that nothing gave a constant name.
    pub(super) fn finish(mut self) {
        for path in std::mem::take(&mut self.importers) {
            let path = path.strip_prefix("builtins.").unwrap_or(&path);
            self.tell_path(
                &format!("{path}(…)"),
                Weight {
                    effect: Effect::ImportsModule,
                    severity: Severity::High,
                    why: Why::Known("it imports a module whose name is computed"),
                },
            );
        }
    }

    /// Follow one instruction.
    pub(super) fn step(&mut self, instruction: Instruction) {
        if self.stack.len() > STACK_CAP {
            self.stack.clear();
        }
        match instruction.act {
            Act::Skip | Act::Extended | Act::StoreAnnotation => {}
            Act::Reset => self.stack.clear(),
            Act::Const
            | Act::Local
            | Act::LocalPair
            | Act::Deref
            | Act::DerefFrom
            | Act::Name
            | Act::NameFrom
            | Act::Global => self.load(instruction),
            Act::StoreLocal
            | Act::StorePair
            | Act::StoreThenLoad
            | Act::StoreDeref
            | Act::StoreName
            | Act::StoreGlobal
            | Act::StoreAttribute => self.store(instruction),
            Act::Attribute | Act::Method | Act::SuperAttribute => self.read_attribute(instruction),
            Act::ImportName | Act::ImportFrom | Act::ImportStar | Act::Intrinsic => {
                self.import(instruction);
            }
            Act::CallPlain
            | Act::CallNames
            | Act::CallMethod
            | Act::Call
            | Act::CallKeywords
            | Act::CallSpread
            | Act::MakeFunction
            | Act::ExecStatement => self.call(instruction),
            _ => self.shuffle(instruction),
        }
        self.at = instruction.next;
    }

    fn shuffle(&mut self, instruction: Instruction) {
        let arg = instruction.arg as usize;
        match instruction.act {
            Act::Pop | Act::PopOwner => self.drop(1),
            Act::PopTwo => self.drop(2),
            Act::PopThree => self.drop(3),
            Act::Push => self.push(Known::Unknown),
            Act::PushNull => self.push(Known::Null),
            Act::Unary => self.replace(1),
            Act::Pair => self.replace(2),
            Act::Format => self.replace(if arg & 4 == 0 { 1 } else { 2 }),
            Act::Build => self.replace(arg),
            Act::BuildMap => self.build_map(arg),
            Act::BuildKeyed => self.replace(arg.saturating_add(1)),
            Act::DecorateFunction => {
                let function = self.pop();
                self.drop(1);
                self.push(function);
            }
            Act::Compare => self.compare(),
            Act::Branch => self.branch(instruction),
            Act::Operator if instruction.arg == SUBSCRIPT_OPERATOR => self.subscript(),
            Act::Operator => self.replace(2),
            Act::Subscript => self.subscript(),
            Act::Unpack => {
                self.drop(1);
                (0..arg.min(STACK_CAP)).for_each(|_| self.push(Known::Unknown));
            }
            Act::Duplicate => self.copy(1),
            Act::DuplicatePair => {
                self.copy(2);
                self.copy(2);
            }
            Act::RotateTwo => self.swap(2),
            Act::RotateThree => self.rotate(3),
            Act::RotateFour => self.rotate(4),
            Act::Copy => self.copy(arg),
            Act::Swap => self.swap(arg),
            _ => self.stack.clear(),
        }
    }

    pub(super) fn push(&mut self, value: Known) {
        self.stack.push(value);
    }

    pub(super) fn pop(&mut self) -> Known {
        self.stack.pop().unwrap_or_default()
    }

    pub(super) fn drop(&mut self, n: usize) {
        let left = self.stack.len().saturating_sub(n);
        self.stack.truncate(left);
    }

    pub(super) fn replace(&mut self, n: usize) {
        self.drop(n);
        self.push(Known::Unknown);
    }

    fn build_map(&mut self, arg: usize) {
        // Python 2 and 3.4 store the pairs afterwards.
        let pairs = match self.site.python {
            Python::V27 => 0,
            _ => arg.saturating_mul(2),
        };
        self.replace(pairs);
    }

    /// The index of the value at a depth, 1 being the one on top.
    fn depth(&self, depth: usize) -> Option<usize> {
        self.stack.len().checked_sub(depth).filter(|_| depth > 0)
    }

    fn copy(&mut self, depth: usize) {
        let value = self.depth(depth).and_then(|at| self.stack.get(at));
        let value = value.cloned().unwrap_or_default();
        self.push(value);
    }

    fn swap(&mut self, depth: usize) {
        let top = self.depth(1);
        match (self.depth(depth), top) {
            (Some(at), Some(top)) => self.stack.swap(at, top),
            _ => self.stack.clear(),
        }
    }

    fn rotate(&mut self, depth: usize) {
        let Some(at) = self.depth(depth) else {
            return self.stack.clear();
        };
        if let Some(values) = self.stack.get_mut(at..) {
            values.rotate_right(1);
        }
    }

    pub(super) fn name(&self, instruction: Instruction) -> Option<Cow<'t, str>> {
        let (table, at) = index(instruction.act, instruction.arg, self.site.python)?;
        let id = match table {
            Table::Names => *self.site.tree.items(self.site.code.names).get(at)?,
            Table::Shared => self.shared_name(at)?,
            Table::Constants | Table::Locals => return None,
        };
        self.short_text(id)
    }

    /// Variables that functions share: before 3.11 the inner ones, then those
    /// of outer functions.
    fn shared_name(&self, at: usize) -> Option<ObjectId> {
        let (tree, code) = (self.site.tree, self.site.code);
        let (Some(cells), Some(free)) = (code.cells, code.free) else {
            return tree.items(code.locals).get(at).copied();
        };
        let cells = tree.items(cells);
        match at.checked_sub(cells.len()) {
            None => cells.get(at).copied(),
            Some(at) => tree.items(free).get(at).copied(),
        }
    }

    pub(super) fn short_text(&self, id: ObjectId) -> Option<Cow<'t, str>> {
        let bytes = self.site.tree.bytes(id)?;
        (bytes.len() <= NAME_CAP_BYTES).then(|| String::from_utf8_lossy(bytes))
    }

    /// A constant text on the stack.
    pub(super) fn text(&self, value: &Known) -> Option<Cow<'t, str>> {
        match value {
            Known::Const(id) => self.short_text(*id),
            _ => None,
        }
    }

    fn load(&mut self, instruction: Instruction) {
        let arg = instruction.arg as usize;
        let value = match instruction.act {
            Act::Const => self.constant(arg),
            Act::Local => self.local(arg),
            Act::LocalPair => {
                let first = self.local(arg >> 4);
                self.note_load(&first);
                self.push(first);
                self.local(arg & 15)
            }
            Act::Deref | Act::DerefFrom => {
                if instruction.act == Act::DerefFrom {
                    self.drop(1);
                }
                match self.name(instruction) {
                    Some(name) => self.outer_variable(&name),
                    None => Known::Unknown,
                }
            }
            _ => return self.load_name(instruction),
        };
        self.note_load(&value);
        self.push(value);
    }

    fn constant(&self, at: usize) -> Known {
        let constants = self.site.tree.items(self.site.code.constants);
        constants
            .get(at)
            .map_or(Known::Unknown, |&id| Known::Const(id))
    }

    fn local(&self, at: usize) -> Known {
        if let Some(known) = self.locals.get(&at) {
            return known.clone();
        }
        // From 3.11 on, variables of outer functions are in the same list; and
        // arguments of the outermost function may be known.
        if self.site.code.cells.is_some() && !self.site.is_root {
            return Known::Unknown;
        }
        let names = self.site.tree.items(self.site.code.locals);
        let name = names.get(at).and_then(|&id| self.short_text(id));
        name.map_or(Known::Unknown, |name| self.scope.shared(&name))
    }

    /// A variable of an outer function; one that is called like a module and
    /// that nothing is known about is taken for the module.
    fn outer_variable(&self, name: &str) -> Known {
        match self.scope.shared(name) {
            Known::Unknown if ASSUMED_MODULES.contains(&name) => Known::path(name),
            known => known,
        }
    }

    fn load_name(&mut self, instruction: Instruction) {
        let eleven = self.site.python >= Python::V311;
        let null = instruction.act == Act::Global && eleven && instruction.arg & 1 == 1;
        if instruction.act == Act::NameFrom {
            self.drop(1);
        }
        let value = match self.name(instruction) {
            Some(name) => self.meaning(&name, instruction.act),
            None => Known::Unknown,
        };
        self.note_use(&value);
        let before = self.site.python < Python::V313;
        if null && before {
            self.push(Known::Null);
        }
        self.push(value);
        if null && !before {
            self.push(Known::Null);
        }
    }

    /// What a name that is no local variable means.
    pub(super) fn meaning(&mut self, name: &str, act: Act) -> Known {
        if act != Act::Global
            && let Some(known) = self.own.get(name)
        {
            let known = known.clone();
            self.note_load(&known);
            return known;
        }
        if let Some(known) = self.scope.global(name) {
            let known = known.clone();
            self.note_load(&known);
            return known;
        }
        for module in self.scope.stars.clone() {
            let path = format!("{module}.{name}");
            if weigh(&path).is_some() {
                return self.reached(&path);
            }
        }
        match name {
            "__name__" => Known::path("__name__"),
            "__builtins__" => self.escape(name, "builtins"),
            _ if ASSUMED_MODULES.contains(&name) => Known::path(name),
            _ => self.reached(&format!("builtins.{name}")),
        }
    }

    /// The object of a path, told if it weighs.
    pub(super) fn reached(&mut self, path: &str) -> Known {
        if path.len() > PATH_CAP_BYTES {
            return Known::Unknown;
        }
        self.tell_weight(path);
        self.note_importer(path);
        Known::path(path)
    }

    pub(super) fn tell_weight(&mut self, path: &str) {
        if self.tell
            && let Some(weight) = weigh(path)
        {
            let shown = path.strip_prefix("builtins.").unwrap_or(path).to_owned();
            self.tell_path(&shown, weight);
        }
    }

    /// An attribute that leads from any object to the interpreter.
    pub(super) fn escape(&mut self, name: &str, path: &str) -> Known {
        let weight = Weight {
            effect: Effect::ResolvesNames,
            severity: Severity::High,
            why: Why::Known("it leads from any object to the interpreter's own"),
        };
        self.tell_path(name, weight);
        Known::path(path)
    }

    pub(super) fn tell_path(&mut self, path: &str, weight: Weight) {
        if !self.tell {
            return;
        }
        let code = self.site.code;
        let name = code.qualname.unwrap_or(code.name);
        let within = self.short_text(name).unwrap_or(Cow::Borrowed("…"));
        self.told.reach(Reach {
            path: path.to_owned(),
            weight,
            within: within.into_owned(),
            line: code.first_line,
            at_once: false,
            by_name: false,
            code: self.site.id,
            guarded: self.is_guarded(),
        });
    }

    fn is_guarded(&self) -> bool {
        self.at < self.guard_end
    }

    /// A variable that holds something dangerous is loaded.
    pub(super) fn note_load(&mut self, value: &Known) {
        if let Known::Path(path) = value {
            self.tell_weight(path);
            self.note_importer(path);
        }
        self.note_use(value);
    }

    /// A function that imports by name is loaded.
    fn note_importer(&mut self, path: &str) {
        if self.tell && matches!(path, "builtins.__import__" | "importlib.import_module") {
            self.importers.push(Rc::from(path));
        }
    }

    /// A function that is used here may run when this runs.
    pub(super) fn note_use(&mut self, value: &Known) {
        if let Known::Function(code) = value
            && !self.is_guarded()
            && self.tell
        {
            self.told.edges.insert((self.site.id, *code));
        }
    }

    fn store(&mut self, instruction: Instruction) {
        let arg = instruction.arg as usize;
        match instruction.act {
            Act::StoreLocal => self.store_local(arg),
            Act::StorePair => {
                self.store_local(arg >> 4);
                self.store_local(arg & 15);
            }
            Act::StoreThenLoad => {
                self.store_local(arg >> 4);
                let value = self.local(arg & 15);
                self.note_load(&value);
                self.push(value);
            }
            Act::StoreAttribute => {
                self.drop(2);
                if self.name(instruction).as_deref() == Some("__code__") {
                    self.escape("__code__", "__code__");
                    self.told.makes_code = true;
                }
            }
            _ => {
                let value = self.pop();
                let Some(name) = self.name(instruction) else {
                    return;
                };
                let code = self.site.code;
                let in_class = !self.site.is_root && !code.is_function();
                match instruction.act {
                    Act::StoreDeref => self.scope.bind_shared(&name, value),
                    Act::StoreName if in_class => bind(&mut self.own, &name, value),
                    _ => self.scope.bind_global(&name, value),
                }
            }
        }
    }

    fn store_local(&mut self, at: usize) {
        let value = self.pop();
        if value == Known::Unknown {
            self.locals.remove(&at);
        } else {
            self.locals.insert(at, value);
        }
    }

    fn read_attribute(&mut self, instruction: Instruction) {
        let python = self.site.python;
        let method = match instruction.act {
            Act::Method => true,
            Act::Attribute => python >= Python::V312 && instruction.arg & 1 == 1,
            _ => instruction.arg & 1 == 1,
        };
        let owner = match instruction.act {
            Act::SuperAttribute => {
                self.drop(3);
                Known::Unknown
            }
            _ => self.pop(),
        };
        let value = match self.name(instruction) {
            Some(name) => self.attribute(&owner, &name),
            None => Known::Unknown,
        };
        self.push(value);
        if method {
            self.push(Known::Null);
        }
    }

    pub(super) fn attribute(&mut self, owner: &Known, name: &str) -> Known {
        match (owner, name) {
            (_, "__builtins__") => return self.escape(name, "builtins"),
            (_, "__subclasses__" | "__globals__") => {
                self.escape(name, name);
                return Known::Unknown;
            }
            _ => {}
        }
        match owner {
            Known::Path(path) => {
                let path = format!("{path}.{name}");
                self.reached(&path)
            }
            Known::Computed => {
                let path = ["os", "subprocess", "builtins", "pty"]
                    .iter()
                    .map(|module| format!("{module}.{name}"))
                    .find(|path| weigh(path).is_some_and(|w| w.severity == Severity::Critical));
                match path {
                    // `subprocess` is dangerous whatever is taken from it.
                    Some(path) if !path.starts_with("subprocess.") || is_runner(name) => {
                        self.reached(&path)
                    }
                    _ => Known::Unknown,
                }
            }
            _ => {
                if self.tell && is_command(name) {
                    self.told.loose(self.site.id, name);
                }
                Known::Unknown
            }
        }
    }

    fn compare(&mut self) {
        let right = self.pop();
        let left = self.pop();
        let is_name = |value: &Known| matches!(value, Known::Path(path) if &**path == "__name__");
        let is_main = |value: &Known| self.text(value).as_deref() == Some("__main__");
        let guard = (is_name(&left) && is_main(&right)) || (is_name(&right) && is_main(&left));
        self.push(if guard { Known::IsMain } else { Known::Unknown });
    }

    fn branch(&mut self, instruction: Instruction) {
        if self.pop() != Known::IsMain {
            return;
        }
        let arg = instruction.arg as usize;
        self.guard_end = match self.site.python {
            python if python >= Python::V311 => {
                instruction.next.saturating_add(arg.saturating_mul(2))
            }
            Python::V310 => arg.saturating_mul(2),
            _ => arg,
        };
    }
}

/// Whether a name is one of the functions that start a process.
pub(super) fn is_runner(name: &str) -> bool {
    matches!(
        name,
        "Popen" | "run" | "call" | "check_call" | "check_output" | "getoutput" | "getstatusoutput"
    )
}
