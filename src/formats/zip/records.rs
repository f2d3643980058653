//! The records of the members: contradictions, members no directory names,
//! shared bytes, links and special files.

use std::io::Read as _;

use crate::budget::Budget;
use crate::formats::Context;
use crate::formats::archive::{leaves, shown, text};
use crate::report::{Severity, Span};
use crate::rules::archive::{
    HEADER_MISMATCH, HIDDEN_MEMBER, OVERLAPPING_MEMBERS, SPECIAL_FILE, SYMLINK,
};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, read_error};
use crate::wire::zip_directory::{Central, Difference, Directory, Entry};

/// Longest target of a link that is read, in bytes.
const TARGET_CAP_BYTES: u64 = 4096;

/// The bits of a mode that tell the kind of file.
const KIND: u32 = 0o170_000;

/// Systems whose attributes have a mode: Unix and macOS.
const UNIX: [u16; 2] = [3, 19];

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
        if entry.central.is_none() && has_directory {
            hidden(entry, cx);
        }
        if let Some(central) = &entry.central {
            kind(source, entry, central, cx)?;
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

/// Members that are not plain files.
fn kind(
    source: &dyn Source,
    entry: &Entry,
    central: &Central,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let is_unix = central.made_by.to_be_bytes().first().copied();
    let is_unix = is_unix.is_some_and(|system| UNIX.contains(&u16::from(system)));
    let words = match central.mode().map(|mode| mode & KIND) {
        Some(0o120_000) => return link(source, entry, cx),
        Some(0o020_000 | 0o060_000) => "a device",
        // Info-ZIP leaves the mode of a pipe on what it read from one.
        Some(0o010_000) if central.view.unpacked == Some(0) => "a pipe",
        Some(0o140_000) => "a socket",
        _ => return Ok(()),
    };
    if is_unix {
        let message = format!("the member `{}` is {words}", shown(entry.name()));
        let draft = SPECIAL_FILE.at(entry.span()).message(message);
        cx.report(draft.within(text(entry.name())));
    }
    Ok(())
}

fn link(source: &dyn Source, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
    let target = target(source, entry, cx.budget())?;
    let (severity, words) = if target.is_empty() {
        (Severity::Medium, "cannot be told where it leads")
    } else if leaves(entry.name(), &target) {
        (Severity::High, "leads out of the folder it is unpacked to")
    } else {
        (SYMLINK.severity, "stays within the archive")
    };
    let message = format!(
        "the member `{}` is a symbolic link that {words}",
        shown(entry.name())
    );
    let draft = SYMLINK.at(entry.span()).severity(severity).bytes(&target);
    cx.report(draft.message(message).within(text(entry.name())));
    Ok(())
}

/// The target of a link, as far as it is read; empty where it cannot be.
fn target(source: &dyn Source, entry: &Entry, budget: &Budget) -> Result<Vec<u8>, Fault> {
    let view = entry.view();
    let Some((view, span)) = view.and_then(|v| Some((v, entry.data(v, source.len())?))) else {
        return Ok(Vec::new());
    };
    let mut target = Vec::new();
    match view.method {
        0 => {
            let end = span.end.min(span.start.saturating_add(TARGET_CAP_BYTES));
            target.extend_from_slice(&source.chunk(span.start..end)?);
        }
        8 => {
            let mut reader = Codec::Deflate
                .decode(source, span, budget)
                .take(TARGET_CAP_BYTES);
            if let Err(error) = reader.read_to_end(&mut target)
                && let Some(error) = read_error(error)
            {
                return Err(error.into());
            }
        }
        _ => {}
    }
    Ok(target)
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
