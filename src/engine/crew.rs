//! The threads of a scan, and the work that they share.
//!
//! A *hand* is a core that may be used. There are as many as the machine has
//! cores; every job takes one while it runs, and what is left over is lent to
//! whoever has work that can be shared: members of one archive, lanes of one
//! sweep. Nobody ever waits for a hand, so nothing can block, however deep
//! archives are nested; and whoever gets none works alone.

use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::vec::IntoIter;

use rayon::ThreadPool;

use super::context::JobContext;
use crate::wire::Fault;

/// Bytes left to work on from which another hand is worth its start.
const HELP_BYTES: u64 = 1 << 20;

/// Pieces of work from which another hand is, however small they are.
const HELP_COUNT: usize = 256;

/// Memory that members of one file which are open at the same time may need
/// together, in bytes: one file of any size must do with less than 1 GB.
const IN_FLIGHT_BYTES: u64 = 768 << 20;

/// The threads of a scan.
pub struct Crew {
    jobs: ThreadPool,
    hands: Arc<AtomicIsize>,
}

/// A core that is in use; given back on drop.
pub struct Hand(Arc<AtomicIsize>);

impl Crew {
    /// Threads for `workers` jobs on a machine with so many cores.
    pub fn new(workers: usize, cores: usize) -> Self {
        let hands = AtomicIsize::new(isize::try_from(cores).unwrap_or(isize::MAX));
        Crew {
            jobs: pool(workers),
            hands: Arc::new(hands),
        }
    }

    /// Where jobs run.
    pub fn jobs(&self) -> &ThreadPool {
        &self.jobs
    }

    /// Take a hand for a job, which runs whether one is left or not.
    pub fn take(&self) -> Hand {
        self.hands.fetch_sub(1, Ordering::Relaxed);
        Hand(Arc::clone(&self.hands))
    }

    /// Take a hand if one is left over.
    pub fn lend(&self) -> Option<Hand> {
        let lend = |left: isize| (left > 0).then_some(left - 1);
        self.hands
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, lend)
            .ok()
            .map(|_| Hand(Arc::clone(&self.hands)))
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|index| format!("job-{index}"))
        .build()
        .or_else(|_| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .use_current_thread()
                .build()
        })
        .unwrap_or_else(|error| unreachable!("a pool on the current thread needs none: {error}"))
}

/// What a piece of work takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Need {
    /// Bytes that it works on, for a guess at its time.
    pub work: u64,
    /// Memory that it may hold, in bytes.
    pub memory: u64,
}

/// Do all `items`, with as many hands as are left over while it goes on. The
/// first error ends it and is returned. In which order the items are done is
/// not told: the caller numbers them.
pub fn share<T: Send>(
    job: &JobContext,
    items: Vec<(T, Need)>,
    work: impl Fn(T) -> Result<(), Fault> + Sync,
) -> Result<(), Fault> {
    let pile = Pile::new(job, items);
    if job.alone || !pile.is_worth_help() {
        return pile.work_alone(&work);
    }
    thread::scope(|scope| pile.work(Some(scope), &work));
    pile.close()
}

/// Work that is left to do.
struct Pile<'a, T> {
    job: &'a JobContext,
    left: Mutex<Left<T>>,
    failed: Mutex<Option<Fault>>,
}

struct Left<T> {
    items: IntoIter<(T, Need)>,
    bytes: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, T: Send> Pile<'a, T> {
    fn new(job: &'a JobContext, items: Vec<(T, Need)>) -> Self {
        let bytes = items
            .iter()
            .fold(0u64, |sum, (_, need)| sum.saturating_add(need.work));
        Pile {
            job,
            left: Mutex::new(Left {
                items: items.into_iter(),
                bytes,
            }),
            failed: Mutex::new(None),
        }
    }

    /// Whether there is enough left for one more hand.
    fn is_worth_help(&self) -> bool {
        let left = lock(&self.left);
        let count = left.items.len();
        count >= HELP_COUNT || count >= 2 && left.bytes >= HELP_BYTES
    }

    /// Memory that the next piece may need.
    fn next_memory(&self) -> u64 {
        let left = lock(&self.left);
        left.items
            .as_slice()
            .first()
            .map_or(0, |(_, need)| need.memory)
    }

    fn next(&self) -> Option<(T, Need)> {
        if self.job.is_void() || lock(&self.failed).is_some() {
            return None;
        }
        let mut left = lock(&self.left);
        let (item, need) = left.items.next()?;
        left.bytes = left.bytes.saturating_sub(need.work);
        Some((item, need))
    }

    fn work_alone(&self, work: impl Fn(T) -> Result<(), Fault>) -> Result<(), Fault> {
        while let Some((item, _)) = self.next() {
            work(item)?;
        }
        Ok(())
    }

    /// Take pieces until none is left, and meanwhile call for help, where
    /// there is a scope to spawn it in.
    fn work<'scope, 'env, W>(&'env self, scope: Option<&'scope Scope<'scope, 'env>>, work: &'env W)
    where
        W: Fn(T) -> Result<(), Fault> + Sync,
        'a: 'scope,
        T: 'scope,
    {
        loop {
            if let Some(scope) = scope {
                self.call(scope, work);
            }
            let Some((item, need)) = self.next() else {
                return;
            };
            let _lease = self.job.budget.lease(need.memory);
            if let Err(fault) = work(item) {
                lock(&self.failed).get_or_insert(fault);
                return;
            }
        }
    }

    /// Call for as many hands as there are, as memory has room for what they
    /// would hold.
    fn call<'scope, 'env, W>(&'env self, scope: &'scope Scope<'scope, 'env>, work: &'env W)
    where
        W: Fn(T) -> Result<(), Fault> + Sync,
        'a: 'scope,
        T: 'scope,
    {
        while self.is_worth_help() && self.has_room() {
            let Some(hand) = self.job.crew.lend() else {
                return;
            };
            self.job.shared();
            let help = move || {
                let _hand = hand;
                self.work(None, work);
            };
            let builder = thread::Builder::new().name("hand".to_owned());
            // Without a thread the work is done all the same, only later.
            if builder.spawn_scoped(scope, help).is_err() {
                return;
            }
        }
    }

    /// Whether one more piece next to the one at hand fits into memory.
    fn has_room(&self) -> bool {
        let wanted = self.next_memory().saturating_mul(2);
        let held = self.job.budget.bytes_leased();
        held.saturating_add(wanted) <= self.job.memory.min(IN_FLIGHT_BYTES)
    }

    fn close(self) -> Result<(), Fault> {
        let failed = self.failed.into_inner();
        failed
            .unwrap_or_else(PoisonError::into_inner)
            .map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_hands_as_cores_and_jobs_always_get_one() {
        let crew = Crew::new(1, 3);
        let first = crew.take();
        let lent: Vec<_> = std::iter::from_fn(|| crew.lend()).collect();
        assert_eq!(lent.len(), 2);
        // A second job runs all the same, and nothing is left to lend until
        // it has ended.
        let second = crew.take();
        assert!(crew.lend().is_none());
        drop(lent);
        let lent: Vec<_> = std::iter::from_fn(|| crew.lend()).collect();
        assert_eq!(lent.len(), 1);
        drop((first, second));
    }
}
