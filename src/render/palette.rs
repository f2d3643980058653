//! The colours of the text output, and what they mean.

use anstyle::{AnsiColor, Style};

use crate::report::{Severity, Verdict};

/// Headings and paths.
pub(super) const HEADING: Style = Style::new().bold();

/// Rule ids and other names of ours.
pub(super) const NAME: Style = AnsiColor::Cyan.on_default();

/// What is there for those who look for it.
pub(super) const FAINT: Style = Style::new().dimmed();

/// No colour at all.
pub(super) const PLAIN: Style = Style::new();

/// The colour of a grade.
pub(super) fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Blue.on_default(),
        Severity::Info => FAINT,
    }
}

/// The colour of an outcome.
pub(super) fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Clean => AnsiColor::Green.on_default(),
        Verdict::Incomplete => AnsiColor::Yellow.on_default(),
        Verdict::Findings => AnsiColor::Red.on_default(),
    }
}
