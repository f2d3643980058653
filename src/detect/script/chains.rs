//! Dotted names in a source: `torch.save`, with what stands around them.
//!
//! A *chain* is names with dots between them, however blanks, comments and
//! line ends are strewn in. What is not a chain comes out as the token it is.

use std::iter::Peekable;

use super::lexer::{Kind, Token, Tokens};

/// Names of one chain that are kept.
const NAMES_CAP: usize = 64;

/// A dotted name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::detect) struct Chain<'a> {
    /// Its names, in order.
    pub names: Vec<&'a str>,
    /// Position of the first of them.
    pub at: usize,
    /// Position behind the last.
    pub end: usize,
    /// Whether a dot stands in front: the chain goes on from an expression.
    pub is_member: bool,
    /// Whether a bracket follows: it is called.
    pub is_called: bool,
    /// Whether a colon or `=` follows, and not `==`: it is declared, or given
    /// a value.
    pub is_declared: bool,
    /// Whether it is the first thing of its line.
    pub is_first: bool,
}

impl Chain<'_> {
    /// The chain as it is written, without what is strewn in.
    pub fn dotted(&self) -> String {
        self.names.join(".")
    }

    /// Whether it is this one word.
    pub fn is_word(&self, word: &str) -> bool {
        !self.is_member && self.names == [word]
    }
}

/// A piece of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::detect) enum Piece<'a> {
    /// A dotted name.
    Chain(Chain<'a>),
    /// A number, a text, a sign or the end of a line.
    Token(Token<'a>),
}

/// The pieces of a source, front to back.
pub(in crate::detect) struct Pieces<'a> {
    tokens: Peekable<Tokens<'a>>,
    after_dot: bool,
    is_first: bool,
}

impl<'a> Pieces<'a> {
    /// Begin at the front.
    pub fn new(source: &'a [u8]) -> Self {
        Pieces {
            tokens: Tokens::new(source).peekable(),
            after_dot: false,
            is_first: true,
        }
    }

    /// Whether a dot comes next, behind any line ends, which are passed over
    /// then.
    fn dot_follows(&mut self) -> bool {
        if self.tokens.peek().is_some_and(|t| t.is_sign(b'.')) {
            return true;
        }
        if self.tokens.peek().is_none_or(|t| t.kind != Kind::Line) {
            return false;
        }
        let mut ahead = self.tokens.clone();
        let next = ahead.find(|t| t.kind != Kind::Line);
        if next.is_some_and(|t| t.is_sign(b'.')) {
            while self.tokens.next_if(|t| t.kind == Kind::Line).is_some() {}
            return true;
        }
        false
    }

    fn chain(&mut self, first: Token<'a>) -> Chain<'a> {
        let mut chain = Chain {
            names: vec![name(first)],
            at: first.at,
            end: first.end(),
            is_member: self.after_dot,
            is_called: false,
            is_declared: false,
            is_first: self.is_first,
        };
        while self.dot_follows() {
            self.tokens.next();
            while self.tokens.next_if(|t| t.kind == Kind::Line).is_some() {}
            let Some(next) = self.tokens.next_if(|t| t.kind == Kind::Name) else {
                self.after_dot = true;
                return chain;
            };
            if chain.names.len() < NAMES_CAP {
                chain.names.push(name(next));
            }
            chain.end = next.end();
        }
        chain.is_called = self.tokens.peek().is_some_and(|t| t.is_sign(b'('));
        chain.is_declared = self.declares();
        self.after_dot = false;
        chain
    }

    fn declares(&self) -> bool {
        let mut ahead = self.tokens.clone();
        let next = ahead.next();
        let is = |token: Option<Token<'_>>, sign| token.is_some_and(|t| t.is_sign(sign));
        is(next, b':') || (is(next, b'=') && !is(ahead.next(), b'='))
    }
}

/// A name as text; what is not UTF-8 is no name that anybody looks for.
fn name(token: Token<'_>) -> &str {
    std::str::from_utf8(token.text).unwrap_or("\u{fffd}")
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let token = self.tokens.next()?;
        let piece = match token.kind {
            Kind::Name => Piece::Chain(self.chain(token)),
            _ => {
                self.after_dot = token.is_sign(b'.');
                Piece::Token(token)
            }
        };
        self.is_first = token.kind == Kind::Line;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chains(source: &str) -> Vec<(String, bool, bool)> {
        Pieces::new(source.as_bytes())
            .filter_map(|piece| match piece {
                Piece::Chain(c) => Some((c.dotted(), c.is_member, c.is_called)),
                Piece::Token(_) => None,
            })
            .collect()
    }

    #[test]
    fn chains_are_followed_through_blanks_and_lines() {
        for source in [
            "torch.save(x)",
            "torch . save (x)",
            "torch.\\\nsave(x)",
            "torch # c\n . # d\n save(x)",
        ] {
            let found = chains(source);
            assert_eq!(found[0], ("torch.save".to_owned(), false, true), "{source}");
        }
        assert_eq!(
            chains("(self.l).forward(x)\ny"),
            [
                ("self.l".to_owned(), false, false),
                ("forward".to_owned(), true, true),
                ("x".to_owned(), false, false),
                ("y".to_owned(), false, false),
            ]
        );
    }

    #[test]
    fn many_line_ends_behind_names_cost_no_more_than_their_number() {
        let mut source = "a\n".repeat(20_000);
        source.push_str(&"\n".repeat(20_000));
        assert_eq!(chains(&source).len(), 20_000);
    }
}
