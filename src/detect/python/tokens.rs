//! Python source by its tokens: which dangerous functions it names.
//!
//! For what the parser does not take: sources that are too long, that nest too
//! deep, or that are not this Python. Imports give names, names are followed
//! through them to the object they denote, and the knowledge base says what
//! that does. A line without indentation counts as run on import.
//!
//! What code does through names that it computes is not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::{Act, Command, Program, Reach, When};
use super::value::Made;
use crate::budget::{Budget, Stop};
use crate::detect::bytecode::weigh;
use crate::detect::globals::Effect;
use crate::detect::script::{Chain, Piece, Pieces};

/// Pieces between two looks at the clock.
const PIECES_PER_CHECK: u64 = 4096;

/// Names that imports give and that are remembered.
const ALIASES_CAP: usize = 1 << 16;

/// Names that were looked up and are remembered as harmless.
const HARMLESS_CAP: usize = 4096;

/// Dangerous names of one source that are kept.
const REACH_CAP: usize = 1 << 12;

/// The dangerous functions that a source names, front to back.
pub(super) fn program(text: &str, budget: &Budget) -> Result<Program, Stop> {
    let mut names = Names::default();
    let mut harmless: BTreeSet<String> = BTreeSet::new();
    let mut program = Program::default();
    let mut seen = 0u64;
    // Behind `def` stands a name that is given, not one that is used.
    let mut is_defined = false;
    for piece in Pieces::new(text.as_bytes()) {
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
        let Some(dotted) = names
            .resolve(&chain)
            .filter(|dotted| !harmless.contains(dotted))
        else {
            continue;
        };
        match reach(&dotted, &chain, text) {
            Some(_) if program.reaches.len() >= REACH_CAP => {
                program.limits.push("calls");
                break;
            }
            Some(reach) => program.reaches.push(reach),
            None if harmless.len() < HARMLESS_CAP => {
                harmless.insert(dotted);
            }
            None => {}
        }
    }
    Ok(program)
}

fn reach(dotted: &str, chain: &Chain<'_>, text: &str) -> Option<Reach> {
    let weight = weigh(dotted)?;
    let act = match weight.effect {
        Effect::RunsCommand => Act::Runs(Command::Unknown),
        Effect::EvaluatesCode => Act::Evaluates(None),
        Effect::Deserialises => Act::Deserialises(None),
        Effect::UsesNetwork => Act::Connects,
        Effect::LoadsNativeCode => Act::Native,
        Effect::TouchesFiles => Act::Deletes,
        Effect::ImportsModule => Act::Imports,
        Effect::ChangesInterpreter => Act::Changes,
        Effect::ResolvesNames | Effect::CallsArgument | Effect::Unvetted => return None,
    };
    let line = text
        .get(..chain.at)?
        .rfind('\n')
        .map_or(0, |at| at.saturating_add(1));
    let is_indented = text
        .as_bytes()
        .get(line)
        .is_some_and(u8::is_ascii_whitespace);
    Some(Reach {
        path: dotted.to_owned(),
        act,
        detail: None,
        made: Made::Plain,
        when: if is_indented {
            When::Called
        } else {
            When::Imported
        },
        within: None,
        at: chain.at,
        end: chain.end,
        weight: weight.severity,
        unwrapped: 0,
    })
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
            None if rest.is_empty() && chain.is_called => Some(format!("builtins.{first}")),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> Vec<String> {
        let program = program(source, &Budget::unlimited()).unwrap();
        program
            .reaches
            .into_iter()
            .map(|reach| reach.path)
            .collect()
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
            "import os\nprint 'x'\nos.system 'id'\n",
        ] {
            assert_eq!(named(source), ["os.system"], "{source}");
        }
        assert_eq!(named("exec(x)\n"), ["builtins.exec"]);
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
}
