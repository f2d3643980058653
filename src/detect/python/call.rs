//! Calls: who is called, and what comes out.
//!
//! Modules come by `import`, by `__import__` and `import_module`, out of
//! `sys.modules`; attributes by `getattr`, `vars` and `__dict__`. Pure
//! functions over constants are computed. A function of the program itself is
//! followed with its arguments, to see what it returns.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged as _, TextRange};

use super::parse::grown;
use super::value::{Made, Origin, Value};
use super::walk::{Body, Walk};
use crate::detect::constants::{self, Datum};
use crate::detect::globals;

/// Functions inside one another that are followed with their arguments.
const INLINE_CAP: u32 = 4;

/// Statements of a function that is followed with its arguments.
const INLINE_CAP_STATEMENTS: usize = 12;

/// Functions that call the function they are given, soon.
const CALLERS: &[&str] = &[
    "_thread.start_new_thread",
    "asyncio.create_task",
    "asyncio.run",
    "atexit.register",
    "builtins.filter",
    "builtins.map",
    "builtins.max",
    "builtins.min",
    "builtins.sorted",
    "functools.reduce",
    "itertools.starmap",
    "multiprocessing.Process",
    "operator.call",
    "threading.Thread",
    "threading.Timer",
    "weakref.finalize",
];

/// Decoders; what they cannot be seen to give was decoded all the same.
const DECODERS: &[&str] = &[
    "base64.",
    "binascii.a2b_",
    "binascii.unhexlify",
    "builtins.bytearray.fromhex",
    "builtins.bytes.fromhex",
    "bz2.decompress",
    "codecs.decode",
    "cryptography.fernet.",
    "gzip.decompress",
    "lzma.decompress",
    "marshal.loads",
    "zlib.decompress",
];

/// What comes out is what went in, in another form.
const CARRIERS: &[&str] = &[
    "ast.parse",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.compile",
    "builtins.iter",
    "builtins.list",
    "builtins.memoryview",
    "builtins.next",
    "builtins.repr",
    "builtins.reversed",
    "builtins.str",
    "builtins.tuple",
    "io.BytesIO",
    "io.StringIO",
    "json.loads",
    "textwrap.dedent",
];

/// Modules that a function's globals may lead to.
const COMMAND_MODULES: &[&str] = &[
    "builtins",
    "ctypes",
    "importlib",
    "marshal",
    "os",
    "posix",
    "pty",
    "runpy",
    "subprocess",
    "sys",
];

/// The arguments of a call that have names.
pub(super) type Named<'a> = Vec<(&'a str, Value)>;

impl<'a> Walk<'a, '_> {
    pub fn call(&mut self, call: &'a ast::ExprCall) -> Value {
        let callee = self.expr(&call.func);
        self.climb(call);
        let mut args = Vec::new();
        for arg in &call.arguments.args {
            let value = self.expr(arg);
            match (arg, &value) {
                (ast::Expr::Starred(_), Value::List(items)) => args.extend(items.iter().cloned()),
                _ => args.push(value),
            }
        }
        let mut named = Vec::new();
        for keyword in &call.arguments.keywords {
            let value = self.expr(&keyword.value);
            if let Some(name) = &keyword.arg {
                named.push((name.id.as_str(), value));
            }
        }
        self.apply(&callee, args, named, call.range())
    }

    /// Call a value.
    pub fn apply(
        &mut self,
        callee: &Value,
        mut args: Vec<Value>,
        named: Named<'a>,
        range: TextRange,
    ) -> Value {
        match callee {
            Value::Function(unit) => self.own(*unit, args),
            Value::Class(class) => {
                for method in ["__new__", "__init__", "__post_init__"] {
                    self.method(*class, method);
                }
                Value::Instance(*class)
            }
            Value::Instance(class) => {
                self.method(*class, "__call__");
                Value::Unknown
            }
            Value::From(origin) => Value::From(*origin),
            Value::Method(owner, name) => self.constant_method(owner, name, &args),
            Value::Getter(name, made) => {
                let owner = args.first().cloned().unwrap_or_default();
                self.attribute(&owner, name, *made)
            }
            Value::Partial(inner, first) => {
                args.splice(0..0, first.iter().cloned());
                let inner = inner.clone();
                self.apply(&inner, args, named, range)
            }
            Value::Path(path, made) => {
                let path = path.clone();
                self.act(&path, *made, &args, &named, range);
                self.hands_on(&path, &args, &named, range);
                self.result(&path, &args, &named, range)
            }
            _ => Value::Unknown,
        }
    }

    /// A method of a class of the program runs.
    fn method(&mut self, class: usize, name: &str) {
        let found = self
            .classes
            .get(class)
            .and_then(|class| class.names.get(name));
        if let Some(Value::Function(unit)) = found {
            let edge = (self.unit, *unit);
            self.edges.insert(edge);
        }
    }

    /// Functions among the arguments that the callee will call.
    fn hands_on(&mut self, path: &str, args: &[Value], named: &Named<'a>, range: TextRange) {
        if !CALLERS.contains(&path) {
            return;
        }
        let all = args.iter().chain(named.iter().map(|(_, value)| value));
        for value in all {
            match value {
                Value::Function(unit) => {
                    self.edges.insert((self.unit, *unit));
                }
                Value::Path(inner, made) => {
                    let given: Vec<Value> = args.iter().skip(1).cloned().collect();
                    // `map(os.system, ["id"])`: the list holds the argument.
                    let given = match given.as_slice() {
                        [Value::List(items)] => items.to_vec(),
                        _ => given,
                    };
                    self.act(inner, *made, &given, &Vec::new(), range);
                }
                _ => {}
            }
        }
    }

    /// A function of the program runs; a short one is followed with its
    /// arguments for what it returns.
    fn own(&mut self, unit: usize, args: Vec<Value>) -> Value {
        self.edges.insert((self.unit, unit));
        let Some(body) = self.units.get(unit).map(|unit| unit.body) else {
            return Value::Unknown;
        };
        let parameters: Vec<&str> = match body {
            Body::Function(function) => names_of(&function.parameters),
            Body::Lambda(lambda) => lambda
                .parameters
                .as_deref()
                .map(names_of)
                .unwrap_or_default(),
            Body::None => return Value::Unknown,
        };
        let is_short = match body {
            Body::Function(function) => function.body.len() <= INLINE_CAP_STATEMENTS,
            _ => true,
        };
        if !is_short || self.inlined >= INLINE_CAP || !args.iter().any(is_known) && !args.is_empty()
        {
            return self
                .units
                .get(unit)
                .map(|unit| unit.returns.clone())
                .unwrap_or_default();
        }
        let mut value = Value::Unknown;
        let around = (self.unit, self.class.take());
        let stack = self.stack_bytes;
        let value = &mut value;
        let locals = self.units.get(unit).map(|unit| &unit.locals);
        let given = parameters.iter().take(args.len());
        let before: Vec<(String, Value)> = given
            .filter_map(|name| Some(((*name).to_owned(), locals?.get(*name)?.clone())))
            .collect();
        self.again(|walk| {
            grown(stack, || {
                walk.inlined = walk.inlined.saturating_add(1);
                walk.unit = unit;
                for (name, arg) in parameters.iter().zip(args) {
                    walk.bind(name, arg);
                }
                match body {
                    Body::Function(function) => {
                        walk.statements(&function.body);
                        let returned = walk.units.get(unit).map(|unit| unit.returns.clone());
                        *value = returned.unwrap_or_default();
                    }
                    Body::Lambda(lambda) => *value = walk.expr(&lambda.body),
                    Body::None => {}
                }
                walk.inlined = walk.inlined.saturating_sub(1);
            })
        });
        (self.unit, self.class) = around;
        // What this call was given says nothing about others.
        if let Some(unit) = self.units.get_mut(unit) {
            unit.locals.extend(before);
        }
        std::mem::take(value)
    }

    fn constant_method(&mut self, owner: &Value, name: &str, args: &[Value]) -> Value {
        let origin = || {
            args.iter()
                .filter_map(Value::origin)
                .chain(owner.origin())
                .max()
        };
        let unknown = || origin().map_or(Value::Unknown, Value::From);
        let mut given = Vec::with_capacity(args.len().saturating_add(1));
        let mut made = Made::Built;
        for value in std::iter::once(owner).chain(args) {
            let Some((datum, how)) = self.datum(value) else {
                return unknown();
            };
            made = made.max(how);
            given.push(datum);
        }
        if matches!(name, "encode" | "strip" | "decode") {
            // The text is the same one; a rot13 is not.
            let is_other =
                |d: &Datum| matches!(d, Datum::Text(t) if t.contains("rot") || t.contains("hex"));
            if !given.iter().skip(1).any(is_other) && made == Made::Built {
                made = owner.datum().map_or(Made::Plain, |(_, how)| how);
            }
        }
        let result = self.compute(constants::method(name), &given, made);
        result.unwrap_or_else(unknown)
    }

    /// What comes out of a call of the object of this path.
    fn result(&mut self, path: &str, args: &[Value], named: &Named<'a>, range: TextRange) -> Value {
        let first = args.first().cloned().unwrap_or_default();
        match (path, args) {
            ("builtins.__import__", [name, rest @ ..]) => {
                imported(name, rest.len() >= 3 || !named.is_empty(), Made::Built)
            }
            ("importlib.import_module" | "importlib.__import__", [name, ..]) => {
                imported(name, true, Made::Plain)
            }
            ("builtins.getattr", [owner, name, ..]) => self.read(owner, name, range),
            ("builtins.vars", [Value::Path(owner, made)]) => {
                Value::path(&format!("{owner}.__dict__"), *made)
            }
            ("builtins.globals" | "builtins.locals" | "builtins.vars", []) => {
                Value::path("globals()", Made::Built)
            }
            ("functools.partial", [inner, rest @ ..]) => {
                let given = rest.iter().cloned().map(Value::flat).collect();
                Value::Partial(Rc::new(inner.clone().flat()), Rc::new(given))
            }
            ("operator.attrgetter" | "operator.methodcaller", [name, ..]) => match name.as_text() {
                Some((name, made)) => Value::Getter(Rc::from(name), made),
                None => Value::Unknown,
            },
            ("builtins.eval" | "builtins.exec", _) => std::mem::take(&mut self.last),
            ("builtins.map", [function, over]) => self.map(function, over, range),
            ("builtins.reversed", [over]) => match self.elements(over) {
                Some(mut items) => {
                    items.reverse();
                    Value::list(items)
                }
                None => over.origin().map_or(Value::Unknown, Value::From),
            },
            ("builtins.list" | "builtins.tuple" | "builtins.iter", [over]) => {
                match self.elements(over) {
                    Some(items) => Value::list(items),
                    None => over.origin().map_or(Value::Unknown, Value::From),
                }
            }
            ("builtins.open" | "io.open" | "codecs.open", _) => match first.origin() {
                Some(Origin::Fetched) => first,
                _ => Value::From(Origin::File),
            },
            ("builtins.compile", _) => first,
            (
                "builtins.dict" | "builtins.str" | "json.dumps" | "copy.copy",
                [Value::Path(of, made)],
            ) if &**of == "os.environ" => Value::Path(of.clone(), *made),
            ("os.environ.copy" | "os.environ.items", []) => Value::path("os.environ", Made::Plain),
            _ => self.computed(path, args),
        }
    }

    /// A pure function, a decoder, a carrier, or something that fetches.
    fn computed(&mut self, path: &str, args: &[Value]) -> Value {
        let folded = path
            .rsplit_once('.')
            .and_then(|(m, n)| globals::folded(m, n));
        let path = folded.as_deref().unwrap_or(path);
        let is_decoder = DECODERS.iter().any(|decoder| path.starts_with(decoder));
        let data: Option<Vec<(Datum, Made)>> = args.iter().map(|arg| self.datum(arg)).collect();
        if let (Some(data), Some(function)) = (data, constants::function(path)) {
            let made = data.iter().map(|(_, made)| *made).max().unwrap_or_default();
            let made = if is_decoder {
                Made::Decoded
            } else {
                made.max(Made::Built)
            };
            let data: Vec<Datum> = data.into_iter().map(|(datum, _)| datum).collect();
            if let Some(value) = self.compute(Some(function), &data, made) {
                return value;
            }
        }
        let origin = args.iter().filter_map(Value::origin).max();
        if is_decoder {
            return Value::From(match origin {
                // A file that is packed is a file; what it holds is not hidden in the source.
                Some(Origin::File) => Origin::File,
                other => other.unwrap_or(Origin::Decoded).max(Origin::Decoded),
            });
        }
        if CARRIERS.contains(&path) || path.starts_with("builtins.str.") {
            return origin.map_or(Value::Unknown, Value::From);
        }
        match () {
            () if self.fetches(path) => Value::From(Origin::Fetched),
            () if path == "pathlib.Path" => Value::From(origin.unwrap_or(Origin::File)),
            () => Value::Unknown,
        }
    }

    fn map(&mut self, function: &Value, over: &Value, range: TextRange) -> Value {
        let Some(elements) = self.elements(over) else {
            return over.origin().map_or(Value::Unknown, Value::From);
        };
        let is_pure = match function {
            Value::Function(_) => true,
            Value::Path(path, _) => constants::function(path).is_some(),
            _ => false,
        };
        if !is_pure {
            return Value::Unknown;
        }
        let mut all = Vec::with_capacity(elements.len());
        for element in elements {
            let mut value = Value::Unknown;
            if !self.again(|walk| value = walk.apply(function, vec![element], Vec::new(), range)) {
                return Value::Unknown;
            }
            all.push(value);
        }
        Value::list(all)
    }

    /// `getattr(owner, name)`.
    fn read(&mut self, owner: &Value, name: &Value, range: TextRange) -> Value {
        match (name.as_text(), owner) {
            (Some((name, made)), _) => self.attribute(owner, name, made),
            (None, Value::Path(path, _)) => {
                self.computes(path, range);
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    /// `owner[key]`.
    pub fn item(&mut self, owner: &Value, key: &Value, range: TextRange) -> Value {
        if let (Value::Path(path, how), Some((name, made))) = (owner, key.as_text()) {
            let made = made.max(*how);
            return match (&**path, name) {
                (_, "__builtins__") => Value::path("builtins", Made::Built),
                ("sys.modules", _) => Value::path(name, made.max(Made::Built)),
                ("builtins", _) => Value::path(&format!("builtins.{name}"), Made::Built),
                ("globals()", _) if COMMAND_MODULES.contains(&name) => {
                    Value::path(name, Made::Built)
                }
                ("globals()", _) => match self.lookup(name) {
                    Value::Path(path, how) => Value::Path(path, how.max(made)),
                    other => other,
                },
                (other, _) => match other.strip_suffix(".__dict__") {
                    Some(module) => Value::path(&format!("{module}.{name}"), made.max(Made::Built)),
                    None => Value::Unknown,
                },
            };
        }
        if let Value::Path(path, _) = owner {
            let path = path.clone();
            self.computes(&path, range);
            return Value::Unknown;
        }
        if let (Value::List(items), Some((Datum::Int(n), _))) = (owner, key.datum()) {
            let at = constants::place(n, items.len());
            return at.and_then(|at| items.get(at)).cloned().unwrap_or_default();
        }
        let both = (self.datum(owner), self.datum(key));
        let (Some((of, a)), Some((key, b))) = both else {
            return owner.origin().map_or(Value::Unknown, Value::From);
        };
        let value = self.compute(
            constants::method("__getitem__"),
            &[of, key],
            a.max(b).max(Made::Built),
        );
        value.unwrap_or_default()
    }
}

/// Whether something is known of a value that is worth following.
fn is_known(value: &Value) -> bool {
    matches!(
        value,
        Value::Const(..) | Value::List(_) | Value::Path(..) | Value::From(_)
    )
}

fn names_of(parameters: &ast::Parameters) -> Vec<&str> {
    let all = parameters.posonlyargs.iter().chain(&parameters.args);
    all.map(|one| one.parameter.name.id.as_str()).collect()
}

/// The module that a call imports.
fn imported(name: &Value, whole: bool, least: Made) -> Value {
    match name.as_text() {
        Some((name, _)) if name.starts_with('.') => Value::Unknown,
        Some((name, made)) => {
            let first = name.split('.').next().unwrap_or(name);
            Value::path(if whole { name } else { first }, made.max(least))
        }
        None => Value::Unknown,
    }
}
