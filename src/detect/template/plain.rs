//! The template written anew, in the plainest spelling that means the same.
//!
//! The parser has a lexer of its own, and two lexers never agree on every
//! escape, comment and raw block. So it gets what ours, which follows Jinja's,
//! has read: strings with all escapes decoded and their neighbours joined,
//! text as strings, one tag behind the other. Statements of extensions that
//! only mark a stretch are left out, and `do` becomes an expression.
//!
//! What the parser and everything behind it would call themselves too often
//! for is refused here: brackets, operators in a row and blocks are counted.

use std::fmt::Write as _;

use super::Broken;
use super::tokens::{Piece, Pieces, Token};

/// Operators and brackets of a tag that may stand in or behind each other.
const CHAIN_CAP: usize = 400;

/// Brackets within brackets.
const BRACKETS_CAP: usize = 32;

/// Blocks within blocks.
const BLOCKS_CAP: usize = 48;

/// `elif`s of one `if`.
const BRANCHES_CAP: usize = 200;

/// Marks of extensions that neither look up nor compute.
const MARKS: &[&str] = &["generation", "endgeneration", "break", "continue", "debug"];

/// Statements that open a block.
const OPENING: &[&str] = &[
    "autoescape",
    "block",
    "call",
    "filter",
    "for",
    "if",
    "macro",
    "with",
];

/// A template in plain spelling.
#[derive(Debug)]
pub(super) struct Plain<'t> {
    /// The spelling.
    pub(super) text: String,
    /// Where each piece begins in it, and how the piece is spelled in the
    /// template.
    pieces: Vec<(usize, &'t str)>,
}

impl<'t> Plain<'t> {
    /// How the piece at `offset` of the plain spelling is spelled in the
    /// template.
    pub(super) fn source(&self, offset: u32) -> &'t str {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let next = self.pieces.partition_point(|(start, _)| *start <= offset);
        let piece = next.checked_sub(1).and_then(|at| self.pieces.get(at));
        piece.map_or("", |(_, source)| source)
    }
}

/// Write the template in plain spelling.
pub(super) fn write(template: &str) -> Result<Plain<'_>, Broken> {
    let mut plain = Plain {
        text: String::new(),
        pieces: Vec::new(),
    };
    let mut blocks = Blocks::default();
    for piece in Pieces::new(template) {
        let start = plain.text.len();
        match piece {
            Piece::Text(text) => {
                plain.pieces.push((start, text));
                plain.text.push_str("{{ ");
                string(text, &mut plain.text);
                plain.text.push_str(" }}");
            }
            Piece::Tag {
                tokens,
                source,
                is_block,
            } => {
                plain.pieces.push((start, source));
                bounded(&tokens)?;
                tag(&tokens, is_block, &mut blocks, &mut plain.text)?;
            }
            Piece::Broken(what) => return Err(Broken(what.to_owned())),
        }
    }
    Ok(plain)
}

fn tag(
    tokens: &[Token],
    is_block: bool,
    blocks: &mut Blocks,
    out: &mut String,
) -> Result<(), Broken> {
    let word = match tokens.first() {
        Some(Token::Name(word)) if is_block => word.as_str(),
        _ => "",
    };
    if is_block && MARKS.contains(&word) {
        return Ok(());
    }
    blocks.see(word, tokens)?;
    let (open, close, tokens) = match (is_block, word) {
        (true, "do") => ("{{ ", "}}", tokens.get(1..).unwrap_or_default()),
        (true, _) => ("{% ", "%}", tokens),
        (false, _) => ("{{ ", "}}", tokens),
    };
    out.push_str(open);
    for token in tokens {
        spell(token, out);
        out.push(' ');
    }
    out.push_str(close);
    Ok(())
}

fn spell(token: &Token, out: &mut String) {
    match token {
        Token::Name(name) => out.push_str(name),
        Token::Str(text) => string(text, out),
        // What is larger counts as that large.
        Token::Number(number) => {
            let _ = write!(out, "{}", number.min(&(i64::MAX as u64)));
        }
        Token::Float(text) => out.push_str(text),
        Token::Op(c) => out.push(*c),
        Token::Long(operator) => out.push_str(operator),
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Refuse what is nested or chained beyond reason.
fn bounded(tokens: &[Token]) -> Result<(), Broken> {
    let mut open: Vec<usize> = vec![0];
    let mut depth = 0usize;
    for token in tokens {
        match token {
            Token::Op('(' | '[' | '{') => {
                open.push(1);
                depth = depth.saturating_add(1);
            }
            Token::Op(')' | ']' | '}') => {
                let inner = if open.len() > 1 { open.pop() } else { None };
                depth = depth.saturating_sub(inner.unwrap_or(0));
                // What is called or looked up in stands within the next.
                step(&mut open, &mut depth);
            }
            Token::Op(',' | ':') => {
                let last = open.last_mut().map(std::mem::take);
                depth = depth.saturating_sub(last.unwrap_or(0));
            }
            Token::Op(_) | Token::Long(_) | Token::Name(_) => step(&mut open, &mut depth),
            Token::Str(_) | Token::Number(_) | Token::Float(_) => {}
        }
        if depth > CHAIN_CAP || open.len() > BRACKETS_CAP {
            return Err(Broken("an expression that is nested too deep".to_owned()));
        }
    }
    Ok(())
}

fn step(open: &mut [usize], depth: &mut usize) {
    if let Some(last) = open.last_mut() {
        *last = last.saturating_add(1);
    }
    *depth = depth.saturating_add(1);
}

/// The blocks that are open, with the number of `elif`s of each.
#[derive(Default)]
struct Blocks(Vec<usize>);

impl Blocks {
    fn see(&mut self, word: &str, tokens: &[Token]) -> Result<(), Broken> {
        let is_assignment = tokens.contains(&Token::Op('='));
        if OPENING.contains(&word) || word == "set" && !is_assignment {
            self.0.push(0);
        } else if word.starts_with("end") {
            self.0.pop();
        } else if word == "elif"
            && let Some(branches) = self.0.last_mut()
        {
            *branches = branches.saturating_add(1);
        }
        let many = self.0.last().is_some_and(|&n| n > BRANCHES_CAP);
        match many || self.0.len() > BLOCKS_CAP {
            true => Err(Broken("blocks that are nested too deep".to_owned())),
            false => Ok(()),
        }
    }
}
