//! The digests that were asked for, one file a line, as checksum tools print
//! them.

use std::io;

use crate::render::layout::Page;
use crate::render::palette::{HEADING, PLAIN};
use crate::report::ArtifactReport;

/// The digests of every file that has some.
pub(super) fn write(page: &mut Page<'_>, artifacts: &[ArtifactReport]) -> io::Result<()> {
    let mut digests = artifacts
        .iter()
        .flat_map(|artifact| {
            let path = artifact.location.artifact_path();
            let line = move |(name, digits): (&String, &String)| {
                (name.clone(), format!("  {digits}  {path}"))
            };
            artifact.digests.iter().map(line)
        })
        .collect::<Vec<_>>();
    if digests.is_empty() {
        return Ok(());
    }
    digests.sort_by(|a, b| a.0.cmp(&b.0));
    let mut last = "";
    for (name, line) in &digests {
        if name != last {
            page.gap()?;
            page.line(HEADING, &format!("Digests, {name}"))?;
            last = name;
        }
        page.line(PLAIN, line)?;
    }
    Ok(())
}
