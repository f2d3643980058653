//! The answer to `--dry-run`: what would be read, and how.

use std::io;

use super::layout::{Page, Row};
use super::palette::{self, FAINT, HEADING, PLAIN};
use super::units::{count, grouped, size};
use super::{Style, Verbosity, json};
use crate::report::{Survey, SurveyedFile, SurveyedSet, Verdict};

/// The survey as JSON, field by field.
pub fn write_survey_json(survey: &Survey, out: &mut dyn io::Write) -> io::Result<()> {
    json::write(survey, out)
}

/// The survey as a table for people.
pub fn write_survey(survey: &Survey, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out, style.color);
    if style.verbosity > Verbosity::Quiet {
        files(&mut page, &survey.files)?;
        for set in &survey.shard_sets {
            one_set(&mut page, set)?;
        }
        gaps(&mut page, survey)?;
        page.gap()?;
    }
    let words = format!(
        "Would read {} in {}, {} at a time, within {} of memory{}",
        size(survey.bytes_total),
        count(survey.files.len() as u64, "file"),
        grouped(survey.workers as u64),
        size(survey.memory_budget_bytes),
        match survey.gaps.len() {
            0 => String::new(),
            gaps => format!("; {} could not be planned", grouped(gaps as u64)),
        }
    );
    page.entry(0, &[], &words)
}

fn files(page: &mut Page<'_>, files: &[SurveyedFile]) -> io::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let words = [
        "size", "tier", "strategy", "reading", "window", "lanes", "formats", "file",
    ];
    let mut rows = vec![Row::heading(words)];
    rows.extend(files.iter().map(|file| {
        Row::new([
            size(file.size),
            file.tier.clone(),
            file.strategy.clone(),
            file.reading.clone(),
            size(file.window_bytes),
            grouped(file.lanes as u64),
            match file.formats.is_empty() {
                true => "-".to_owned(),
                false => file.formats.join(", "),
            },
            file.path.clone(),
        ])
    }));
    page.table(0, &[0, 4, 5], &rows)
}

fn one_set(page: &mut Page<'_>, set: &SurveyedSet) -> io::Result<()> {
    page.gap()?;
    let heading = format!(
        "Shard set `{}` ({}): {}, {}",
        set.name,
        set.family,
        count(set.shards.len() as u64, "shard"),
        size(set.total_size)
    );
    page.line(HEADING, &heading)?;
    if let Some(index) = &set.index {
        page.entry(2, &[(FAINT, "index:")], index)?;
    }
    if !set.missing.is_empty() {
        let paint = palette::verdict(Verdict::Findings);
        page.entry(2, &[(paint, "missing:")], &set.missing.join(", "))?;
    }
    Ok(())
}

fn gaps(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    if survey.gaps.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(HEADING, "Not planned")?;
    for gap in &survey.gaps {
        page.line(PLAIN, &format!("  {}", gap.location))?;
        let why = format!("{}:", gap.why);
        page.entry(
            4,
            &[(palette::verdict(Verdict::Incomplete), &why)],
            &gap.detail,
        )?;
    }
    Ok(())
}
