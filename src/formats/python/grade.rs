//! How bad it is what a source does, given who runs it.
//!
//! The same call is nothing in a training script, worth a look in a set-up
//! script, and an attack in a file that a loader imports with the model.

use crate::detect::python::{Act, Command, Made, Origin, Reach, When};
use crate::formats::wheel::FINDER;
use crate::report::Severity::{self, Critical, High, Info, Low, Medium};
use crate::rules::{Rule, python as rules};

/// Who runs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Role {
    /// A loader imports it with the model.
    Loaded,
    /// An installer runs it.
    Setup,
    /// A person runs it, knowing that it is a program.
    Program,
    /// A person runs it, cell by cell.
    Notebook,
    /// Python runs it whenever it starts.
    Startup,
}

/// Names, by their beginnings, of files that loaders import.
const LOADED: &[&str] = &[
    "__init__.py",
    "configuration_",
    "conftest.py",
    "custom_generate",
    "feature_extraction_",
    "handler.py",
    "hubconf.py",
    "image_processing_",
    "inference.py",
    "model.py",
    "modeling_",
    "modular_",
    "pipeline.py",
    "processing_",
    "processor_",
    "tokenization_",
    "video_processing_",
];

/// Suffixes of archives whose sources are imported by what loads them.
const ARCHIVES: &[&str] = &[
    ".bin", ".ckpt", ".keras", ".mar", ".nemo", ".pt", ".pth", ".skops",
];

impl Role {
    /// The role of a file by its name and by the file that holds it.
    pub(in crate::formats) fn of(name: &str, outer: &str, is_member: bool) -> Role {
        let leaf = name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or(name)
            .to_lowercase();
        let outer = outer.to_lowercase();
        let in_model = is_member && ARCHIVES.iter().any(|suffix| outer.ends_with(suffix));
        match leaf.as_str() {
            "sitecustomize.py" | "usercustomize.py" | "_virtualenv.py" => Role::Startup,
            // What `.pth` files of installers import.
            leaf if leaf.starts_with(FINDER) => Role::Startup,
            "__init__.py" | "override.py" if is_in(name, "_distutils_hack") => Role::Startup,
            "setup.py" => Role::Setup,
            leaf if in_model || LOADED.iter().any(|front| leaf.starts_with(front)) => Role::Loaded,
            _ => Role::Program,
        }
    }

    /// Whether code at the top of the file runs without anybody meaning to run
    /// a program.
    fn is_imported(self) -> bool {
        matches!(self, Role::Loaded | Role::Setup | Role::Startup)
    }
}

/// Whether the file lies in a folder of this name.
fn is_in(name: &str, folder: &str) -> bool {
    name.rsplit(['/', '\\']).nth(1) == Some(folder)
}

/// When something happens, as it matters for its grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    /// While a model is loaded or a package installed, whoever does it.
    Import,
    /// In what loaders and installers call then.
    Load,
    /// When a person runs the program.
    Run,
    /// When somebody calls a function.
    Call,
}

fn time(when: When, role: Role) -> Time {
    match (when, role.is_imported()) {
        (When::Imported, true) => Time::Import,
        (When::Imported, false) | (When::Script, false) => Time::Run,
        (When::Loaded, true) => Time::Load,
        _ => Time::Call,
    }
}

/// The rule that a reach meets, and its grade; `None` where it is nothing.
pub(super) fn grade(reach: &Reach, role: Role) -> Option<(&'static Rule, Severity)> {
    let time = time(reach.when, role);
    let by = |import, load, run, call| match time {
        Time::Import => import,
        Time::Load => load,
        Time::Run => run,
        Time::Call => call,
    };
    let capable = Some((&rules::CAPABLE, Info));
    let some = |rule: &'static Rule, severity| Some((rule, severity));
    match reach.act {
        Act::Shell => some(&rules::REMOTE_SHELL, by(Critical, Critical, Critical, High)),
        Act::Leaks => some(&rules::LEAKS_ENVIRONMENT, by(Critical, High, High, Medium)),
        Act::Escapes => some(&rules::HIDDEN_CALL, by(Critical, High, Critical, High)),
        Act::Plants => some(&rules::HIDDEN_CALL, by(Critical, High, High, High)),
        Act::Computes => match time {
            Time::Import => some(&rules::HIDDEN_CALL, High),
            Time::Load | Time::Run => some(&rules::HIDDEN_CALL, Low),
            Time::Call => None,
        },
        Act::Runs(command) => match (command, hidden(reach)) {
            (Command::Tool, _) if reach.made != Made::Decoded => capable,
            (_, true) => some(&rules::HIDDEN_CALL, by(Critical, High, High, Medium)),
            (Command::Drops, _) => some(&rules::RUNS_COMMAND, by(Critical, High, High, Low)),
            (Command::Install, _) => match time {
                Time::Import => some(&rules::INSTALLS, Medium),
                Time::Load => some(&rules::INSTALLS, Low),
                Time::Run | Time::Call => capable,
            },
            (Command::Unknown, _) if role == Role::Setup => match time {
                Time::Import => some(&rules::RUNS_COMMAND, Low),
                _ => capable,
            },
            (_, _) => match time {
                Time::Import => some(&rules::RUNS_COMMAND, High),
                Time::Load if role == Role::Setup => some(&rules::RUNS_COMMAND, Low),
                Time::Load => some(&rules::RUNS_COMMAND, Medium),
                Time::Run | Time::Call => capable,
            },
        },
        Act::Evaluates(origin) => evaluates(reach, origin, time),
        Act::Deserialises(origin) => deserialises(reach, origin, time),
        Act::Connects => match time {
            Time::Import if hidden(reach) => some(&rules::HIDDEN_CALL, High),
            Time::Import if role == Role::Setup => some(&rules::CONNECTS, Low),
            Time::Import => some(&rules::CONNECTS, Medium),
            _ => None,
        },
        Act::Native if hidden(reach) => some(&rules::HIDDEN_CALL, by(High, High, Medium, Medium)),
        Act::Native => match time {
            Time::Import => some(&rules::SIDE_EFFECT, Low),
            _ => capable,
        },
        Act::Deletes | Act::Changes | Act::Imports => match time {
            Time::Import => some(&rules::SIDE_EFFECT, Low),
            _ => None,
        },
    }
}

/// Whether the name of what is called does not stand there, or the code itself
/// did not.
fn hidden(reach: &Reach) -> bool {
    reach.made > Made::Plain || reach.unwrapped > 0
}

fn evaluates(
    reach: &Reach,
    origin: Option<Origin>,
    time: Time,
) -> Option<(&'static Rule, Severity)> {
    let severity = match (origin, time) {
        (Some(Origin::Decoded | Origin::Fetched), Time::Import | Time::Run) => Critical,
        (Some(Origin::Decoded | Origin::Fetched), _) => High,
        _ if hidden(reach) => return Some((&rules::HIDDEN_CALL, High)),
        (Some(Origin::File), Time::Import) => return Some((&rules::SIDE_EFFECT, Low)),
        (None, Time::Import) => return Some((&rules::SIDE_EFFECT, Low)),
        _ => return Some((&rules::CAPABLE, Info)),
    };
    Some((&rules::HIDDEN_CODE, severity))
}

fn deserialises(
    reach: &Reach,
    origin: Option<Origin>,
    time: Time,
) -> Option<(&'static Rule, Severity)> {
    match (origin, time) {
        (Some(Origin::Decoded), Time::Import | Time::Run) => Some((&rules::HIDDEN_CODE, High)),
        (Some(Origin::Decoded), _) => Some((&rules::HIDDEN_CODE, Low)),
        (Some(Origin::Fetched), Time::Import) => Some((&rules::HIDDEN_CODE, High)),
        (Some(Origin::Fetched), _) => Some((&rules::HIDDEN_CODE, Low)),
        (_, Time::Import) if hidden(reach) => Some((&rules::HIDDEN_CALL, High)),
        (_, Time::Import) => Some((&rules::SIDE_EFFECT, Low)),
        _ => None,
    }
}
