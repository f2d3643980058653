//! The knowledge base of Python callables: what a (module, name) pair does when
//! a pickle, a configuration or a template reaches it.
//!
//! Knowledge is data, one table a topic. Around the tables stand rules that
//! need no list: a dotted name is followed to the object it denotes, a dunder
//! component is an escape, and the standard library is closed, so that what is
//! in it and not vetted by name counts as dangerous. What a survey of the
//! sources of a library found to reach a dangerous callable is dangerous too.
//! Names outside all of this are unknown, and the caller decides by what is
//! done with them. The order and how to add to it: `docs/knowledge-base.md`.

mod calls;
mod deserialise;
mod evaluation;
mod files;
mod harmless;
mod index;
mod interpreter;
mod native;
mod network;
mod packages;
mod path;
mod process;
mod reach;
mod resolve;
mod stdlib;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::report::Severity;
pub use reach::Way;

/// What a callable does to whoever calls it with hostile arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Starts a process or runs a shell command.
    RunsCommand,
    /// Evaluates Python code or builds code objects.
    EvaluatesCode,
    /// Imports a module or runs one.
    ImportsModule,
    /// Turns a string into an arbitrary object, or reads attributes freely.
    ResolvesNames,
    /// Calls whatever callable it is given.
    CallsArgument,
    /// Loads another pickle or another serialised object that runs code.
    Deserialises,
    /// Loads a native library or calls into memory.
    LoadsNativeCode,
    /// Opens, reads, writes or deletes files.
    TouchesFiles,
    /// Opens connections or fetches from the network.
    UsesNetwork,
    /// Changes the interpreter, its environment or its modules.
    ChangesInterpreter,
    /// Part of the standard library that no ordinary pickle names; nobody
    /// vouches for it.
    Unvetted,
}

/// Why a callable is dangerous. Prints as one sentence without a full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody wrote it down.
    Known(&'static str),
    /// The sources of its library show what it reaches.
    Reaches(Way),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Known(why) => f.write_str(why),
            Why::Reaches(way) => way.fmt(f),
        }
    }
}

/// What a stream does with a callable that it names. It matters for classes:
/// what their constructor does is no danger to who fills an empty object, and
/// that is how ordinary models are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is not known, or an empty object of the class is made and filled.
    Named,
    /// It is called; of a class, `__init__` runs.
    Called,
    /// An object of the class is given attributes one by one, as the slots of
    /// a state are, so that the setters of its properties run.
    Assigned,
}

impl Use {
    /// The kinds of entries in the surveys that tell of it.
    fn kinds(self, name: &str) -> &'static [&'static str] {
        match self {
            Use::Named if packages::is_class_spelling(name) => &["f", "n", "s"],
            Use::Named | Use::Called => &["f", "n", "s", "c"],
            Use::Assigned => &["n", "s", "p"],
        }
    }
}

/// What is known about a callable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Vetted: reconstructing ordinary objects needs it and hostile arguments
    /// do no harm. Holds the reason.
    Harmless(&'static str),
    /// Not vetted. `known_package` says whether the package is one that models
    /// ordinarily name.
    Unknown {
        /// Whether the top-level package is a well-known library.
        known_package: bool,
    },
    /// Reaching it is an attack, or as good as one.
    Dangerous {
        /// What it does.
        effect: Effect,
        /// How bad a call of it is: critical or high.
        severity: Severity,
        /// Why, in one sentence.
        why: Why,
    },
}

/// The effect as a verb phrase for messages: "`os.system` runs a command".
pub fn does(effect: Effect) -> &'static str {
    match effect {
        Effect::RunsCommand => "runs a command",
        Effect::EvaluatesCode => "evaluates code",
        Effect::ImportsModule => "imports or runs a module",
        Effect::ResolvesNames => "turns names into arbitrary objects",
        Effect::CallsArgument => "calls whatever it is given",
        Effect::Deserialises => "loads another serialised object",
        Effect::LoadsNativeCode => "loads native code",
        Effect::TouchesFiles => "reads or writes files",
        Effect::UsesNetwork => "uses the network",
        Effect::ChangesInterpreter => "changes the interpreter",
        Effect::Unvetted => "is no part of an ordinary model",
    }
}

/// Judge the callable `name` of `module`, aliases folded, dots in the name
/// followed, whatever is done with it.
///
/// The judgement is about the callable alone. [`Effect::CallsArgument`] and
/// [`Effect::ResolvesNames`] depend on the arguments: `functools.partial` of a
/// harmless class does no harm, and the caller that sees the arguments may say
/// so. A class whose constructor alone is dangerous is not held dangerous here:
/// see [`judge_use`].
pub fn judge(module: &str, name: &str) -> Judgement {
    judge_use(module, name, Use::Named)
}

/// Judge the callable `name` of `module` for one use of it.
pub fn judge_use(module: &str, name: &str, used: Use) -> Judgement {
    let folded = path::fold(module, name);
    if let Some(known) = folded.as_deref().and_then(index::name) {
        return *known;
    }
    if let Some(escape) = escape(module, name) {
        return escape;
    }
    if let Some(inner) = follow(name) {
        return inner;
    }
    match folded {
        Some(path) => by_module(&path, used),
        None => by_package(module),
    }
}

/// The dotted path of a callable in the spelling of the tables: `os.system` for
/// `posix` and `system`. `None` where it is longer than any that is known.
pub fn folded(module: &str, name: &str) -> Option<String> {
    path::fold(module, name)
}

/// A dunder in the path leads from any object to every other one. Pickle
/// itself writes none, but for names that the tables hold, for the module that
/// a script runs as, and for the classes of a TorchScript archive.
fn escape(module: &str, name: &str) -> Option<Judgement> {
    if is_torch_script(module) && packages::is_class_spelling(name) {
        return Some(index::harmless(
            "a class that the TorchScript code of the archive defines; Python has no such module",
        ));
    }
    let module = match module {
        "__main__" | "__mp_main__" | "__builtin__" | "__builtins__" | "__future__" => "",
        other => other,
    };
    let mut components = module.split('.').chain(name.split('.'));
    components.any(is_dunder).then(|| {
        index::critical(
            Effect::ResolvesNames,
            "a name with double underscores leads from any object to the interpreter's own",
        )
    })
}

/// Whether TorchScript made this module name: `__torch__`, then the path of the
/// Python class it compiled.
fn is_torch_script(module: &str) -> bool {
    let mut components = module.split('.');
    components.next() == Some("__torch__") && !components.any(is_dunder)
}

fn is_dunder(component: &str) -> bool {
    component.len() > 4 && component.starts_with("__") && component.ends_with("__")
}

/// The judgement of what a dotted name denotes when it passes through a module
/// of the standard library: `pathlib` + `os.system` is `os.system`. A bare
/// module as a value gives its holder everything in it.
fn follow(name: &str) -> Option<Judgement> {
    let mut rest = name;
    while let Some((component, tail)) = rest.split_once('.') {
        let bare = component.trim_start_matches('_');
        if stdlib::contains(component) || stdlib::contains(bare) {
            return Some(at_least_high(target(component, bare, tail)));
        }
        rest = tail;
    }
    stdlib::is_module_attribute(rest).then(|| {
        index::high(
            Effect::ResolvesNames,
            "it is a module of the standard library, taken as a value",
        )
    })
}

/// What `tail` of the module spelled `component` is, by folded path and
/// without following it again.
fn target(component: &str, bare: &str, tail: &str) -> Judgement {
    let module = if stdlib::contains(component) {
        component
    } else {
        bare
    };
    match path::fold(module, tail) {
        Some(path) => index::name(&path)
            .copied()
            .unwrap_or_else(|| by_module(&path, Use::Called)),
        None => by_package(module),
    }
}

/// No pickler reaches one module through another, so the way alone is reason
/// enough.
fn at_least_high(judgement: Judgement) -> Judgement {
    match judgement {
        Judgement::Dangerous { .. } => judgement,
        _ => index::high(
            Effect::ResolvesNames,
            "it reaches a module of the standard library through another module",
        ),
    }
}

/// What the modules and classes around a path say about it: the longest
/// prefix that is known decides. Where a class would be vetted or nothing is
/// known, what its library's sources show comes first.
fn by_module(path: &str, used: Use) -> Judgement {
    for prefix in path::prefixes(path).skip(1) {
        if let Some(judgement @ Judgement::Dangerous { .. }) = index::name(prefix) {
            return *judgement;
        }
        if let Some(judgement) = index::module(prefix) {
            return *judgement;
        }
        if packages::has_vetted_classes(prefix) {
            return reached(path, used).unwrap_or_else(|| class_of(prefix, path));
        }
    }
    reached(path, used).unwrap_or_else(|| by_package(path))
}

/// What the survey of the library's sources says.
fn reached(path: &str, used: Use) -> Option<Judgement> {
    let last = path.rsplit('.').next().unwrap_or_default();
    let way = reach::way(path, used.kinds(last))?;
    Some(Judgement::Dangerous {
        effect: way.effect,
        severity: Severity::High,
        why: Why::Reaches(way),
    })
}

/// The class rule: see [`packages`].
fn class_of(module: &str, path: &str) -> Judgement {
    let inside = path.get(module.len()..).unwrap_or_default();
    let mut names = inside
        .split('.')
        .skip(1)
        .skip_while(|name| !packages::is_class_spelling(name))
        .peekable();
    let last = path.rsplit('.').next().unwrap_or_default();
    let is_class = names.peek().is_some() && names.all(packages::is_own_class);
    if is_class || packages::is_cython_constructor(last) {
        return Judgement::Harmless(packages::CLASS_REASON);
    }
    by_package(path)
}

/// What the top-level package says: the standard library is closed.
fn by_package(path: &str) -> Judgement {
    let package = path.split('.').next().unwrap_or_default();
    if stdlib::contains(package) {
        return index::high(
            Effect::Unvetted,
            "it belongs to the standard library and no ordinary model names it",
        );
    }
    let known_package = packages::is_known(package);
    if known_package && path.split('.').any(packages::is_denied) {
        return index::high(
            Effect::Unvetted,
            "a class of this name opens files, runs code or calls what it is given",
        );
    }
    Judgement::Unknown { known_package }
}
