//! Reports as text, JSON and SARIF: pure functions of the report.

mod catalogue;

pub use catalogue::{catalogue_json, catalogue_text, rule_json};

use std::io;

use crate::report::{Report, Survey};
use crate::rules::{self, Rule};

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// The report itself.
    Json,
    /// For code scanning.
    Sarif,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// The verdict.
    Quiet,
    /// Findings and gaps.
    Normal,
    /// Everything.
    Verbose,
}

/// The look of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Use colour.
    pub color: bool,
    /// How much is said.
    pub verbosity: Verbosity,
}

/// Write the report.
pub fn write(
    report: &Report,
    format: Format,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text => writeln!(out, "{} {:?}", report.verdict, style),
        Format::Json | Format::Sarif => Ok(serde_json::to_writer_pretty(out, report)?),
    }
}

/// Write the survey.
pub fn write_survey(
    survey: &Survey,
    _format: Format,
    _style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(out, survey)?)
}

/// The catalogue as Markdown.
pub fn rules_markdown() -> String {
    rules::all()
        .map(|rule| format!("## `{}`\n", rule.id))
        .collect()
}

/// One rule in words.
pub fn rule_help(rule: &Rule, _style: Style) -> String {
    format!("{}\n{}\n{}", rule.id, rule.why, rule.remedy)
}
