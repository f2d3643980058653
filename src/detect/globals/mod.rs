//! The knowledge base of Python callables: what a (module, name) pair does when
//! a pickle, a configuration or a template reaches it.

use crate::report::Severity;

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
        why: &'static str,
    },
}

/// Judge the callable `name` of `module`, aliases folded, dots in the name
/// followed.
pub fn judge(_module: &str, _name: &str) -> Judgement {
    Judgement::Unknown {
        known_package: false,
    }
}
