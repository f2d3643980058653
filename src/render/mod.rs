//! Reports as text, JSON and SARIF: pure functions of the report.
//!
//! Nothing here looks at the environment, the clock, the terminal or a file.
//! Strings in a report may come from a model that wants to be mistaken for
//! something else, so every output writes them so that they can act on nothing:
//! escaped in text, as `\u` escapes in JSON and SARIF.

mod complete;
mod json;
mod layout;
mod palette;
mod rules;
mod rules_json;
mod sarif;
mod survey;
mod text;
mod units;

pub use rules::{catalogue, list_rules, write_rule};
pub use rules_json::{catalogue_json, rule_json};
pub use survey::{write_survey, write_survey_json};
pub use units::size;

use std::io;

use crate::report::Report;

/// An output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// The report itself; `docs/report.schema.json` describes it.
    Json,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
}

/// How much text there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The verdict line.
    Quiet,
    /// Findings, gaps, shard sets, totals and the verdict.
    #[default]
    Normal,
    /// Traces, references, fingerprints and every artifact besides.
    Verbose,
}

/// How text looks. JSON and SARIF do not depend on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to write colours, as ANSI escapes.
    pub color: bool,
    /// How much to say.
    pub verbosity: Verbosity,
}

/// Write a report. Fails only where `out` does.
pub fn write(
    report: &Report,
    format: Format,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Sarif => json::write(&sarif::log(report), out),
    }
}
