//! What a stream carries by value: the parts, the code object they make, and
//! the finding that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::How;
use super::event::{Carriage, Event, Fact};
use super::functions::Maker;
use super::machine::Machine;
use super::value::{Node, NodeId, Role, Value};
use crate::budget::Stop;
use crate::report::{Severity, Span, escape_text};

/// Values of one class or function that are looked through.
const LOOKED_THROUGH: usize = 1 << 16;

/// Methods that a message names.
const SHOWN_METHODS: usize = 4;

/// Characters of a name in a message.
const SHOWN_CHARS: usize = 80;

/// What is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A function.
    Function,
    /// A class.
    Class,
    /// A code object that is part of no function.
    Code,
}

/// What something carried is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parts {
    /// The code object, the arguments that make one, or marshalled bytes.
    pub code: Value,
    /// Dicts of globals.
    pub globals: Vec<Value>,
    /// Default arguments.
    pub defaults: Option<Value>,
    /// Cells of outer functions.
    pub closure: Option<Value>,
    /// The name of a class.
    pub name: Option<Value>,
    /// Dicts with the attributes of a class.
    pub attributes: Vec<Value>,
    /// What makes the class.
    pub metaclass: Option<Value>,
}

impl Parts {
    /// The parts of something that has this code.
    pub(super) fn of(code: Value) -> Self {
        Parts {
            code,
            globals: Vec::new(),
            defaults: None,
            closure: None,
            name: None,
            attributes: Vec::new(),
            metaclass: None,
        }
    }

    fn values(&self) -> impl Iterator<Item = Value> {
        let some = [self.defaults, self.closure, self.name, self.metaclass];
        let lists = self.globals.iter().chain(&self.attributes).copied();
        lists.chain(some.into_iter().flatten()).chain([self.code])
    }
}

/// An instruction of the stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Site {
    /// Its bytes.
    pub span: Span,
    /// Its number in the stream, counted from 1.
    pub opcode: u64,
}

/// Something carried.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carried {
    pub what: What,
    /// Itself.
    pub value: Value,
    pub parts: Parts,
    /// The call that makes it.
    pub site: Site,
    /// Where the stream calls it.
    pub called: Option<Site>,
    /// Where the stream makes an object of it without a call.
    pub constructed: Option<Site>,
    /// Where the stream sets the state of an object of it.
    pub built: Option<Site>,
    /// Whether it is part of something that is told.
    pub told: bool,
}

impl Carried {
    pub(super) fn new(what: What, value: Value, parts: Parts, site: Site) -> Self {
        Carried {
            what,
            value,
            parts,
            site,
            called: None,
            constructed: None,
            built: None,
            told: false,
        }
    }

    /// Note a call.
    pub(super) fn call(&mut self, how: How, site: Site) {
        let slot = match how {
            How::Called => &mut self.called,
            How::Constructed => &mut self.constructed,
        };
        slot.get_or_insert(site);
    }

    /// Every value that it needs.
    pub(super) fn values(&self) -> impl Iterator<Item = Value> {
        self.parts.values().chain([self.value])
    }
}

/// What a finding says, before it is told.
struct Telling {
    severity: Severity,
    carriage: Carriage,
    message: String,
    trace: Vec<String>,
    site: Site,
}

impl Machine<'_, '_> {
    /// Tell of everything the stream carries, each once.
    pub(super) fn tell_carried(&mut self) -> Result<(), Stop> {
        let all = self.carried.clone();
        let mut told = vec![false; all.len()];
        let mut tellings = Vec::new();
        for what in [What::Class, What::Function, What::Code] {
            for (index, carried) in all.iter().enumerate() {
                if carried.what != what || told.get(index).copied().unwrap_or(true) {
                    continue;
                }
                self.budget().check()?;
                let telling = match what {
                    What::Class => self.tell_class(carried, &all, &mut told)?,
                    What::Function | What::Code => self.tell_function(carried, &mut told)?,
                };
                // That there is code was told with the call that makes it.
                let is_news = telling.severity > Severity::Medium || !self.is_bare(carried);
                if is_news {
                    tellings.push(telling);
                }
            }
        }
        tellings.sort_by_key(|telling| telling.site.span.start);
        for telling in tellings {
            self.tell_event(&Event {
                fact: Fact::Carried(telling.carriage, telling.severity),
                span: telling.site.span,
                opcode: telling.site.opcode,
                unsaid: 0,
                content: None,
                shown: telling.message,
                trace: telling.trace,
                global: None,
                site: None,
            });
        }
        Ok(())
    }

    /// Whether it is made by a call that is told by itself.
    fn is_bare(&self, carried: &Carried) -> bool {
        let callee = self.heap.made(carried.value).map(|made| made.callee);
        match callee {
            Some(Value::Global(id)) => matches!(
                self.names.maker(id),
                Some(Maker::BareCode | Maker::BareFunction | Maker::Marshal)
            ),
            _ => false,
        }
    }

    fn tell_function(&mut self, carried: &Carried, told: &mut [bool]) -> Result<Telling, Stop> {
        let judged = self.judge_function(carried, told)?;
        let noun = match carried.what {
            What::Code => "code object",
            _ => "function",
        };
        let (name, file, line) = &judged.title;
        let shown = format!("`{name}` ({file}, line {line})");
        let modules = judged.verdict.modules();
        let (severity, carriage, message) = match (&carried.called, judged.verdict.severity()) {
            (Some(_), None) => (
                Severity::Critical,
                Carriage::Dangerous,
                format!("loading calls the {noun} {shown} that the pickle carries"),
            ),
            (Some(_), Some(_)) => (
                Severity::Critical,
                Carriage::Dangerous,
                format!(
                    "loading calls the {noun} {shown} that the pickle carries, which reaches {}",
                    judged.verdict.paths()
                ),
            ),
            (None, Some(severity)) => (
                severity,
                Carriage::Dangerous,
                format!(
                    "the pickled {noun} {shown} reaches {}",
                    judged.verdict.paths()
                ),
            ),
            (None, None) if modules.is_empty() => (
                Severity::Medium,
                Carriage::Function,
                format!("the pickle carries the {noun} {shown} as code"),
            ),
            (None, None) => (
                Severity::Medium,
                Carriage::Function,
                format!("the pickle carries the {noun} {shown} as code, which uses {modules}"),
            ),
        };
        Ok(Telling {
            severity,
            carriage,
            message,
            trace: judged.verdict.steps(),
            site: carried.called.clone().unwrap_or(carried.site.clone()),
        })
    }

    /// A class is told with its methods.
    fn tell_class(
        &mut self,
        carried: &Carried,
        all: &[Carried],
        told: &mut [bool],
    ) -> Result<Telling, Stop> {
        let methods = self.methods(carried);
        let mut trace = Vec::new();
        let mut worst: Option<(Severity, String, String)> = None;
        for (name, index) in &methods {
            let Some(method) = all.get(*index) else {
                continue;
            };
            if let Some(flag) = told.get_mut(*index) {
                *flag = true;
            }
            let judged = self.judge_function(method, told)?;
            trace.extend(judged.verdict.steps());
            if let Some(severity) = judged.verdict.severity()
                && worst.as_ref().is_none_or(|(s, ..)| *s < severity)
            {
                worst = Some((severity, name.clone(), judged.verdict.paths()));
            }
        }
        let name = carried.parts.name.and_then(|name| self.text(name));
        let name = short(&name.unwrap_or_else(|| "…".to_owned()));
        let at_load = self.at_load(carried, &methods);
        let (severity, carriage, message) = match (worst, at_load) {
            (Some((_, method, paths)), Some(hook)) if method == hook => (
                Severity::Critical,
                Carriage::Dangerous,
                format!(
                    "loading calls `{hook}` of the class `{name}` that the pickle carries, which reaches {paths}"
                ),
            ),
            (Some((severity, method, paths)), _) => (
                severity,
                Carriage::Dangerous,
                format!("the method `{method}` of the pickled class `{name}` reaches {paths}"),
            ),
            (None, Some(hook)) => (
                Severity::High,
                Carriage::Dangerous,
                format!("loading calls `{hook}` of the class `{name}` that the pickle carries"),
            ),
            (None, None) => (
                Severity::Medium,
                Carriage::Class,
                class_message(&name, &methods),
            ),
        };
        Ok(Telling {
            severity,
            carriage,
            message,
            trace,
            site: carried.site.clone(),
        })
    }

    /// The method that loading calls, if the class has it.
    fn at_load(&self, carried: &Carried, methods: &[(String, usize)]) -> Option<&'static str> {
        let has = |name: &'static str| methods.iter().any(|(n, _)| n == name).then_some(name);
        let called = carried.called.as_ref();
        let made = called.or(carried.constructed.as_ref());
        called
            .and_then(|_| has("__init__"))
            .or_else(|| made.and_then(|_| has("__new__")))
            .or_else(|| carried.built.as_ref().and_then(|_| has("__setstate__")))
    }

    /// The functions among the attributes of a class, with the attribute each
    /// is found under.
    fn methods(&self, carried: &Carried) -> Vec<(String, usize)> {
        let mut found: BTreeMap<usize, String> = BTreeMap::new();
        let mut left = LOOKED_THROUGH;
        for &dict in &carried.parts.attributes {
            for (key, value) in self.pairs(dict) {
                let Some(name) = self.text(key) else { continue };
                for index in self.functions_in(value, &mut left) {
                    found.entry(index).or_insert_with(|| short(&name));
                }
            }
        }
        found
            .into_iter()
            .map(|(index, name)| (name, index))
            .collect()
    }

    /// Carried functions in a value and in what wraps them.
    fn functions_in(&self, value: Value, left: &mut usize) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut todo = vec![value];
        while let Some(value) = todo.pop() {
            let Value::Node(NodeId(id)) = value else {
                continue;
            };
            if *left == 0 || !seen.insert(id) {
                continue;
            }
            *left = left.saturating_sub(1);
            match self.heap.get(value) {
                Some(Node::Container(_, items)) => todo.extend(&items.kept),
                Some(Node::Made(made)) => match made.role {
                    Role::Carried(index) => found.push(index as usize),
                    _ => todo.extend([made.args, made.state]),
                },
                _ => {}
            }
        }
        let is_function = |index: usize| {
            self.carried
                .get(index)
                .is_some_and(|c| c.what == What::Function)
        };
        found.retain(|&index| is_function(index));
        found
    }
}

fn class_message(name: &str, methods: &[(String, usize)]) -> String {
    let names: Vec<&str> = methods
        .iter()
        .map(|(n, _)| n.as_str())
        .take(SHOWN_METHODS)
        .collect();
    let more = match methods.len().saturating_sub(SHOWN_METHODS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match names.is_empty() {
        true => format!("the pickle carries the class `{name}`"),
        false => format!(
            "the pickle carries the class `{name}` as code, with the methods {}{more}",
            names.join(", ")
        ),
    }
}

pub(super) fn short(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_CHARS).collect();
    escape_text(&cut)
}
