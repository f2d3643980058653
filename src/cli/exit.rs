//! How the process ends: the exit codes, what a panic comes to, and what
//! Ctrl-C does.
//!
//! The one rule: nothing but a complete scan without findings ends in 0.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::budget::{CancelToken, Stop};
use crate::report::{Report, Survey, escape_text};

/// Panics that are written to standard error; all of them are in the report.
const PANICS_SHOWN: usize = 10;

/// The way the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was checked, and nothing reached the threshold.
    Clean,
    /// A finding reached the threshold.
    Findings,
    /// Something was not checked, or the program could not do its work.
    Trouble,
    /// A person ended the scan early.
    Interrupted,
}

impl Exit {
    /// The exit that goes with a report. A code that we do not know is
    /// trouble, never success.
    pub fn of(report: &Report) -> Exit {
        match report.exit_code {
            _ if report.interrupted => Exit::Interrupted,
            0 => Exit::Clean,
            1 => Exit::Findings,
            130 => Exit::Interrupted,
            _ => Exit::Trouble,
        }
    }

    /// The exit that goes with a dry run.
    pub fn of_survey(survey: &Survey, allow_partial: bool) -> Exit {
        let is_complete = survey.gaps.is_empty() && !survey.files.is_empty();
        if is_complete || allow_partial {
            Exit::Clean
        } else {
            Exit::Trouble
        }
    }

    /// The same, when the report could not be delivered. What was found still
    /// counts.
    pub fn undelivered(self) -> Exit {
        match self {
            Exit::Clean => Exit::Trouble,
            other => other,
        }
    }

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Trouble => 2,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Write a line to standard error. If nobody reads it, so be it.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "modelaudit: {line}");
}

/// Say every panic in one line, wherever it happens. The engine turns those
/// of a check into gaps; one in the program itself ends it as trouble.
pub fn report_panics() {
    static SHOWN: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|panic| {
        if SHOWN.fetch_add(1, Ordering::Relaxed) >= PANICS_SHOWN {
            return;
        }
        let what = panic.payload_as_str().unwrap_or("no message");
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        tell(&format!(
            "a defect of this program{place}: {}; please report it. What it concerns does not \
             count as checked",
            escape_text(what)
        ));
    }));
}

/// Let the first Ctrl-C (or a polite kill) end the scan early with its
/// report, and the second end the process at once.
pub fn watch_interrupts(cancel: CancelToken, is_quiet: bool) {
    let asked = AtomicBool::new(false);
    let watching = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        cancel.cancel(Stop::Cancelled);
        if !is_quiet {
            // On its own, because a terminal that is stopped would block us
            // and with it the second Ctrl-C.
            std::thread::spawn(|| {
                tell("interrupted: writing what was found; once more to end at once");
            });
        }
    });
    // Without it a signal ends the process as the system does by default,
    // which nobody takes for success.
    if let Err(error) = watching {
        tell(&format!("cannot watch for Ctrl-C: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Stats, Summary, Tool, Verdict};

    fn report(exit_code: u8, interrupted: bool) -> Report {
        Report {
            schema_version: "1.0".into(),
            tool: Tool::this(),
            verdict: Verdict::Clean,
            exit_code,
            interrupted,
            summary: Summary::default(),
            findings: Vec::new(),
            gaps: Vec::new(),
            artifacts: Vec::new(),
            shard_sets: Vec::new(),
            stats: Stats::default(),
        }
    }

    #[test]
    fn a_report_ends_in_its_own_code() {
        for (code, interrupted, expected) in [
            (0, false, 0),
            (1, false, 1),
            (2, false, 2),
            (0, true, 130),
            (1, true, 130),
            (130, false, 130),
            (77, false, 2),
        ] {
            assert_eq!(Exit::of(&report(code, interrupted)).code(), expected);
        }
    }

    #[test]
    fn an_undelivered_report_is_never_clean() {
        assert_eq!(Exit::Clean.undelivered(), Exit::Trouble);
        assert_eq!(Exit::Findings.undelivered(), Exit::Findings);
        assert_eq!(Exit::Interrupted.undelivered(), Exit::Interrupted);
    }
}
