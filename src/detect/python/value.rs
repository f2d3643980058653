//! What is known about a value of a program that is not run.

use std::rc::Rc;

use crate::detect::constants::{self, Datum};

/// Elements of a list that are kept.
pub(super) const LIST_CAP: usize = 1 << 13;

/// Longest path that is followed, in bytes.
const PATH_CAP_BYTES: usize = 512;

/// How a text came to be, and with it a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Made {
    /// It stands there.
    #[default]
    Plain,
    /// It was put together from pieces.
    Built,
    /// It was decoded.
    Decoded,
}

/// Where a value comes from whose content is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file.
    File,
    /// Something that was decoded.
    Decoded,
    /// The network.
    Fetched,
}

/// What is known about a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Value {
    /// Nothing.
    #[default]
    Unknown,
    /// A text, bytes or a number.
    Const(Rc<Datum>, Made),
    /// A list or a tuple.
    List(Rc<Items>),
    /// The object of this dotted path; built-in ones are in `builtins`.
    Path(Rc<str>, Made),
    /// A function of the program, by its number.
    Function(usize),
    /// A class of the program.
    Class(usize),
    /// An object of one.
    Instance(usize),
    /// A method of a constant.
    Method(Rc<Value>, Rc<str>),
    /// What reads this attribute from an object.
    Getter(Rc<str>, Made),
    /// A function with its first arguments.
    Partial(Rc<Value>, Rc<Vec<Value>>),
    /// Something of which only the origin is known.
    From(Origin),
    /// `__name__ == "__main__"`.
    IsMain,
}

/// The elements of a list. Lists lie in lists no deeper than once, so that no
/// value is deep: whatever follows or frees one does so by recursion.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Items {
    all: Vec<Value>,
    holds_lists: bool,
}

impl std::ops::Deref for Items {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.all
    }
}

impl Value {
    /// What of a value another one may hold.
    pub fn flat(self) -> Value {
        match self {
            Value::List(ref items) if items.holds_lists => {
                self.origin().map_or(Value::Unknown, Value::From)
            }
            Value::Method(..) | Value::Partial(..) => Value::Unknown,
            other => other,
        }
    }

    /// The object of this path, unless the path is too long to mean anything.
    pub fn path(path: &str, made: Made) -> Value {
        match path.len() <= PATH_CAP_BYTES {
            true => Value::Path(Rc::from(path), made),
            false => Value::Unknown,
        }
    }

    /// A constant.
    pub fn constant(datum: Datum, made: Made) -> Value {
        Value::Const(Rc::new(datum), made)
    }

    /// A text that stands in the source.
    pub fn text(text: &str) -> Value {
        Value::constant(Datum::Text(text.to_owned()), Made::Plain)
    }

    /// A number.
    pub fn int(number: i64) -> Value {
        Value::constant(Datum::Int(number), Made::Plain)
    }

    /// A list, unless it is too long to keep.
    pub fn list(items: Vec<Value>) -> Value {
        match items.len() <= LIST_CAP {
            true => {
                let all: Vec<Value> = items.into_iter().map(Value::flat).collect();
                let holds_lists = all.iter().any(|item| matches!(item, Value::List(_)));
                Value::List(Rc::new(Items { all, holds_lists }))
            }
            false => Value::Unknown,
        }
    }

    /// A text.
    pub fn as_text(&self) -> Option<(&str, Made)> {
        match self {
            Value::Const(datum, made) => match &**datum {
                Datum::Text(text) => Some((text, *made)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The path, if it is one.
    pub fn as_path(&self) -> Option<&str> {
        match self {
            Value::Path(path, _) => Some(path),
            _ => None,
        }
    }

    /// The constant that it is, lists included, and how it came to be.
    pub fn datum(&self) -> Option<(Datum, Made)> {
        match self {
            Value::Const(datum, made) => Some(((**datum).clone(), *made)),
            Value::List(items) => {
                let mut made = Made::Plain;
                let mut all = Vec::with_capacity(items.len());
                for item in items.iter() {
                    // Lists in lists are nobody's name.
                    let Value::Const(datum, how) = item else {
                        return None;
                    };
                    made = made.max(*how);
                    all.push((**datum).clone());
                }
                Some((Datum::List(all), made))
            }
            Value::Path(path, made) => {
                let held = constants::held(path)?;
                Some((Datum::Text(held.to_owned()), *made))
            }
            _ => None,
        }
    }

    /// What a computation gave.
    pub fn computed(datum: Datum, made: Made) -> Value {
        match datum {
            Datum::List(items) => {
                let each = items.into_iter().map(|item| Value::constant(item, made));
                Value::list(each.collect())
            }
            one => Value::constant(one, made),
        }
    }

    /// Where it comes from, where that is not the source itself.
    pub fn origin(&self) -> Option<Origin> {
        match self {
            Value::From(origin) => Some(*origin),
            Value::Const(_, Made::Decoded) => Some(Origin::Decoded),
            Value::List(items) => items.iter().filter_map(Value::origin).max(),
            Value::Method(of, _) => of.origin(),
            _ => None,
        }
    }

    /// The elements one by one, where they are known.
    pub fn elements(&self) -> Option<Vec<Value>> {
        if let Value::List(items) = self {
            return Some(items.to_vec());
        }
        let Value::Const(datum, made) = self else {
            return None;
        };
        let each: Vec<Value> = match &**datum {
            Datum::Text(text) if text.len() <= LIST_CAP => {
                let letters = text.chars().map(|c| Datum::Text(c.to_string()));
                letters.map(|c| Value::constant(c, *made)).collect()
            }
            Datum::Bytes(bytes) if bytes.len() <= LIST_CAP => {
                let numbers = bytes.iter().map(|byte| Datum::Int(i64::from(*byte)));
                numbers.map(|n| Value::constant(n, *made)).collect()
            }
            _ => return None,
        };
        Some(each)
    }
}
