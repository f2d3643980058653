//! What a code object was found to do.

use std::collections::HashSet;

use super::weight::Weight;
use crate::detect::globals::{self, Effect};
use crate::report::{Severity, escape_text};
use crate::wire::marshal::ObjectId;

/// Reaches of one tree that are kept.
const REACH_CAP: usize = 256;

/// Reaches that are told one by one.
const STEP_CAP: usize = 16;

/// Names in one list of a message.
const LISTED: usize = 3;

/// Imports of one tree that are kept.
const IMPORT_CAP: usize = 64;

/// A dangerous object that code gets hold of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Its dotted path, or how it is read.
    pub path: String,
    /// What that means.
    pub weight: Weight,
    /// Name of the code object.
    pub within: String,
    /// The line on which that code object begins.
    pub line: u32,
    /// Whether it happens as soon as the outermost code runs, as opposed to
    /// when a function of it is called.
    pub at_once: bool,
    /// Whether only the names say so, and not the instructions.
    pub by_name: bool,
    pub(super) code: ObjectId,
    pub(super) guarded: bool,
}

/// What a code object and those inside it do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Dangerous objects, worst first.
    pub reaches: Vec<Reach>,
    /// Modules that are imported.
    pub imports: Vec<String>,
    /// Code objects.
    pub codes: usize,
    /// Whether the instructions are sound in a version of Python. Where they
    /// are not, names may have been put together wrongly.
    pub is_sound: bool,
    /// Whether it makes or replaces code.
    pub makes_code: bool,
    /// Constants that are code themselves: what they are, and an excerpt.
    pub texts: Vec<(String, String)>,
    /// What was not followed to its end.
    pub limits: Vec<&'static str>,
    /// Who calls or hands on whose code.
    pub(super) edges: HashSet<(ObjectId, ObjectId)>,
    /// Code objects that run as soon as the outermost one does.
    pub(super) at_once: HashSet<ObjectId>,
    /// Attributes of unknown objects that are called like commands.
    pub(super) loose: HashSet<(ObjectId, String)>,
    seen: HashSet<(String, ObjectId)>,
}

impl Verdict {
    /// How bad the worst reach is.
    pub fn severity(&self) -> Option<Severity> {
        self.reaches.iter().map(|reach| reach.weight.severity).max()
    }

    /// The dangerous paths, worst first, for a message: "`os.system`, `eval`
    /// and 3 more".
    pub fn paths(&self) -> String {
        let mut paths: Vec<&str> = Vec::new();
        for reach in &self.reaches {
            if !paths.contains(&reach.path.as_str()) {
                paths.push(&reach.path);
            }
        }
        listed(&paths, |path| format!("`{}`", escape_text(path)))
    }

    /// The imports, for a message.
    pub fn modules(&self) -> String {
        let modules: Vec<&str> = self.imports.iter().map(String::as_str).collect();
        listed(&modules, escape_text)
    }

    /// One line for each reach, constant and doubt, for the trace of a finding.
    pub fn steps(&self) -> Vec<String> {
        let reaches = self.reaches.iter().take(STEP_CAP).map(|reach| {
            let how = match reach.by_name {
                true => "has the names of",
                false => "reaches",
            };
            let (within, path) = (escape_text(&reach.within), escape_text(&reach.path));
            let does = globals::does(reach.weight.effect);
            format!(
                "`{within}`, line {}: {how} {path}, which {does}",
                reach.line
            )
        });
        let texts = self.texts.iter();
        let texts =
            texts.map(|(what, excerpt)| format!("a constant is {what}: {}", escape_text(excerpt)));
        let doubt = (!self.is_sound)
            .then(|| "its instructions are sound in no version of Python that fits".to_owned());
        reaches.chain(texts).chain(doubt).collect()
    }

    pub(super) fn limit(&mut self, what: &'static str) {
        if !self.limits.contains(&what) {
            self.limits.push(what);
        }
    }

    pub(super) fn import(&mut self, module: &str) {
        if self.imports.iter().any(|known| known == module) {
            return;
        }
        match self.imports.len() < IMPORT_CAP {
            true => self.imports.push(module.to_owned()),
            false => self.limit("imports"),
        }
    }

    pub(super) fn loose(&mut self, code: ObjectId, name: &str) {
        if self.loose.len() < REACH_CAP {
            self.loose.insert((code, name.to_owned()));
        }
    }

    pub(super) fn reach(&mut self, reach: Reach) {
        if matches!(reach.weight.effect, Effect::EvaluatesCode) {
            self.makes_code = true;
        }
        let key = (reach.path.clone(), reach.code);
        if self.seen.contains(&key) {
            if let Some(known) = self
                .reaches
                .iter_mut()
                .find(|r| r.code == reach.code && r.path == reach.path)
            {
                known.guarded &= reach.guarded;
            }
            return;
        }
        if self.reaches.len() >= REACH_CAP {
            self.limit("dangerous names");
            return;
        }
        self.seen.insert(key);
        self.reaches.push(reach);
    }

    /// Settle which reaches happen at once: those in code that the outermost
    /// code calls or hands on, through however many functions.
    pub(super) fn finish(&mut self, root: ObjectId) {
        let mut reached = HashSet::from([root]);
        let mut todo = vec![root];
        let mut out: std::collections::HashMap<ObjectId, Vec<ObjectId>> = Default::default();
        for &(from, to) in &self.edges {
            out.entry(from).or_default().push(to);
        }
        while let Some(from) = todo.pop() {
            for &to in out.get(&from).map_or(&[][..], Vec::as_slice) {
                if reached.insert(to) {
                    todo.push(to);
                }
            }
        }
        for reach in &mut self.reaches {
            reach.at_once = !reach.guarded && reached.contains(&reach.code);
        }
        self.at_once = reached;
    }

    /// Add what another reading of the same code found.
    pub(super) fn merge(&mut self, other: Verdict) {
        for reach in other.reaches {
            let at_once = reach.at_once;
            let (path, code) = (reach.path.clone(), reach.code);
            self.reach(reach);
            if at_once
                && let Some(known) = self
                    .reaches
                    .iter_mut()
                    .find(|r| r.code == code && r.path == path)
            {
                known.at_once = true;
            }
        }
        for module in &other.imports {
            self.import(module);
        }
        for what in other.limits {
            self.limit(what);
        }
        self.makes_code |= other.makes_code;
        self.at_once.extend(other.at_once);
        self.loose.extend(other.loose);
    }

    pub(super) fn sort(&mut self) {
        self.reaches.sort_by(|a, b| {
            let worst = b.weight.severity.cmp(&a.weight.severity);
            worst
                .then(b.at_once.cmp(&a.at_once))
                .then(a.by_name.cmp(&b.by_name))
                .then(a.code.cmp(&b.code))
                .then(a.path.cmp(&b.path))
        });
        self.imports.sort();
    }
}

/// "a, b, c and 2 more".
fn listed(names: &[&str], show: impl Fn(&str) -> String) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| show(name)).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
