//! The table of each shard set.

use std::io;

use crate::render::layout::{Page, Row};
use crate::render::palette::{self, FAINT, HEADING};
use crate::render::units::{count, grouped, percent, size, time};
use crate::report::{Report, ShardRow, ShardSetReport, Verdict};

/// A heading, the table, and what is missing or extra.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    for set in &report.shard_sets {
        page.gap()?;
        page.line(HEADING, &heading(set))?;
        if !set.shards.is_empty() {
            table(page, set)?;
        }
        if let Some(index) = &set.index {
            page.entry(2, &[(FAINT, "index:")], index)?;
        }
        let names = [("missing:", &set.missing), ("extra:", &set.extra)];
        for (label, names) in names.into_iter().filter(|(_, names)| !names.is_empty()) {
            let paint = palette::verdict(Verdict::Findings);
            page.entry(2, &[(paint, label)], &names.join(", "))?;
        }
    }
    Ok(())
}

fn heading(set: &ShardSetReport) -> String {
    format!(
        "Shard set `{}` ({}): {}, {}",
        set.name,
        set.family,
        count(set.shards.len() as u64, "shard"),
        size(set.total_size)
    )
}

fn table(page: &mut Page<'_>, set: &ShardSetReport) -> io::Result<()> {
    let words = [
        "shard", "size", "strategy", "covered", "time", "findings", "verdict",
    ];
    let mut rows = vec![Row::heading(words)];
    rows.extend(set.shards.iter().map(row));
    page.table(2, &[1, 3, 4, 5], &rows)
}

fn row(shard: &ShardRow) -> Row {
    // A row never claims more than its bytes do.
    let verdict = match shard.verdict {
        Verdict::Clean if shard.covered < shard.size => Verdict::Incomplete,
        verdict => verdict,
    };
    Row::new([
        shard.path.clone(),
        size(shard.size),
        shard.strategy.clone(),
        percent(shard.covered, shard.size),
        time(shard.seconds),
        grouped(shard.findings),
        verdict.to_string(),
    ])
    .paint(palette::verdict(verdict))
    .note(shard.reason.as_deref())
}
