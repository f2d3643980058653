//! Findings about what a source does, in words.

use super::grade::{Role, grade};
use crate::detect::python::{Act, Command, Made, Origin, Program, Reach, When};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Severity, Span, escape_text};
use crate::rules::Draft;
use crate::rules::python as rules;

/// Bytes of the source that are shown.
const EXCERPT_CAP_BYTES: usize = 160;

/// Functions that are named in one finding.
const LISTED: usize = 3;

/// A source and where it stands in its file.
pub(in crate::formats) struct Text<'t> {
    pub text: &'t str,
    pub role: Role,
    /// What the source is called, to stand behind "line 3 of"; the file itself
    /// where it is none.
    pub label: Option<&'t dyn Fn(usize) -> String>,
    /// Where a span of the text lies in the file.
    pub place: &'t dyn Fn(usize, usize) -> Span,
}

/// Report what a source does.
pub(in crate::formats) fn report(
    program: &Program,
    text: &Text<'_>,
    cx: &mut Context<'_>,
) -> Severity {
    let mut tally = Tally::default();
    let mut capable: Vec<&Reach> = Vec::new();
    let mut worst = Severity::Info;
    for reach in &program.reaches {
        match grade(reach, text.role) {
            Some((rule, _)) if rule.id == rules::CAPABLE.id => capable.push(reach),
            Some((rule, severity)) => {
                worst = worst.max(severity);
                let message = sentence(reach, text);
                let draft = rule
                    .at((text.place)(reach.at, reach.end))
                    .severity(severity);
                tally.add(
                    draft
                        .message(message)
                        .evidence(excerpt(text.text, reach.at)),
                );
            }
            None => {}
        }
    }
    tally.report(cx);
    if let Some(draft) = able(&capable, text) {
        cx.report(draft);
    }
    worst
}

/// One finding for everything that functions may do once they are called.
fn able(reaches: &[&Reach], text: &Text<'_>) -> Option<Draft> {
    let first = reaches.first()?;
    let mut names: Vec<String> = Vec::new();
    for reach in reaches {
        let name = format!("`{}`", shown(&reach.path));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(LISTED);
    let message = format!("the code calls {}{more} once it is used", names.join(", "));
    let draft = rules::CAPABLE.at((text.place)(first.at, first.end));
    Some(
        draft
            .message(message)
            .evidence(excerpt(text.text, first.at)),
    )
}

/// The path as people write it.
fn shown(path: &str) -> String {
    let path = path.strip_prefix("builtins.").unwrap_or(path);
    escape_text(path)
}

fn sentence(reach: &Reach, text: &Text<'_>) -> String {
    let name = match reach.path.as_str() {
        "!" => "the line".to_owned(),
        path => format!("`{}`", shown(path)),
    };
    let does = match reach.act {
        Act::Runs(Command::Drops) => "fetches or decodes something and runs it",
        Act::Runs(Command::Install) => "installs packages",
        Act::Runs(_) => "runs a command",
        Act::Evaluates(Some(Origin::Decoded)) => "evaluates code that is decoded",
        Act::Evaluates(Some(Origin::Fetched)) => "evaluates code that is fetched",
        Act::Evaluates(Some(Origin::File)) => "evaluates the content of a file",
        Act::Evaluates(None) => "evaluates code that is not known",
        Act::Deserialises(Some(Origin::Decoded)) => "loads an object that is decoded",
        Act::Deserialises(Some(Origin::Fetched)) => "loads an object that is fetched",
        Act::Deserialises(_) => "loads an object that can run code",
        Act::Connects => "connects to another machine",
        Act::Leaks => "sends all environment variables to another machine",
        Act::Shell => "connects a shell to another machine",
        Act::Native => "loads native code",
        Act::Deletes => "deletes files or changes who may use them",
        Act::Imports => "runs a file",
        Act::Escapes => "climbs from an object to all classes of the interpreter",
        Act::Computes => "is read by a name that is computed",
        Act::Plants => "is put where the interpreter calls it",
        Act::Changes => "changes the process",
    };
    let hidden = match (reach.made, reach.unwrapped) {
        (_, 1..) => ", from code in a constant",
        (Made::Decoded, _) => ", under a name that is decoded",
        (Made::Built, _) if reach.act != Act::Escapes => ", under a name that is put together",
        _ => "",
    };
    let line = line(text.text, reach.at);
    let place = match text.label {
        Some(label) => label(reach.at),
        None => format!("line {line}"),
    };
    let detail = match &reach.detail {
        Some(detail) => format!(": `{}`", escape_text(detail)),
        None => String::new(),
    };
    format!(
        "{name}, {place}, {does}{hidden}, {}{detail}",
        when(reach, text.role)
    )
}

fn when(reach: &Reach, role: Role) -> String {
    let within = reach
        .within
        .as_deref()
        .map_or_else(String::new, escape_text);
    match (reach.when, role) {
        (When::Imported, Role::Notebook) => "when the cell is run".to_owned(),
        (When::Imported, Role::Setup) => "when the package is built or installed".to_owned(),
        (When::Imported, Role::Startup) => "whenever Python starts".to_owned(),
        (When::Imported, Role::Loaded) => "when the file is imported".to_owned(),
        (When::Imported, Role::Program) => "when the file is imported or run".to_owned(),
        (When::Script, _) => "when the file is run as a program".to_owned(),
        (When::Loaded, Role::Loaded) => format!("when a loader calls `{within}`"),
        (When::Loaded | When::Called, _) if within.is_empty() => {
            "when a function is called".to_owned()
        }
        (When::Loaded | When::Called, _) => format!("when `{within}` is called"),
    }
}

/// The number of the line that holds this byte.
pub(in crate::formats) fn line(text: &str, at: usize) -> usize {
    let front = text.as_bytes().get(..at).unwrap_or_default();
    memchr::memchr_iter(b'\n', front).count().saturating_add(1)
}

fn excerpt(text: &str, at: usize) -> String {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(
        line.get(..line.len().min(EXCERPT_CAP_BYTES))
            .unwrap_or_default(),
    )
    .into_owned()
}
