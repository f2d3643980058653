//! Python source that a model carries: which dangerous functions it names.
//!
//! Imports give names, names are followed through them to the object they
//! denote, and the knowledge base of callables says what that does. Opening
//! files and importing modules is what ordinary code does and is not told.
//!
//! What code does through names that it computes is not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::chains::{Chain, Piece, Pieces};
use super::excerpt;
use crate::budget::{Budget, Stop};
use crate::detect::globals::{self, Effect, Judgement};
use crate::report::Severity;

/// Pieces between two looks at the clock.
const PIECES_PER_CHECK: u64 = 4096;

/// Names that imports give and that are remembered.
const ALIASES_CAP: usize = 1 << 16;

/// Names that were looked up and are remembered as harmless.
const HARMLESS_CAP: usize = 4096;

/// A dangerous function that a source names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// The function, by the module it comes from.
    pub name: String,
    /// What it does, as a verb phrase.
    pub what: &'static str,
    /// How bad that is.
    pub severity: Severity,
}

/// A danger and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The function.
    pub danger: Danger,
    /// Position of its first byte in the source.
    pub at: usize,
    /// Position behind its last.
    pub end: usize,
    /// The line from there on.
    pub excerpt: String,
}

/// The danger of a function by its full dotted name.
pub fn danger(dotted: &str) -> Option<Danger> {
    let (module, name) = dotted.rsplit_once('.').unwrap_or(("builtins", dotted));
    let Judgement::Dangerous {
        effect, severity, ..
    } = globals::judge(module, name)
    else {
        return None;
    };
    let severity = match effect {
        Effect::RunsCommand | Effect::EvaluatesCode => severity,
        Effect::UsesNetwork | Effect::LoadsNativeCode => severity.min(Severity::High),
        // Loading the model is what such code is for.
        Effect::Deserialises if dotted.starts_with("torch.") => return None,
        Effect::Deserialises => Severity::Low,
        Effect::ImportsModule
        | Effect::ResolvesNames
        | Effect::CallsArgument
        | Effect::ChangesInterpreter
        | Effect::TouchesFiles
        | Effect::Unvetted => return None,
    };
    Some(Danger {
        name: dotted.to_owned(),
        what: globals::does(effect),
        severity,
    })
}

/// Read a source and hand over the dangerous functions that it names, front to
/// back.
pub fn judge(source: &[u8], budget: &Budget, tell: &mut dyn FnMut(Told)) -> Result<(), Stop> {
    let mut names = Names::default();
    let mut harmless: BTreeSet<String> = BTreeSet::new();
    let mut seen = 0u64;
    // Behind `def` stands a name that is given, not one that is used.
    let mut is_defined = false;
    for piece in Pieces::new(source) {
        seen = seen.wrapping_add(1);
        if seen.is_multiple_of(PIECES_PER_CHECK) {
            budget.check()?;
        }
        if names.import(&piece) {
            continue;
        }
        let Piece::Chain(chain) = piece else {
            continue;
        };
        if std::mem::replace(&mut is_defined, chain.is_word("def")) {
            continue;
        }
        let Some(dotted) = names.resolve(&chain) else {
            continue;
        };
        if harmless.contains(&dotted) {
            continue;
        }
        let Some(danger) = danger(&dotted) else {
            if harmless.len() < HARMLESS_CAP {
                harmless.insert(dotted);
            }
            continue;
        };
        tell(Told {
            danger,
            at: chain.at,
            end: chain.end,
            excerpt: excerpt(source, chain.at),
        });
    }
    Ok(())
}

/// Which part of an import statement comes next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Part {
    /// None: this is no import.
    #[default]
    None,
    /// A module behind `import`.
    Module,
    /// The module behind `from`.
    From,
    /// A name behind `from … import`.
    Name(String),
}

/// The names that imports give.
#[derive(Default)]
struct Names {
    aliases: BTreeMap<String, String>,
    part: Part,
    /// What the last part named, until `as` gives it another name.
    last: Option<String>,
    renames: bool,
    depth: u32,
}

impl Names {
    /// Take a piece of an import statement; whether it was one.
    fn import(&mut self, piece: &Piece<'_>) -> bool {
        match piece {
            Piece::Chain(chain) if self.part == Part::None => {
                if !chain.is_first {
                    return false;
                }
                self.part = match () {
                    () if chain.is_word("import") => Part::Module,
                    () if chain.is_word("from") => Part::From,
                    () => return false,
                };
                self.depth = 0;
                true
            }
            Piece::Token(_) if self.part == Part::None => false,
            Piece::Chain(chain) => {
                self.word(chain);
                true
            }
            Piece::Token(token) => {
                match token.text {
                    b"(" => self.depth = 1,
                    b")" => self.depth = 0,
                    b"\n" | b";" if self.depth == 0 => {
                        self.part = Part::None;
                        self.last = None;
                        self.renames = false;
                    }
                    _ => {}
                }
                true
            }
        }
    }

    fn word(&mut self, chain: &Chain<'_>) {
        let dotted = chain.dotted();
        if self.renames {
            self.renames = false;
            if let Some(target) = self.last.take() {
                self.add(dotted, target);
            }
            return;
        }
        match (&self.part, dotted.as_str()) {
            (Part::Module | Part::Name(_), "as") => self.renames = true,
            (Part::Module, _) => {
                let first = chain.names.first().map(|name| (*name).to_owned());
                if let Some(first) = first {
                    self.add(first.clone(), first);
                }
                self.last = Some(dotted);
            }
            (Part::From, "import") => {
                let module = self.last.take().unwrap_or_default();
                self.part = Part::Name(module);
            }
            (Part::From, _) if !chain.is_member => self.last = Some(dotted),
            (Part::Name(module), _) if !module.is_empty() => {
                let target = format!("{module}.{dotted}");
                self.add(dotted, target.clone());
                self.last = Some(target);
            }
            _ => {}
        }
    }

    fn add(&mut self, name: String, target: String) {
        if self.aliases.len() < ALIASES_CAP {
            self.aliases.insert(name, target);
        }
    }

    /// The full name of a chain, if it begins with something imported or is a
    /// call of a function that is always there.
    fn resolve(&self, chain: &Chain<'_>) -> Option<String> {
        if chain.is_member {
            return None;
        }
        let (first, rest) = chain.names.split_first()?;
        match self.aliases.get(*first) {
            Some(target) if rest.is_empty() => {
                // A module alone does nothing.
                target.contains('.').then(|| target.clone())
            }
            Some(target) => Some(format!("{target}.{}", rest.join("."))),
            None if rest.is_empty() && chain.is_called => Some((*first).to_owned()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> Vec<String> {
        let mut all = Vec::new();
        judge(source.as_bytes(), &Budget::unlimited(), &mut |told| {
            all.push(told.danger.name);
        })
        .unwrap();
        all
    }

    #[test]
    fn functions_are_followed_through_imports() {
        for source in [
            "import os\nos.system('id')\n",
            "import os as o\no.system('id')",
            "import os, sys as s; os.system('id')",
            "from os import system\nsystem('id')",
            "from os import (path,\n  system as s)\ns('id')",
            "def f():\n    import os\n    return os.system",
        ] {
            assert_eq!(named(source), ["os.system"], "{source}");
        }
        assert_eq!(
            named("import subprocess\nsubprocess.run(['id'])"),
            ["subprocess.run"]
        );
        assert_eq!(named("exec(x)\n"), ["exec"]);
        assert_eq!(
            named("import urllib.request\nurllib.request.urlopen(u)").len(),
            1
        );
    }

    #[test]
    fn ordinary_code_names_nothing_dangerous() {
        let source = r#"
import os, io, json, logging
import torch
from torch import nn
from .util import system
from ts.torch_handler.base_handler import BaseHandler
class Net(nn.Module):
    """Call os.system, exec(x)"""
    def eval(self):
        self.model.eval()
        path = os.path.join(os.getcwd(), "x")
        with open(path) as f:
            data = json.load(f)
        os_system = 1
        return re.compile("a")
"#;
        assert_eq!(named(source), Vec::<String>::new());
    }

    #[test]
    fn the_grade_is_that_of_the_function() {
        assert_eq!(
            danger("os.system").map(|d| d.severity),
            Some(Severity::Critical)
        );
        assert_eq!(
            danger("pickle.load").map(|d| d.severity),
            Some(Severity::Low)
        );
        assert_eq!(danger("torch.load"), None);
        assert_eq!(danger("os.path.join"), None);
    }
}
