//! Whether a report is complete, recounted: no output says clean where the
//! byte counts do not bear it out, whatever the verdict field says.

use crate::report::{Report, Verdict};

/// Whether every byte of at least one file was covered and nothing is open.
pub(super) fn is_complete(report: &Report) -> bool {
    let summary = &report.summary;
    summary.files > 0
        && !report.interrupted
        && report.gaps.is_empty()
        && summary.gaps == 0
        && summary.bytes_covered >= summary.bytes_total
        && report.artifacts.iter().all(|a| a.coverage.missed == 0)
}

/// The verdict as words may state it.
pub(super) fn stated(report: &Report) -> Verdict {
    match report.verdict {
        Verdict::Clean if !is_complete(report) => Verdict::Incomplete,
        verdict => verdict,
    }
}
