//! What loading calls and is no finding, and why: the reasons behind a clean
//! verdict.

use std::io;

use crate::render::layout::Page;
use crate::render::palette::{FAINT, HEADING, NAME, PLAIN};
use crate::render::units::grouped;
use crate::report::{Accepted, ArtifactReport};

/// The accepted calls of every artifact that makes some.
pub(super) fn write(page: &mut Page<'_>, artifacts: &[ArtifactReport]) -> io::Result<()> {
    let calling: Vec<_> = artifacts
        .iter()
        .filter(|artifact| !artifact.accepted.is_empty())
        .collect();
    if calling.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(HEADING, "What loading calls, and why that is no finding")?;
    for artifact in calling {
        page.line(PLAIN, &format!("  {}", artifact.location.artifact_path()))?;
        for one in &artifact.accepted {
            let label = format!("{}:", one.callable);
            page.entry(4, &[(NAME, &label)], &reason(one))?;
        }
        if artifact.accepted_unlisted > 0 {
            let more = format!("and {} more", grouped(artifact.accepted_unlisted));
            page.entry(4, &[(FAINT, "")], &more)?;
        }
    }
    Ok(())
}

fn reason(one: &Accepted) -> String {
    match one.calls {
        1 => one.why.clone(),
        calls => format!("{} ({} calls)", one.why, grouped(calls)),
    }
}
