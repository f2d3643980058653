//! One artifact from first look to last byte: probe, examine under guard, open
//! members, sweep the rest.

use std::mem::take;

use super::context::{JobContext, Page};
use super::digests;
use super::guard::guarded;
use super::ledger::Entry;
use super::lfs;
use super::members;
use super::names;
use super::pieces::Pieces;
use super::sweep::Sweep;
use crate::formats::{Artifact, Claim, Context, FORMATS, Format, FormatSpec, Kind, Named, Probe};
use crate::report::{Place, Why};
use crate::wire::Fault;

/// A format and how sure it is.
pub(super) type Claimed = (&'static dyn Format, Claim);

/// Examine and sweep an artifact and all that is nested in it. An error means
/// that the job is over; everything else was written down.
pub fn inspect(job: &JobContext, artifact: &Artifact, page: Page<'_>) -> Result<(), Fault> {
    let entry = page.entry;
    job.budget.check()?;
    digests::compare(job, artifact.source.as_ref(), entry)?;
    let Looked { claims, chosen } = look(job, artifact, entry);
    let formats: Vec<_> = chosen.iter().map(|(format, _)| *format).collect();
    let mut pieces = Pieces::new(artifact, formats);
    let mut members = Vec::new();
    for (format, _) in chosen {
        let mut named = examine(job, artifact, entry, format)?;
        pieces.add(format, &mut named);
        members.extend(named.members);
    }
    let carried = pieces.tell_carried(job, entry);
    if let Some(draft) = names::polyglot(artifact, &claims, &carried) {
        job.ledger.finding(entry, draft);
    }
    members::open(job, artifact, page, members)?;
    if job.is_void() {
        return Ok(());
    }
    pieces.open_slack(job, page)?;
    let rest = job.ledger.undelegated(entry);
    Sweep::new(job, page, &artifact.source).run(rest)?;
    pieces.open_archives(job, page)
}

/// Look at an artifact of which only the ends are there, and whose bytes were
/// swept already. Returns whether all that is to be said about it was said:
/// not so where it holds something that must be opened.
pub(super) fn inspect_ends(
    job: &JobContext,
    artifact: &Artifact,
    entry: Entry,
) -> Result<bool, Fault> {
    if job.known.may_hold(artifact.source.len()) {
        return Ok(false);
    }
    let Looked { claims, chosen } = look(job, artifact, entry);
    for (format, _) in chosen {
        if !reads_ends(format) {
            return Ok(false);
        }
        let named = examine(job, artifact, entry, format)?;
        if !named.members.is_empty() || !named.slack.is_empty() {
            return Ok(false);
        }
    }
    if let Some(draft) = names::polyglot(artifact, &claims, &[]) {
        job.ledger.finding(entry, draft);
    }
    Ok(true)
}

/// Whether a format says at its beginning or end all that it says.
pub(super) fn reads_ends(format: &dyn Format) -> bool {
    format.kind() == Kind::Weights
}

/// What the first look at an artifact came to.
struct Looked {
    /// Every claim.
    claims: Vec<Claimed>,
    /// The formats that are to examine it.
    chosen: Vec<Claimed>,
}

/// The first look at an artifact: what it is, and what is to be said about its
/// name.
fn look(job: &JobContext, artifact: &Artifact, entry: Entry) -> Looked {
    let probe = Probe::new(artifact);
    let claims = claims(&probe, |panic| {
        job.ledger.gap(entry, Place::whole(), Why::Panicked, panic);
    });
    let chosen = chosen(&claims);
    job.ledger.formats(entry, specs(&chosen));
    if lfs::is_pointer(artifact.source.as_ref()) {
        job.ledger
            .gap(entry, Place::whole(), Why::NotMaterialised, lfs::ADVICE);
    } else {
        for draft in names::judge(artifact, &claims) {
            job.ledger.finding(entry, draft);
        }
    }
    Looked { claims, chosen }
}

/// The formats that recognise an artifact; a format that fails inside does
/// not.
pub fn recognised(artifact: &Artifact) -> Vec<&'static FormatSpec> {
    specs(&recognise(artifact))
}

/// The formats that recognise an artifact, and how sure they are.
pub(super) fn recognise(artifact: &Artifact) -> Vec<Claimed> {
    chosen(&claims(&Probe::new(artifact), |_| {}))
}

fn specs(claims: &[Claimed]) -> Vec<&'static FormatSpec> {
    claims.iter().map(|(format, _)| format.spec()).collect()
}

/// Ask every format; what went wrong inside one goes to `failed`.
fn claims(probe: &Probe<'_>, failed: impl Fn(String)) -> Vec<Claimed> {
    if probe.is_empty() {
        return Vec::new();
    }
    let ask = |format: &&'static dyn Format| match guarded(|| format.recognise(probe)) {
        Ok(claim) => (*format, claim),
        Err(panic) => {
            failed(panic);
            (*format, Claim::No)
        }
    };
    FORMATS
        .iter()
        .map(ask)
        .filter(|(_, claim)| *claim > Claim::No)
        .collect()
}

/// The formats to examine: all that recognise the content; where none does,
/// those that the name promises.
fn chosen(claims: &[Claimed]) -> Vec<Claimed> {
    let strongest = claims
        .iter()
        .map(|(_, claim)| *claim)
        .max()
        .unwrap_or(Claim::No);
    let least = strongest.min(Claim::Magic);
    claims
        .iter()
        .filter(|(_, claim)| *claim >= least)
        .copied()
        .collect()
}

/// Examine under guard. Returns what was named, however the examination ended.
fn examine(
    job: &JobContext,
    artifact: &Artifact,
    entry: Entry,
    format: &'static dyn Format,
) -> Result<Named, Fault> {
    let sink = job.ledger.sink(entry);
    let mut cx = Context::new(&sink, &job.budget);
    let ended = guarded(|| format.examine(artifact, &mut cx));
    let mut named = cx.finish();
    job.ledger.companions(entry, take(&mut named.companions));
    job.ledger
        .tensors(entry, take(&mut named.tensors), named.tensor_total);
    job.ledger.promises(entry, take(&mut named.promises));
    job.ledger.description(entry, take(&mut named.description));
    job.ledger.judged(entry, take(&mut named.judged));
    job.ledger.prose(entry, take(&mut named.prose));
    let accepted = take(&mut named.accepted);
    job.ledger
        .accepted(entry, accepted.into_values(), named.accepted_unlisted);
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(fault)) if fault.ends_job() => return Err(fault),
        Ok(Err(fault)) => {
            let is_listed = match fault {
                Fault::Stop(stop) => members::tell_stop(job, entry, stop),
                _ => true,
            };
            if is_listed {
                let place = fault.offset().map_or_else(Place::whole, Place::from);
                let detail = format!("{}: {fault}", format.spec().title);
                job.ledger.gap(entry, place, fault.why(), detail);
            }
        }
        Err(panic) => job.ledger.gap(entry, Place::whole(), Why::Panicked, panic),
    }
    Ok(named)
}
