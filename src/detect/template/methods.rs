//! What methods of texts, lists and dictionaries make of them.

use super::filters::{entries, joined};
use super::follow::{Follower, Given};
use super::tree::Expr;
use super::value::Value;

/// Methods whose value is a number or a truth value.
const COUNTING: &[&str] = &[
    "count",
    "endswith",
    "find",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "rfind",
    "rindex",
    "startswith",
];

/// Methods that leave out some of a text and add nothing to it.
const CUTTING: &[&str] = &[
    "encode",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "strip",
];

/// Methods that make text of numbers or of digits.
const DECODING: &[&str] = &["from_bytes", "fromhex", "to_bytes", "unescape"];

/// Methods that put something into a list or a dictionary.
const GROWING: &[&str] = &["add", "append", "extend", "insert", "setdefault", "update"];

impl Follower<'_> {
    /// What the method makes of the value of `expr`; `found` is what stands
    /// there under that name.
    pub(super) fn method(
        &mut self,
        expr: &Expr,
        value: &Value,
        name: &str,
        given: &Given,
        found: Value,
    ) -> Value {
        if GROWING.contains(&name) {
            self.grows(expr, given);
            return given.place(1).cloned().unwrap_or(Value::Number);
        }
        match name {
            "format" | "format_map" => return self.format_method(value, given),
            "replace" => return self.replaced(value, given),
            "items" => return entries(value),
            "keys" => {
                return value.map(|one| match one {
                    Value::Map(entries) => {
                        Value::List(entries.iter().map(|(key, _)| key.clone()).collect())
                    }
                    other => other.element(),
                });
            }
            "values" | "pop" | "next" => return values(value),
            "get" => {
                let other = given.place(1).cloned().unwrap_or(Value::Number);
                let key = given.place(0).cloned().unwrap_or(Value::Data);
                return Value::any([self.item(value, &key), other]);
            }
            "join" => {
                let items = given.place(0).cloned().unwrap_or(Value::Data);
                return items.map(|items| joined(items, value));
            }
            _ if COUNTING.contains(&name) => return Value::Number,
            _ if DECODING.contains(&name) => return Value::Authored,
            // A block of the template.
            _ if value.each().contains(&Value::Object("self".to_owned())) => {
                return Value::Authored;
            }
            _ => {}
        }
        self.sizes(given);
        let made = value.map(|one| match one {
            Value::Text(text) => text_method(text, name, given),
            Value::Data | Value::Number | Value::Whole(_) | Value::Object(_) => Value::Data,
            other => other.part(),
        });
        let made = Value::any([made, found]);
        match CUTTING.contains(&name) {
            true => made,
            false => made.with(given),
        }
    }

    /// Something is put into what a name stands for.
    fn grows(&mut self, expr: &Expr, given: &Given) {
        let grown = match given.has_underscore() {
            true => Value::Authored,
            false => Value::Data,
        };
        match expr {
            Expr::Name(name) => self.give(name, grown.clone()),
            Expr::Attribute(_, name) => self.give(&format!(".{name}"), grown.clone()),
            _ => {}
        }
        if grown == Value::Authored {
            self.taint();
        }
    }

    /// A name may have been put into any list or dictionary: variables share
    /// them.
    pub(super) fn taint(&mut self) {
        let holds = |value: &Value| {
            let mut each = value.each().iter();
            each.any(|one| matches!(one, Value::List(_) | Value::Map(_)))
        };
        let all = self.heap.iter().filter(|(_, value)| holds(value));
        let names: Vec<String> = all.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.give(&name, Value::Authored);
        }
    }

    fn format_method(&mut self, value: &Value, given: &Given) -> Value {
        for one in value.each() {
            match one {
                Value::Text(format) => self.format_fields(format),
                _ => self.formats_unknown(),
            }
        }
        value.map(|one| super::formatting::braces(one, given))
    }

    /// What the fields of a format look up, and how long they make it.
    fn format_fields(&mut self, format: &str) {
        for field in super::formatting::fields(format) {
            self.formats(&field);
        }
        for width in super::formatting::brace_widths(format) {
            self.steps(width, "asks for a text of the length");
        }
    }

    /// `format` is taken of a value, to be called under another name.
    pub(super) fn format_taken(&mut self, value: &Value) {
        for one in value.each() {
            match one {
                Value::Text(format) => self.format_fields(format),
                Value::Mixed(_) | Value::Authored => self.formats_unknown(),
                _ => {}
            }
        }
    }
}

fn values(value: &Value) -> Value {
    value.map(|value| match value {
        Value::Map(entries) => Value::any(entries.iter().map(|(_, value)| value.clone())),
        other => other.element(),
    })
}

/// A method of a known text.
fn text_method(text: &str, name: &str, given: &Given) -> Value {
    let first = given.place(0).and_then(Value::as_text);
    let own = |c: char| first.map_or_else(|| c.is_whitespace(), |set| set.contains(c));
    let known = given.place(0).is_none() || first.is_some();
    match name {
        "strip" if known => Value::text(text.trim_matches(own)),
        "lstrip" if known => Value::text(text.trim_start_matches(own)),
        "rstrip" if known => Value::text(text.trim_end_matches(own)),
        "lower" | "casefold" => Value::text(text.to_lowercase()),
        "upper" => Value::text(text.to_uppercase()),
        "swapcase" => {
            let swap = |c: char| match c.is_lowercase() {
                true => c.to_uppercase().collect::<String>(),
                false => c.to_lowercase().collect(),
            };
            Value::text(text.chars().map(swap).collect::<String>())
        }
        "removeprefix" if known => {
            let rest = text.strip_prefix(first.unwrap_or_default());
            Value::text(rest.unwrap_or(text))
        }
        "removesuffix" if known => {
            let rest = text.strip_suffix(first.unwrap_or_default());
            Value::text(rest.unwrap_or(text))
        }
        "split" | "rsplit" if known && given.by_place.len() < 2 => {
            let parts: Vec<&str> = match first.filter(|separator| !separator.is_empty()) {
                Some(separator) => text.split(separator).collect(),
                None => text.split_whitespace().collect(),
            };
            match parts.len() <= super::value::ELEMENTS_CAP {
                true => Value::List(parts.into_iter().map(Value::text).collect()),
                false => Value::text(text).part(),
            }
        }
        _ => Value::text(text).derived(),
    }
}
