//! One file or shard: what its work shares, and its run from opening to the
//! closed ledger.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::context::{JobContext, LeftOut, Lineage, Page};
use super::digests::{self, DigestKind};
use super::discover::Found;
use super::guard::guarded;
use super::inspect::inspect;
use super::ledger::Ledger;
use super::members;
use super::open::open;
use super::plan::Plan;
use crate::budget::Budget;
use crate::formats::Artifact;
use crate::report::{Location, Why};
use crate::source::{Digested, ReadError, SharedSource};
use crate::wire::Fault;

/// A job as the rest of the scan sees it while it runs.
pub struct Running {
    /// Number of the job in its scan.
    pub number: usize,
    /// The file.
    pub found: Found,
    /// How it is read.
    pub plan: Plan,
    /// What it found so far.
    pub ledger: Arc<Ledger>,
    /// Its budget and when it started, once it has.
    pub started: OnceLock<(Instant, Budget)>,
}

impl Running {
    /// Wall time since the job started.
    pub fn time(&self) -> Duration {
        self.started
            .get()
            .map_or(Duration::ZERO, |(at, _)| at.elapsed())
    }

    /// Bytes of the file that are done.
    pub fn bytes_done(&self) -> u64 {
        self.started
            .get()
            .map_or(0, |(_, budget)| budget.bytes_read())
    }
}

/// Examine and sweep one file. Total: trouble goes into the ledger.
pub fn run(mut context: JobContext, found: &Found, skip_holes: bool) {
    let has_ended = attempt(&context, found, skip_holes);
    if has_ended && context.is_void() {
        context.alone = true;
        context.was_shared.store(false, Ordering::Relaxed);
        context.left_out = LeftOut::default();
        context.budget.begin_anew();
        context.ledger.begin_anew();
        if attempt(&context, found, skip_holes) {
            context.ledger.finished();
        }
    }
}

/// Examine and sweep the file from its first byte; whether that came to an
/// end.
fn attempt(context: &JobContext, found: &Found, skip_holes: bool) -> bool {
    let location = Location::file(found.path.clone());
    let done = guarded(|| examine(context, found, &location, skip_holes));
    members::tell_unlisted(context, &location);
    match done {
        Ok(Ok(())) => true,
        Ok(Err(fault)) => {
            let detail = explain(&fault);
            context.ledger.gap_at(location, fault.why(), detail);
            !fault.ends_job()
        }
        Err(panic) => {
            context.ledger.gap_at(location, Why::Panicked, panic);
            true
        }
    }
}

fn examine(
    context: &JobContext,
    found: &Found,
    location: &Location,
    skip_holes: bool,
) -> Result<(), Fault> {
    let opened = match open(found, &context.plan, skip_holes, &context.budget) {
        Ok(opened) => opened,
        Err(error) => {
            // A file that could not be opened is a page of which all is missed.
            context
                .ledger
                .open(location.clone(), found.len, context.plan.strategy());
            return Err(error.into());
        }
    };
    let digested = context
        .digests
        .contains(&DigestKind::Blake3)
        .then(|| Arc::new(Digested::new(Arc::clone(&opened.source))));
    let source: SharedSource = match &digested {
        Some(digested) => Arc::clone(digested) as SharedSource,
        None => Arc::clone(&opened.source),
    };
    let artifact = Artifact {
        location: location.clone(),
        name: found.path.clone(),
        source,
        depth: 0,
    };
    let entry = context.ledger.open(
        location.clone(),
        artifact.source.len(),
        context.plan.strategy(),
    );
    let page = Page {
        entry,
        lineage: Lineage::InFile,
        sum: None,
    };
    inspect(context, &artifact, page)?;
    let digest = |kind: &DigestKind| match (kind, &digested) {
        (DigestKind::Blake3, Some(digested)) => digested.finish(),
        _ => digests::sha256(opened.source.as_ref()),
    };
    let digests: Result<Vec<_>, _> = context.digests.iter().map(digest).collect();
    let digests = digests?;
    opened.verify()?;
    for (kind, digest) in context.digests.iter().zip(digests) {
        context.ledger.digest(entry, *kind, &digest);
    }
    Ok(())
}

/// What ended a job, in words that say what to do.
fn explain(fault: &Fault) -> String {
    match fault.why() {
        Why::Timeout => format!(
            "{fault} before all bytes were covered; give more with --timeout or --shard-timeout"
        ),
        Why::Memory => format!("{fault}; allow more with --max-memory or use fewer --workers"),
        Why::Interrupted => format!("{fault} before all bytes were covered"),
        Why::Changed => {
            "the file changed while it was read; scan it again when nothing writes to it".to_owned()
        }
        Why::Unreadable => match fault {
            Fault::Read(ReadError::Io(error)) => format!("the file could not be read: {error}"),
            other => other.to_string(),
        },
        _ => fault.to_string(),
    }
}
