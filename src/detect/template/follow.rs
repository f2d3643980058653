//! The template followed to every value that a name may have.
//!
//! Names are followed without regard to order and scope: a variable, a field of
//! a namespace, a macro's parameter and what a macro writes each have the
//! values that they get anywhere. That is more than rendering would give them
//! and never less, so that no branch, loop or alias hides a name. The template
//! is gone through until nothing new appears; what still grows then is
//! [`blurred`].

use std::collections::BTreeMap;

use super::conditions::Watch;
use super::names::{is_dunder, is_private};
use super::plain::Plain;
use super::tree::{Expr, Kind, Parameter, Statement};
use super::value::{Value, blurred};
use super::{EXCERPT_CAP_CHARS, Notice, conditions, escape};
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

    /// Whether an argument has a text as names of internals begin.
    pub(super) fn has_underscore(&self) -> bool {
        let named = self.by_name.iter().map(|(_, value)| value);
        let mut all = self.by_place.iter().chain(named);
        all.any(Value::has_underscore)
    }

    /// What is given by name.
    pub(super) fn name(&self, name: &str) -> Option<&Value> {
        let mut named = self.by_name.iter();
        named.find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Goes through a template.
pub(super) struct Follower<'p> {
    plain: &'p Plain<'p>,
    /// What variables are worth by their names, fields by `.name`, and what
    /// macros write by `name()`.
    pub(super) heap: BTreeMap<String, Value>,
    /// Parameters of macros.
    pub(super) macros: BTreeMap<String, Vec<String>>,
    notices: Vec<Notice>,
    /// Where the statement at hand stands.
    at: u32,
    changed: bool,
    blurring: bool,
    telling: bool,
    /// Steps of the last `range`, and of the loops that are open.
    pub(super) range: Option<u64>,
    loops: u64,
    /// Variables of the loops that are open.
    targets: Vec<Vec<String>>,
    /// Variables that hold what was said, or whether it was.
    watch: Watch,
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
        targets: Vec::new(),
        watch: Watch::default(),
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

    pub(super) fn escapes(&mut self, name: &str) {
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
                self.watch.set(target, expr);
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
        let element = all.element();
        if element.has_underscore() {
            self.give(".previtem", element.clone());
            self.give(".nextitem", element.clone());
        }
        self.assign(target, element);
        if let Some(filter) = filter {
            self.value(filter);
        }
        self.targets.push(names(target));
        let written = self.writes(body);
        self.targets.pop();
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
        self.watch.flags(test, yes);
        self.poisoned(test, || conditions::written(yes));
        let yes = self.writes(yes);
        let no = self.writes(no);
        Value::any([yes, no])
    }

    /// Tell what is written if `test` holds, where it is about what was said.
    pub(super) fn poisoned(&mut self, test: &Expr, text: impl Fn() -> String) {
        if self.telling
            && let Some(word) = self.watch.trigger(test)
            && let Some((severity, what)) = conditions::poisoned(&word, &text())
        {
            self.tell(&rules::CONDITIONAL_TEXT, severity, what);
        }
    }

    /// A loop is called for these elements.
    pub(super) fn again(&mut self, given: &Given) {
        let names = self.targets.last().cloned().unwrap_or_default();
        let element = given.place(0).map(Value::element);
        for (name, element) in names.iter().zip(element.iter().cycle()) {
            match names.len() {
                1 => self.give(name, element.clone()),
                _ => self.give(name, element.element()),
            }
        }
    }

    fn macro_body(&mut self, name: &str, parameters: &[Parameter], body: &[Statement]) {
        for (parameter, default) in parameters {
            if is_dunder(parameter) {
                self.escapes(parameter);
            }
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
}

/// The variables that stand left of `=`, or behind `for`.
fn names(target: &Expr) -> Vec<String> {
    match target {
        Expr::Name(name) => vec![name.clone()],
        Expr::List(targets) => targets.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}
