//! All jobs of a scan: on the pool, with deadlines that fire.
//!
//! Jobs answer on a channel while this thread keeps the clock, tells the
//! observer, and watches memory. A job whose read never returns is left behind
//! once its deadline and a grace have passed: its ledger is taken as it
//! stands, and the scan ends without it.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::context::{JobContext, LeftOut};
use super::crew::Crew;
use super::discover::Found;
use super::job::{Running, run as run_job};
use super::ledger::Ledger;
use super::memory::{self, Pressure};
use super::observe::{Event, MemoryStep, Observer, ShardNumber};
use super::plan::Plan;
use super::request::Request;
use crate::budget::{Budget, Stop};
use crate::report::{Location, Outcome, Policy, Verdict, Why};

/// How often the clock, the memory and the observer are served.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// Jobs from which answers are awaited together, and for how long: waking for
/// each of ten thousand tiny files costs as much as reading them.
const MANY_JOBS: usize = 64;
const MANY_JOBS_PAUSE: Duration = Duration::from_millis(1);

/// Time that a stopped job has to come back before it is left behind.
const GRACE: Duration = Duration::from_millis(1000);

/// Time after which a step of the memory watch may be taken again, so that
/// the last one can show its effect.
const MEMORY_STEP_PAUSE: Duration = Duration::from_secs(2);

/// A job that has not started.
pub struct Planned {
    /// The file.
    pub found: Found,
    /// How it is read.
    pub plan: Plan,
    /// Its place in a set, and with it the deadline of a shard.
    pub shard: Option<ShardNumber>,
}

/// A job that has ended, well or not.
pub struct Ended {
    /// The file.
    pub found: Found,
    /// How it was read.
    pub plan: Plan,
    /// What it found.
    pub outcome: Outcome,
    /// Wall time.
    pub time: Duration,
}

/// Run all jobs, `workers` at a time, until `latest`. The result is in the
/// order of the jobs, whatever the order in which they ended.
pub fn run(
    request: &Request,
    jobs: Vec<Planned>,
    workers: usize,
    latest: Option<Instant>,
    observer: &dyn Observer,
) -> Vec<Ended> {
    if jobs.is_empty() {
        return Vec::new();
    }
    let shards: Vec<_> = jobs.iter().map(|job| job.shard).collect();
    let crew = Arc::new(Crew::new(workers.min(jobs.len()), request.machine.cores));
    let pressure = Arc::new(Pressure::default());
    let memory = request.reading.memory_budget(&request.machine) / workers.max(1) as u64;
    let (send, answers) = channel();
    let start = |(number, planned)| {
        let (crew, pressure) = (Arc::clone(&crew), Arc::clone(&pressure));
        start(
            request,
            (number, planned),
            latest,
            Shared {
                crew,
                pressure,
                memory,
            },
            send.clone(),
        )
    };
    let jobs: Vec<_> = jobs.into_iter().enumerate().map(start).collect();
    let mut watch = Watch {
        request,
        observer,
        latest,
        left: jobs.len(),
        ended: jobs.iter().map(|_| None).collect(),
        jobs,
        shards,
        pressure,
        last_memory_step: None,
    };
    watch.keep(&answers);
    watch.close()
}

/// Put a job on the pool. Its clock starts when its turn comes.
fn start(
    request: &Request,
    (number, planned): (usize, Planned),
    latest: Option<Instant>,
    shared: Shared,
    send: Sender<Answer>,
) -> Arc<Running> {
    let within = planned.shard.map(|_| request.shard_timeout);
    let job = Arc::new(Running {
        number,
        found: planned.found,
        plan: planned.plan,
        ledger: Arc::new(Ledger::new(request.limits.findings_per_rule)),
        started: OnceLock::new(),
    });
    let running = Arc::clone(&job);
    let budget =
        Budget::new(Arc::clone(&request.limits), request.cancel.clone()).of_file(job.found.len);
    let skip_holes = request.reading.skip_holes;
    let crew = Arc::clone(&shared.crew);
    let (known, digests) = (Arc::clone(&request.known), Arc::clone(&request.digests));
    crew.jobs().spawn(move || {
        let hand = shared.crew.take();
        let budget = budget.start(within, latest);
        // Nobody else sets it: the job was spawned once.
        let _ = job.started.set((Instant::now(), budget.clone()));
        let _ = send.send(Answer::Started(job.number));
        let ledger = Arc::clone(&job.ledger);
        let context = JobContext {
            budget,
            ledger,
            plan: job.plan,
            crew: shared.crew,
            pressure: shared.pressure,
            memory: shared.memory,
            known,
            digests,
            alone: false,
            was_shared: AtomicBool::new(false),
            left_out: LeftOut::default(),
        };
        run_job(context, &job.found, skip_holes);
        drop(hand);
        // The scan may have left this job behind; then nobody listens.
        let _ = send.send(Answer::Ended(job.number, job.time()));
    });
    running
}

/// What all jobs of a scan share.
struct Shared {
    crew: Arc<Crew>,
    pressure: Arc<Pressure>,
    /// Memory for each of them, in bytes.
    memory: u64,
}

/// What a job says about itself.
enum Answer {
    Started(usize),
    Ended(usize, Duration),
}

/// The thread that keeps the clock.
struct Watch<'a> {
    request: &'a Request,
    observer: &'a dyn Observer,
    latest: Option<Instant>,
    jobs: Vec<Arc<Running>>,
    shards: Vec<Option<ShardNumber>>,
    ended: Vec<Option<(Outcome, Duration)>>,
    /// Jobs that have not ended.
    left: usize,
    pressure: Arc<Pressure>,
    last_memory_step: Option<(MemoryStep, Instant)>,
}

impl Watch<'_> {
    /// Serve answers and heartbeats until every job has ended or was left.
    fn keep(&mut self, answers: &Receiver<Answer>) {
        let mut beat = Instant::now();
        while self.left > 0 {
            match answers.recv_timeout(HEARTBEAT) {
                Ok(answer) => self.take(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            answers.try_iter().for_each(|answer| self.take(answer));
            if self.left >= MANY_JOBS {
                thread::sleep(MANY_JOBS_PAUSE);
            }
            if beat.elapsed() >= HEARTBEAT {
                beat = Instant::now();
                self.tell_progress();
                self.watch_memory();
                self.leave_the_hung();
            }
        }
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Started(number) => self.started(number),
            Answer::Ended(number, time) => self.finish(number, time),
        }
    }

    fn started(&self, number: usize) {
        let job = &self.jobs[number];
        self.observer.event(&Event::FileStarted {
            job: number,
            path: &job.found.path,
            len: job.found.len,
            plan: &job.plan,
            shard: self.shards[number],
        });
    }

    /// Take over what a job found; a second end of the same job says nothing.
    fn finish(&mut self, number: usize, time: Duration) {
        if self.ended[number].is_some() {
            return;
        }
        let job = &self.jobs[number];
        let outcome = job.ledger.take();
        self.observer.event(&Event::FileEnded {
            job: number,
            path: &job.found.path,
            len: job.found.len,
            verdict: verdict(&self.request.policy, &outcome),
            time,
            shard: self.shards[number],
        });
        self.ended[number] = Some((outcome, time));
        self.left -= 1;
    }

    fn tell_progress(&self) {
        let done = |job: &Arc<Running>| job.bytes_done().min(job.found.len);
        let total_done = self.jobs.iter().map(done).sum();
        for job in self.jobs.iter().filter(|job| self.is_running(job)) {
            let event = Event::Progress {
                job: job.number,
                done: done(job),
                total_done,
            };
            self.observer.event(&event);
        }
    }

    fn is_running(&self, job: &Running) -> bool {
        job.started.get().is_some() && self.ended[job.number].is_none()
    }

    /// One step of the memory watch, if one is called for.
    fn watch_memory(&mut self) {
        let budget = self.request.reading.memory_budget(&self.request.machine);
        let Some(resident) = self.request.memory.resident() else {
            return;
        };
        let Some(step) = memory::step(resident, budget) else {
            return;
        };
        let rests = |(last, at): (MemoryStep, Instant)| {
            step < last
                || (step == last && (step == MemoryStep::Noted || at.elapsed() < MEMORY_STEP_PAUSE))
        };
        if self.last_memory_step.is_some_and(rests) {
            return;
        }
        self.last_memory_step = Some((step, Instant::now()));
        self.observer.event(&Event::Memory {
            resident,
            budget,
            step,
        });
        match step {
            MemoryStep::Noted => {}
            MemoryStep::Shrunk => self.pressure.shrink(),
            MemoryStep::Stopped => self.stop_the_hungriest(),
        }
    }

    fn stop_the_hungriest(&self) {
        let held = self
            .jobs
            .iter()
            .filter(|job| self.is_running(job))
            .filter_map(|job| job.started.get().map(|(_, budget)| budget))
            .filter(|budget| budget.job_token().stop().is_none())
            .max_by_key(|budget| budget.bytes_leased());
        if let Some(budget) = held {
            budget.job_token().cancel(Stop::Memory);
        }
    }

    /// Leave behind the jobs that should have come back by now.
    fn leave_the_hung(&mut self) {
        let now = Instant::now();
        let overdue = |at: Option<Instant>| at.is_some_and(|at| now >= at + GRACE);
        let cancelled = self.request.cancel.stop().is_some();
        let hung: Vec<usize> = self
            .jobs
            .iter()
            .filter(|job| self.ended[job.number].is_none())
            .filter(|job| match job.started.get() {
                Some((_, budget)) => overdue(budget.deadline()),
                None => overdue(self.latest),
            })
            .map(|job| job.number)
            .collect();
        for number in hung {
            self.leave(number, Why::Timeout, "a read did not return in time");
        }
        if cancelled && self.cancelled_long_ago(now) {
            for number in 0..self.jobs.len() {
                self.leave(number, Why::Interrupted, "the scan was interrupted");
            }
        }
    }

    /// Whether the grace after an interruption is over.
    fn cancelled_long_ago(&mut self, now: Instant) -> bool {
        let by = self
            .latest
            .filter(|&at| at <= now + GRACE)
            .unwrap_or(now + GRACE);
        self.latest = Some(by);
        now >= by
    }

    fn leave(&mut self, number: usize, why: Why, reason: &str) {
        let job = Arc::clone(&self.jobs[number]);
        if self.ended[number].is_some() {
            return;
        }
        let location = Location::file(job.found.path.clone());
        let detail = match job.started.get() {
            Some(_) => format!("{reason}; what was found before it is reported"),
            None => format!("{reason}, before this file could be opened"),
        };
        if job.started.get().is_none() {
            job.ledger
                .open(location.clone(), job.found.len, job.plan.strategy());
        }
        job.ledger.gap_at(location, why, detail);
        self.finish(number, job.time());
    }

    fn close(self) -> Vec<Ended> {
        let outcomes = self.ended.into_iter().map(Option::unwrap_or_default);
        self.jobs
            .iter()
            .zip(outcomes)
            .map(|(job, (outcome, time))| Ended {
                found: job.found.clone(),
                plan: job.plan,
                outcome,
                time,
            })
            .collect()
    }
}

/// The verdict on one job alone.
pub fn verdict(policy: &Policy, outcome: &Outcome) -> Verdict {
    let worst = outcome
        .findings
        .iter()
        .filter(|f| policy.reports(&f.rule))
        .map(|f| policy.grade(&f.rule, f.severity))
        .max();
    let complete =
        outcome.gaps.is_empty() && outcome.artifacts.iter().all(|a| a.coverage.missed == 0);
    policy.verdict(worst, complete)
}
