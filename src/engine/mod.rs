//! What happens to which bytes, when, and within which limits.
//!
//! [`scan`] discovers files, groups shards, plans how each file is read, runs
//! the jobs, and assembles the report. It is total: once the request is valid
//! there is always a report, and trouble with an input is a gap in it.

mod assemble;
mod discover;
mod guard;
mod inspect;
mod job;
mod ledger;
mod lfs;
mod members;
mod memory;
mod observe;
mod open;
mod plan;
mod request;
mod run;
mod spans;
mod sweep;

pub use observe::{Event, MemoryStep, Observer, ShardNumber, Unobserved};
pub use plan::{Backing, Io, Machine, Plan, Reading, TIER_BOUNDS, Tier, TooTight, plan};
pub use request::{Input, MemoryProbe, Request, SHARD_TIMEOUT};

use std::time::{Duration, Instant};

use crate::report::{Outcome, Report, Stats, Survey};
use run::Planned;

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
    let found = discover::discover(request, |_| Vec::new());
    let bytes = found.files.iter().map(|f| f.len).sum();
    let workers = request
        .workers
        .unwrap_or(request.machine.cores)
        .clamp(1, found.files.len().max(1));
    let timeout = request.timeout.unwrap_or_else(|| default_timeout(bytes));
    let latest = started.checked_add(timeout);
    observer.event(&Event::Started {
        files: found.files.len(),
        bytes,
    });
    let jobs = found
        .files
        .into_iter()
        .map(|found| Planned {
            plan: plan(found.len, &request.machine, &request.reading, workers),
            found,
            shard: None,
        })
        .collect();
    let ended = run::run(request, jobs, workers, latest, observer);
    let mut outcome = Outcome {
        gaps: found.gaps,
        ..Outcome::default()
    };
    for job in ended {
        outcome.merge(job.outcome);
    }
    let interrupted = request.cancel.stop().is_some();
    let stats = Stats {
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: request.memory.peak().unwrap_or(0),
        workers,
        memory_budget_bytes: request.reading.memory_budget(&request.machine),
    };
    assemble::assemble(outcome, Vec::new(), &request.policy, interrupted, stats)
}

/// Say what a scan would read, and how, without sweeping a byte.
pub fn survey(request: &Request) -> Survey {
    let _ = request;
    unimplemented!()
}
