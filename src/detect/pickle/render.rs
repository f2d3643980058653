//! Values and calls as a person reads them, bounded and escaped.

use std::fmt::Write as _;

use super::heap::Heap;
use super::names::Names;
use super::value::{Kind, Node, Value};
use crate::report::escape_bytes;
use crate::source::Source;
use crate::wire::pickle::Literal;

/// Bytes of a constant that are shown.
const SHOWN_BYTES: usize = 120;

/// Elements of a container that are shown.
const SHOWN_ELEMENTS: usize = 6;

/// Levels of nesting that are shown.
const SHOWN_LEVELS: u32 = 3;

/// Characters of one rendering.
const SHOWN_CHARS: usize = 400;

/// What a rendering looks things up in.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The stream.
    pub source: &'a dyn Source,
    /// Its nodes.
    pub heap: &'a Heap,
    /// Its globals.
    pub names: &'a Names,
}

impl Scene<'_> {
    /// A call: `os.system("id")`.
    pub fn call(&self, callee: Value, args: Value) -> String {
        let mut out = String::new();
        self.value(&mut out, callee, 1);
        self.arguments(&mut out, args, 0);
        bounded(out)
    }

    /// A state that is set: `object.__setstate__(state)`.
    pub fn state(&self, target: Value, state: Value) -> String {
        format!("{}.__setstate__({})", self.show(target), self.show(state))
    }

    /// One value.
    pub fn show(&self, value: Value) -> String {
        let mut out = String::new();
        self.value(&mut out, value, 0);
        bounded(out)
    }

    fn arguments(&self, out: &mut String, args: Value, level: u32) {
        match self.heap.container(args) {
            Some((Kind::Tuple | Kind::List, items)) => {
                self.list(out, "(", &items.kept, items.total, ")", level);
            }
            _ => {
                out.push_str("(*");
                self.value(out, args, level.saturating_add(1));
                out.push(')');
            }
        }
    }

    /// Recursion is bounded by [`SHOWN_LEVELS`].
    fn value(&self, out: &mut String, value: Value, level: u32) {
        if out.len() > SHOWN_CHARS.saturating_mul(2) {
            return;
        }
        match value {
            Value::None => out.push_str("None"),
            Value::Bool(true) => out.push_str("True"),
            Value::Bool(false) => out.push_str("False"),
            Value::Int(n) => {
                let _ = write!(out, "{n}");
            }
            Value::Big(_) => out.push_str("a big integer"),
            Value::Float => out.push_str("a float"),
            Value::Text(literal) => self.constant(out, "", literal),
            Value::Bytes(literal) => self.constant(out, "b", literal),
            Value::Global(id) | Value::Module(id) => match self.names.get(id) {
                Some(name) => out.push_str(&name.shown()),
                None => out.push('?'),
            },
            Value::Extension => out.push_str("an extension code"),
            Value::Container | Value::Made | Value::Foreign | Value::Unknown => out.push('…'),
            Value::Node(_) if level >= SHOWN_LEVELS => out.push('…'),
            Value::Node(_) => self.node(out, value, level),
        }
    }

    fn node(&self, out: &mut String, value: Value, level: u32) {
        match self.heap.get(value) {
            Some(Node::Container(kind, items)) => {
                let (open, close) = match kind {
                    Kind::Tuple => ("(", ")"),
                    Kind::List => ("[", "]"),
                    Kind::Dict => ("{", "}"),
                    Kind::Set => ("set(", ")"),
                    Kind::FrozenSet => ("frozenset(", ")"),
                };
                match kind {
                    Kind::Dict => self.pairs(out, &items.kept, items.total, level),
                    _ => self.list(out, open, &items.kept, items.total, close, level),
                }
            }
            Some(Node::Made(made)) => {
                self.value(out, made.callee, level.saturating_add(1));
                self.arguments(out, made.args, level.saturating_add(1));
            }
            Some(Node::Computed(computed)) => {
                out.push_str(if computed.text { "\"" } else { "b\"" });
                let cut = computed.bytes.get(..SHOWN_BYTES);
                out.push_str(&escape_bytes(cut.unwrap_or(&computed.bytes)));
                out.push_str(if cut.is_some_and(|c| c.len() < computed.bytes.len()) {
                    "…\""
                } else {
                    "\""
                });
            }
            Some(Node::Persistent(_)) => out.push_str("a persistent object"),
            Some(Node::Storage(_)) => out.push_str("a storage"),
            Some(Node::Free) | None => out.push('…'),
        }
    }

    fn list(
        &self,
        out: &mut String,
        open: &str,
        kept: &[Value],
        total: u64,
        close: &str,
        level: u32,
    ) {
        out.push_str(open);
        for (index, &element) in kept.iter().take(SHOWN_ELEMENTS).enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            self.value(out, element, level.saturating_add(1));
        }
        if total > SHOWN_ELEMENTS as u64 {
            out.push_str(", …");
        }
        out.push_str(close);
    }

    fn pairs(&self, out: &mut String, kept: &[Value], total: u64, level: u32) {
        out.push('{');
        for (index, pair) in kept.chunks(2).take(SHOWN_ELEMENTS).enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            for (half, &element) in pair.iter().enumerate() {
                if half > 0 {
                    out.push_str(": ");
                }
                self.value(out, element, level.saturating_add(1));
            }
        }
        if total / 2 > SHOWN_ELEMENTS as u64 {
            out.push_str(", …");
        }
        out.push('}');
    }

    fn constant(&self, out: &mut String, prefix: &str, literal: Literal) {
        // A constant that cannot be read any more is only not shown.
        let bytes = literal.fetch(self.source, SHOWN_BYTES).unwrap_or_default();
        out.push_str(prefix);
        out.push('"');
        out.push_str(&escape_bytes(&bytes));
        out.push_str(if literal.len() > SHOWN_BYTES as u64 {
            "…\""
        } else {
            "\""
        });
    }
}

fn bounded(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(SHOWN_CHARS) {
        text.truncate(at);
        text.push('…');
    }
    text
}
