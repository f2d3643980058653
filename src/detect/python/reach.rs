//! What a program does that somebody ought to know of.

use super::value::{Made, Origin};
use crate::report::Severity;

/// Where code stands, and so when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// When a function is called that nothing seen here calls.
    Called,
    /// When the file is run as a program, and not when it is imported.
    Script,
    /// When the function is called that loaders and installers call.
    Loaded,
    /// When the file is imported, or run.
    Imported,
}

/// A command that is run, by how it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// A tool that tells about the machine, or builds: `git`, `nvcc`.
    Tool,
    /// An installer of packages.
    Install,
    /// Another one, that stands in the source.
    Plain,
    /// It fetches something, or decodes it, and hands it to an interpreter.
    Drops,
    /// It is put together while running.
    Unknown,
}

/// What code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Runs a command.
    Runs(Command),
    /// Evaluates text or bytes that come from there.
    Evaluates(Option<Origin>),
    /// Loads an object that can run code.
    Deserialises(Option<Origin>),
    /// Connects to another machine.
    Connects,
    /// Hands the whole environment, secrets included, to another machine.
    Leaks,
    /// Connects a shell to another machine.
    Shell,
    /// Loads native code.
    Native,
    /// Deletes files or changes who may use them.
    Deletes,
    /// Imports a file by its path, or runs one.
    Imports,
    /// Climbs from any object to the interpreter's own.
    Escapes,
    /// Takes something by a computed name out of a module of commands.
    Computes,
    /// Puts a dangerous function where something else will call it.
    Plants,
    /// Changes the process or the interpreter.
    Changes,
}

/// One thing that code does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The callable, by its path.
    pub path: String,
    /// What it does.
    pub act: Act,
    /// What is known of what it is given: a command, an address.
    pub detail: Option<String>,
    /// How its name came to be.
    pub made: Made,
    /// When it happens.
    pub when: When,
    /// The function that it stands in; `None` at the top of the module.
    pub within: Option<String>,
    /// Position of its first byte in the source.
    pub at: usize,
    /// Position behind its last.
    pub end: usize,
    /// How bad its callable is by itself.
    pub weight: Severity,
    /// How often code that was hidden in a constant was unwrapped to see it.
    pub unwrapped: u32,
}

/// What a program does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// What it does, in the order of the source.
    pub reaches: Vec<Reach>,
    /// What the parser did not understand.
    pub damage: Option<super::Damage>,
    /// What was not followed to its end.
    pub limits: Vec<&'static str>,
    /// Where text for people stands: comments, docstrings, what is printed.
    pub prose: Vec<std::ops::Range<usize>>,
}
