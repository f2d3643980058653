//! From text to a syntax tree, without trusting the text.
//!
//! The parser follows nesting by recursion, and so do whoever walks the tree
//! and whoever frees it: a stack that ends ends the process. So the depth of
//! the tree is bounded by a count of tokens before anything is parsed, and
//! parsing, walking and freeing happen on a stack whose size follows from that
//! count ([`LEVEL_BYTES`] for each level, measured with room to spare; the
//! tests hold every kind of nesting to it at the cap).
//!
//! An attacker nests brackets, operators, lambdas, blocks or interpolated
//! strings a million deep.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::{Mod, Stmt};
use ruff_python_parser::{Mode, ParseOptions, lexer, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

/// Longest source that is parsed, in bytes. A tree is some fifty times as long
/// as its source at worst.
pub const SOURCE_CAP_BYTES: usize = 4 << 20;

/// Deepest tree that is built, in levels. CPython refuses 200 open brackets,
/// 100 blocks and, by its own stack, a few thousand operators in a row.
pub(super) const NESTING_CAP: usize = 10_000;

/// Stack that one level takes at most, parsing and walking, in bytes.
const LEVEL_BYTES: usize = 24 << 10;

/// Stack for everything else, in bytes.
const BASE_BYTES: usize = 1 << 20;

/// Which dialect a source is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A module.
    Module,
    /// Cells of a notebook: lines may begin with `%`, `!` or `?`.
    Notebook,
}

impl Dialect {
    fn mode(self) -> Mode {
        match self {
            Dialect::Module => Mode::Module,
            Dialect::Notebook => Mode::Ipython,
        }
    }
}

/// Why a source was not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is longer than [`SOURCE_CAP_BYTES`].
    Long,
    /// It nests deeper than [`NESTING_CAP`].
    Deep,
}

/// What the parser did not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where the first of it stands.
    pub at: usize,
    /// What it is.
    pub what: String,
    /// How many places there are.
    pub count: usize,
}

/// Where the comments of a source stand.
pub(super) type Comments<'a> = &'a mut dyn Iterator<Item = TextRange>;

/// Parse `text` and hand its statements and comments to `look`, on a stack that
/// is large enough for both.
pub(super) fn with_tree<R>(
    text: &str,
    dialect: Dialect,
    look: impl FnOnce(&[Stmt], Comments<'_>, Option<Damage>, usize) -> R,
) -> Result<R, Refusal> {
    if text.len() > SOURCE_CAP_BYTES {
        return Err(Refusal::Long);
    }
    let depth = depth(text, dialect).ok_or(Refusal::Deep)?;
    let bytes = depth.saturating_mul(LEVEL_BYTES).saturating_add(BASE_BYTES);
    Ok(grown(bytes, || {
        let parsed = parse_unchecked(text, ParseOptions::from(dialect.mode()));
        let errors = parsed.errors();
        let damage = errors.first().map(|first| Damage {
            at: first.location.start().to_usize(),
            what: first.error.to_string(),
            count: errors.len(),
        });
        let is_comment = |token: &&Token| token.kind() == TokenKind::Comment;
        let comments = &mut parsed.tokens().iter().filter(is_comment).map(Ranged::range);
        match parsed.syntax() {
            Mod::Module(module) => look(&module.body, comments, damage, bytes),
            Mod::Expression(_) => look(&[], comments, damage, bytes),
        }
    }))
}

/// Do work on a stack of this many bytes of its own.
pub(super) fn grown<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    stacker::grow(bytes, work)
}

/// One open bracket, or the line itself: tokens that may each have made the
/// tree one level deeper.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Operators since the last comma; a comma ends what they nest.
    run: usize,
    /// What goes on behind a comma: `lambda`, `yield`.
    kept: usize,
}

impl Level {
    fn depth(self) -> usize {
        self.run.saturating_add(self.kept).saturating_add(1)
    }
}

/// A bound of the depth of the tree, by its tokens; `None` beyond the cap.
fn depth(text: &str, dialect: Dialect) -> Option<usize> {
    let mut tokens = lexer::lex(text, dialect.mode());
    let mut open = vec![Level::default()];
    // Levels below the last one.
    let mut below = 0usize;
    let mut blocks = 0usize;
    let mut deepest = 0usize;
    loop {
        let token = tokens.next_token();
        if token == TokenKind::EndOfFile {
            return Some(deepest);
        }
        let is_line = open.len() == 1;
        let level = open.last_mut()?;
        match token {
            TokenKind::Indent => blocks = blocks.saturating_add(1),
            TokenKind::Dedent => blocks = blocks.saturating_sub(1),
            TokenKind::Newline | TokenKind::Semi => {
                open.truncate(1);
                below = 0;
                *open.first_mut()? = Level::default();
            }
            TokenKind::Comma => level.run = 0,
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                level.run = level.run.saturating_add(1);
                below = below.saturating_add(level.depth());
                open.push(Level::default());
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => {
                if !is_line {
                    open.pop();
                    below = below.saturating_sub(open.last()?.depth());
                }
            }
            TokenKind::Lambda | TokenKind::Yield => level.kept = level.kept.saturating_add(1),
            // Blocks on one line; among elements they end at a comma.
            TokenKind::Colon if is_line => level.kept = level.kept.saturating_add(1),
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::None
            | TokenKind::True
            | TokenKind::False => {}
            _ => level.run = level.run.saturating_add(1),
        }
        let here = open.last()?.depth().saturating_add(below);
        // A block is a statement, its list and its first expression.
        deepest = deepest.max(here.saturating_add(blocks));
        if deepest > NESTING_CAP {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources that nest `depth` deep, each in another way.
    fn nested(depth: usize) -> Vec<(&'static str, String)> {
        let around = |open: &str, inner: &str, close: &str| {
            format!("{}{inner}{}\n", open.repeat(depth), close.repeat(depth))
        };
        vec![
            ("round", around("(", "1", ")")),
            ("square", around("[", "1", "]")),
            ("curly", around("{", "1", "}")),
            ("open", "(".repeat(depth)),
            ("open mixed", "({[".repeat(depth / 3)),
            ("closed", ")".repeat(depth)),
            ("calls", around("f(", "1", ")")),
            ("chain of calls", format!("f{}\n", "()".repeat(depth))),
            ("chain of indices", format!("f{}\n", "[0]".repeat(depth))),
            ("attributes", format!("a{}\n", ".a".repeat(depth))),
            ("sum", format!("1{}\n", "+1".repeat(depth))),
            ("powers", format!("1{}\n", "**1".repeat(depth))),
            ("minus", format!("{}1\n", "-".repeat(depth))),
            ("not", format!("{}1\n", "not ".repeat(depth))),
            ("await", format!("{}x\n", "await ".repeat(depth))),
            ("and", format!("1{}\n", " and 1 or 1".repeat(depth / 2))),
            ("compare", format!("1{}\n", " < 1".repeat(depth))),
            ("lambda", format!("{}1\n", "lambda: ".repeat(depth))),
            (
                "lambda with names",
                format!("{}1\n", "lambda a, b: ".repeat(depth)),
            ),
            ("defaults", format!("{}1\n", "lambda a=".repeat(depth))),
            ("ternary", format!("{}1\n", "1 if 1 else ".repeat(depth))),
            ("ternary left", format!("{}1\n", "1 if ".repeat(depth))),
            ("yield", format!("{}1\n", "yield ".repeat(depth))),
            (
                "yields with commas",
                format!("{}1\n", "yield 1, ".repeat(depth)),
            ),
            ("star", format!("{}1\n", "*".repeat(depth))),
            ("walrus", format!("{}1\n", "a := ".repeat(depth))),
            (
                "async",
                format!("{}def f(): pass\n", "async ".repeat(depth)),
            ),
            (
                "decorators",
                format!("{}def f(): pass\n", "@".repeat(depth)),
            ),
            ("one line", format!("{}pass\n", "if x: ".repeat(depth))),
            (
                "classes on a line",
                format!("{}pass\n", "class A: ".repeat(depth)),
            ),
            (
                "else",
                format!("if x: pass\n{}pass\n", "else: ".repeat(depth)),
            ),
            (
                "elif",
                format!("if x: pass\n{}", "elif x: pass\n".repeat(depth)),
            ),
            ("assignments", format!("{}1\n", "a = ".repeat(depth))),
            ("typed", format!("{}1\n", "a: ".repeat(depth))),
            ("interpolated", around("f'{", "1", "}'")),
            (
                "format",
                format!("f'{}{}'\n", "{x:".repeat(depth), "}".repeat(depth)),
            ),
            ("comprehensions", around("[x for x in ", "y", "]")),
            (
                "patterns",
                format!(
                    "match x:\n case {}y{}: pass\n",
                    "(".repeat(depth),
                    ")".repeat(depth)
                ),
            ),
            (
                "alternatives",
                format!("match x:\n case y{}: pass\n", "|y".repeat(depth)),
            ),
            ("match", format!("{}x:\n", "match ".repeat(depth))),
            ("type", format!("{}x\n", "type ".repeat(depth))),
            ("joined", format!("x = ('a'{})\n", " 'a'".repeat(depth))),
            ("imports", format!("import a{}\n", ".a".repeat(depth))),
            ("from", format!("from {}a import b\n", ".".repeat(depth))),
            ("with", format!("with {}a: pass\n", "(".repeat(depth))),
            ("elements", format!("x = [{}]\n", "1,".repeat(depth))),
            ("rows", format!("x = [{}]\n", "[1,2],".repeat(depth / 4))),
            ("semicolons", "a;".repeat(depth)),
            ("backslashes", "\\\n".repeat(depth)),
            ("quotes", "'".repeat(depth)),
            ("starts of strings", "f'{".repeat(depth / 3)),
        ]
    }

    /// Blocks in blocks; the indentation alone is quadratic.
    fn blocks(depth: usize, head: &str) -> String {
        let lines = (0..depth).map(|level| format!("{}{head}\n", " ".repeat(level)));
        lines
            .chain([format!("{}pass\n", " ".repeat(depth))])
            .collect()
    }

    fn look(text: &str) -> Result<(usize, Option<Damage>), Refusal> {
        with_tree(text, Dialect::Module, |body, _, damage, _| {
            (body.len(), damage)
        })
    }

    #[test]
    fn nesting_beyond_the_cap_is_refused_and_never_fatal() {
        for (name, text) in nested(2_000_000) {
            let flat = [
                "closed",
                "elif",
                "joined",
                "elements",
                "rows",
                "semicolons",
                "backslashes",
                "quotes",
            ];
            // These nest nothing, and a part of them is as good as all.
            let is_flat = flat.contains(&name);
            let cap = if is_flat {
                SOURCE_CAP_BYTES / 16
            } else {
                SOURCE_CAP_BYTES
            };
            let ended = look(text.get(..cap.min(text.len())).unwrap());
            if is_flat {
                assert!(ended.is_ok(), "{name}");
            } else {
                assert_eq!(ended.err(), Some(Refusal::Deep), "{name}");
            }
        }
        for head in [
            "if x:",
            "def f():",
            "class A:",
            "try:",
            "while (",
            "for x in y: [",
        ] {
            let _ = look(&blocks(1_000, head));
        }
        assert_eq!(look(&"#".repeat(SOURCE_CAP_BYTES + 1)), Err(Refusal::Long));
    }

    #[test]
    fn nesting_at_the_cap_is_parsed() {
        // Parsed, walked and freed.
        let mut parsed = 0;
        for depth in [NESTING_CAP / 6, NESTING_CAP / 2 - 10, NESTING_CAP - 10] {
            for (_, text) in nested(depth) {
                let budget = crate::budget::Budget::unlimited();
                let program =
                    crate::detect::python::judge(&text, Dialect::Module, &budget).unwrap();
                parsed += usize::from(program.limits.is_empty());
            }
        }
        assert!(parsed > 70, "{parsed}");
    }

    #[test]
    fn ordinary_code_is_shallow() {
        let text = "x = [\n".to_owned()
            + &"  {'a': f(1, 2), 'b': lambda x: x + 1},\n".repeat(2_000)
            + "]\n";
        assert!(depth(&text, Dialect::Module).is_some_and(|depth| depth < NESTING_CAP));
        assert!(
            look("import os\nos.system('id')\n")
                .is_ok_and(|(n, damage)| n == 2 && damage.is_none())
        );
        let damaged = look("print 'hello'\nimport os\n").unwrap();
        assert!(damaged.1.is_some() && damaged.0 >= 2);
        let cells = with_tree(
            "%matplotlib inline\n!ls\n",
            Dialect::Notebook,
            |body, _, d, _| (body.len(), d),
        );
        assert_eq!(cells, Ok((2, None)));
    }
}
