//! Other files that a file leads to.

use super::judge::shown;
use crate::detect::paths::{self, Escape};
use crate::report::{Severity, Span};
use crate::rules::Draft;
use crate::rules::hdf5 as rules;

/// A finding about `what`, which opens `file`.
pub(super) fn draft(at: Span, what: &str, file: &str) -> Draft {
    let escape = paths::escape(file).filter(|escape| *escape != Escape::Backslash);
    let (severity, how) = match escape {
        Some(escape) => (Severity::High, format!(", which {}", escape.describe())),
        None => (Severity::Medium, String::new()),
    };
    let message = format!("{what} opens `{}`{how}", shown(file));
    rules::OUTSIDE_FILE
        .at(at)
        .severity(severity)
        .message(message)
        .evidence(file)
}
