//! The archive as a whole: its start, its headers, and bytes that nothing owns.

use crate::formats::archive::report_unowned;
use crate::formats::{Body, Context, Member};
use crate::report::{Place, Span, Why};
use crate::rules::archive::{
    HEADER_MISMATCH, HIDDEN_MEMBER, OVERLAPPING_MEMBERS, UNOWNED_BYTES, WRONG_CHECKSUM, WRONG_SIZE,
};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::seven_zip::{Archive, Broken, Header, Remark, Start};

/// The name of bytes that came out of a packed header and belong to nothing.
const HIDDEN_NAME: &str = "7z header";

/// Bytes of it that are shown.
const SHOWN_BYTES: usize = 32;

/// Report what is wrong with the archive as a whole.
pub(super) fn examine(
    source: &dyn Source,
    archive: &Archive,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    start(source, archive, cx);
    for overlap in &archive.overlaps {
        let count = overlap.end.saturating_sub(overlap.start);
        let message = format!("{count} bytes belong to two packed streams or records");
        cx.report(OVERLAPPING_MEMBERS.at(overlap.clone()).message(message));
    }
    for header in archive.header.iter().chain(&archive.others) {
        for remark in &header.remarks {
            cx.tick()?;
            self::remark(source, remark, cx)?;
        }
        broken(header, cx);
    }
    for header in &archive.others {
        left_over(header, cx);
    }
    if is_known(archive) {
        cx.accounts();
    }
    for slack in &archive.slack {
        cx.tick()?;
        if is_known(archive) || slack.end <= archive.start.at {
            unowned(source, archive, slack, cx)?;
        }
    }
    Ok(())
}

/// Whether any header was read to its end. Where none was, nobody knows what
/// the bytes belong to, and the gap about the header covers them.
fn is_known(archive: &Archive) -> bool {
    let headers = archive.header.iter().chain(&archive.others);
    headers.into_iter().any(Header::is_whole) || archive.start.is_empty()
}

/// What the first 32 bytes promise against what is there.
fn start(source: &dyn Source, archive: &Archive, cx: &mut Context<'_>) {
    let start = &archive.start;
    let [major, minor] = start.version;
    if major != 0 {
        let detail = format!("the archive is of version {major}.{minor}; 0 is read here");
        cx.gap(start.span(), Why::Unsupported, detail);
    }
    if !start.is_sound() {
        let message = format!(
            "the checksum of the start is {:08x} and the start says {:08x}",
            start.crc32, start.claimed_crc32
        );
        cx.report(WRONG_CHECKSUM.at(start.span()).message(message));
    }
    if archive.header.is_none()
        && let Some(detail) = headless(start, source.len())
    {
        cx.gap(start.span(), Why::Malformed, detail);
    }
    if archive.is_cut {
        let detail = "the search for headers that nothing leads to was ended early";
        cx.gap(Place::whole(), Why::Limit, detail);
    }
}

/// Why there is no header where there should be one.
fn headless(start: &Start, len: u64) -> Option<String> {
    if start.is_empty() {
        // An archive without members is nothing but its start.
        let more = len.saturating_sub(start.behind());
        return (more > 0).then(|| {
            format!("the archive says that it has no header, and {more} bytes follow: it was not finished")
        });
    }
    Some(match start.header() {
        Some(header) => format!(
            "the header should stand at byte {} and the file ends at {len}: the archive is cut",
            header.start
        ),
        None => "the place of the header is no place in any file".to_owned(),
    })
}

fn remark(source: &dyn Source, remark: &Remark, cx: &mut Context<'_>) -> Result<(), Fault> {
    match remark {
        Remark::Checksum {
            at,
            claimed,
            actual,
        } => {
            let message =
                format!("the checksum of a header is {actual:08x} and is given as {claimed:08x}");
            cx.report(WRONG_CHECKSUM.at(at.clone()).message(message));
        }
        Remark::Length {
            at,
            claimed,
            actual,
        } => {
            let message = format!(
                "a packed header is given as {claimed} bytes and {actual} or more come out"
            );
            cx.report(WRONG_SIZE.at(at.clone()).message(message));
        }
        Remark::Repeated { at, id } => {
            let message = format!(
                "the record {id:#04x} stands twice in the header: programs may take either"
            );
            cx.report(HEADER_MISMATCH.at(at.clone()).message(message));
        }
        Remark::Unowned(span) => {
            let severity = UNOWNED_BYTES.severity;
            report_unowned(source, span.clone(), "in the header", severity, cx)?;
        }
        Remark::Hidden { at, bytes } => return hidden(at, bytes, cx),
    }
    Ok(())
}

/// Bytes that no sweep sees where they stand, because the header is packed.
fn hidden(at: &Span, bytes: &[u8], cx: &mut Context<'_>) -> Result<(), Fault> {
    let count = bytes.len();
    let message = format!("{count} bytes in the packed header belong to no member and no record");
    let shown = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
    cx.report(UNOWNED_BYTES.at(at.clone()).message(message).bytes(shown));
    cx.member(Member::new(HIDDEN_NAME, Body::Decoded(bytes.to_vec())))?;
    Ok(())
}

/// Why a header was not read to its end.
fn broken(header: &Header, cx: &mut Context<'_>) {
    match &header.broken {
        None => {}
        Some(Broken::Fault(fault)) => {
            let at = fault
                .offset()
                .map_or(header.span.clone().into(), Place::from);
            cx.gap(at, fault.why(), fault.to_string());
        }
        Some(Broken::Capped(at, what)) => cx.gap(*at, Why::Limit, what.clone()),
    }
}

/// A header that nothing leads to.
fn left_over(header: &Header, cx: &mut Context<'_>) {
    let message = format!(
        "a header that the start of the archive does not lead to names {} members",
        header.files.len()
    );
    cx.report(HIDDEN_MEMBER.at(header.span.clone()).message(message));
}

fn unowned(
    source: &dyn Source,
    archive: &Archive,
    slack: &Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let place = if slack.end <= archive.start.at {
        "in front of the archive"
    } else if slack.end == source.len() {
        "behind the archive"
    } else {
        "between the packed streams"
    };
    report_unowned(source, slack.clone(), place, UNOWNED_BYTES.severity, cx)
}
