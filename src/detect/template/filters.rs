//! What filters make of values, and the names that they look up.

use super::follow::{Follower, Given};
use super::roads::Road;
use super::value::Value;
use crate::report::Severity;
use crate::rules::template as rules;

/// Filters that take the name of an attribute as their first argument.
const BY_ATTRIBUTE: &[&str] = &["groupby", "rejectattr", "selectattr"];

/// Filters that may be given one as `attribute=`.
const SORTING: &[&str] = &["join", "max", "min", "sort", "sum", "unique"];

/// Filters whose value is a number or a truth value.
const COUNTING: &[&str] = &[
    "abs",
    "count",
    "float",
    "int",
    "length",
    "round",
    "wordcount",
];

/// Filters that leave the characters of a text as they are.
const SAME: &[&str] = &["e", "escape", "forceescape", "safe", "string"];

/// Filters that hand out elements one by one, and so are functions as a text.
const LAZY: &[&str] = &[
    "batch",
    "items",
    "map",
    "reject",
    "rejectattr",
    "select",
    "selectattr",
    "slice",
    "unique",
];

/// Filters that take the elements of what they are given.
const TAKING: &[&str] = &[
    "count", "first", "groupby", "join", "last", "length", "list", "max", "min", "random",
    "reverse", "sort", "sum",
];

/// Filters that keep elements of a list.
const CHOOSING: &[&str] = &["list", "reject", "select", "sort", "unique"];

impl Follower<'_> {
    /// What the filter makes of the value.
    pub(super) fn filter(&mut self, name: &str, value: &Value, given: &Given) -> Value {
        self.sizes(given);
        self.filter_roads(name, given);
        match (LAZY.contains(&name), TAKING.contains(&name)) {
            (true, _) => {
                let made = self.filtered_value(name, &value.unpacked(), given);
                made.map(|one| Value::Lazy(Box::new(one.clone())))
            }
            (_, true) => self.filtered_value(name, &value.unpacked(), given),
            _ => self.filtered_value(name, value, given),
        }
    }

    fn filtered_value(&mut self, name: &str, value: &Value, given: &Given) -> Value {
        match name {
            "attr" => Value::Data,
            "map" => self.map_filter(value, given),
            "format" => match value {
                Value::Text(format) => self.percent(format, given),
                other => self.derive(other, given),
            },
            "default" | "d" => {
                let other = given.place(0).cloned().unwrap_or(Value::text(""));
                Value::any([value.clone(), other])
            }
            "replace" => self.replaced(value, given),
            "join" => self.join_filter(value, given),
            "first" => value.map(|one| self.item(one, &Value::Whole(0))),
            "last" => value.map(|one| self.item(one, &Value::Whole(-1))),
            "random" => value.element(),
            "items" | "dictsort" => entries(value),
            _ if COUNTING.contains(&name) => Value::Number,
            _ if SAME.contains(&name) => value.as_string(),
            _ => value
                .map(|one| plain_filter(name, one).unwrap_or_else(|| one.derived()))
                .with(given),
        }
    }

    /// Names that the filter is given.
    fn filter_roads(&mut self, name: &str, given: &Given) {
        let by_place = match name {
            "attr" => given.place(0),
            _ if BY_ATTRIBUTE.contains(&name) => given.place(0),
            "map" if given.place(0).and_then(Value::as_text) == Some("attr") => given.place(1),
            _ => None,
        };
        let named = name == "map" || SORTING.contains(&name) || BY_ATTRIBUTE.contains(&name);
        let by_name = given.name("attribute").filter(|_| named);
        for road in [by_place, by_name].into_iter().flatten() {
            self.road(road, Road::Attribute);
        }
        if name == "map"
            && given
                .place(0)
                .is_some_and(|first| first.as_text().is_none())
        {
            self.road(&Value::Authored, Road::Attribute);
        }
    }

    /// `map`, with an attribute or with another filter.
    fn map_filter(&mut self, value: &Value, given: &Given) -> Value {
        if let Some(path) = given.name("attribute").and_then(Value::as_text) {
            let found = self.each_at(value, path);
            let other = given.name("default").cloned();
            return match other {
                Some(other) => Value::any([found, other]),
                None => found,
            };
        }
        let inner = given.place(0).and_then(Value::as_text).map(str::to_owned);
        let Some(inner) = inner.filter(|inner| inner != "attr" && inner != "map") else {
            return Value::Data;
        };
        let rest = Given {
            by_place: given.by_place.iter().skip(1).cloned().collect(),
            by_name: given.by_name.clone(),
        };
        match value {
            Value::List(items) => {
                let each = items.iter().map(|item| self.filter(&inner, item, &rest));
                Value::List(each.collect())
            }
            other => self.filter(&inner, &other.element(), &rest),
        }
    }

    /// What stands under a path of names in each element.
    fn each_at(&self, value: &Value, path: &str) -> Value {
        let at = |one: &Value| {
            path.split('.')
                .fold(one.clone(), |one, name| self.item(&one, &Value::text(name)))
        };
        value.map(|value| match value {
            Value::List(items) => Value::List(items.iter().map(at).collect()),
            other => at(&other.element()),
        })
    }

    fn join_filter(&mut self, value: &Value, given: &Given) -> Value {
        let between = given.place(0).cloned().unwrap_or(Value::text(""));
        match given.name("attribute").map(Value::as_text) {
            Some(None) => Value::Data,
            Some(Some(path)) => self
                .each_at(value, path)
                .map(|value| joined(value, &between)),
            None => value.map(|value| joined(value, &between)),
        }
    }

    /// What is not computed: of the value, and of what is given.
    fn derive(&mut self, value: &Value, given: &Given) -> Value {
        value.derived().with(given)
    }

    /// `replace`, of a filter or of a text.
    pub(super) fn replaced(&mut self, value: &Value, given: &Given) -> Value {
        let texts = (given.place(0), given.place(1));
        if let Some(new) = given.place(1).and_then(Value::as_text)
            && matches!(value, Value::Data | Value::Any(_))
            && super::conditions::points(new)
        {
            let what = format!("writes `{}` over what was said", super::shown(new));
            self.tell(&rules::CONDITIONAL_TEXT, Severity::Medium, what);
        }
        let (Some(Value::Text(old)), Some(Value::Text(new))) = texts else {
            return self.derive(value, given);
        };
        value.map(|value| match value {
            Value::Text(text) => {
                let more = text.len().saturating_mul(new.len().max(1));
                match more < 1 << 20 {
                    true => Value::text(text.replace(old.as_str(), new)),
                    false => Value::Authored,
                }
            }
            Value::Data if !Value::text(new).has_underscore() => Value::Data,
            Value::Data => Value::Authored,
            other => other.derived(),
        })
    }

    /// Numbers that a filter or a method is given are lengths.
    pub(super) fn sizes(&mut self, given: &Given) {
        let named = given.by_name.iter().map(|(_, value)| value);
        for value in given.by_place.iter().chain(named) {
            if let Value::Whole(number) = value {
                let size = u64::try_from(*number).unwrap_or(0);
                self.steps(size, "asks for a text of the length");
            }
        }
    }
}

impl Value {
    /// It, after something that was given may have entered it.
    pub(super) fn with(self, given: &Given) -> Value {
        match given.has_underscore() {
            true => Value::any([self, Value::Authored]),
            false => self,
        }
    }
}

/// Elements with something between them.
pub(super) fn joined(value: &Value, between: &Value) -> Value {
    let items = match value {
        Value::List(items) => items.clone(),
        Value::Map(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
        Value::Text(text) if text.len() <= 256 => {
            text.chars().map(|c| Value::text(c.to_string())).collect()
        }
        Value::Lazy(inner) => return inner.map(|inner| joined(inner, between)),
        other => {
            return other
                .derived()
                .joined(&between.as_string())
                .derived_if(between);
        }
    };
    let mut items = items.into_iter();
    let first = items.next().map_or(Value::text(""), |one| one.as_string());
    items.fold(first, |all, one| {
        all.joined(between).joined(&one.as_string())
    })
}

impl Value {
    /// Data joined by what has no underscore is data.
    fn derived_if(self, between: &Value) -> Value {
        match (between.has_underscore(), self) {
            (false, Value::Mixed(_)) => Value::Data,
            (_, other) => other,
        }
    }
}

/// Pairs of keys and values.
pub(super) fn entries(value: &Value) -> Value {
    value.map(|value| match value {
        Value::Map(entries) => {
            let pair =
                |(key, value): &(Value, Value)| Value::List(vec![key.clone(), value.clone()]);
            Value::List(entries.iter().map(pair).collect())
        }
        other => other.part(),
    })
}

/// Filters without arguments that matter, of a single value.
fn plain_filter(name: &str, value: &Value) -> Option<Value> {
    match (name, value) {
        (_, Value::Data | Value::Number | Value::Whole(_)) => Some(Value::Data),
        ("reverse", Value::Text(text)) => Some(Value::text(text.chars().rev().collect::<String>())),
        ("reverse", Value::List(items)) => Some(Value::List(items.iter().rev().cloned().collect())),
        ("list", Value::Text(text)) if text.len() <= 256 => {
            let chars = text.chars().map(|c| Value::text(c.to_string()));
            Some(Value::List(chars.collect()))
        }
        (_, Value::List(_)) if CHOOSING.contains(&name) => Some(value.clone()),
        ("batch" | "slice", Value::List(_)) => Some(Value::List(vec![value.clone()])),
        ("lower", Value::Text(text)) => Some(Value::text(text.to_lowercase())),
        ("upper", Value::Text(text)) => Some(Value::text(text.to_uppercase())),
        ("trim", Value::Text(text)) => Some(Value::text(text.trim())),
        ("capitalize", Value::Text(text)) => {
            let mut chars = text.chars();
            let first: String = chars
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .collect();
            Some(Value::text(first + &chars.as_str().to_lowercase()))
        }
        ("indent" | "center" | "truncate" | "wordwrap", Value::Text(_)) => Some(value.clone()),
        _ => None,
    }
}
