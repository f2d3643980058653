//! What everything inside one job shares, and the threads of the scan.

use std::sync::{Arc, OnceLock};

use rayon::ThreadPool;

use super::ledger::Ledger;
use super::memory::Pressure;
use super::plan::Plan;
use crate::budget::Budget;

/// The threads of a scan. Jobs and lanes have pools of their own: a job that
/// waits for its lanes must not start another job meanwhile, or its deadline
/// would wait for that one.
pub struct Crew {
    jobs: ThreadPool,
    lanes: OnceLock<ThreadPool>,
    cores: usize,
}

impl Crew {
    /// Threads for `workers` jobs, and for lanes on `cores` cores once some
    /// job has lanes.
    pub fn new(workers: usize, cores: usize) -> Self {
        Crew {
            jobs: pool("job", workers),
            lanes: OnceLock::new(),
            cores,
        }
    }

    /// Where jobs run.
    pub fn jobs(&self) -> &ThreadPool {
        &self.jobs
    }

    /// Where lanes run.
    pub fn lanes(&self) -> &ThreadPool {
        self.lanes.get_or_init(|| pool("lane", self.cores))
    }
}

fn pool(name: &'static str, threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(move |index| format!("{name}-{index}"))
        .build()
        .or_else(|_| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .use_current_thread()
                .build()
        })
        .unwrap_or_else(|error| unreachable!("a pool on the current thread needs none: {error}"))
}

/// What everything inside one job shares.
pub struct JobContext {
    /// What the job may spend.
    pub budget: Budget,
    /// What the job found.
    pub ledger: Arc<Ledger>,
    /// How the file is read.
    pub plan: Plan,
    /// The threads of the scan.
    pub crew: Arc<Crew>,
    /// Memory pressure on the scan.
    pub pressure: Arc<Pressure>,
}

impl JobContext {
    /// Core bytes of the next window.
    pub fn window(&self) -> u64 {
        self.pressure.window(self.plan.window)
    }
}
