//! Quick open data: the copies of headers that lists are made from, against
//! the headers.

use std::collections::BTreeSet;

use crate::formats::Context;
use crate::report::{Severity, Span, Why};
use crate::rules::archive::{HEADER_MISMATCH, HIDDEN_MEMBER, WRONG_CHECKSUM};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::rar::{Block, Copied, copies};

/// Findings about copies that are listed one by one.
const LISTED_CAP: u64 = 20;

/// Compare every copy in the quick open block with the header it stands for;
/// `headers` are those that the walk met.
pub(super) fn compare(
    source: &dyn Source,
    block: &Block,
    headers: &BTreeSet<u64>,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut wrong = 0u64;
    let budget = cx.budget();
    let data = block.data.clone();
    let is_whole = copies(
        source,
        data.clone(),
        block.header.start,
        budget,
        &mut |copy| {
            if let Some((rule, severity, message)) = judge(source, &copy, headers)? {
                wrong = wrong.saturating_add(1);
                if wrong <= LISTED_CAP {
                    cx.report(rule.at(copy.span).severity(severity).message(message));
                }
            }
            Ok(())
        },
    )?;
    if wrong > LISTED_CAP {
        let more = wrong.saturating_sub(LISTED_CAP);
        let message = format!("{more} more copies of headers in the quick open data are wrong");
        cx.report(HEADER_MISMATCH.at(data.clone()).message(message));
    }
    if !is_whole {
        let detail = "the quick open data are no records to their end";
        cx.gap(data, Why::Malformed, detail);
    }
    Ok(())
}

/// What is wrong with a copy.
fn judge(
    source: &dyn Source,
    copy: &Copied,
    headers: &BTreeSet<u64>,
) -> Result<Option<(&'static crate::rules::Rule, Severity, String)>, Fault> {
    let at = copy.at;
    if !copy.is_sound {
        let message =
            format!("the quick open record for the header at byte {at} has a wrong checksum");
        return Ok(Some((&WRONG_CHECKSUM, WRONG_CHECKSUM.severity, message)));
    }
    let end = at.saturating_add(copy.header.len() as u64);
    if *source.chunk(Span::from(at..end))? != *copy.header {
        let message = format!("the quick open copy of the header at byte {at} is not that header");
        return Ok(Some((&HEADER_MISMATCH, Severity::High, message)));
    }
    if !headers.contains(&at) {
        let message = format!(
            "the quick open data name a header at byte {at}, where no block of the archive begins"
        );
        return Ok(Some((&HIDDEN_MEMBER, Severity::High, message)));
    }
    Ok(None)
}
