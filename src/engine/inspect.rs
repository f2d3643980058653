//! One artifact from first look to last byte: probe, examine under guard, open
//! members, sweep the rest.

use super::context::JobContext;
use super::guard::guarded;
use super::ledger::Entry;
use super::lfs;
use super::members;
use super::sweep::{Lineage, Sweep};
use crate::formats::{Artifact, Claim, Context, FORMATS, Format, FormatSpec, Member, Probe};
use crate::report::{Place, Severity, Why};
use crate::rules::{Draft, content};
use crate::wire::Fault;

/// A format and how sure it is.
type Claimed = (&'static dyn Format, Claim);

/// Examine and sweep an artifact whose page in the ledger is `entry`, and all
/// that is nested in it. An error means that the job is over; everything else
/// was written down.
pub fn inspect(
    job: &JobContext,
    artifact: &Artifact,
    entry: Entry,
    lineage: Lineage,
) -> Result<(), Fault> {
    job.budget.check()?;
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
        judge_names(job, &probe, entry, &claims);
    }
    drop(probe);
    let mut named = Vec::new();
    for (format, _) in chosen {
        named.extend(examine(job, artifact, entry, format)?);
    }
    for member in named {
        members::open(job, artifact, entry, lineage, member)?;
    }
    let rest = job.ledger.undelegated(entry);
    Sweep::new(job, entry, &artifact.source, lineage).run(rest)?;
    Ok(())
}

/// The formats that recognise an artifact; a format that fails inside does
/// not.
pub fn recognised(artifact: &Artifact) -> Vec<&'static FormatSpec> {
    specs(&chosen(&claims(&Probe::new(artifact), |_| {})))
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

/// Examine under guard. Returns the members that were named, however the
/// examination ended.
fn examine(
    job: &JobContext,
    artifact: &Artifact,
    entry: Entry,
    format: &'static dyn Format,
) -> Result<Vec<Member>, Fault> {
    let sink = job.ledger.sink(entry);
    let mut cx = Context::new(&sink, &job.budget);
    let ended = guarded(|| format.examine(artifact, &mut cx));
    let named = cx.finish();
    job.ledger.tensors(entry, named.tensors);
    job.ledger.judged(entry, named.judged);
    job.ledger
        .accepted(entry, named.accepted.into_values(), named.accepted_unlisted);
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(fault)) if fault.ends_job() => return Err(fault),
        Ok(Err(fault)) => {
            let place = fault.offset().map_or_else(Place::whole, Place::from);
            let detail = format!("{}: {fault}", format.spec().title);
            job.ledger.gap(entry, place, fault.why(), detail);
        }
        Err(panic) => job.ledger.gap(entry, Place::whole(), Why::Panicked, panic),
    }
    Ok(named.members)
}

/// Compare what the content is with what the name promises, and with itself.
fn judge_names(job: &JobContext, probe: &Probe<'_>, entry: Entry, claims: &[Claimed]) {
    let at_least = |least: Claim| -> Vec<&'static FormatSpec> {
        let sure = claims.iter().filter(|(_, claim)| *claim >= least);
        sure.map(|(format, _)| format.spec()).collect()
    };
    if let Some(draft) = mismatch(probe, &at_least(Claim::Magic)) {
        job.ledger.finding(entry, draft);
    }
    let sure = at_least(Claim::Structure);
    let is_layer = |spec: &FormatSpec| {
        let base = spec.layer_of;
        base.is_some_and(|base| sure.iter().any(|other| other.id == base))
    };
    let roots: Vec<&str> = sure
        .iter()
        .filter(|spec| !is_layer(spec))
        .map(|spec| spec.title)
        .collect();
    if roots.len() > 1 {
        let both = roots.join(" and ");
        let draft = content::POLYGLOT.at(Place::whole());
        job.ledger.finding(
            entry,
            draft.message(format!("these bytes are {both} at once")),
        );
    }
}

/// A finding where the name promises formats and the content is none of them
/// but something else.
fn mismatch(probe: &Probe<'_>, found: &[&'static FormatSpec]) -> Option<Draft> {
    let promised: Vec<_> = FORMATS
        .iter()
        .map(|format| format.spec())
        .filter(|spec| probe.has_suffix(spec.suffixes))
        .collect();
    let is = found.iter().max_by_key(|spec| spec.runs_code)?;
    let kept = promised.iter().any(|p| found.iter().any(|f| f.id == p.id));
    let first = promised.first().filter(|_| !kept)?;
    // A safe name on dangerous content is a disguise; the other way round it
    // is a mistake.
    let disguise = is.runs_code && !promised.iter().any(|p| p.runs_code);
    let severity = if disguise {
        Severity::High
    } else {
        Severity::Low
    };
    let message = format!(
        "the name promises {}, the content is {}",
        first.title, is.title
    );
    Some(
        content::MISMATCH
            .at(Place::whole())
            .severity(severity)
            .message(message),
    )
}
