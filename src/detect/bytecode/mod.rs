//! What a code object would do if it ran: the names it imports, loads and
//! calls.
//!
//! Nothing is run and nothing is decompiled. The instructions are followed one
//! after the other with a small symbolic stack, far enough to put names
//! together: `import os` and `.system` are the *path* `os.system`, whether the
//! module came by `import`, `__import__`, `import_module`, `sys.modules` or
//! another name. A path that an ordinary function has no use for
//! ([`weigh`]) is a *reach*. Beside that the names alone are read, which needs
//! no instructions and sees through what the stack does not follow.
//!
//! The version of Python is known from a `.pyc` file only. Elsewhere every
//! version of the group that the layout tells is tried, and those count in
//! which the bytes are sound.
//!
//! Not seen: names put together while running, unless the way they are used
//! says so; values that pass through containers, attributes and arguments;
//! which branch is taken.

mod calls;
mod decode;
mod follow;
mod names;
mod opcodes;
mod scope;
mod verdict;
mod weight;

#[cfg(test)]
mod tests;

pub use verdict::{Reach, Verdict};
pub use weight::{Weight, weigh};

use std::collections::{BTreeMap, HashSet};

use self::decode::{Instructions, Sizes};
use self::follow::{Follower, Site};
use self::scope::Scope;
use crate::budget::{Budget, Stop};
use crate::wire::marshal::{Code, Object, ObjectId, Python, Tree};

/// Code objects of one tree that are followed.
const CODE_CAP: usize = 1 << 16;

/// Instructions that are read for one verdict, all versions and passes
/// together.
const INSTRUCTION_CAP: u64 = 1 << 23;

/// Instructions between two looks at the budget.
const INSTRUCTIONS_PER_CHECK: u64 = 1 << 14;

/// What is known about code besides the code.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The Python that wrote it; every version of its group where not known.
    pub python: Option<Python>,
    /// Globals it will find, by the dotted path of what they mean.
    pub globals: BTreeMap<String, String>,
    /// The same for arguments and variables of outer functions.
    pub variables: BTreeMap<String, String>,
}

/// Judge the code object `root` and all that lie in its constants.
pub fn judge(
    tree: &Tree,
    root: ObjectId,
    setting: &Setting,
    budget: &Budget,
) -> Result<Verdict, Stop> {
    let mut verdict = Verdict::default();
    let codes = reachable(tree, root, &mut verdict);
    let mut meter = Meter { spent: 0, budget };
    verdict.codes = codes.len();
    let mut all = Vec::new();
    for (python, is_sound) in versions(tree, &codes, setting, &mut meter)? {
        let mut told = Verdict::default();
        let mut scope = Scope::new(setting);
        // The first pass learns what names mean, the second one tells.
        for tell in [false, true] {
            for &id in &codes {
                let Some(code) = tree.code(id) else { continue };
                let site = Site {
                    tree,
                    id,
                    code,
                    python,
                    is_root: id == root,
                };
                follow(site, tell, &mut scope, &mut told, &mut meter)?;
            }
        }
        told.finish(root);
        told.is_sound = is_sound;
        all.push(told);
    }
    verdict.is_sound = all.iter().any(|told| told.is_sound);
    for told in all {
        verdict.merge(told);
    }
    names::read(tree, &codes, setting, &mut verdict);
    verdict.sort();
    Ok(verdict)
}

/// Counts instructions, and looks at the budget now and then.
struct Meter<'a> {
    spent: u64,
    budget: &'a Budget,
}

impl Meter<'_> {
    fn is_empty(&self) -> bool {
        self.spent >= INSTRUCTION_CAP
    }

    fn spend(&mut self) -> Result<(), Stop> {
        self.spent = self.spent.saturating_add(1);
        match self.spent.is_multiple_of(INSTRUCTIONS_PER_CHECK) {
            true => self.budget.check(),
            false => Ok(()),
        }
    }
}

/// The code objects at and below `root`, outer ones first, each once.
fn reachable(tree: &Tree, root: ObjectId, verdict: &mut Verdict) -> Vec<ObjectId> {
    let mut seen = HashSet::from([root]);
    let mut codes = Vec::new();
    let mut todo = std::collections::VecDeque::from([root]);
    while let Some(id) = todo.pop_front() {
        let constants;
        let inner: &[ObjectId] = match tree.get(id) {
            Some(Object::Code(code)) => {
                if codes.len() >= CODE_CAP {
                    verdict.limit("code objects");
                    break;
                }
                codes.push(id);
                constants = [code.constants];
                &constants
            }
            Some(Object::Sequence(_, items)) => items,
            _ => &[],
        };
        for &item in inner {
            let holds = matches!(tree.get(item), Some(Object::Code(_) | Object::Sequence(..)));
            if holds && seen.insert(item) {
                todo.push_back(item);
            }
        }
    }
    codes
}

/// The versions to read the code in, and whether it is sound in them. Where it
/// is sound in none, the one in which most of it is.
fn versions(
    tree: &Tree,
    codes: &[ObjectId],
    setting: &Setting,
    meter: &mut Meter<'_>,
) -> Result<Vec<(Python, bool)>, Stop> {
    let Some(layout) = codes.iter().find_map(|&id| tree.code(id)).map(|c| c.layout) else {
        return Ok(Vec::new());
    };
    let known = setting.python.map(|python| vec![python]);
    let tried = known.unwrap_or_else(|| Python::with_layout(layout).to_vec());
    let mut unsound = Vec::new();
    for &python in &tried {
        let mut bad = 0usize;
        for &id in codes {
            if !is_sound(tree, id, python, meter)? {
                bad = bad.saturating_add(1);
            }
        }
        unsound.push((python, bad));
    }
    let sound: Vec<_> = unsound.iter().filter(|(_, bad)| *bad == 0).collect();
    if !sound.is_empty() {
        return Ok(sound
            .into_iter()
            .map(|&(python, _)| (python, true))
            .collect());
    }
    let best = unsound.into_iter().min_by_key(|&(_, bad)| bad);
    Ok(best
        .map(|(python, _)| (python, false))
        .into_iter()
        .collect())
}

fn is_sound(
    tree: &Tree,
    id: ObjectId,
    python: Python,
    meter: &mut Meter<'_>,
) -> Result<bool, Stop> {
    let Some(code) = tree.code(id) else {
        return Ok(true);
    };
    let mut instructions = instructions(tree, code, python);
    while instructions.is_sound() && !meter.is_empty() {
        if instructions.next().is_none() {
            break;
        }
        meter.spend()?;
    }
    Ok(instructions.is_sound())
}

fn instructions<'t>(tree: &'t Tree, code: &Code, python: Python) -> Instructions<'t> {
    let count = |id: Option<ObjectId>| id.map_or(0, |id| tree.items(id).len());
    let locals = count(Some(code.locals));
    let shared = match code.cells {
        Some(_) => count(code.cells).saturating_add(count(code.free)),
        None => locals,
    };
    let sizes = Sizes {
        constants: count(Some(code.constants)),
        names: count(Some(code.names)),
        locals,
        shared,
    };
    Instructions::new(tree.bytes(code.bytecode).unwrap_or_default(), python, sizes)
}

/// Follow one code object through its instructions.
fn follow(
    site: Site<'_>,
    tell: bool,
    scope: &mut Scope,
    told: &mut Verdict,
    meter: &mut Meter<'_>,
) -> Result<(), Stop> {
    let bytecode = site.tree.piece(site.code.bytecode);
    if bytecode.is_some_and(|piece| piece.is_cut()) || meter.is_empty() {
        told.limit("instructions");
    }
    let mut follower = Follower::new(site, tell, scope, told);
    for instruction in instructions(site.tree, site.code, site.python) {
        if meter.is_empty() {
            break;
        }
        meter.spend()?;
        follower.step(instruction);
    }
    follower.finish();
    Ok(())
}
