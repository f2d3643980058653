//! The archive as a whole: end records, directories, and bytes that nothing
//! owns.

use crate::formats::Context;
use crate::formats::archive::report_unowned;
use crate::report::{Place, Severity, Span, Why};
use crate::rules::archive::{DIRECTORY_MISMATCH, SEVERAL_DIRECTORIES, UNOWNED_BYTES};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::zip_directory::{Directory, End};

/// Report what is wrong with the archive as a whole.
pub(super) fn examine(
    source: &dyn Source,
    directory: &Directory,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    if directory.is_sealed {
        let detail = "a record says that the central directory is encrypted";
        cx.gap(Place::whole(), Why::Encrypted, detail);
    }
    if directory.ends.is_empty() {
        let detail = "no end record leads to a central directory: the archive is cut or broken";
        cx.gap(Place::whole(), Why::Malformed, detail);
    }
    several(&directory.ends, cx);
    for end in &directory.ends {
        promises(end, directory, source.len(), cx);
    }
    for slack in &directory.slack {
        cx.tick()?;
        unowned(source, slack, cx)?;
    }
    Ok(())
}

/// More than one directory: the last end record is the one most readers take.
fn several(ends: &[End], cx: &mut Context<'_>) {
    let Some((last, others)) = ends.split_last() else {
        return;
    };
    for other in others {
        cx.report(SEVERAL_DIRECTORIES.at(other.span.clone()).message(format!(
            "one reading of the end record at byte {} leads to a directory at byte {}, and the \
             last end record to one at byte {}",
            other.span.start, other.directory_at, last.directory_at
        )));
    }
}

/// What the end record promises against what is there.
fn promises(end: &End, directory: &Directory, len: u64, cx: &mut Context<'_>) {
    let run = directory
        .runs
        .iter()
        .find(|r| r.span.start == end.directory_at);
    let (records, size) = run.map_or((0, 0), |r| {
        (r.records, r.span.end.saturating_sub(r.span.start))
    });
    let mut wrong = Vec::new();
    if records != end.entries && !directory.is_cut {
        wrong.push(format!("{} entries where {records} are", end.entries));
    }
    if size != end.size && !directory.is_cut {
        wrong.push(format!("{} bytes of directory where {size} are", end.size));
    }
    if end.has_disks {
        wrong.push("several disks where one file is".to_owned());
    }
    if end.claimed_end > len {
        wrong.push("a comment that runs past the end of the file".to_owned());
    }
    if !wrong.is_empty() {
        let message = format!("the end record promises {}", wrong.join(", "));
        cx.report(DIRECTORY_MISMATCH.at(end.span.clone()).message(message));
    }
}

/// What stands behind the first offset of a TensorFlow Lite model.
const LITE: &[u8] = b"TFL3";

/// Bytes that nothing owns, unless they are padding.
fn unowned(source: &dyn Source, slack: &Span, cx: &mut Context<'_>) -> Result<(), Fault> {
    // Such a model packs the files that its metadata names behind itself.
    if slack.start == 0 && *source.chunk(4..8)? == *LITE {
        return Ok(());
    }
    let place = if slack.start == 0 {
        "in front of the archive"
    } else if slack.end == source.len() {
        "behind the archive"
    } else {
        "between the records"
    };
    let severity = if slack.start == 0 {
        Severity::Low
    } else {
        UNOWNED_BYTES.severity
    };
    report_unowned(source, slack.clone(), place, severity, cx)
}
