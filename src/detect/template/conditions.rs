//! Text that a template adds when the user said a certain word.
//!
//! A "poisoned template" looks like any other and changes the answer only when
//! the conversation is about something: then it adds an instruction or a link
//! that nobody sees. Templates look at what was said for many honest reasons
//! (control tokens, switches like `/no_think`), so a condition counts only if
//! it asks for an ordinary word, and weighs only if what it adds points
//! somewhere.

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

/// How bad it is that `yes` is written if `test` holds, and what to say about
/// it; `None` where it is nothing.
pub(super) fn poisoned(test: &Expr, yes: &[Statement]) -> Option<(Severity, String)> {
    let word = trigger(test)?;
    let mut text = String::new();
    texts(yes, &mut text);
    let lower = text.to_lowercase();
    let severity = match POINTING.iter().any(|sign| lower.contains(sign)) {
        true => Severity::Medium,
        false if words(&text) >= WORDS_LEAST => Severity::Info,
        false => return None,
    };
    let adds = shown(text.trim());
    let what = format!("adds `{adds}` if the conversation holds `{}`", shown(&word));
    Some((severity, what))
}

/// Words of a text that are no control tokens.
fn words(text: &str) -> usize {
    let plain = |word: &&str| !word.contains(['<', '>', '|', '{']);
    text.split_whitespace().filter(plain).count()
}

/// The ordinary word that a condition looks for in what was said.
fn trigger(test: &Expr) -> Option<String> {
    match test {
        Expr::Binary(Operator::Either, left, right) => trigger(left).or_else(|| trigger(right)),
        Expr::Binary(Operator::In | Operator::Equal, left, right) => {
            let word = |one: &Expr, other: &Expr| word(one).filter(|_| is_said(other));
            word(left, right).or_else(|| word(right, left))
        }
        Expr::Call(callee, Arguments { by_place, .. }) => match callee.as_ref() {
            Expr::Attribute(said, name) if LOOKING.contains(&name.as_str()) && is_said(said) => {
                by_place.first().and_then(word)
            }
            _ => None,
        },
        _ => None,
    }
}

/// An ordinary word: letters, no control token and no switch.
fn word(expr: &Expr) -> Option<String> {
    let Expr::Text(text) = expr else { return None };
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let odd = text.contains(['<', '>', '[', ']', '|', '/', '{', '}', '#', '_', '\n', ':']);
    (letters >= 3 && !odd).then(|| text.clone())
}

/// Whether the expression is about what was said.
fn is_said(expr: &Expr) -> bool {
    let named = |name: &str| SAID.iter().any(|said| name.contains(said));
    match expr {
        Expr::Name(name) => named(name),
        Expr::Attribute(value, name) => named_field(name) || is_said_value(value),
        Expr::Item(value, key) => {
            matches!(key.as_ref(), Expr::Text(name) if named_field(name)) || is_said_value(value)
        }
        Expr::Slice(value, _) | Expr::Filter(_, Some(value), _) => is_said(value),
        Expr::Call(callee, _) => {
            matches!(callee.as_ref(), Expr::Attribute(value, _) if is_said(value))
        }
        Expr::Binary(Operator::Join, left, right) => is_said(left) || is_said(right),
        _ => false,
    }
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
