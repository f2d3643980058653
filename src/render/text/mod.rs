//! The report for a person in a terminal.
//!
//! Order: what was found, what it means, what was not examined, the shard
//! sets, on request what was accepted, every artifact and the digests, the
//! totals, and at the very end one line with the verdict, where it is still on
//! the screen when everything else has scrolled away.

mod accepted;
mod digests;
mod findings;
mod sets;
mod totals;

use std::io;

use super::layout::Page;
use super::{Style, Verbosity};
use crate::report::Report;

/// Write the whole report.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out, style.color);
    let verbose = style.verbosity == Verbosity::Verbose;
    if style.verbosity > Verbosity::Quiet {
        findings::write(&mut page, &report.findings, verbose)?;
        findings::explain(&mut page, &report.findings, verbose)?;
        findings::gaps(&mut page, &report.gaps)?;
        sets::write(&mut page, report)?;
        if verbose {
            accepted::write(&mut page, &report.artifacts)?;
            totals::artifacts(&mut page, &report.artifacts)?;
        }
        digests::write(&mut page, &report.artifacts)?;
        page.gap()?;
        totals::coverage(&mut page, report)?;
    }
    totals::verdict(&mut page, report)
}
