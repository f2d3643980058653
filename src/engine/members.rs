//! From a member that an examiner named to an artifact of its own.
//!
//! Only this module opens members, so budgets are spent in one place, and
//! nothing is ever written under a name.

use std::io::Read as _;
use std::sync::Arc;

use super::context::JobContext;
use super::guard::guarded;
use super::inspect::inspect;
use super::ledger::Entry;
use super::sweep::{Lineage, PassingSweep};
use crate::budget::Stop;
use crate::formats::{Artifact, Body, Member, judge_stream as judge};
use crate::report::{Location, Place, Span, Why};
use crate::source::{Memory, ReadError, SharedSource, Slice, Spool};
use crate::wire::Fault;
use crate::wire::codec::{Codec, Failure, Packing, failure};

/// Decoded bytes are taken in pieces of this size.
const PIECE_BYTES: usize = 256 << 10;

/// Open a member of `parent` and inspect it. An error means that the job is
/// over.
pub fn open(
    job: &JobContext,
    parent: &Artifact,
    parent_entry: Entry,
    lineage: Lineage,
    member: Member,
) -> Result<(), Fault> {
    let location = parent.location.member(&member.name);
    let depth = parent.depth.saturating_add(1);
    if depth > job.budget.limits().depth {
        let detail = format!("{}: level {depth} is not opened", Stop::Depth);
        job.ledger.gap_at(location, Stop::Depth.into(), detail);
        return Ok(());
    }
    let artifact = |location, source| Artifact {
        location,
        name: member.name.clone(),
        source,
        depth,
    };
    match member.body {
        Body::Stored(span) => {
            let source: SharedSource =
                Arc::new(Slice::new(Arc::clone(&parent.source), span.clone()));
            let child = artifact(location, source);
            let entry = page(job, &child);
            job.ledger.delegate(parent_entry, span);
            inspect(job, &child, entry, lineage)
        }
        Body::Decoded(bytes) => {
            if let Err(stop) = job.budget.spend_expanded(bytes.len() as u64) {
                job.ledger.gap_at(location, stop.into(), stop.to_string());
                return Ok(());
            }
            let child = artifact(location, Arc::new(Memory::new(bytes)));
            let entry = page(job, &child);
            inspect(job, &child, entry, Lineage::Unpacked)
        }
        Body::Packed(span, packing) => {
            match unpack(job, parent, parent_entry, &location, span, &packing)? {
                Some(source) => {
                    let child = artifact(location, source);
                    let entry = page(job, &child);
                    inspect(job, &child, entry, Lineage::Unpacked)
                }
                None => Ok(()),
            }
        }
        Body::Solid(span, packing, parts) => {
            let Some(source) = unpack(job, parent, parent_entry, &location, span, &packing)? else {
                return Ok(());
            };
            for part in parts {
                let child = Artifact {
                    location: parent.location.member(&part.name),
                    name: part.name,
                    source: Arc::new(Slice::new(Arc::clone(&source), part.span)),
                    depth,
                };
                let entry = page(job, &child);
                inspect(job, &child, entry, Lineage::Unpacked)?;
            }
            Ok(())
        }
    }
}

fn page(job: &JobContext, child: &Artifact) -> Entry {
    job.ledger.open(
        child.location.clone(),
        child.source.len(),
        job.plan.strategy(),
    )
}

/// Decode a member. Broken data and limits are gaps, and what was decoded
/// before them is examined; what the stream says and does not hold is found in
/// the parent. `None` where the output was too long to keep and
/// was swept as it passed.
fn unpack(
    job: &JobContext,
    parent: &Artifact,
    parent_entry: Entry,
    location: &Location,
    span: Span,
    packing: &Packing,
) -> Result<Option<SharedSource>, Fault> {
    let packed = span.end.saturating_sub(span.start);
    let source = parent.source.as_ref();
    let codec = packing.codec;
    let mut decoder = packing.decode(source, span.clone(), &job.budget);
    let mut output = Output::new(job, location, packed);
    let mut piece = vec![0; PIECE_BYTES];
    let ended = loop {
        job.budget.check()?;
        let got = match guarded(|| decoder.read(&mut piece)) {
            Ok(Ok(0)) => break Ok(()),
            Ok(Ok(n)) => output.take(piece.get(..n).unwrap_or_default()),
            Ok(Err(error)) => match failure(error) {
                Failure::Source(error) => return Err(error.into()),
                Failure::Refused(refusal) => break Err((refusal.why(), refusal.to_string())),
                Failure::Broken => break Err((Why::Malformed, broken(codec, output.len))),
            },
            Err(panic) => break Err((Why::Panicked, panic)),
        };
        match got {
            Ok(()) => {}
            Err(ReadError::Stop(stop)) if Fault::from(stop).ends_job() => return Err(stop.into()),
            Err(ReadError::Stop(stop)) => break Err((stop.into(), stop.to_string())),
            Err(error) => {
                break Err((
                    Why::Unreadable,
                    format!("cannot keep the unpacked bytes: {error}"),
                ));
            }
        }
    };
    let drafts = judge(source, &span, codec, &decoder, ended.is_ok(), &job.budget)?;
    for draft in drafts {
        job.ledger.finding(parent_entry, draft);
    }
    if let Err((why, detail)) = ended {
        job.ledger
            .gap_at(location.at(Place::from(output.len)), why, detail);
    }
    output.finish()
}

fn broken(codec: Codec, at: u64) -> String {
    format!(
        "the {} data breaks after {at} unpacked bytes; what came before was examined",
        codec.title()
    )
}

/// Where decoded bytes go: into a spool while it can be read by position, and
/// then through the sweepers as they pass.
struct Output<'a> {
    job: &'a JobContext,
    location: &'a Location,
    packed: u64,
    len: u64,
    spool: Option<Spool>,
    passing: Option<PassingSweep<'a>>,
}

impl<'a> Output<'a> {
    fn new(job: &'a JobContext, location: &'a Location, packed: u64) -> Self {
        let spool = Some(Spool::new(job.budget.clone()));
        Output {
            job,
            location,
            packed,
            len: 0,
            spool,
            passing: None,
        }
    }

    /// Account for and keep the next decoded bytes.
    fn take(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let n = bytes.len() as u64;
        self.job.budget.spend_expanded(n)?;
        let limits = self.job.budget.limits();
        let len = self.len.saturating_add(n);
        let allowed = self.packed.saturating_mul(limits.expansion_ratio);
        if len > limits.ratio_grace_bytes.max(allowed) {
            return Err(Stop::Ratio.into());
        }
        if len > limits.positional_bytes {
            self.start_passing()?;
        }
        match (&mut self.passing, &mut self.spool) {
            (Some(passing), _) => passing.push(bytes)?,
            (None, Some(spool)) => spool.push(bytes)?,
            (None, None) => {}
        }
        self.len = len;
        Ok(())
    }

    /// Turn from keeping to passing: what was kept goes first.
    fn start_passing(&mut self) -> Result<(), ReadError> {
        let Some(spool) = self.spool.take() else {
            return Ok(());
        };
        let entry = self
            .job
            .ledger
            .open(self.location.clone(), 0, self.job.plan.strategy());
        let detail =
            "longer than can be kept unpacked: its bytes are swept, its structure is not examined";
        self.job
            .ledger
            .gap(entry, Place::whole(), Why::Limit, detail);
        let mut passing = PassingSweep::new(self.job, entry);
        let kept: SharedSource = Arc::new(spool.finish()?);
        let mut at = 0;
        while at < kept.len() {
            let chunk = kept.chunk(at..at.saturating_add(PIECE_BYTES as u64))?;
            passing.push(&chunk)?;
            at = at.saturating_add(chunk.len() as u64);
        }
        self.passing = Some(passing);
        Ok(())
    }

    fn finish(self) -> Result<Option<SharedSource>, Fault> {
        if let Some(passing) = self.passing {
            passing.finish();
        }
        match self.spool {
            Some(spool) => Ok(Some(Arc::new(spool.finish()?))),
            None => Ok(None),
        }
    }
}
