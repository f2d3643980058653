//! The template followed to every value that a name may have.
//!
//! Names are followed without regard to order and scope: a variable, a field of
//! a namespace, a macro's parameter and what a macro writes each have the
//! values that they get anywhere. That is more than rendering would give them
//! and never less, so that no branch, loop or alias hides a name. The template
//! is gone through until nothing new appears; what still grows then is
//! [`blurred`].

use std::collections::BTreeMap;

use super::names::{
    FOREIGN_OBJECTS, KNOWN_FUNCTIONS, OPEN_OBJECTS, holds_dunder, is_dunder, is_private,
};
use super::plain::Plain;
use super::tree::{Arguments, Expr, Kind, Operator, Parameter, Statement};
use super::value::{ELEMENTS_CAP, Value, blurred, sliced};
use super::{EXCERPT_CAP_CHARS, Notice, conditions, escape, shown};
use crate::report::Severity;
use crate::rules::{Rule, template as rules};

/// Passes after which a value that still grows is blurred.
const PASSES_BEFORE_BLUR: usize = 3;

/// Passes in all.
const PASSES_CAP: usize = 8;

/// Steps of loops, characters and digits that are told.
const STEPS_CAP: u64 = 1_000_000;

/// Steps that take a loader minutes.
const STEPS_LONG: u64 = 100_000_000;

/// What a call or a filter is given, as values.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// By position.
    pub(super) by_place: Vec<Value>,
    /// By name.
    pub(super) by_name: Vec<(String, Value)>,
}

impl Given {
    /// What is given by position.
    pub(super) fn place(&self, at: usize) -> Option<&Value> {
        self.by_place.get(at)
    }

    /// What is given by name.
    pub(super) fn name(&self, name: &str) -> Option<&Value> {
        let mut named = self.by_name.iter();
        named.find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// How a name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    /// As a key, and as an attribute if there is no such key.
    Key,
    /// As an attribute, or several with dots between.
    Attribute,
}

/// Goes through a template.
pub(super) struct Follower<'p> {
    plain: &'p Plain<'p>,
    /// What variables are worth by their names, fields by `.name`, and what
    /// macros write by `name()`.
    heap: BTreeMap<String, Value>,
    /// Parameters of macros.
    macros: BTreeMap<String, Vec<String>>,
    notices: Vec<Notice>,
    /// Where the statement at hand stands.
    at: u32,
    changed: bool,
    blurring: bool,
    telling: bool,
    /// Steps of the last `range`, and of the loops that are open.
    range: Option<u64>,
    loops: u64,
}

/// Go through the template and tell what it does.
pub(super) fn follow(template: &[Statement], plain: &Plain<'_>) -> Vec<Notice> {
    let mut follower = Follower {
        plain,
        heap: BTreeMap::new(),
        macros: BTreeMap::new(),
        notices: Vec::new(),
        at: 0,
        changed: false,
        blurring: false,
        telling: false,
        range: None,
        loops: 1,
    };
    for pass in 0..PASSES_CAP {
        follower.changed = false;
        follower.blurring = pass >= PASSES_BEFORE_BLUR;
        follower.writes(template);
        if !follower.changed {
            break;
        }
    }
    follower.telling = true;
    follower.writes(template);
    follower.notices
}

impl Follower<'_> {
    /// Tell that the statement at hand does something.
    pub(super) fn tell(&mut self, rule: &'static Rule, severity: Severity, what: String) {
        let excerpt = self.excerpt();
        self.keep(Notice {
            rule,
            severity,
            what,
            excerpt,
        });
    }

    fn keep(&mut self, notice: Notice) {
        let known = self
            .notices
            .iter()
            .any(|kept| kept.rule == notice.rule && kept.severity == notice.severity);
        if self.telling && !known {
            self.notices.push(notice);
        }
    }

    fn escapes(&mut self, name: &str) {
        let notice = escape(name, self.excerpt());
        self.keep(notice);
    }

    fn excerpt(&self) -> String {
        let source = self.plain.source(self.at).trim();
        source.chars().take(EXCERPT_CAP_CHARS).collect()
    }

    /// Tell of work that takes long.
    pub(super) fn steps(&mut self, steps: u64, what: &str) {
        let severity = match steps {
            ..STEPS_CAP => return,
            STEPS_CAP..STEPS_LONG => Severity::Low,
            STEPS_LONG.. => Severity::Medium,
        };
        self.tell(&rules::LONG_LOOP, severity, format!("{what} {steps}"));
    }

    /// A name of the heap gets another value.
    pub(super) fn give(&mut self, name: &str, value: Value) {
        let old = self.heap.get(name);
        let new = Value::any(old.cloned().into_iter().chain([value]));
        if old == Some(&new) {
            return;
        }
        let new = match (self.blurring, old) {
            (true, Some(old)) => blurred(&[old.clone(), new]),
            _ => new,
        };
        if old != Some(&new) {
            self.heap.insert(name.to_owned(), new);
            self.changed = true;
        }
    }

    /// What the statements write.
    pub(super) fn writes(&mut self, body: &[Statement]) -> Value {
        let mut all = Value::text("");
        for statement in body {
            let part = self.statement(statement);
            all = all.joined(&part);
        }
        all
    }

    fn statement(&mut self, statement: &Statement) -> Value {
        self.at = statement.at;
        match &statement.kind {
            Kind::Write(expr) => return self.value(expr).as_string(),
            Kind::For {
                target,
                over,
                filter,
                body,
                otherwise,
            } => return self.for_loop(target, over, filter.as_ref(), body, otherwise),
            Kind::If { test, yes, no } => return self.condition(test, yes, no),
            Kind::With(pairs, body) => {
                for (target, expr) in pairs {
                    let value = self.value(expr);
                    self.assign(target, value);
                }
                return self.writes(body);
            }
            Kind::Set(target, expr) => {
                let value = self.value(expr);
                self.assign(target, value);
            }
            Kind::Capture(target, filter, body) => {
                let mut value = self.writes(body);
                if let Some(filter) = filter {
                    value = self.filtered(filter, value);
                }
                self.assign(target, value);
            }
            Kind::Filtered(filter, body) => {
                let value = self.writes(body);
                return self.filtered(filter, value).as_string();
            }
            Kind::Stretch(body) => return self.writes(body),
            Kind::Import(statement, names) => self.imports(statement, names),
            Kind::Macro {
                name,
                parameters,
                body,
            } => self.macro_body(name, parameters, body),
            Kind::CallBlock {
                call,
                parameters,
                body,
            } => {
                self.macro_body("caller", parameters, body);
                return self.value(call).as_string();
            }
        }
        Value::text("")
    }

    fn imports(&mut self, statement: &str, names: &[Expr]) {
        for name in names {
            self.value(name);
        }
        let severity = rules::IMPORTS.severity;
        let what = format!("takes in another template with `{statement}`");
        self.tell(&rules::IMPORTS, severity, what);
    }

    fn for_loop(
        &mut self,
        target: &Expr,
        over: &Expr,
        filter: Option<&Expr>,
        body: &[Statement],
        otherwise: &[Statement],
    ) -> Value {
        self.range = None;
        let all = self.value(over);
        let steps = self.range.take().unwrap_or(1).max(1);
        let outside = self.loops;
        self.loops = outside.saturating_mul(steps);
        if steps > 1 {
            self.steps(self.loops, "loops for steps in the number of");
        }
        self.assign(target, all.element());
        if let Some(filter) = filter {
            self.value(filter);
        }
        let written = self.writes(body);
        self.loops = outside;
        let otherwise = self.writes(otherwise);
        // Once, not at all, or more often.
        let often = match written.has_underscore() {
            true => Value::Authored,
            false => Value::Data,
        };
        Value::any([written, otherwise, often])
    }

    fn condition(&mut self, test: &Expr, yes: &[Statement], no: &[Statement]) -> Value {
        self.value(test);
        if self.telling
            && let Some((severity, what)) = conditions::poisoned(test, yes)
        {
            self.tell(&rules::CONDITIONAL_TEXT, severity, what);
        }
        let yes = self.writes(yes);
        let no = self.writes(no);
        Value::any([yes, no])
    }

    fn macro_body(&mut self, name: &str, parameters: &[Parameter], body: &[Statement]) {
        for (parameter, default) in parameters {
            if let Some(default) = default {
                let value = self.value(default);
                self.give(parameter, value);
            } else if !self.heap.contains_key(parameter) {
                self.give(parameter, Value::Data);
            }
        }
        let names = parameters.iter().map(|(name, _)| name.clone()).collect();
        self.macros.insert(name.to_owned(), names);
        let written = self.writes(body);
        self.give(&format!("{name}()"), written);
    }

    /// Give the value to what stands on the left of `=`, or behind `for`.
    fn assign(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Name(name) => self.give(name, value),
            Expr::Attribute(_, name) => {
                if is_private(name) {
                    self.escapes(name);
                }
                self.give(&format!(".{name}"), value);
            }
            Expr::List(targets) => {
                for (at, target) in targets.iter().enumerate() {
                    let of = value.map(|one| match one {
                        Value::List(items) if items.len() == targets.len() => {
                            items.get(at).cloned().unwrap_or(Value::Data)
                        }
                        other => other.element(),
                    });
                    self.assign(target, of);
                }
            }
            _ => {}
        }
    }

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
            Expr::Attribute(value, name) => self.attribute(value, name),
            Expr::Item(value, key) => {
                let (value, key) = (self.value(value), self.value(key));
                self.road(&key, Road::Key);
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
    fn filtered(&mut self, filter: &Expr, value: Value) -> Value {
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
        let by_place = arguments.by_place.iter().map(|e| self.value(e)).collect();
        let mut by_name = Vec::new();
        for (name, expr) in &arguments.by_name {
            if is_dunder(name) {
                self.escapes(name);
            }
            by_name.push((name.clone(), self.value(expr)));
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
        }
        for one in of.each() {
            if let Value::Object(object) = one {
                self.opened(object, name);
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
                self.value(other);
                self.given(arguments);
                Value::Data
            }
        }
    }

    fn call_name(&mut self, name: &str, given: &Given) -> Value {
        if let Some(parameters) = self.macros.get(name).cloned() {
            for (parameter, value) in parameters.iter().zip(&given.by_place) {
                self.give(parameter, value.clone());
            }
            for (parameter, value) in &given.by_name {
                self.give(parameter, value.clone());
            }
            let written = self.heap.get(&format!("{name}()"));
            return written.cloned().unwrap_or(Value::Data);
        }
        match name {
            "range" => self.range_of(given),
            "namespace" => {
                for (field, value) in &given.by_name {
                    self.give(&format!(".{field}"), value.clone());
                }
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
            _ if self.heap.contains_key(name) || KNOWN_FUNCTIONS.contains(&name) => Value::Data,
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

    /// A value is used as a name.
    pub(super) fn road(&mut self, name: &Value, road: Road) {
        for one in name.each() {
            match one {
                Value::Text(text) => self.text_road(text, road),
                Value::Mixed(mixed) => {
                    let start = mixed.start.as_deref().map(str::trim_start);
                    if mixed.dunder {
                        self.escapes("a name that is put together");
                    } else if mixed.double || start.is_some_and(|s| s.starts_with('_')) {
                        self.computed("that begins with an underscore");
                    } else if road == Road::Attribute {
                        self.computed("that is put together");
                    }
                }
                Value::Authored | Value::Object(_) => self.computed("that only rendering tells"),
                Value::Data if road == Road::Attribute => {
                    self.computed("that it takes from its data");
                }
                _ => {}
            }
        }
    }

    fn text_road(&mut self, text: &str, road: Road) {
        let parts = text.split('.').filter(|_| road == Road::Attribute);
        for part in parts.chain([text]) {
            let part = part.trim();
            let named = !part.trim_matches('_').is_empty();
            let inner = part.starts_with("__") && named || holds_dunder(part);
            let frame = is_private(part) && !part.starts_with('_');
            if inner || frame || road == Road::Attribute && is_private(part) {
                self.escapes(part);
                return;
            }
        }
    }

    fn computed(&mut self, what: &str) {
        let severity = rules::COMPUTED_NAME.severity;
        let what = format!("looks up a name {what}");
        self.tell(&rules::COMPUTED_NAME, severity, what);
    }

    /// A format looks a name up.
    pub(super) fn formats(&mut self, name: &str) {
        self.text_road(name, Road::Attribute);
    }

    /// A format that is not known looks up what is not known.
    pub(super) fn formats_unknown(&mut self) {
        self.computed("in a format that is put together");
    }
}

/// An element by its number, counted from the end where that is negative.
pub(super) fn one_of<T: Clone>(items: &[T], at: i64) -> Option<T> {
    let len = i64::try_from(items.len()).ok()?;
    let at = if at < 0 { at.checked_add(len)? } else { at };
    items.get(usize::try_from(at).ok()?).cloned()
}
