//! What the names of a code object say without its instructions.
//!
//! A module that is imported and the name of one of its commands among the
//! names of the same code: that is a reach, however the two come together. This
//! sees through aliases, containers and instructions that make no sense, and
//! it is coarse: only names count that hardly mean anything else.

use std::collections::BTreeSet;

use super::Setting;
use super::follow::is_runner;
use super::verdict::{Reach, Verdict};
use super::weight::{Weight, weigh};
use crate::detect::code;
use crate::report::Severity;
use crate::wire::marshal::{Code, Object, ObjectId, Tree};

/// Names that are read, of all code objects together.
const NAME_CAP: usize = 1 << 18;

/// Bytes of a name that are read.
const NAME_CAP_BYTES: usize = 64;

/// Bytes of constants that are looked at for code, all together.
const TEXT_CAP_BYTES: usize = 1 << 20;

/// Constants that are code and are told.
const TOLD_TEXTS: usize = 8;

/// Builtins that nothing else is called, for code whose instructions make no
/// sense.
const OWN_BUILTINS: [&str; 2] = ["exec", "__import__"];

/// Modules with commands.
pub(super) const COMMAND_MODULES: [&str; 8] = [
    "ctypes",
    "marshal",
    "nt",
    "os",
    "posix",
    "pty",
    "runpy",
    "subprocess",
];

/// Functions that read attributes by name.
const GETTERS: [&str; 6] = [
    "__dict__",
    "__getattribute__",
    "attrgetter",
    "getattr",
    "methodcaller",
    "vars",
];

/// Read the names of every code object.
pub(super) fn read(tree: &Tree, codes: &[ObjectId], setting: &Setting, verdict: &mut Verdict) {
    let mut names = Vec::new();
    let mut left = NAME_CAP;
    for &id in codes {
        let Some(code) = tree.code(id) else { continue };
        names.push((id, code, of_code(tree, code, &mut left)));
        if left == 0 {
            verdict.limit("names");
            break;
        }
    }
    // A module may be imported outside and used inside.
    let all = names.iter().flat_map(|(_, _, set)| set).map(String::as_str);
    let given = setting.globals.values().chain(setting.variables.values());
    let modules: BTreeSet<String> = all
        .chain(given.map(String::as_str))
        .filter(|name| COMMAND_MODULES.contains(name))
        .map(str::to_owned)
        .collect();
    for (id, code, own) in &names {
        let by_getter = GETTERS.iter().any(|getter| own.contains(*getter));
        for name in own.iter().filter(|name| is_command(name)) {
            let is_attribute = verdict.loose.contains(&(*id, name.clone()));
            if verdict.is_sound && !by_getter && !is_attribute {
                continue;
            }
            for module in modules.iter().filter(|module| is_distinct(module, name)) {
                reach(tree, *id, code, &format!("{module}.{name}"), verdict);
            }
        }
        for name in OWN_BUILTINS {
            if !verdict.is_sound && own.contains(name) {
                reach(tree, *id, code, &format!("builtins.{name}"), verdict);
            }
        }
    }
    texts(tree, codes, verdict);
}

/// Names of attributes and globals; short constants too where the code reads
/// attributes by name.
fn of_code(tree: &Tree, code: &Code, left: &mut usize) -> BTreeSet<String> {
    let short = |id: &ObjectId| {
        let bytes = tree.bytes(*id)?;
        let is_name = bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        (is_name && !bytes.is_empty() && bytes.len() <= NAME_CAP_BYTES)
            .then(|| String::from_utf8_lossy(bytes).into_owned())
    };
    let mut names = BTreeSet::new();
    let mut take = |items: &[ObjectId], names: &mut BTreeSet<String>| {
        let taken = items.len().min(*left);
        *left = left.saturating_sub(taken);
        names.extend(items.iter().take(taken).filter_map(short));
    };
    take(tree.items(code.names), &mut names);
    if GETTERS.iter().any(|getter| names.contains(*getter)) {
        take(tree.items(code.constants), &mut names);
    }
    names
}

/// Whether the name is one of a command of one of the modules.
pub(super) fn is_command(name: &str) -> bool {
    COMMAND_MODULES
        .iter()
        .any(|module| is_distinct(module, name))
}

/// Whether the name is one of a command of this module and hardly anything
/// else.
fn is_distinct(module: &str, name: &str) -> bool {
    match module {
        "os" | "posix" | "nt" => {
            matches!(
                name,
                "system" | "popen" | "popen2" | "popen3" | "fork" | "forkpty" | "startfile"
            ) || name.starts_with("execv")
                || name.starts_with("execl")
                || name.starts_with("spawnv")
                || name.starts_with("spawnl")
                || name.starts_with("posix_spawn")
        }
        "subprocess" => is_runner(name) && !matches!(name, "run" | "call"),
        "pty" => name == "spawn",
        "runpy" => name.starts_with("run_"),
        "marshal" => name == "loads",
        "ctypes" => matches!(name, "CDLL" | "cdll" | "windll" | "WinDLL" | "PyDLL"),
        _ => false,
    }
}

fn reach(tree: &Tree, id: ObjectId, code: &Code, path: &str, verdict: &mut Verdict) {
    let shown = path.strip_prefix("builtins.").unwrap_or(path);
    let inner = format!(".{shown}");
    let same = |r: &Reach| r.path == shown || r.path.ends_with(&inner);
    // What the instructions said, here or in another code object, is not said
    // again.
    if verdict.reaches.iter().any(same) {
        return;
    }
    let Some(weight) = weigh(path).filter(|w| w.severity == Severity::Critical) else {
        return;
    };
    let weight: Weight = weight;
    let name = tree.text(code.qualname.unwrap_or(code.name));
    let within = name.map_or_else(String::new, |name| {
        name.chars().take(NAME_CAP_BYTES).collect()
    });
    verdict.reach(Reach {
        path: shown.to_owned(),
        weight,
        within,
        line: code.first_line,
        at_once: verdict.at_once.contains(&id),
        by_name: true,
        code: id,
        guarded: false,
    });
}

/// Constants that are code themselves.
fn texts(tree: &Tree, codes: &[ObjectId], verdict: &mut Verdict) {
    let mut left = TEXT_CAP_BYTES;
    let codes = codes.iter().filter_map(|&id| tree.code(id));
    let tuples: BTreeSet<ObjectId> = codes.map(|code| code.constants).collect();
    for tuple in tuples {
        for &id in tree.items(tuple) {
            let Some(Object::Text(piece) | Object::Bytes(piece)) = tree.get(id) else {
                continue;
            };
            if verdict.texts.len() >= TOLD_TEXTS {
                return;
            }
            let Some(rest) = left.checked_sub(piece.bytes.len()) else {
                continue;
            };
            left = rest;
            if let Some(found) = code::code_like(&String::from_utf8_lossy(&piece.bytes)) {
                verdict.texts.push((found.what, found.excerpt));
            }
        }
    }
}
