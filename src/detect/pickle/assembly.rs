//! Code objects out of the values of a stream, so that they can be judged like
//! marshalled ones.
//!
//! The arguments of a call that makes a code object differ by the version of
//! Python that wrote them, and by the library. Their order hardly does: some
//! numbers, the instructions, constants, names, variables, file, name, since
//! 3.11 the qualified name, the first line, a table or two, and at the end the
//! variables that functions share. The number of numbers tells the group of
//! versions.

use std::collections::{BTreeMap, HashMap};

use super::carried::{Carried, What, short};
use super::machine::Machine;
use super::value::{Kind, NodeId, Role, Value};
use crate::budget::Stop;
use crate::detect::bytecode::{Setting, Verdict, judge, weigh};
use crate::report::escape_text;
use crate::source::{Memory, Source};
use crate::wire::marshal::{
    Code, Kind as Sequence, Layout, Object, ObjectId, Piece, Tree, read_any,
};
use crate::wire::pickle::Literal;

/// Bytes of one constant of carried code that are read.
const CONSTANT_CAP_BYTES: usize = 4 << 20;

/// Bytes of all carried code of one stream that are read.
const CODE_CAP_BYTES: u64 = 64 << 20;

/// Values of all carried code of one stream that are looked at.
const VALUE_CAP: u64 = 1 << 22;

/// A function and what is known about it.
pub(super) struct Judged {
    /// Name, file and first line.
    pub title: (String, String, u32),
    /// What its code does.
    pub verdict: Verdict,
}

/// A tree in the making.
#[derive(Default)]
struct Assembly {
    tree: Tree,
    places: HashMap<u32, ObjectId>,
    todo: Vec<(Value, ObjectId)>,
    /// Carried code objects that are part of it.
    parts: Vec<usize>,
    /// Whether something was left out.
    cut: bool,
}

impl Machine<'_, '_> {
    /// Judge the code of a function, or a code object.
    pub(super) fn judge_function(
        &mut self,
        carried: &Carried,
        told: &mut [bool],
    ) -> Result<Judged, Stop> {
        let code = match carried.what {
            What::Code => carried.value,
            _ => carried.parts.code,
        };
        let assembly = self.assemble(code)?;
        for part in &assembly.parts {
            if let Some(flag) = told.get_mut(*part) {
                *flag = true;
            }
        }
        if assembly.cut {
            self.limit("parts of the code that is carried by value");
        }
        let tree = assembly.tree;
        let Some((root, code)) = tree.root.and_then(|id| Some((id, *tree.code(id)?))) else {
            return Ok(Judged {
                title: ("…".to_owned(), "…".to_owned(), 0),
                verdict: Verdict::default(),
            });
        };
        let setting = Setting {
            python: None,
            globals: self.known_globals(carried),
            variables: self.known_variables(carried, &tree, &code),
        };
        let mut verdict = judge(&tree, root, &setting, self.budget())?;
        for what in std::mem::take(&mut verdict.limits) {
            self.limit(what);
        }
        let text = |id| tree.text(id).map_or_else(String::new, |text| short(&text));
        let title = (
            text(code.qualname.unwrap_or(code.name)),
            text(code.filename),
            code.first_line,
        );
        Ok(Judged { title, verdict })
    }

    /// The tree of a code object.
    fn assemble(&mut self, code: Value) -> Result<Assembly, Stop> {
        let mut assembly = Assembly::default();
        if let Some((part, bytes)) = self.marshalled(code) {
            assembly.parts.push(part);
            let bytes = self.fetch(bytes, &mut assembly).bytes;
            let source = Memory::new(bytes);
            match read_any(&source, 0..source.len()) {
                Ok(Some(tree)) => assembly.tree = tree,
                Ok(None) | Err(_) => assembly.cut = true,
            }
            return Ok(assembly);
        }
        assembly.tree.root = self.place(code, &mut assembly);
        let mut steps = 0u32;
        while let Some((value, id)) = assembly.todo.pop() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(1024) {
                self.budget().check()?;
            }
            let object = self.object(value, &mut assembly);
            assembly.tree.set(id, object);
        }
        Ok(assembly)
    }

    /// The bytes of a code object that `marshal.loads` makes.
    fn marshalled(&self, code: Value) -> Option<(usize, Literal)> {
        let Role::Carried(index) = self.heap.made(code)?.role else {
            return None;
        };
        let index = index as usize;
        match self.carried.get(index)?.parts.code {
            Value::Bytes(literal) | Value::Text(literal) => Some((index, literal)),
            other => self.encoded_bytes(other).map(|literal| (index, literal)),
        }
    }

    /// A place for a value; containers are filled later.
    fn place(&mut self, value: Value, assembly: &mut Assembly) -> Option<ObjectId> {
        self.code_values = self.code_values.saturating_add(1);
        if self.code_values > VALUE_CAP {
            assembly.cut = true;
            return None;
        }
        let object = match value {
            Value::None => Object::None,
            Value::Bool(b) => Object::Bool(b),
            Value::Int(n) => Object::Int(n),
            Value::Big(_) | Value::Float => Object::Number,
            Value::Text(literal) => Object::Text(self.fetch(literal, assembly)),
            Value::Bytes(literal) => Object::Bytes(self.fetch(literal, assembly)),
            Value::Node(NodeId(node)) => {
                if let Some(&id) = assembly.places.get(&node) {
                    return Some(id);
                }
                let id = assembly.tree.push(Object::Pending);
                assembly.cut |= id.is_none();
                let id = id?;
                assembly.places.insert(node, id);
                assembly.todo.push((value, id));
                return Some(id);
            }
            _ => Object::Unknown,
        };
        let id = assembly.tree.push(object);
        assembly.cut |= id.is_none();
        id
    }

    fn fetch(&mut self, literal: Literal, assembly: &mut Assembly) -> Piece {
        let cap = usize::try_from(CODE_CAP_BYTES.saturating_sub(self.code_bytes)).unwrap_or(0);
        let bytes = literal.fetch(self.source, cap.min(CONSTANT_CAP_BYTES));
        let bytes = bytes.unwrap_or_default();
        self.code_bytes = self.code_bytes.saturating_add(bytes.len() as u64);
        let piece = Piece {
            at: literal.span().start,
            len: literal.len(),
            bytes,
        };
        assembly.cut |= cap == 0;
        piece
    }

    fn object(&mut self, value: Value, assembly: &mut Assembly) -> Object {
        if let Some((kind, items)) = self.heap.container(value) {
            let (kind, kept) = (sequence(kind), items.kept.clone());
            assembly.cut |= items.total > kept.len() as u64;
            let items = kept.into_iter().filter_map(|v| self.place(v, assembly));
            return Object::Sequence(kind, items.collect());
        }
        if let Some(literal) = self.encoded_bytes(value) {
            let mut piece = self.fetch(literal, assembly);
            let text = String::from_utf8_lossy(&piece.bytes).into_owned();
            piece.bytes = text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect();
            piece.len = piece.bytes.len() as u64;
            return Object::Bytes(piece);
        }
        let Some((role, args)) = self.heap.made(value).map(|made| (made.role, made.args)) else {
            return Object::Unknown;
        };
        match role {
            Role::Carried(index) => self.code_object(index as usize, assembly),
            // `bytes()`, as protocol 2 writes none.
            Role::Object if self.elements(args).is_empty() => Object::Bytes(Piece::default()),
            _ => Object::Unknown,
        }
    }

    /// The code object that a call with these arguments makes.
    fn code_object(&mut self, index: usize, assembly: &mut Assembly) -> Object {
        let Some(carried) = self.carried.get(index).filter(|c| c.what == What::Code) else {
            return Object::Unknown;
        };
        let at = carried.site.span.start;
        assembly.parts.push(index);
        let given = self.elements(carried.parts.code);
        self.code_of(&given, at, assembly)
            .map_or(Object::Unknown, |code| Object::Code(Box::new(code)))
    }

    fn code_of(&mut self, given: &[Value], at: u64, assembly: &mut Assembly) -> Option<Code> {
        let is_int = |value: &&Value| matches!(value, Value::Int(_));
        let first = given.iter().position(|value| is_int(&value))?;
        let given = given.get(first..)?;
        let numbers = given.iter().take_while(is_int).count();
        let number = |i: usize| match given.get(i) {
            Some(Value::Int(n)) => u32::try_from(*n).unwrap_or(0),
            _ => 0,
        };
        let &[
            bytecode,
            constants,
            names,
            locals,
            filename,
            name,
            next,
            ref rest @ ..,
        ] = given.get(numbers..)?
        else {
            return None;
        };
        let eleven = !matches!(next, Value::Int(_));
        let line = if eleven {
            rest.first().copied()
        } else {
            Some(next)
        };
        let layout = match (numbers, eleven) {
            (..=4, _) => Layout::Two,
            (5, _) => Layout::Three,
            (_, false) => Layout::Eight,
            (_, true) => Layout::Eleven,
        };
        let &[.., free, cells] = rest else {
            return None;
        };
        let mut place = |value: Value| self.place(value, assembly);
        let mut code = Code {
            layout,
            arguments: number(0),
            flags: number(numbers.saturating_sub(1)),
            first_line: match line {
                Some(Value::Int(n)) => u32::try_from(n).unwrap_or(0),
                _ => 0,
            },
            bytecode: place(bytecode)?,
            constants: place(constants)?,
            names: place(names)?,
            locals: place(locals)?,
            cells: None,
            free: None,
            filename: place(filename)?,
            name: place(name)?,
            qualname: None,
            at,
        };
        if eleven {
            code.qualname = place(next);
            let all = self.all_variables([locals, cells, free]);
            let all: Vec<_> = all
                .into_iter()
                .filter_map(|v| self.place(v, assembly))
                .collect();
            code.locals = assembly.tree.push(Object::Sequence(Sequence::Tuple, all))?;
        } else {
            code.cells = place(cells);
            code.free = place(free);
        }
        Some(code)
    }

    /// Local variables, those of them that functions share only once, and
    /// those of outer functions: the list that 3.11 and later count in.
    fn all_variables(&mut self, lists: [Value; 3]) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        let mut names = std::collections::HashSet::new();
        for list in lists {
            for value in self.elements(list) {
                let name = self.text(value);
                if name.is_none_or(|name| names.insert(name)) {
                    all.push(value);
                }
            }
        }
        all
    }

    /// What the globals of a function mean.
    fn known_globals(&mut self, carried: &Carried) -> BTreeMap<String, String> {
        let mut known = BTreeMap::new();
        for &dict in &carried.parts.globals {
            for (key, value) in self.pairs(dict) {
                if let (Some(name), Some(path)) = (self.text(key), self.path_of(value)) {
                    self.settle_global(value, &path);
                    known.insert(name, path);
                }
            }
        }
        known
    }

    /// An import that is there for a function to use is judged with the
    /// function: what code may ordinarily use is no finding of its own.
    fn settle_global(&mut self, value: Value, path: &str) {
        if let Value::Global(id) = value
            && weigh(path).is_none()
        {
            self.names.settle(id);
        }
    }

    /// What the default arguments and the closure of a function mean.
    fn known_variables(
        &mut self,
        carried: &Carried,
        tree: &Tree,
        code: &Code,
    ) -> BTreeMap<String, String> {
        let mut known = BTreeMap::new();
        let defaults = carried.parts.defaults.map(|v| self.elements(v));
        let defaults = defaults.unwrap_or_default();
        let cells = carried.parts.closure.map(|v| self.elements(v));
        let cells = cells.unwrap_or_default();
        let mut learn = |names: &[ObjectId], values: &[Value]| {
            for (name, value) in names.iter().zip(values) {
                if let (Some(name), Some(path)) = (tree.text(*name), self.path_of(*value)) {
                    known.insert(name.into_owned(), path);
                }
            }
        };
        let locals = tree.items(code.locals);
        let arguments = (code.arguments as usize).min(locals.len());
        let first = arguments.saturating_sub(defaults.len());
        learn(locals.get(first..arguments).unwrap_or_default(), &defaults);
        let free = match code.free {
            Some(free) => tree.items(free),
            None => locals
                .get(locals.len().saturating_sub(cells.len())..)
                .unwrap_or_default(),
        };
        learn(free, &cells);
        known
    }

    /// The dotted path of an import, a module, or a cell that holds one.
    fn path_of(&self, value: Value) -> Option<String> {
        match value {
            Value::Global(id) => {
                let name = self.names.get(id)?;
                Some(escape_text(&format!("{}.{}", name.module, name.name)))
            }
            Value::Module(id) => Some(self.names.get(id)?.module.clone()),
            Value::Node(_) => {
                let made = self
                    .heap
                    .made(value)
                    .filter(|made| made.role == Role::Object)?;
                let held = match made.state {
                    Value::None => *self.heap.tuple(made.args)?.first()?,
                    state => state,
                };
                match held {
                    Value::Node(_) => None,
                    held => self.path_of(held),
                }
            }
            _ => None,
        }
    }
}

fn sequence(kind: Kind) -> Sequence {
    match kind {
        Kind::Tuple => Sequence::Tuple,
        Kind::List => Sequence::List,
        Kind::Dict => Sequence::Dict,
        Kind::Set => Sequence::Set,
        Kind::FrozenSet => Sequence::FrozenSet,
    }
}
