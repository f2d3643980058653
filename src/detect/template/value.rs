//! What an expression may be worth, as far as the template alone tells.

use super::names::holds_dunder;

/// Characters of a text that are known exactly.
const TEXT_CAP_BYTES: usize = 4096;

/// Characters at either end of a text that is known in part.
const END_CAP_CHARS: usize = 64;

/// Values that one expression may have.
const ALTERNATIVES_CAP: usize = 16;

/// Elements of a list that are known.
pub(super) const ELEMENTS_CAP: usize = 256;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A known text.
    Text(String),
    /// A known whole number.
    Whole(i64),
    /// Any number, a truth value or none.
    Number,
    /// A list of known length.
    List(Vec<Value>),
    /// A dictionary with these entries.
    Map(Vec<(Value, Value)>),
    /// What the template is given, and what follows from that alone.
    Data,
    /// A text put together from known ones and others.
    Mixed(Mixed),
    /// A text that whoever wrote the template chose, and that only rendering
    /// tells.
    Authored,
    /// A function or an object of the environment.
    Object(String),
    /// What a filter hands out one by one: a list to whoever takes it apart,
    /// and as a text the name of a function of Jinja's own, with underscores.
    Lazy(Box<Value>),
    /// One of several.
    Any(Vec<Value>),
}

/// What is known of a text that is not known as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Mixed {
    /// How it begins, where that is known.
    pub(super) start: Option<String>,
    /// The last of what is known.
    tail: String,
    /// Whether the known pieces together hold the name of an internal.
    pub(super) dunder: bool,
    /// Whether they hold two underscores in a row.
    pub(super) double: bool,
}

impl Mixed {
    fn push(&mut self, text: &str) {
        let joined = format!("{}{text}", self.tail);
        self.dunder |= holds_dunder(&joined);
        self.double |= joined.contains("__");
        let cut = joined.char_indices().rev().nth(END_CAP_CHARS);
        let cut = cut.map_or(0, |(at, _)| at);
        self.tail = joined.get(cut..).unwrap_or_default().to_owned();
    }

    fn begin(text: &str) -> Mixed {
        let mut mixed = Mixed {
            start: Some(text.chars().take(END_CAP_CHARS).collect()),
            ..Mixed::default()
        };
        mixed.push(text);
        mixed
    }

    fn has_underscore(&self) -> bool {
        let start = self.start.as_deref().unwrap_or_default();
        self.double || start.starts_with('_') || self.tail.contains('_')
    }
}

impl Value {
    /// A known text.
    pub(super) fn text(text: impl Into<String>) -> Value {
        let text = text.into();
        match text.len() <= TEXT_CAP_BYTES {
            true => Value::Text(text),
            false => Value::Mixed(Mixed::begin(&text)),
        }
    }

    /// One of these.
    pub(super) fn any(values: impl IntoIterator<Item = Value>) -> Value {
        let mut all: Vec<Value> = Vec::new();
        for value in values {
            match value {
                Value::Any(more) => more.into_iter().for_each(|one| keep(&mut all, one)),
                one => keep(&mut all, one),
            }
        }
        match all.len() {
            0 => Value::Number,
            1 => all.pop().unwrap_or(Value::Number),
            2..=ALTERNATIVES_CAP => Value::Any(all),
            _ => blurred(&all),
        }
    }

    /// It as whoever takes its elements has it.
    pub(super) fn unpacked(&self) -> Value {
        self.map(|one| match one {
            Value::Lazy(inner) => inner.as_ref().clone(),
            other => other.clone(),
        })
    }

    /// Each of the values it may be.
    pub(super) fn each(&self) -> &[Value] {
        match self {
            Value::Any(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// The values that `make` makes of each it may be.
    pub(super) fn map(&self, make: impl Fn(&Value) -> Value) -> Value {
        Value::any(self.each().iter().map(make))
    }

    /// The known text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it may be, or hold, a text with an underscore where a name of
    /// Python's internals has one.
    pub(super) fn has_underscore(&self) -> bool {
        match self {
            Value::Text(text) => text.trim().starts_with('_') || text.contains("__"),
            Value::Mixed(mixed) => mixed.has_underscore(),
            Value::Authored => true,
            Value::List(items) | Value::Any(items) => items.iter().any(Value::has_underscore),
            Value::Map(entries) => entries
                .iter()
                .any(|(key, value)| key.has_underscore() || value.has_underscore()),
            Value::Lazy(inner) => inner.has_underscore(),
            Value::Whole(_) | Value::Number | Value::Data | Value::Object(_) => false,
        }
    }

    /// Whether whoever wrote the template chose some of its text.
    fn is_written(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            Value::Mixed(_) | Value::Authored | Value::Object(_) | Value::Lazy(_) => true,
            Value::List(items) | Value::Any(items) => items.iter().any(Value::is_written),
            Value::Map(entries) => !entries.is_empty(),
            Value::Whole(_) | Value::Number | Value::Data => false,
        }
    }

    /// What becomes of it in a way that is not computed here.
    pub(super) fn derived(&self) -> Value {
        match self.is_written() {
            true => Value::Authored,
            false => Value::Data,
        }
    }

    /// Some characters of it, or one.
    pub(super) fn part(&self) -> Value {
        match self {
            Value::Text(text) if !text.contains('_') => Value::Data,
            Value::Mixed(mixed) if !mixed.has_underscore() => Value::Data,
            Value::Text(_) | Value::Mixed(_) | Value::Authored => Value::Authored,
            Value::Any(values) => Value::any(values.iter().map(Value::part)),
            Value::List(_) => self.clone(),
            Value::Lazy(inner) => inner.part(),
            _ => Value::Data,
        }
    }

    /// What a loop over it takes.
    pub(super) fn element(&self) -> Value {
        match self {
            Value::List(items) => Value::any(items.iter().cloned()),
            Value::Map(entries) => Value::any(entries.iter().map(|(key, _)| key.clone())),
            Value::Text(text) => {
                let mut chars: Vec<char> = text.chars().collect();
                chars.sort_unstable();
                chars.dedup();
                match chars.len() <= ALTERNATIVES_CAP {
                    true => Value::any(chars.into_iter().map(Value::text)),
                    false => self.part(),
                }
            }
            Value::Any(values) => Value::any(values.iter().map(Value::element)),
            Value::Lazy(inner) => inner.element(),
            other => other.part(),
        }
    }

    /// It as a text.
    pub(super) fn as_string(&self) -> Value {
        match self {
            Value::Whole(number) => Value::text(number.to_string()),
            Value::Number | Value::Data => Value::Data,
            Value::Text(_) | Value::Mixed(_) | Value::Authored => self.clone(),
            Value::Any(values) => Value::any(values.iter().map(Value::as_string)),
            Value::List(_) | Value::Map(_) | Value::Object(_) | Value::Lazy(_) => self.derived(),
        }
    }

    /// It with another one behind it, as texts; lists as lists.
    pub(super) fn joined(&self, other: &Value) -> Value {
        let pairs = self.each().len().saturating_mul(other.each().len());
        if pairs > ALTERNATIVES_CAP.saturating_mul(2) {
            return blurred(&[self.clone(), other.clone()]);
        }
        let all = self
            .each()
            .iter()
            .flat_map(|a| other.each().iter().map(|b| join(a, b)));
        Value::any(all.collect::<Vec<_>>())
    }
}

fn keep(all: &mut Vec<Value>, one: Value) {
    // What is one too many is enough to know that there are too many.
    let full = all.len() > ALTERNATIVES_CAP;
    let one = if full && one.has_underscore() {
        Value::Authored
    } else {
        one
    };
    if !all.contains(&one) && (!full || one == Value::Authored) {
        all.push(one);
    }
}

/// What is left to know of values when they are too many.
pub(super) fn blurred(values: &[Value]) -> Value {
    match values.iter().any(Value::has_underscore) {
        true => Value::Authored,
        false => Value::Data,
    }
}

fn join(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Whole(a), Value::Whole(b)) => Value::Whole(a.saturating_add(*b)),
        (Value::Number | Value::Whole(_), Value::Number | Value::Whole(_)) => Value::Number,
        (Value::List(a), Value::List(b)) if a.len().saturating_add(b.len()) <= ELEMENTS_CAP => {
            Value::List(a.iter().chain(b).cloned().collect())
        }
        _ => join_texts(a.as_string(), b.as_string()),
    }
}

fn join_texts(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Value::text(a + &b),
        (Value::Authored, _) | (_, Value::Authored) => Value::Authored,
        (a, b) => {
            let mut mixed = match a {
                Value::Text(text) => Mixed::begin(&text),
                Value::Mixed(mixed) => mixed,
                _ => Mixed::default(),
            };
            match b {
                Value::Text(text) => mixed.push(&text),
                Value::Mixed(more) => {
                    mixed.dunder |= more.dunder;
                    mixed.double |= more.double;
                    mixed.push(more.start.as_deref().unwrap_or_default());
                    mixed.push(&more.tail);
                }
                _ => {}
            }
            Value::Mixed(mixed)
        }
    }
}

/// The elements that a slice takes, as Python counts.
pub(super) fn sliced<T: Clone>(items: &[T], bounds: [Option<i64>; 3]) -> Vec<T> {
    let [start, stop, step] = bounds;
    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    if step == 0 {
        return Vec::new();
    }
    let place = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(at) if at < 0 => at.saturating_add(len),
        Some(at) => at,
    };
    let (low, high) = if step > 0 {
        (0, len)
    } else {
        (-1, len.saturating_sub(1))
    };
    let ends = if step > 0 { (0, len) } else { (high, -1) };
    let mut at = place(start, ends.0).clamp(low, high);
    let stop = match stop {
        None => ends.1,
        stop => place(stop, 0).clamp(low, high),
    };
    let mut out = Vec::new();
    while if step > 0 { at < stop } else { at > stop } {
        let item = usize::try_from(at).ok().and_then(|at| items.get(at));
        out.extend(item.cloned());
        at = at.saturating_add(step);
    }
    out
}
