//! From members that an examiner named to artifacts of their own.
//!
//! Only this module opens members, so budgets are spent in one place, and
//! nothing is ever written under a name. Members of one artifact know nothing
//! of each other, so they are opened at the same time where hands are left;
//! their numbers say where they belong in the report. What the container says
//! about a member is compared with its bytes in the pass that reads them
//! anyway.

mod bounds;
mod ends;
mod solid;
mod unpack;

#[cfg(test)]
mod tests;

pub use bounds::{tell_stop, tell_unlisted};

use std::sync::Arc;

use super::context::{JobContext, Lineage, Page};
use super::crew::{Need, share};
use super::guard::guarded;
use super::inspect::inspect;
use super::ledger::Entry;
use super::spans::Spans;
use super::sum::Sum;
use crate::formats::{Actual, Artifact, Body, Kept, Member, Stated, judge_stated};
use crate::report::{Span, Why};
use crate::source::{Joined, Memory, Piece, SharedSource, Slice};
use crate::wire::Fault;
use crate::wire::codec::Packing;
use unpack::{Unpacked, unpack};

/// Open the members of `parent` and inspect them. An error means that the job
/// is over.
pub fn open(
    job: &JobContext,
    parent: &Artifact,
    page: Page<'_>,
    members: Vec<Member>,
) -> Result<(), Fault> {
    if members.is_empty() {
        return Ok(());
    }
    let opening = Opening {
        job,
        parent,
        page,
        depth: parent.depth.saturating_add(1),
        overlap: overlap(&members),
    };
    if opening.depth > job.budget.limits().depth {
        opening.too_deep(&members);
        return Ok(());
    }
    let first = job.ledger.number(page.entry, members.len());
    let numbered = (first..).zip(members).map(|(number, member)| {
        let need = opening.need(&member.body);
        ((number, member), need)
    });
    share(job, numbered.collect(), |(number, member)| {
        opening.guarded(&[number], member)
    })
}

/// Members of one artifact on their way to pages of their own.
struct Opening<'a> {
    job: &'a JobContext,
    parent: &'a Artifact,
    page: Page<'a>,
    depth: u32,
    /// Whether stored members share bytes, so that more comes out of the
    /// container than there is in it.
    overlap: bool,
}

/// Whether some stored members share bytes.
fn overlap(members: &[Member]) -> bool {
    let mut owned = Spans::default();
    let mut claimed = 0u64;
    for member in members {
        if let Body::Stored(span) = &member.body {
            claimed = claimed.saturating_add(span.end.saturating_sub(span.start));
            owned.add(span.clone());
        }
    }
    claimed > owned.total()
}

impl Opening<'_> {
    /// What opening a member takes, roughly.
    fn need(&self, body: &Body) -> Need {
        let sweep = self.job.plan.window.saturating_mul(2);
        let len = |span: &Span| span.end.saturating_sub(span.start);
        match body {
            Body::Stored(span) => Need {
                work: len(span),
                memory: sweep.min(len(span)),
            },
            Body::Packed(span, packing) | Body::Solid(span, packing, _) => Need {
                work: len(span),
                memory: unpack::memory(packing, len(span), self.job).saturating_add(sweep),
            },
            Body::Joined(pieces) => {
                let data = pieces.iter().map(|piece| match piece {
                    Piece::Data(span) => len(span),
                    Piece::Zeros(_) => 0,
                });
                let work = data.fold(0, u64::saturating_add);
                Need {
                    work,
                    memory: sweep.min(work),
                }
            }
            Body::Decoded(bytes) => Need {
                work: bytes.len() as u64,
                memory: 0,
            },
        }
    }

    /// Open one member; a defect of ours there is a gap there.
    fn guarded(&self, number: &[u32], member: Member) -> Result<(), Fault> {
        let location = self.parent.location.member(&member.name);
        match guarded(|| self.member(number, member)) {
            Ok(done) => done,
            Err(panic) => {
                self.job.ledger.gap_at(location, Why::Panicked, panic);
                Ok(())
            }
        }
    }

    fn member(&self, number: &[u32], member: Member) -> Result<(), Fault> {
        let Member { name, body, stated } = member;
        let child = Child {
            opening: self,
            number,
            name: &name,
        };
        match body {
            Body::Stored(span) => child.stored(span, stated.as_ref()),
            Body::Joined(pieces) => child.joined(&pieces),
            Body::Decoded(bytes) => child.decoded(bytes),
            Body::Packed(span, packing) => child.packed(span, &packing, stated.as_ref()),
            Body::Solid(span, packing, parts) => child.solid(span, &packing, parts),
        }
    }
}

/// A member that is being opened.
#[derive(Clone, Copy)]
struct Child<'a> {
    opening: &'a Opening<'a>,
    /// Its number among the members of its container; parts of a solid block
    /// have a second one.
    number: &'a [u32],
    name: &'a str,
}

impl Child<'_> {
    fn job(&self) -> &JobContext {
        self.opening.job
    }

    fn artifact(&self, source: SharedSource) -> Artifact {
        Artifact {
            location: self.opening.parent.location.member(self.name),
            name: self.name.to_owned(),
            source,
            depth: self.opening.depth,
        }
    }

    /// Open its page in the ledger.
    fn entry(&self, len: u64) -> Entry {
        self.job().ledger.open_member(
            self.opening.page.entry,
            self.number,
            self.opening.parent.location.member(self.name),
            len,
            self.job().plan.strategy(),
        )
    }

    /// Inspect bytes that came out of a decoder.
    fn inspect_unpacked(&self, source: SharedSource) -> Result<(), Fault> {
        let artifact = self.artifact(source);
        let page = Page {
            entry: self.entry(artifact.source.len()),
            lineage: Lineage::Unpacked,
            sum: None,
        };
        inspect(self.job(), &artifact, page)
    }

    /// Inspect pieces of the container that are read as one; they become the
    /// member's own.
    fn joined(&self, pieces: &[Piece]) -> Result<(), Fault> {
        let Opening { parent, page, .. } = *self.opening;
        let source = Joined::new(Arc::clone(&parent.source), pieces);
        let artifact = self.artifact(Arc::new(source));
        let own = Page {
            entry: self.entry(artifact.source.len()),
            lineage: page.lineage,
            sum: None,
        };
        for piece in pieces {
            if let Piece::Data(span) = piece {
                self.job().ledger.delegate(page.entry, span.clone());
            }
        }
        inspect(self.job(), &artifact, own)
    }

    /// Inspect a span of `of`, and tell what the container says about it and
    /// is not so. Its checksum goes to `outer` as well.
    fn inspect_slice(
        &self,
        of: &SharedSource,
        span: Span,
        (lineage, outer): (Lineage, Option<&Sum>),
        (stated, kept): (Option<&Stated>, Kept),
    ) -> Result<(), Fault> {
        let job = self.job();
        let is_whole = span.end <= of.len();
        let start = span.start;
        let artifact = self.artifact(Arc::new(Slice::new(Arc::clone(of), span)));
        let len = artifact.source.len();
        let is_asked = stated.is_some_and(|s| s.crc32.is_some()) || outer.is_some();
        let sum = is_asked.then(Sum::default);
        let page = Page {
            entry: self.entry(len),
            lineage,
            sum: sum.as_ref(),
        };
        inspect(job, &artifact, page)?;
        let crc = match &sum {
            Some(sum) if !job.is_void() => sum.close(artifact.source.as_ref(), &job.budget)?,
            _ => None,
        };
        if let (Some(outer), Some(crc)) = (outer, &crc) {
            outer.add(start..start.saturating_add(len), crc.clone());
        }
        let actual = Actual {
            kept,
            len,
            crc32: crc.map(crc32fast::Hasher::finalize),
            is_whole,
        };
        self.compare(stated, &actual);
        Ok(())
    }

    /// Report what the container says about the member and is not so.
    fn compare(&self, stated: Option<&Stated>, actual: &Actual) {
        let draft = stated.and_then(|stated| judge_stated(self.name, stated, actual));
        if let Some(draft) = draft {
            self.job().ledger.finding(self.opening.page.entry, draft);
        }
    }

    fn stored(&self, span: Span, stated: Option<&Stated>) -> Result<(), Fault> {
        let Page {
            entry,
            lineage,
            sum,
        } = self.opening.page;
        let len = span.end.saturating_sub(span.start);
        if self.opening.overlap && self.job().budget.spend_expanded(len).is_err() {
            self.left_out();
            return Ok(());
        }
        self.job().ledger.delegate(entry, span.clone());
        let of = &self.opening.parent.source;
        self.inspect_slice(of, span, (lineage, sum), (stated, Kept::Stored))
    }

    fn decoded(&self, bytes: Vec<u8>) -> Result<(), Fault> {
        match self.job().budget.spend_expanded(bytes.len() as u64) {
            Ok(()) => self.inspect_unpacked(Arc::new(Memory::new(bytes))),
            Err(_) => {
                self.left_out();
                Ok(())
            }
        }
    }

    fn packed(&self, span: Span, packing: &Packing, stated: Option<&Stated>) -> Result<(), Fault> {
        let wants_crc = stated.is_some_and(|s| s.crc32.is_some());
        let Some(Unpacked { source, actual }) = unpack(self, &[], span, packing, wants_crc)? else {
            return Ok(());
        };
        self.compare(stated, &actual);
        match source {
            Some(source) => self.inspect_unpacked(source),
            None => Ok(()),
        }
    }
}
