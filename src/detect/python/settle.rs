//! When each thing happens, once everything is known.

use std::collections::{HashMap, HashSet};

use super::reach::{Act, Program, Reach, When};
use super::walk::{MAIN, TOP, Walk};

/// Methods that loaders, servers and the interpreter itself call.
const LOADED_METHODS: &[&str] = &[
    "__call__",
    "__class_getitem__",
    "__del__",
    "__enter__",
    "__getattr__",
    "__init__",
    "__init_subclass__",
    "__new__",
    "__post_init__",
    "__reduce__",
    "__set_name__",
    "__setstate__",
    "_generate_examples",
    "_info",
    "_init_weights",
    "_split_generators",
    "build",
    "call",
    "decode",
    "encode",
    "execute",
    "finalize_options",
    "forward",
    "from_config",
    "from_pretrained",
    "generate",
    "handle",
    "inference",
    "initialize",
    "initialize_options",
    "load",
    "load_context",
    "load_model",
    "post_init",
    "postprocess",
    "predict",
    "preprocess",
    "run",
    "setup",
    "tokenize",
];

/// Functions of a module that loaders and servers call.
const LOADED_FUNCTIONS: &[&str] = &[
    "__getattr__",
    "handle",
    "init",
    "input_fn",
    "load",
    "load_model",
    "main",
    "model_fn",
    "output_fn",
    "predict",
    "predict_fn",
    "pytest_configure",
    "pytest_sessionstart",
    "run",
    "transform_fn",
];

impl Walk<'_, '_> {
    /// What was found, in the order of the source.
    pub fn finish(self) -> Program {
        let mut program = self.program;
        let imported = reached(&self.edges, [TOP]);
        let loaded = self.units.iter().enumerate().filter(|(_, unit)| {
            let names = if unit.class.is_some() {
                LOADED_METHODS
            } else {
                LOADED_FUNCTIONS
            };
            let is_outer = unit.class.is_some() || unit.parent == TOP;
            is_outer
                && unit
                    .name
                    .as_deref()
                    .is_some_and(|name| names.contains(&name))
        });
        let loaded = reached(
            &self.edges,
            loaded.map(|(id, _)| id).filter(|id| *id > MAIN),
        );
        let script = reached(&self.edges, [MAIN]);
        let when = |unit: &usize| match unit {
            unit if imported.contains(unit) => When::Imported,
            unit if loaded.contains(unit) => When::Loaded,
            unit if script.contains(unit) => When::Script,
            _ => When::Called,
        };
        let mut told = self.told;
        shells(&mut told);
        program.reaches = told
            .into_iter()
            .map(|(unit, reach)| Reach {
                when: when(&unit),
                ..reach
            })
            .collect();
        program.tidy();
        program
    }
}

/// The units that run once these do.
fn reached(
    edges: &HashSet<(usize, usize)>,
    from: impl IntoIterator<Item = usize>,
) -> HashSet<usize> {
    let mut out: HashMap<usize, Vec<usize>> = HashMap::new();
    for &(a, b) in edges {
        out.entry(a).or_default().push(b);
    }
    let mut todo: Vec<usize> = from.into_iter().collect();
    let mut all: HashSet<usize> = todo.iter().copied().collect();
    while let Some(unit) = todo.pop() {
        for &next in out.get(&unit).map_or(&[][..], Vec::as_slice) {
            if all.insert(next) {
                todo.push(next);
            }
        }
    }
    all
}

/// A socket, descriptors put on it, and a program: a shell for another machine.
fn shells(told: &mut [(usize, Reach)]) {
    let mut units: HashMap<usize, (bool, bool, bool)> = HashMap::new();
    for (unit, reach) in told.iter() {
        let seen = units.entry(*unit).or_default();
        seen.0 |= reach.path.starts_with("socket.");
        seen.1 |= reach.path == "os.dup2";
        seen.2 |= matches!(reach.act, Act::Runs(_));
    }
    for (unit, reach) in told {
        let is_shell = units
            .get(unit)
            .is_some_and(|seen| seen.0 && seen.1 && seen.2);
        if is_shell && matches!(reach.act, Act::Runs(_)) {
            reach.act = Act::Shell;
        }
    }
}

impl Program {
    /// Add what another reading of the same source found.
    pub(super) fn add(&mut self, other: Program) {
        for reach in other.reaches {
            let is_known = |known: &Reach| {
                known.path == reach.path
                    && known.at <= reach.at
                    && reach.at < known.end.max(known.at.saturating_add(1))
            };
            if !self.reaches.iter().any(is_known) {
                self.reaches.push(reach);
            }
        }
        for what in other.limits {
            if !self.limits.contains(&what) {
                self.limits.push(what);
            }
        }
        self.tidy();
    }

    /// Each thing once, in the order of the source.
    fn tidy(&mut self) {
        self.reaches.sort_by(|a, b| {
            let place = (a.at, a.end, &a.path).cmp(&(b.at, b.end, &b.path));
            place
                .then(a.act.cmp(&b.act))
                .then(b.when.cmp(&a.when))
                .then(b.unwrapped.cmp(&a.unwrapped))
        });
        self.reaches
            .dedup_by(|a, b| a.at == b.at && a.path == b.path && a.act == b.act);
    }
}
