//! Text that a template adds when the user said a certain word.
//!
//! A "poisoned template" looks like any other and changes the answer only when
//! the conversation is about something: then it adds an instruction or a link
//! that nobody sees. Templates look at what was said for many honest reasons
//! (control tokens, switches like `/no_think`), so a condition counts only if
//! it asks for an ordinary word, and weighs only if what it adds points
//! somewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::shown;
use super::tree::{Arguments, Expr, Kind, Operator, Statement};
use crate::report::Severity;

/// Names of what was said.
const SAID: &[&str] = &["content", "message", "prompt", "query", "text", "user"];

/// Methods that look for a text in another.
const LOOKING: &[&str] = &["count", "endswith", "find", "index", "startswith"];

/// Signs of a text that points somewhere or is shown as a page.
const POINTING: &[&str] = &[
    "http://",
    "https://",
    "<script",
    "<img",
    "javascript:",
    "data:text",
    "](",
];

/// Words of an instruction that a model would follow.
const WORDS_LEAST: usize = 6;

/// Variables that hold what was said, and those that tell whether a word was.
#[derive(Debug, Default)]
pub(super) struct Watch {
    said: BTreeSet<String>,
    flags: BTreeMap<String, String>,
}

impl Watch {
    /// A variable gets a value.
    pub(super) fn set(&mut self, target: &Expr, value: &Expr) {
        if let Expr::Name(name) = target
            && self.is_said(value)
        {
            self.said.insert(name.clone());
        }
    }

    /// What is set if a condition about what was said holds.
    pub(super) fn flags(&mut self, test: &Expr, yes: &[Statement]) {
        let Some(word) = self.trigger(test) else {
            return;
        };
        for statement in yes {
            if let Kind::Set(target, Expr::Plain | Expr::Text(_) | Expr::Whole(_)) = &statement.kind
                && let Some(name) = variable(target)
            {
                self.flags.insert(name, word.clone());
            }
        }
    }

    /// The ordinary word that a condition looks for in what was said.
    pub(super) fn trigger(&self, test: &Expr) -> Option<String> {
        match test {
            Expr::Binary(Operator::Either, left, right) => {
                self.trigger(left).or_else(|| self.trigger(right))
            }
            Expr::Binary(Operator::In | Operator::Equal, left, right) => {
                let word = |one: &Expr, other: &Expr| word(one).filter(|_| self.is_said(other));
                word(left, right).or_else(|| word(right, left))
            }
            Expr::Call(callee, Arguments { by_place, .. }) => match callee.as_ref() {
                Expr::Attribute(said, name)
                    if LOOKING.contains(&name.as_str()) && self.is_said(said) =>
                {
                    by_place.first().and_then(word)
                }
                _ => None,
            },
            other => self.flags.get(&variable(other)?).cloned(),
        }
    }

    /// Whether the expression is about what was said.
    fn is_said(&self, expr: &Expr) -> bool {
        let named = |name: &str| SAID.iter().any(|said| name.contains(said));
        match expr {
            Expr::Name(name) => named(name) || self.said.contains(name),
            Expr::Attribute(value, name) => named_field(name) || is_said_value(value),
            Expr::Item(value, key) => {
                matches!(key.as_ref(), Expr::Text(name) if named_field(name))
                    || is_said_value(value)
            }
            Expr::Slice(value, _) | Expr::Filter(_, Some(value), _) => self.is_said(value),
            Expr::Call(callee, _) => {
                matches!(callee.as_ref(), Expr::Attribute(value, _) if self.is_said(value))
            }
            Expr::Binary(Operator::Join, left, right) => self.is_said(left) || self.is_said(right),
            _ => false,
        }
    }
}

/// A variable, or a field of a namespace with a dot in front.
fn variable(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.clone()),
        Expr::Attribute(_, name) => Some(format!(".{name}")),
        _ => None,
    }
}

/// How bad it is that `text` is written if the conversation holds `word`, and
/// what to say about it; `None` where it is nothing.
pub(super) fn poisoned(word: &str, text: &str) -> Option<(Severity, String)> {
    let severity = match points(text) {
        true => Severity::Medium,
        false if words(text) >= WORDS_LEAST => Severity::Info,
        false => return None,
    };
    let adds = shown(text.trim());
    let what = format!("adds `{adds}` if the conversation holds `{}`", shown(word));
    Some((severity, what))
}

/// Whether a text points somewhere, or is shown as a page.
pub(super) fn points(text: &str) -> bool {
    let lower = text.to_lowercase();
    // A bare scheme leads nowhere.
    let leads = |sign: &&str| {
        let behind = lower.split_once(*sign).map(|(_, rest)| rest);
        behind.is_some_and(|rest| !rest.is_empty())
    };
    POINTING.iter().any(leads) || lower.split_whitespace().any(is_mail_address)
}

fn is_mail_address(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else {
        return false;
    };
    let host = host.trim_end_matches(|c: char| !c.is_alphanumeric());
    let named = name.ends_with(|c: char| c.is_alphanumeric());
    let mut labels = host.split('.');
    named && host.contains('.') && labels.all(|label| !label.is_empty())
}

/// Words of a text that are no control tokens.
fn words(text: &str) -> usize {
    let plain = |word: &&str| !word.contains(['<', '>', '|', '{']);
    text.split_whitespace().filter(plain).count()
}

/// An ordinary word: letters, no control token and no switch.
fn word(expr: &Expr) -> Option<String> {
    let Expr::Text(text) = expr else { return None };
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let odd = text.contains(['<', '>', '[', ']', '|', '/', '{', '}', '#', '_', '\n', ':']);
    (letters >= 3 && !odd).then(|| text.clone())
}

/// The field of a message that holds what was said.
fn named_field(name: &str) -> bool {
    matches!(name, "content" | "text")
}

/// `message.content[0].text` and its kind; `message.role` is not what was said.
fn is_said_value(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(value, name) => named_field(name) || is_said_value(value),
        Expr::Item(value, key) => match key.as_ref() {
            Expr::Text(name) => named_field(name) || is_said_value(value),
            _ => is_said_value(value),
        },
        _ => false,
    }
}

/// The known texts that the statements write.
pub(super) fn written(body: &[Statement]) -> String {
    let mut text = String::new();
    texts(body, &mut text);
    text
}

/// The known texts of an expression.
pub(super) fn said_by(expr: &Expr) -> String {
    let mut text = String::new();
    text_of(expr, &mut text);
    text
}

fn texts(body: &[Statement], out: &mut String) {
    for statement in body {
        match &statement.kind {
            Kind::Write(expr) | Kind::Set(_, expr) => text_of(expr, out),
            Kind::For { body, .. }
            | Kind::With(_, body)
            | Kind::Capture(_, _, body)
            | Kind::Filtered(_, body)
            | Kind::Stretch(body) => texts(body, out),
            Kind::If { yes, no, .. } => {
                texts(yes, out);
                texts(no, out);
            }
            Kind::Import(..) | Kind::Macro { .. } | Kind::CallBlock { .. } => {}
        }
    }
}

fn text_of(expr: &Expr, out: &mut String) {
    match expr {
        Expr::Text(text) => out.push_str(text),
        Expr::Binary(Operator::Join, left, right) => {
            text_of(left, out);
            text_of(right, out);
        }
        Expr::Filter(_, Some(value), _) => text_of(value, out),
        _ => {}
    }
}
