//! Python literals: what `ast.literal_eval` makes of a text, without Python.
//!
//! A text is a *literal* when it holds strings, integers, booleans, `None`,
//! tuples, lists and dicts, and nothing else. [`parse`] reads one in a single
//! pass with a stack of its own, so that depth costs no recursion. What Python
//! would evaluate further (a name, a call, an operator) or what has no place in
//! the headers that are read here (a float, a set) is a [`Fault`] that says
//! what stands there. Dicts keep repeated keys, because readers do not agree
//! on which of them counts.
//!
//! Specification: the Python language reference, chapters 2 and 6. Python 2's
//! `123L` is read as NumPy reads it.

#[cfg(test)]
mod tests;
mod text;

use super::Fault;
use text::Scanner;

/// Brackets that may be open at a time; CPython's tokenizer gives up there.
pub const DEPTH_CAP: usize = 200;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer; `None` inside where it has more than 64 bits.
    Int(Option<i64>),
    /// A string.
    Text(String),
    /// A `bytes` literal.
    Bytes(Vec<u8>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A list.
    List(Vec<Value>),
    /// A dict, in the order of the text, repeated keys included.
    Dict(Vec<(Value, Value)>),
}

impl Value {
    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Text(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::Tuple(_) => "a tuple",
            Value::List(_) => "a list",
            Value::Dict(_) => "a dict",
        }
    }
}

/// Read the literal that `text` is, blanks around it aside. Offsets in faults
/// count from `base`.
pub fn parse(text: &[u8], base: u64) -> Result<Value, Fault> {
    Parser {
        scanner: Scanner::new(text, base),
        open: Vec::new(),
        root: None,
        may_close: false,
    }
    .run()
}

/// A bracket that is open.
enum Open {
    /// `(`, with whether a comma stood in it.
    Paren(Vec<Value>, bool),
    List(Vec<Value>),
    /// `{`, with the key that waits for its value.
    Dict(Vec<(Value, Value)>, Option<Value>),
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    open: Vec<Open>,
    root: Option<Value>,
    /// Whether a closing bracket may stand where a value may.
    may_close: bool,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Value, Fault> {
        loop {
            self.value()?;
            while self.root.is_none() && self.separator()? {}
            if let Some(root) = self.root.take() {
                return match self.scanner.peek_token() {
                    None => Ok(root),
                    Some(_) => Err(self.scanner.fault("something stands behind the literal")),
                };
            }
        }
    }

    /// Read up to the next whole value and put it where it belongs.
    fn value(&mut self) -> Result<(), Fault> {
        loop {
            let Some(byte) = self.scanner.peek_token() else {
                return Err(self
                    .scanner
                    .fault("the text ends where a value should stand"));
            };
            match byte {
                b'(' => self.enter(Open::Paren(Vec::new(), false))?,
                b'[' => self.enter(Open::List(Vec::new()))?,
                b'{' => self.enter(Open::Dict(Vec::new(), None))?,
                b')' | b']' | b'}' if self.may_close => return self.close(byte),
                _ => {
                    let scalar = self.scanner.scalar()?;
                    return self.attach(scalar);
                }
            }
        }
    }

    fn enter(&mut self, open: Open) -> Result<(), Fault> {
        if self.open.len() >= DEPTH_CAP {
            return Err(self.scanner.fault("too many brackets are open"));
        }
        self.scanner.bump();
        self.open.push(open);
        self.may_close = true;
        Ok(())
    }

    /// Take what stands behind a value. True where the value that it closed,
    /// or nothing, needs another look; false where a value comes next.
    fn separator(&mut self) -> Result<bool, Fault> {
        let Some(byte) = self.scanner.peek_token() else {
            return Err(self.scanner.fault("a bracket is not closed"));
        };
        match (byte, self.open.last_mut()) {
            (b':', Some(Open::Dict(_, Some(_)))) => {
                self.scanner.bump();
                self.may_close = false;
                Ok(false)
            }
            (_, Some(Open::Dict(_, Some(_)))) => {
                Err(self.scanner.fault("a set, or a key without its value"))
            }
            (b',', Some(open)) => {
                if let Open::Paren(_, comma) = open {
                    *comma = true;
                }
                self.scanner.bump();
                self.may_close = true;
                Ok(false)
            }
            (b')' | b']' | b'}', _) => self.close(byte).map(|()| true),
            _ => Err(self
                .scanner
                .fault("an expression, where a literal should stand")),
        }
    }

    /// Close the innermost bracket with `byte`.
    fn close(&mut self, byte: u8) -> Result<(), Fault> {
        let value = match (self.open.pop(), byte) {
            (Some(Open::Paren(mut items, false)), b')') if items.len() == 1 => {
                items.pop().unwrap_or(Value::None)
            }
            (Some(Open::Paren(items, comma)), b')') if !comma || !items.is_empty() => {
                Value::Tuple(items)
            }
            (Some(Open::List(items)), b']') => Value::List(items),
            (Some(Open::Dict(pairs, None)), b'}') => Value::Dict(pairs),
            _ => return Err(self.scanner.fault("a bracket that does not match")),
        };
        self.scanner.bump();
        self.attach(value)
    }

    /// Put a value into the innermost open bracket.
    fn attach(&mut self, value: Value) -> Result<(), Fault> {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::Paren(items, _) | Open::List(items)) => items.push(value),
            Some(Open::Dict(pairs, key)) => match key.take() {
                None => *key = Some(value),
                Some(key) => pairs.push((key, value)),
            },
        }
        Ok(())
    }
}
