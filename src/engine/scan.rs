//! A whole scan, from request to report.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::assemble::assemble;
use super::discover::Found;
use super::inventory::{IndexedSet, Inventory};
use super::ledger::finding;
use super::observe::{Event, Observer, ShardNumber};
use super::plan::MAP_WINDOW_BYTES;
use super::repository::{self, Compared};
use super::request::{Input, Request};
use super::run::{self, Ended, Planned};
use super::shards::{CrossCheck, CrossFinding, crosscheck};
use crate::budget::Budget;
use crate::report::{
    Finding, Outcome, Policy, Report, ShardRow, ShardSetReport, Stats, TensorTable, Verdict,
};

/// Binary unit of the deadlines below.
const GIB: u64 = 1 << 30;

/// Deadline of a whole scan by the bytes it has to read.
fn default_timeout(bytes: u64) -> Duration {
    let minutes = match bytes {
        b if b <= 50 * GIB => 30,
        b if b <= 200 * GIB => 60,
        _ => 120,
    };
    Duration::from_secs(minutes * 60)
}

/// Scan everything the request names. Total: trouble with an input becomes a
/// gap in the report, never an error.
pub fn scan(request: &Request, observer: &dyn Observer) -> Report {
    let started = Instant::now();
    let budget = Budget::new(Arc::clone(&request.limits), request.cancel.clone())
        .start(request.timeout, None);
    let inventory = Inventory::take(request, &budget);
    let (files, bytes) = inventory.to_read();
    let latest = started.checked_add(request.timeout.unwrap_or_else(|| default_timeout(bytes)));
    observer.event(&Event::Started { files, bytes });
    tell_sets(request, &inventory, observer);
    let mut ended = run::run(
        request,
        jobs(request, &inventory),
        inventory.workers,
        latest,
        observer,
    );
    let mut outcome = Outcome {
        gaps: inventory.gaps,
        ..Outcome::default()
    };
    let tensors: Vec<TensorTable> = ended
        .iter_mut()
        .flat_map(|job| std::mem::take(&mut job.outcome.tensors))
        .collect();
    let sets = &inventory.sets;
    let shard_sets = close_sets(sets, &tensors, &ended, &request.policy, &mut outcome);
    let Compared { findings, gaps } =
        repository::check(&ended, &tensors, |file| is_in_directory(request, file));
    outcome.findings.extend(drafted(findings));
    outcome.gaps.extend(gaps);
    let mut reading = BTreeMap::new();
    for job in ended {
        let bytes: &mut u64 = reading
            .entry(job.plan.backing.as_str().to_owned())
            .or_default();
        *bytes = bytes.saturating_add(job.found.len);
        outcome.merge(job.outcome);
    }
    let interrupted = request.cancel.stop().is_some();
    let stats = Stats {
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: request.memory.peak().unwrap_or(0),
        workers: inventory.workers,
        memory_budget_bytes: request.reading.memory_budget(&request.machine),
        mmap_window_bytes: request.reading.map_window.unwrap_or(MAP_WINDOW_BYTES),
        reading,
    };
    assemble(outcome, shard_sets, &request.policy, interrupted, stats)
}

fn tell_sets(request: &Request, inventory: &Inventory, observer: &dyn Observer) {
    for IndexedSet { set, .. } in &inventory.sets {
        observer.event(&Event::SetStarted {
            name: &set.name,
            shards: set.shards.len(),
            bytes: set.total_size(),
            workers: inventory.workers,
            shard_timeout: request.shard_timeout,
        });
    }
}

/// Whether a file was found in a directory that the person named, so that what
/// is not beside it is not there.
fn is_in_directory(request: &Request, file: &Path) -> bool {
    request.inputs.iter().any(|input| match input {
        Input::Path(root) => file != root && file.starts_with(root),
        _ => false,
    })
}

/// One job per file that is read: shards in the order of their sets, then the
/// rest.
fn jobs(request: &Request, inventory: &Inventory) -> Vec<Planned> {
    let shards = inventory.sets.iter().flat_map(|IndexedSet { set, .. }| {
        let of = set.shards.len();
        set.shards.iter().enumerate().map(move |(index, shard)| {
            (
                &shard.found,
                Some(ShardNumber {
                    number: index + 1,
                    of,
                }),
            )
        })
    });
    shards
        .chain(inventory.singles.iter().map(|found| (found, None)))
        .filter(|(found, _)| !found.unread)
        .map(|(found, shard)| Planned {
            found: found.clone(),
            plan: inventory.plan(request, found),
            shard,
        })
        .collect()
}

/// The table and the cross-checks of every set; what the cross-checks found
/// goes to `outcome`.
fn close_sets(
    sets: &[IndexedSet],
    tensors: &[TensorTable],
    ended: &[Ended],
    policy: &Policy,
    outcome: &mut Outcome,
) -> Vec<ShardSetReport> {
    let jobs: BTreeMap<&Path, &Ended> = ended
        .iter()
        .map(|job| (job.found.file.as_path(), job))
        .collect();
    let close = |IndexedSet { set, index }: &IndexedSet| {
        let CrossCheck {
            missing,
            extra,
            findings,
        } = crosscheck(set, index.as_ref(), tensors);
        outcome.findings.extend(drafted(findings));
        ShardSetReport {
            name: set.name.clone(),
            family: set.family.id.to_owned(),
            index: set.index.as_ref().map(|found| found.path.clone()),
            missing,
            extra,
            total_size: set.total_size(),
            shards: set
                .shards
                .iter()
                .map(|shard| row(&shard.found, jobs.get(shard.found.file.as_path()), policy))
                .collect(),
        }
    };
    sets.iter().map(close).collect()
}

/// Findings about files, with the words of their rules.
fn drafted(told: Vec<CrossFinding>) -> impl Iterator<Item = Finding> {
    told.into_iter()
        .map(|(location, draft)| finding(draft, &location))
}

/// The row of one shard, and of its job where it was read.
fn row(found: &Found, job: Option<&&Ended>, policy: &Policy) -> ShardRow {
    let Some(job) = job else {
        return ShardRow {
            path: found.path.clone(),
            size: found.len,
            strategy: "unread".to_owned(),
            verdict: Verdict::Incomplete,
            covered: 0,
            findings: 0,
            reason: Some("the file was not read; the gaps say why".to_owned()),
            seconds: 0.0,
        };
    };
    let outcome = &job.outcome;
    let missed: u64 = outcome.artifacts.iter().map(|a| a.coverage.missed).sum();
    ShardRow {
        path: found.path.clone(),
        size: found.len,
        strategy: job.plan.strategy().to_owned(),
        verdict: run::verdict(policy, outcome),
        covered: found.len.saturating_sub(missed),
        findings: outcome.findings.iter().map(|f| f.occurrences).sum(),
        reason: outcome
            .gaps
            .first()
            .map(|gap| format!("{}: {}", gap.why, gap.detail)),
        seconds: job.time.as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_goes_by_what_there_is_to_read() {
        let minutes = |bytes| default_timeout(bytes).as_secs() / 60;
        assert_eq!(minutes(0), 30);
        assert_eq!((minutes(50 * GIB), minutes(50 * GIB + 1)), (30, 60));
        assert_eq!((minutes(200 * GIB), minutes(200 * GIB + 1)), (60, 120));
    }
}
