//! The records of the members: contradictions, values no writer gives, members
//! no directory names, and shared bytes.

use super::{links, oddities};
use crate::formats::Context;
use crate::formats::archive::{shown, text};
use crate::report::{Severity, Span};
use crate::rules::archive::{HEADER_MISMATCH, HIDDEN_MEMBER, OVERLAPPING_MEMBERS};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::zip_directory::{Difference, Directory, Entry};

/// Report what is wrong with the records of the members.
pub(super) fn examine(
    source: &dyn Source,
    directory: &Directory,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let has_directory = !directory.ends.is_empty() && !directory.is_cut;
    for entry in &directory.entries {
        cx.tick()?;
        contradictions(entry, cx);
        oddities::examine(directory, entry, cx);
        if entry.central.is_none() && has_directory {
            hidden(entry, cx);
        }
        if let Some(central) = &entry.central {
            links::examine(source, entry, central, cx)?;
        }
    }
    overlaps(source.len(), directory, cx)
}

/// Differences between the records of one member, names apart.
fn contradictions(entry: &Entry, cx: &mut Context<'_>) {
    let found = entry.differences();
    let words: Vec<&str> = found.iter().filter_map(|&d| in_words(d)).collect();
    if words.is_empty() {
        return;
    }
    let severity = if found.contains(&Difference::Method) {
        Severity::High
    } else {
        HEADER_MISMATCH.severity
    };
    let message = format!(
        "the directory and the header of `{}` contradict each other about {}",
        shown(entry.name()),
        words.join(", ")
    );
    let draft = HEADER_MISMATCH.at(entry.span()).severity(severity);
    cx.report(draft.message(message).within(text(entry.name())));
}

/// What differs; the name has a rule of its own.
fn in_words(difference: Difference) -> Option<&'static str> {
    match difference {
        Difference::Name => None,
        Difference::Method => Some("the compression method"),
        Difference::Encryption => Some("the encryption"),
        Difference::Packed => Some("the packed length"),
        Difference::Unpacked => Some("the unpacked length"),
        Difference::Checksum => Some("the checksum"),
    }
}

fn hidden(entry: &Entry, cx: &mut Context<'_>) {
    let message = format!(
        "the member `{}` is in the file and in no directory",
        shown(entry.name())
    );
    let draft = HIDDEN_MEMBER.at(entry.span()).message(message);
    cx.report(draft.within(text(entry.name())));
}

/// Members that share bytes with each other or with a directory.
fn overlaps(len: u64, directory: &Directory, cx: &mut Context<'_>) -> Result<(), Fault> {
    let entries = directory.entries.iter();
    let members = entries.filter_map(|e| Some((extent(e, len)?, Some(e))));
    let runs = directory.runs.iter().map(|run| (run.span.clone(), None));
    let mut all: Vec<(Span, Option<&Entry>)> = members.chain(runs).collect();
    all.sort_by_key(|(span, _)| span.start);
    let mut before: Option<(Span, Option<&Entry>)> = None;
    for (span, entry) in all {
        cx.tick()?;
        if let Some((other, owner)) = &before
            && span.start < other.end
        {
            match (entry, *owner) {
                (Some(entry), Some(owner)) => {
                    overlap(entry, &format!("`{}`", shown(owner.name())), cx);
                }
                (Some(member), None) | (None, Some(member)) => {
                    overlap(member, "the central directory", cx);
                }
                (None, None) => {}
            }
        }
        if before
            .as_ref()
            .is_none_or(|(other, _)| span.end > other.end)
        {
            before = Some((span, entry));
        }
    }
    Ok(())
}

fn overlap(entry: &Entry, other: &str, cx: &mut Context<'_>) {
    let message = format!(
        "the member `{}` shares bytes with {other}",
        shown(entry.name())
    );
    let draft = OVERLAPPING_MEMBERS.at(entry.span()).message(message);
    cx.report(draft.within(text(entry.name())));
}

/// The bytes from a member's header to the end of its data by any view, cut
/// to what the file has.
fn extent(entry: &Entry, len: u64) -> Option<Span> {
    let local = entry.local.as_ref()?;
    let ends = entry.views().filter_map(|v| entry.data(v, len));
    let end = ends.map(|span| span.end).max().unwrap_or(local.data_at);
    Some(local.at..end)
}
