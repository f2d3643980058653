//! What an expression of the template may be worth.

use crate::report::Severity;
use crate::rules::template as rules;

use super::conditions;
use super::follow::{Follower, Given};
use super::names::{
    FOREIGN_OBJECTS, KNOWN_FUNCTIONS, OPEN_OBJECTS, UNDERSCORED_METHODS, is_dunder, is_private,
};
use super::roads::Road;
use super::shown;
use super::tree::{Arguments, Expr, Operator};
use super::value::{ELEMENTS_CAP, Value, blurred, sliced};

impl Follower<'_> {
    /// What an expression may be worth.
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        match expr {
            Expr::Name(name) => self.name(name),
            Expr::Text(text) => Value::text(text),
            Expr::Whole(number) => Value::Whole(*number),
            Expr::Plain => Value::Number,
            Expr::List(items) => {
                let values: Vec<Value> = items.iter().map(|item| self.value(item)).collect();
                match values.len() <= ELEMENTS_CAP {
                    true => Value::List(values),
                    false => blurred(&values),
                }
            }
            Expr::Map(entries) => {
                let pair = |(key, value): &(Expr, Expr)| (self.value(key), self.value(value));
                let values: Vec<_> = entries.iter().map(pair).collect();
                match values.len() <= ELEMENTS_CAP {
                    true => Value::Map(values),
                    false => Value::Data,
                }
            }
            Expr::Attribute(value, name) => {
                if matches!(name.as_str(), "format" | "format_map") {
                    let of = self.value(value);
                    self.format_taken(&of);
                }
                self.attribute(value, name)
            }
            Expr::Item(value, key) => {
                let (value, key) = (self.value(value), self.value(key));
                self.road(&key, Road::Key);
                self.opened_by(&value, &key);
                self.item(&value, &key)
            }
            Expr::Slice(value, bounds) => self.slice(value, bounds),
            Expr::Negated(value) => match self.value(value) {
                Value::Whole(number) => Value::Whole(number.saturating_neg()),
                _ => Value::Number,
            },
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expr::Compared(operands) => {
                for operand in operands {
                    self.value(operand);
                }
                Value::Number
            }
            Expr::Choice(test, yes, no) => {
                self.value(test);
                self.poisoned(test, || conditions::said_by(yes));
                let yes = self.value(yes);
                let no = no.as_ref().map_or(Value::text(""), |no| self.value(no));
                Value::any([yes, no])
            }
            Expr::Filter(name, value, arguments) => {
                let value = value
                    .as_ref()
                    .map_or(Value::Data, |value| self.value(value));
                let given = self.given(arguments);
                self.filter(name, &value, &given)
            }
            Expr::Test(value, arguments) => {
                self.value(value);
                self.given(arguments);
                Value::Number
            }
            Expr::Call(callee, arguments) => self.call(callee, arguments),
        }
    }

    /// The innermost filter of a chain without a value gets this one.
    pub(super) fn filtered(&mut self, filter: &Expr, value: Value) -> Value {
        let Expr::Filter(name, inner, arguments) = filter else {
            return value.derived();
        };
        let value = match inner {
            Some(inner) => self.filtered(inner, value),
            None => value,
        };
        let given = self.given(arguments);
        self.filter(name, &value, &given)
    }

    /// The values of arguments.
    pub(super) fn given(&mut self, arguments: &Arguments) -> Given {
        let mut by_place: Vec<Value> = arguments.by_place.iter().map(|e| self.value(e)).collect();
        let mut by_name = Vec::new();
        for (name, expr) in &arguments.by_name {
            if is_dunder(name) {
                self.escapes(name);
            }
            let value = self.value(expr);
            match (name.as_str(), value) {
                ("*", Value::List(items)) => by_place.extend(items),
                ("*", other) => by_place.push(other.element()),
                ("", Value::Map(entries)) => {
                    for (key, value) in entries {
                        let key = key.as_text().unwrap_or_default().to_owned();
                        by_name.push((key, value));
                    }
                }
                (_, value) => by_name.push((name.clone(), value)),
            }
        }
        Given { by_place, by_name }
    }

    fn name(&mut self, name: &str) -> Value {
        if is_dunder(name) {
            self.escapes(name);
        }
        if let Some(value) = self.heap.get(name) {
            return value.clone();
        }
        let object = KNOWN_FUNCTIONS.contains(&name)
            || OPEN_OBJECTS.contains(&name)
            || FOREIGN_OBJECTS.contains(&name)
            || self.macros.contains_key(name);
        match name {
            // Special tokens come with the model, as the template does.
            _ if name.ends_with("_token") => Value::Authored,
            _ if object => Value::Object(name.to_owned()),
            _ => Value::Data,
        }
    }

    /// The value that has the attribute, looked up.
    pub(super) fn attribute(&mut self, value: &Expr, name: &str) -> Value {
        let of = self.value(value);
        if is_private(name) {
            self.escapes(name);
            return Value::Data;
        }
        for one in of.each() {
            if let Value::Object(object) = one {
                self.opened(object, name);
                // What it is called, and what its parameters are.
                if self.macros.contains_key(object) && matches!(name, "arguments" | "name") {
                    return Value::Authored;
                }
            }
        }
        let key = Value::text(name);
        self.item(&of, &key)
    }

    /// An attribute of an object of the environment is taken.
    fn opened(&mut self, object: &str, name: &str) {
        let foreign = FOREIGN_OBJECTS.contains(&object);
        let open = OPEN_OBJECTS.contains(&object) && object != "self";
        if foreign || open {
            let what = format!("takes `{}` of `{object}`", shown(name));
            self.tell(&rules::FOREIGN_OBJECT, Severity::Medium, what);
        }
    }

    /// A function or an object of the environment is asked for what a key
    /// names: no template has a use for it unless the key is a plain one.
    fn opened_by(&mut self, value: &Value, key: &Value) {
        for one in value.each() {
            let Value::Object(object) = one else { continue };
            let is_function = object != "loop" && KNOWN_FUNCTIONS.contains(&object.as_str());
            match key {
                Value::Text(name) => self.opened(object, name),
                Value::Whole(_) | Value::Number => {}
                _ if is_function || object == "self" || self.macros.contains_key(object) => {
                    let severity = rules::COMPUTED_NAME.severity;
                    let what = format!("looks up in `{object}` a name that only rendering tells");
                    self.tell(&rules::COMPUTED_NAME, severity, what);
                }
                _ => {}
            }
        }
    }

    /// What stands in a value under a key.
    pub(super) fn item(&self, value: &Value, key: &Value) -> Value {
        let field = key
            .as_text()
            .and_then(|name| self.heap.get(&format!(".{name}")).cloned());
        let found = value.map(|value| match (value, key) {
            (Value::List(items), Value::Whole(at)) => {
                one_of(items, *at).unwrap_or_else(|| value.element())
            }
            (Value::Text(text), Value::Whole(at)) => {
                let chars: Vec<char> = text.chars().collect();
                one_of(&chars, *at).map_or(Value::Data, Value::text)
            }
            (Value::Map(entries), key) => {
                let of = |(own, value): &(Value, Value)| (own == key).then(|| value.clone());
                entries.iter().find_map(of).unwrap_or_else(|| {
                    let values = entries.iter().map(|(_, value)| value.clone());
                    Value::any(values.chain([Value::Data]))
                })
            }
            (Value::Text(_) | Value::List(_) | Value::Mixed(_) | Value::Authored, key)
                if key.as_text().is_none() =>
            {
                value.element()
            }
            (Value::Authored, _) => Value::Authored,
            (_, Value::Text(name)) if UNDERSCORED_METHODS.contains(&name.as_str()) => {
                Value::Object(name.clone())
            }
            _ => Value::Data,
        });
        Value::any([found].into_iter().chain(field))
    }

    fn slice(&mut self, value: &Expr, bounds: &[Option<Expr>; 3]) -> Value {
        let value = self.value(value);
        let mut known = [None; 3];
        let mut exact = true;
        for (slot, bound) in known.iter_mut().zip(bounds) {
            match bound.as_ref().map(|bound| self.value(bound)) {
                None => {}
                Some(Value::Whole(number)) => *slot = Some(number),
                Some(_) => exact = false,
            }
        }
        value.map(|value| match value {
            Value::Text(text) if exact => {
                let chars: Vec<char> = text.chars().collect();
                Value::text(sliced(&chars, known).into_iter().collect::<String>())
            }
            Value::List(items) if exact => Value::List(sliced(items, known)),
            other => other.part(),
        })
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Value {
        let (a, b) = (self.value(left), self.value(right));
        match operator {
            Operator::Join => a.joined(&b),
            Operator::Either => Value::any([a, b]),
            Operator::In | Operator::Equal => Value::Number,
            Operator::Times => self.times(&a, &b),
            Operator::Percent => match &a {
                Value::Text(format) => {
                    let given = Given {
                        by_place: match b {
                            Value::List(items) => items,
                            Value::Map(_) => Vec::new(),
                            one => vec![one],
                        },
                        by_name: Vec::new(),
                    };
                    self.percent(format, &given)
                }
                Value::Whole(_) | Value::Number => Value::Number,
                other => other.joined(&b.as_string()).derived(),
            },
            Operator::Power => {
                if let (Value::Whole(base), Value::Whole(power)) = (&a, &b)
                    && base.unsigned_abs() > 1
                {
                    let digits = power.unsigned_abs().saturating_mul(1000);
                    self.steps(digits, "raises a number to a power, with an effort of");
                    let power = u32::try_from(*power).ok();
                    return power
                        .and_then(|power| base.checked_pow(power))
                        .map_or(Value::Number, Value::Whole);
                }
                Value::Number
            }
            Operator::Other => match (a, b) {
                (Value::Whole(a), Value::Whole(b)) if a == b => Value::Whole(0),
                _ => Value::Number,
            },
        }
    }

    fn times(&mut self, a: &Value, b: &Value) -> Value {
        let (text, times) = match (a, b) {
            (Value::Whole(a), Value::Whole(b)) => return Value::Whole(a.saturating_mul(*b)),
            (Value::Text(text), Value::Whole(times)) | (Value::Whole(times), Value::Text(text)) => {
                (text, u64::try_from(*times).unwrap_or(0))
            }
            (Value::Number | Value::Whole(_) | Value::Data, Value::Number | Value::Whole(_)) => {
                return Value::Number;
            }
            (a, b) => return Value::any([a.derived(), b.derived()]),
        };
        let len = (text.len() as u64).saturating_mul(times);
        self.steps(len, "repeats a text to a length of");
        match len {
            ..=4096 => Value::text(text.repeat(usize::try_from(times).unwrap_or(0))),
            _ => Value::text(text).part(),
        }
    }

    fn call(&mut self, callee: &Expr, arguments: &Arguments) -> Value {
        match callee {
            Expr::Name(name) => {
                self.name(name);
                let given = self.given(arguments);
                self.call_name(name, &given)
            }
            Expr::Attribute(value, name) => {
                let found = self.attribute(value, name);
                let of = self.value(value);
                let given = self.given(arguments);
                self.method(value, &of, name, &given, found)
            }
            other => {
                let called = self.value(other);
                let given = self.given(arguments);
                self.call_value(&called, &given)
            }
        }
    }

    /// A value is called: a macro under another name, or a method that was
    /// taken from its text.
    fn call_value(&mut self, called: &Value, given: &Given) -> Value {
        let mut made = Vec::new();
        for one in called.each() {
            made.push(match one {
                Value::Object(name) if self.macros.contains_key(name) => {
                    self.call_name(name, given)
                }
                _ => Value::Authored,
            });
        }
        if given.has_underscore() {
            self.taint();
        }
        Value::any(made)
    }

    fn call_name(&mut self, name: &str, given: &Given) -> Value {
        if let Some(parameters) = self.macros.get(name).cloned() {
            for (parameter, value) in parameters.iter().zip(&given.by_place) {
                self.give(parameter, value.clone());
            }
            for (parameter, value) in &given.by_name {
                self.give(parameter, value.clone());
            }
            self.rest_of(&parameters, given);
            let written = self.heap.get(&format!("{name}()"));
            return written.cloned().unwrap_or(Value::Data);
        }
        match name {
            "range" => self.range_of(given),
            "namespace" => {
                for (field, value) in &given.by_name {
                    self.give(&format!(".{field}"), value.clone());
                }
                for value in &given.by_place {
                    if let Value::Map(entries) = value {
                        for (key, value) in entries {
                            let field = key.as_text().unwrap_or_default();
                            self.give(&format!(".{field}"), value.clone());
                        }
                    }
                }
                Value::Object("a namespace".to_owned())
            }
            "lipsum" => {
                self.sizes(given);
                Value::Data
            }
            "loop" => {
                self.again(given);
                Value::Data
            }
            "dict" => {
                let entries = given.by_name.iter();
                let own = entries.map(|(key, value)| (Value::text(key), value.clone()));
                Value::Map(own.collect())
            }
            "cycler" | "joiner" => Value::any(given.by_place.iter().cloned()),
            "strftime_now" => given.place(0).map_or(Value::Data, |format| match format {
                Value::Text(text) if !text.contains('%') => format.clone(),
                other => other.derived(),
            }),
            _ if KNOWN_FUNCTIONS.contains(&name) => Value::Data,
            _ if let Some(called) = self.heap.get(name).cloned() => self.call_value(&called, given),
            _ => {
                let severity = match FOREIGN_OBJECTS.contains(&name) {
                    true => Severity::Medium,
                    false => Severity::Low,
                };
                let what = format!("calls `{}`, which is no function of templates", shown(name));
                self.tell(&rules::FOREIGN_OBJECT, severity, what);
                Value::Data
            }
        }
    }

    /// What a macro is given beyond its parameters.
    fn rest_of(&mut self, parameters: &[String], given: &Given) {
        if !given.has_underscore() {
            return;
        }
        let rest = given.by_place.iter().skip(parameters.len());
        self.give("varargs", Value::List(rest.cloned().collect()));
        let named = given.by_name.iter();
        let named = named.map(|(key, value)| (Value::text(key), value.clone()));
        self.give("kwargs", Value::Map(named.collect()));
        // Unpacked from what is not known as a whole.
        if given.name("").is_some() {
            for parameter in parameters {
                self.give(parameter, Value::Authored);
            }
        }
    }

    fn range_of(&mut self, given: &Given) -> Value {
        let bound = |at: usize| match given.place(at) {
            Some(Value::Whole(number)) => Some(*number),
            _ => None,
        };
        let steps = match given.by_place.len() {
            1 => bound(0).unwrap_or(1),
            _ => {
                let (start, stop) = (bound(0).unwrap_or(0), bound(1).unwrap_or(1));
                let step = bound(2).unwrap_or(1).unsigned_abs().max(1);
                let all = stop.saturating_sub(start).unsigned_abs();
                i64::try_from(all.checked_div(step).unwrap_or(all)).unwrap_or(i64::MAX)
            }
        };
        let steps = u64::try_from(steps).unwrap_or(0);
        self.range = Some(steps);
        self.steps(steps, "counts to");
        Value::Number
    }
}

/// An element by its number, counted from the end where that is negative.
pub(super) fn one_of<T: Clone>(items: &[T], at: i64) -> Option<T> {
    let len = i64::try_from(items.len()).ok()?;
    let at = if at < 0 { at.checked_add(len)? } else { at };
    items.get(usize::try_from(at).ok()?).cloned()
}
