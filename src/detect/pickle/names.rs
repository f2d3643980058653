//! The globals a pickle imports: each once, judged once.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::Judge;
use super::distributions;
use super::event::Danger;
use super::functions::{Maker, maker};
use super::hands::{self, Hands};
use super::restoring;
use super::value::{GlobalId, Value};
use crate::detect::constants::{self, Function};
use crate::detect::globals::{self, Judgement, Use};
use crate::wire::pickle::Literal;

/// Distinct globals of one stream that are followed.
pub const GLOBAL_CAP: usize = 1 << 16;

/// Why a class that nobody vetted is no finding.
const KNOWN_CLASS_REASON: &str =
    "a class of a library that models ordinarily name; it is not vetted";

/// Why a callable that could do harm is no finding.
const ARGUMENTS_REASON: &str =
    "what it does depends on its arguments; they were followed and do no harm";

/// A callable whose arguments decide, or whose result can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// Nothing special.
    None,
    /// `getattr` and its like.
    GetAttr,
    /// `__import__`: the result is the top-level package.
    ImportTop,
    /// `import_module`: the result is the module itself.
    ImportModule,
    /// `operator.getitem`, `dict.get` and their like.
    GetItem,
    /// The `get` of `sys.modules`.
    ModulesGet,
    /// `operator.attrgetter`.
    AttrGetter,
    /// `operator.itemgetter`.
    ItemGetter,
    /// `operator.methodcaller`.
    MethodCaller,
    /// `functools.partial`.
    Partial,
    /// Turns a text into the object of that name: `os.system`, `os:system`.
    Resolve,
    /// `vars`: the names in a module or a class.
    Vars,
    /// Calls one of its arguments.
    Hands(Hands),
    /// Makes a list or a tuple of the elements of its argument.
    Collect(Collect),
    /// Stores under a key: `operator.setitem`.
    SetItem,
    /// Sets an attribute: `setattr`.
    SetAttr,
    /// Calls its first argument with the tuple that is its third.
    RebuildFromType,
    /// `copyreg.__newobj__`: makes an object of its first argument.
    NewObj,
    /// `copyreg.__newobj_ex__`: the same with a tuple and a dict.
    NewObjEx,
    /// `copyreg._reconstructor`: makes an object of its first argument.
    Reconstructor,
    /// `copyreg.add_extension`.
    AddExtension,
    /// `_codecs.encode`: how protocol 2 writes bytes.
    Encode,
    /// Loads the bytes that are its argument at this place, and is vetted if
    /// those are.
    LoadBytes(usize),
    /// `torch._utils._rebuild_tensor` and its versions.
    RebuildTensor,
    /// Wraps a tensor that is its first argument.
    WrapTensor,
    /// `numpy.dtype`.
    Dtype,
    /// joblib's stand-in for an array whose bytes follow.
    ArrayWrapper,
    /// NumPy's finder of ufuncs: imports what its two arguments name.
    Lookup,
    /// `dill._eval_repr`: evaluates a text, by rights that of a constant.
    EvalRepr,
    /// A class of SciPy's distributions, which its state decides about.
    Distribution,
    /// A metaclass: with three arguments it makes a class.
    MakeClass,
    /// A class that loads bytes out of its state.
    Restoring,
    /// NumPy's rebuilder of arrays: its first argument is a class that is
    /// made without its own constructor.
    Reconstruct,
    /// Makes code, a function or a class of its parts.
    Maker(Maker),
}

/// What a [`Special::Collect`] makes of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collect {
    /// A list in the same order.
    List,
    /// A tuple in the same order.
    Tuple,
    /// A list in the opposite order.
    Reversed,
    /// A list of the elements of all arguments.
    Chain,
    /// A list of the elements of all elements.
    Flatten,
}

/// An imported object.
#[derive(Debug, Clone)]
pub struct Name {
    /// The module.
    pub module: String,
    /// The name in it, with dots where it is a path.
    pub name: String,
    /// Both joined by a dot, aliases folded: one spelling for each callable.
    pub path: String,
    /// What is known about it.
    pub judgement: Judgement,
    /// What is known about its being called, and about its slots being set,
    /// where it is a class: looked up once it matters.
    called: OnceCell<Option<Danger>>,
    assigned: OnceCell<Option<Danger>>,
    /// What its arguments mean.
    pub special: Special,
    /// What it computes, if it is a pure function.
    pub computes: Option<Function>,
    /// The opcode that imported it first.
    pub at: u64,
    /// The number of that opcode in the stream, counted from 1.
    pub opcode: u64,
    /// Where the name of its module stands.
    pub site: u64,
    /// The computed values that named it, if it was not named by constants.
    pub origin: Vec<Value>,
    /// Whether a call of it, or a contract about it, has settled the matter.
    pub settled: bool,
    /// How often it was called.
    pub calls: u64,
    /// Whether an event was told about it.
    pub told: bool,
}

impl Name {
    /// As people know it: `os.system`, also where the file says `posix`.
    pub fn shown(&self) -> String {
        let (front, rest) = match self.module.split_once('.') {
            Some((front, rest)) => (front, Some(rest)),
            None => (self.module.as_str(), None),
        };
        let front = known_as(front);
        let parts = [Some(front), rest, Some(self.name.as_str())];
        let parts: Vec<&str> = parts
            .into_iter()
            .flatten()
            .filter(|p| !p.is_empty())
            .collect();
        crate::report::escape_text(&parts.join("."))
    }

    /// As the file says it.
    pub fn spelled(&self) -> String {
        let (module, name) = (&self.module, &self.name);
        match name.is_empty() {
            true => crate::report::escape_text(module),
            false => crate::report::escape_text(&format!("{module}.{name}")),
        }
    }

    /// What is known about it if it is dangerous, whatever is done with it.
    pub fn danger(&self) -> Option<Danger> {
        danger(self.judgement)
    }

    /// What is known about it if this use of it is dangerous.
    pub fn danger_of(&self, used: Use) -> Option<Danger> {
        let judged = match used {
            Use::Named => return self.danger(),
            Use::Called => &self.called,
            Use::Assigned => &self.assigned,
        };
        let of_class = || match self.is_class_like() {
            true => danger(globals::judge_use(&self.module, &self.name, used)),
            false => None,
        };
        self.danger().or_else(|| *judged.get_or_init(of_class))
    }

    /// Why a call of it is no finding; `None` where it was not called, or
    /// something was told about it.
    pub fn accepted(&self) -> Option<&'static str> {
        let quiet = self.calls > 0 && !self.told;
        quiet.then_some(match self.judgement {
            Judgement::Harmless(why) => why,
            Judgement::Unknown { .. } => KNOWN_CLASS_REASON,
            Judgement::Dangerous { .. } => ARGUMENTS_REASON,
        })
    }

    /// Whether it is vetted.
    pub fn is_harmless(&self) -> bool {
        matches!(self.judgement, Judgement::Harmless(_))
    }

    /// Whether the last part of its name is written like a class.
    pub fn is_class_like(&self) -> bool {
        let last = self.name.rsplit('.').next().unwrap_or(&self.name);
        is_class_like(last)
    }

    /// Whether one of the parts of the name is `__special__`.
    pub fn has_special_part(&self) -> bool {
        self.name.split('.').any(is_special)
    }

    /// Whether the name is a path through something that is not a class.
    pub fn is_foreign_path(&self) -> bool {
        let mut parts: Vec<&str> = self.name.split('.').collect();
        parts.pop();
        if self.path.starts_with("builtins.") && parts.first().is_some_and(|p| is_type(p)) {
            parts.remove(0);
        }
        parts.iter().any(|part| !is_class_like(part))
    }
}

fn danger(judgement: Judgement) -> Option<Danger> {
    match judgement {
        Judgement::Dangerous {
            effect,
            severity,
            why,
        } => Some(Danger {
            effect,
            severity,
            why,
        }),
        Judgement::Harmless(_) | Judgement::Unknown { .. } => None,
    }
}

/// Whether a name begins like a class: `_SomeClass`.
pub fn is_class_like(name: &str) -> bool {
    let first = name.trim_start_matches('_').chars().next();
    first.is_some_and(char::is_uppercase)
}

/// Whether a name is one of the built-in types, which are written like
/// functions.
fn is_type(name: &str) -> bool {
    let types = [
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "memoryview",
        "object",
        "range",
        "set",
        "slice",
        "str",
        "tuple",
        "type",
        "unicode",
    ];
    types.contains(&name)
}

/// Whether a name is one that Python gives a meaning to: `__class__`.
pub fn is_special(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Every global of one stream.
#[derive(Debug)]
pub struct Names {
    list: Vec<Name>,
    by_text: HashMap<(String, String), u32>,
    by_literal: HashMap<(Literal, Literal), u32>,
    judge: Judge,
}

impl Names {
    /// An empty table whose names `judge` will grade.
    pub fn new(judge: Judge) -> Self {
        Names {
            list: Vec::new(),
            by_text: HashMap::new(),
            by_literal: HashMap::new(),
            judge,
        }
    }

    /// The global with this id.
    pub fn get(&self, id: GlobalId) -> Option<&Name> {
        self.list.get(id.0 as usize)
    }

    /// Whether this global is a class that loads bytes out of its state.
    pub fn is_restoring(&self, id: GlobalId) -> bool {
        self.get(id)
            .is_some_and(|n| n.special == Special::Restoring)
    }

    /// What kind of maker of code this global is.
    pub fn maker(&self, id: GlobalId) -> Option<Maker> {
        match self.get(id)?.special {
            Special::Maker(maker) => Some(maker),
            _ => None,
        }
    }

    /// A call or a contract has settled the matter of this global.
    pub fn settle(&mut self, id: GlobalId) {
        if let Some(name) = self.list.get_mut(id.0 as usize) {
            name.settled = true;
        }
    }

    /// Something was told about this global.
    pub fn tell(&mut self, id: GlobalId) {
        if let Some(name) = self.list.get_mut(id.0 as usize) {
            name.told = true;
        }
    }

    /// This global is called once more.
    pub fn count_call(&mut self, id: GlobalId) {
        if let Some(name) = self.list.get_mut(id.0 as usize) {
            name.calls = name.calls.saturating_add(1);
        }
    }

    /// The global that was imported by these two operands before.
    pub fn known(&self, operands: (Literal, Literal)) -> Option<GlobalId> {
        self.by_literal.get(&operands).copied().map(GlobalId)
    }

    /// Remember the values that named a global.
    pub fn originate(&mut self, id: GlobalId, origin: &[Value]) {
        if let Some(name) = self.list.get_mut(id.0 as usize) {
            name.origin = origin.to_vec();
        }
    }

    /// Forget by which operands globals were imported: the names may mean
    /// something else from now on.
    pub fn forget_operands(&mut self) {
        self.by_literal.clear();
    }

    /// Remember the operands of a global.
    pub fn remember(&mut self, operands: (Literal, Literal), id: GlobalId) {
        if self.by_literal.len() < GLOBAL_CAP {
            self.by_literal.insert(operands, id.0);
        }
    }

    /// The global of this name, and whether it is new. `None` once there are
    /// more than [`GLOBAL_CAP`].
    pub fn intern(
        &mut self,
        module: &str,
        name: &str,
        (at, opcode): (u64, u64),
        site: u64,
    ) -> Option<(GlobalId, bool)> {
        let key = (module.to_owned(), name.to_owned());
        if let Some(&id) = self.by_text.get(&key) {
            return Some((GlobalId(id), false));
        }
        let id = u32::try_from(self.list.len()).ok()?;
        if self.list.len() >= GLOBAL_CAP {
            return None;
        }
        self.by_text.insert(key, id);
        let path = path(module, name);
        let computes = constants::function(&path);
        self.list.push(Name {
            module: module.to_owned(),
            name: name.to_owned(),
            special: special(canonical(module), name, &path),
            computes,
            called: OnceCell::new(),
            assigned: OnceCell::new(),
            path,
            // A module as such is nothing that could be called.
            judgement: match name.is_empty() {
                true => Judgement::Harmless("a module"),
                false => (self.judge)(module, name),
            },
            at,
            opcode,
            site,
            origin: Vec::new(),
            // A pure function does nothing by being there.
            settled: computes.is_some(),
            calls: 0,
            told: false,
        });
        Some((GlobalId(id), true))
    }

    /// Every global, in the order of import.
    pub fn iter(&self) -> impl Iterator<Item = (GlobalId, &Name)> {
        (0u32..).map(GlobalId).zip(&self.list)
    }
}

/// Module and name joined, aliases folded.
fn path(module: &str, name: &str) -> String {
    let joined = globals::folded(module, name).unwrap_or_else(|| format!("{module}.{name}"));
    joined.trim_end_matches('.').to_owned()
}

/// The name that people know a module by whose file name is a platform's or
/// an older Python's.
fn known_as(module: &str) -> &str {
    match module {
        "posix" | "nt" | "ce" | "os2" => "os",
        "__builtin__" | "__builtins__" => "builtins",
        "copy_reg" => "copyreg",
        "_pickle" | "cPickle" => "pickle",
        "_operator" => "operator",
        "_functools" => "functools",
        "_io" => "io",
        other => other,
    }
}

/// One spelling for modules that have several.
fn canonical(module: &str) -> &str {
    match module {
        "__builtin__" | "__builtins__" => "builtins",
        "copy_reg" => "copyreg",
        "_operator" => "operator",
        "_functools" => "functools",
        "sklearn.externals.joblib.numpy_pickle" => "joblib.numpy_pickle",
        other => other,
    }
}

fn special(module: &str, name: &str, path: &str) -> Special {
    match (module, name) {
        ("torch._tensor", "_rebuild_from_type" | "_rebuild_from_type_v2") => {
            Special::RebuildFromType
        }
        ("copyreg", "__newobj__") => Special::NewObj,
        ("copyreg", "__newobj_ex__") => Special::NewObjEx,
        ("copyreg", "_reconstructor") => Special::Reconstructor,
        ("copyreg", "add_extension") => Special::AddExtension,
        ("_codecs" | "codecs", "encode") => Special::Encode,
        ("torch.storage", "_load_from_bytes") => Special::LoadBytes(0),
        ("spacy.tokens.doc", "unpickle_doc") => Special::LoadBytes(1),
        ("spacy.vocab", "unpickle_vocab") => Special::LoadBytes(4),
        ("torch._utils", _) => torch_special(name),
        ("numpy", "dtype") => Special::Dtype,
        ("joblib.numpy_pickle", "NumpyArrayWrapper") => Special::ArrayWrapper,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
            Special::Reconstruct
        }
        ("dill._dill" | "dill.dill" | "dill", "_eval_repr") => Special::EvalRepr,
        ("builtins", "type") | ("abc", "ABCMeta") | ("enum", "EnumMeta" | "EnumType") => {
            Special::MakeClass
        }
        _ if distributions::is_class(module, name) => Special::Distribution,
        _ if restoring::is_class(module, name) => Special::Restoring,
        ("numpy.core" | "numpy._core", "_ufunc_reconstruct") => Special::Lookup,
        _ => maker(module, name)
            .map(Special::Maker)
            .or_else(|| resolver(path))
            .or_else(|| hands::of(path).map(Special::Hands))
            .unwrap_or(Special::None),
    }
}

/// What follows names and values, by path.
fn resolver(path: &str) -> Option<Special> {
    Some(match path {
        "builtins.getattr"
        | "builtins.object.__getattribute__"
        | "builtins.type.__getattribute__"
        | "builtins.super.__getattribute__"
        | "types.ModuleType.__getattribute__"
        | "inspect.getattr_static"
        | "dill._getattribute"
        | "dill._get_attr" => Special::GetAttr,
        "builtins.__import__" | "importlib.__import__" => Special::ImportTop,
        "importlib.import_module"
        | "importlib.reload"
        | "importlib._bootstrap._gcd_import"
        | "importlib._bootstrap._find_and_load"
        | "importlib._bootstrap._load_unlocked"
        | "unittest.mock._importer"
        | "twisted.python.reflect.namedModule" => Special::ImportModule,
        "operator.getitem"
        | "builtins.dict.get"
        | "builtins.dict.pop"
        | "builtins.dict.setdefault"
        | "builtins.dict.__getitem__"
        | "builtins.list.pop"
        | "builtins.list.__getitem__"
        | "builtins.tuple.__getitem__" => Special::GetItem,
        "sys.modules.get" | "sys.modules.pop" | "sys.modules.__getitem__" => Special::ModulesGet,
        "operator.attrgetter" => Special::AttrGetter,
        "operator.itemgetter" => Special::ItemGetter,
        "operator.methodcaller" => Special::MethodCaller,
        "functools.partial" | "functools.partialmethod" => Special::Partial,
        "pkgutil.resolve_name"
        | "pydoc.locate"
        | "pydoc.resolve"
        | "logging.config._resolve"
        | "twisted.python.reflect.namedAny"
        | "twisted.python.reflect.namedObject"
        | "zope.dottedname.resolve.resolve"
        | "hydra.utils.get_method"
        | "hydra.utils.get_class"
        | "hydra.utils.get_object" => Special::Resolve,
        "builtins.vars" => Special::Vars,
        "operator.setitem" | "builtins.dict.__setitem__" => Special::SetItem,
        "builtins.setattr" | "builtins.object.__setattr__" | "builtins.type.__setattr__" => {
            Special::SetAttr
        }
        "builtins.list" => Special::Collect(Collect::List),
        "builtins.tuple" => Special::Collect(Collect::Tuple),
        "builtins.reversed" => Special::Collect(Collect::Reversed),
        "itertools.chain" => Special::Collect(Collect::Chain),
        "itertools.chain.from_iterable" => Special::Collect(Collect::Flatten),
        _ => return None,
    })
}

fn torch_special(name: &str) -> Special {
    match name {
        "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3" | "_rebuild_qtensor" => {
            Special::RebuildTensor
        }
        "_rebuild_parameter" | "_rebuild_parameter_with_state" => Special::WrapTensor,
        _ => Special::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_judged_once_and_found_again() {
        let mut names = Names::new(globals::judge);
        let (a, new) = names.intern("a", "B.c", (0, 1), 1).unwrap();
        assert!(new);
        assert_eq!(names.intern("a", "B.c", (9, 9), 9), Some((a, false)));
        assert_eq!(names.get(a).unwrap().shown(), "a.B.c");
        assert_eq!(names.get(a).unwrap().at, 0);
    }

    #[test]
    fn paths_through_anything_but_classes_are_foreign() {
        let mut names = Names::new(globals::judge);
        let mut foreign = |name: &str| {
            let (id, _) = names.intern("m", name, (0, 1), 0).unwrap();
            names.get(id).unwrap().is_foreign_path()
        };
        for name in ["os.system", "_sys.modules.get", "Path._os.system", "x.Y"] {
            assert!(foreign(name), "{name}");
        }
        for name in ["Outer.Inner", "Outer.method", "function", "_Class.Inner.x"] {
            assert!(!foreign(name), "{name}");
        }
    }

    #[test]
    fn special_names_are_told_from_private_ones() {
        assert!(is_special("__class__"));
        assert!(!is_special("__randomstate_ctor"));
        assert!(!is_special("____"));
        assert!(!is_special("_reconstruct"));
    }
}
