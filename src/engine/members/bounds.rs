//! Where the opening of members ends: depth, sums over the whole file, what one
//! member may become. Each is a finding about the file and a gap of ours.

use std::sync::atomic::Ordering;

use super::{Child, Opening};
use crate::budget::Stop;
use crate::engine::context::{JobContext, LeftOut};
use crate::engine::ledger::Entry;
use crate::formats::Member;
use crate::report::{Location, Place, Severity, Span, escape_bytes};
use crate::rules::Draft;
use crate::rules::archive::{BOMB, DEEP_NESTING};
use crate::wire::codec::Refusal;

/// Members that one reason leaves out and that are listed one by one; the rest
/// are counted.
const LISTED: usize = 20;

/// Say what limits of the whole file left out and is not listed.
pub fn tell_unlisted(job: &JobContext, file: &Location) {
    let LeftOut { expanded, unnamed } = &job.left_out;
    for (count, stop, what) in [
        (expanded, Stop::Expanded, "members were not opened"),
        (
            unnamed,
            Stop::Members,
            "archives were not opened to their end",
        ),
    ] {
        let more = count.load(Ordering::Relaxed).saturating_sub(LISTED);
        if more > 0 {
            let detail = format!("{stop}: {more} more {what}");
            job.ledger.gap_at(file.clone(), stop.into(), detail);
        }
    }
}

/// Report, once, that a limit of the whole file was hit. Whether the gap that
/// it leaves here is to be listed.
pub fn tell_stop(job: &JobContext, entry: Entry, stop: Stop) -> bool {
    let (counter, severity, message) = match stop {
        Stop::Expanded => (&job.left_out.expanded, Severity::Medium, expanded(job)),
        // Large data sets have that many, too.
        Stop::Members => {
            let most = job.budget.limits().members;
            let message = format!("the file holds more than {most} members over all its levels");
            (&job.left_out.unnamed, Severity::Low, message)
        }
        _ => return true,
    };
    let before = counter.fetch_add(1, Ordering::Relaxed);
    if before == 0 {
        let draft = BOMB.at(Place::whole()).severity(severity);
        job.ledger.finding(entry, draft.message(message));
    }
    before < LISTED
}

impl Opening<'_> {
    /// Tell that these members lie too deep to be opened.
    pub(super) fn too_deep(&self, members: &[Member]) {
        let ledger = &self.job.ledger;
        let depth = self.depth;
        let most = self.job.budget.limits().depth;
        let message = format!(
            "what is packed here lies {depth} levels below the file, more than the {most} that are opened"
        );
        let draft = DEEP_NESTING.at(Place::whole()).message(message);
        ledger.finding(self.page.entry, draft);
        for member in members.iter().take(LISTED) {
            let location = self.parent.location.member(&member.name);
            let detail = format!("{}: level {depth} is not opened", Stop::Depth);
            ledger.gap_at(location, Stop::Depth.into(), detail);
        }
        let more = members.len().saturating_sub(LISTED);
        if more > 0 {
            let detail = format!("{}: {more} more members are not opened", Stop::Depth);
            ledger.gap(self.page.entry, Place::whole(), Stop::Depth.into(), detail);
        }
    }
}

impl Child<'_> {
    /// Tell that the file has unpacked to as much as it may, so that this
    /// member is not opened, or not to its end.
    pub(super) fn left_out(&self) {
        let job = self.job();
        if tell_stop(job, self.opening.page.entry, Stop::Expanded) {
            let location = self.opening.parent.location.member(self.name);
            let why = Stop::Expanded.into();
            job.ledger.gap_at(location, why, Stop::Expanded.to_string());
        }
    }

    /// Report a member that becomes far more than it takes.
    pub(super) fn exploded(&self, span: &Span, cap: u64) {
        let packed = span.end.saturating_sub(span.start);
        let times = cap.checked_div(packed).unwrap_or(cap);
        let shown = escape_bytes(self.name.as_bytes());
        let message = format!(
            "`{shown}` takes {packed} bytes here and unpacks to more than {cap}, {times} times as many"
        );
        self.report(BOMB.at(span.clone()).message(message));
    }

    /// Report a stream that asks for a window which no packer needs. Some
    /// programs give one that large when they are asked to.
    pub(super) fn refused(&self, span: &Span, refusal: Refusal) {
        if let Refusal::Window(bytes) = refusal {
            let shown = escape_bytes(self.name.as_bytes());
            let message = format!("unpacking `{shown}` takes a window of {bytes} bytes in memory");
            let draft = BOMB.at(span.clone()).severity(Severity::Low);
            self.report(draft.message(message));
        }
    }

    fn report(&self, draft: Draft) {
        let draft = draft.within(self.name);
        self.job().ledger.finding(self.opening.page.entry, draft);
    }
}

/// What a file has become, in words.
fn expanded(job: &JobContext) -> String {
    let cap = job.budget.expanded_cap();
    match job.budget.file_len() {
        Some(len) => {
            format!("the file has {len} bytes and unpacks to more than {cap} over all its levels")
        }
        None => format!("the file unpacks to more than {cap} bytes over all its levels"),
    }
}
