//! What a scan may spend: the frozen caps, what is left of them, and the
//! reasons to stop.
//!
//! [`Limits`] are configured once. A [`Budget`] is what one job (a file or a
//! shard) has left of them; every artifact inside the job shares it, so a bomb
//! that is spread over many levels still adds up. A [`Stop`] says which cap
//! was hit; it becomes a gap in the report, never a verdict about the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Binary units for the constants below.
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Caps on what the content of one job may make us spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Levels of nesting below a file: an archive in an archive is depth 2.
    pub depth: u32,
    /// Members opened in one job, over all levels.
    pub members: u64,
    /// Bytes produced by decompression in one job, over all levels, whatever
    /// the length of the file.
    pub expanded_bytes: u64,
    /// Unpacked ÷ packed bytes of one member, looked at once it has produced
    /// [`Limits::ratio_grace_bytes`] and more than its whole file has.
    pub expansion_ratio: u64,
    /// Output of one member below which no ratio is alarming: zeros are
    /// packed 1,000:1 and better, and models have many.
    pub ratio_grace_bytes: u64,
    /// Bytes produced over all levels ÷ bytes of the file, looked at once they
    /// are more than [`Limits::whole_grace_bytes`].
    pub whole_ratio: u64,
    /// Output of all members together below which no ratio is alarming.
    pub whole_grace_bytes: u64,
    /// An unpacked member up to this size stays in memory; above it goes to an
    /// anonymous temporary file.
    pub spill_bytes: u64,
    /// An unpacked member up to this size can be read by position; above it,
    /// it is swept as it passes and its structure is a gap.
    pub positional_bytes: u64,
    /// Pickle opcodes executed in one job.
    pub opcodes: u64,
    /// Findings of one rule that are listed one by one for one artifact; the
    /// rest are counted in the last of them.
    pub findings_per_rule: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth: 16,
            members: 1 << 17,
            expanded_bytes: 1024 * GIB,
            expansion_ratio: 200,
            ratio_grace_bytes: 2 * GIB,
            whole_ratio: 100,
            whole_grace_bytes: 4 * GIB,
            spill_bytes: 32 * MIB,
            positional_bytes: 16 * GIB,
            opcodes: 1 << 32,
            findings_per_rule: 100,
        }
    }
}

/// Why work was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Stop {
    /// The deadline of the job or of the whole scan passed.
    #[error("the time limit was reached")]
    Deadline,
    /// The person interrupted the scan.
    #[error("the scan was interrupted")]
    Cancelled,
    /// The memory budget is nearly used up.
    #[error("the memory budget is used up")]
    Memory,
    /// Nesting is deeper than [`Limits::depth`].
    #[error("the nesting limit was reached")]
    Depth,
    /// One member expands by more than [`Limits::expansion_ratio`].
    #[error("the expansion ratio limit was reached")]
    Ratio,
    /// Decompression produced more than [`Limits::expanded_bytes`].
    #[error("the limit on unpacked bytes was reached")]
    Expanded,
    /// More than [`Limits::members`] members were named.
    #[error("the member limit was reached")]
    Members,
    /// More than [`Limits::opcodes`] pickle opcodes were met.
    #[error("the opcode limit was reached")]
    Opcodes,
}

/// A flag that asks running work to end early; clones share it.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicU8>);

impl CancelToken {
    /// Ask for an early end, for the given reason. The first reason stays.
    pub fn cancel(&self, why: Stop) {
        let code = match why {
            Stop::Memory => 2,
            Stop::Deadline => 3,
            _ => 1,
        };
        let _ = self
            .0
            .compare_exchange(0, code, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// The reason given, once somebody asked.
    pub fn stop(&self) -> Option<Stop> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            2 => Some(Stop::Memory),
            3 => Some(Stop::Deadline),
            _ => Some(Stop::Cancelled),
        }
    }
}

/// Counters that every artifact of a job shares.
#[derive(Debug, Default)]
struct Spent {
    expanded: AtomicU64,
    members: AtomicU64,
    opcodes: AtomicU64,
    read: AtomicU64,
    leased: AtomicU64,
    overdrawn: AtomicBool,
}

/// What one job has left; clones share the counters.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: Arc<Limits>,
    deadline: Option<Instant>,
    scan: CancelToken,
    job: CancelToken,
    spent: Arc<Spent>,
    /// Length of the file, if it is about one.
    file: Option<u64>,
}

impl Budget {
    /// A budget whose clock has not been started: no deadline.
    pub fn new(limits: Arc<Limits>, scan: CancelToken) -> Self {
        Budget {
            limits,
            deadline: None,
            scan,
            job: CancelToken::default(),
            spent: Arc::default(),
            file: None,
        }
    }

    /// The budget of a job on a file of `len` bytes: how much may come out of
    /// it goes by that.
    pub fn of_file(mut self, len: u64) -> Self {
        self.file = Some(len);
        self
    }

    /// A budget without a deadline, for examining bytes outside a scan.
    pub fn unlimited() -> Self {
        Budget::new(Arc::new(Limits::default()), CancelToken::default())
    }

    /// Start the clock: the job ends `within` from now, or at `latest` if that
    /// comes first.
    pub fn start(mut self, within: Option<Duration>, latest: Option<Instant>) -> Self {
        let own = within.and_then(|d| Instant::now().checked_add(d));
        self.deadline = match (own, latest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self
    }

    /// The caps this budget was made from.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When the job must end.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The flag that stops this job alone.
    pub fn job_token(&self) -> &CancelToken {
        &self.job
    }

    /// Fails once the deadline has passed or somebody cancelled. Called on
    /// every read and in every loop whose length the content decides.
    pub fn check(&self) -> Result<(), Stop> {
        if let Some(stop) = self.scan.stop().or_else(|| self.job.stop()) {
            return Err(stop);
        }
        match self.deadline {
            Some(at) if Instant::now() >= at => Err(Stop::Deadline),
            _ => Ok(()),
        }
    }

    /// Account for `n` decompressed bytes.
    pub fn spend_expanded(&self, n: u64) -> Result<(), Stop> {
        self.spend(&self.spent.expanded, n, self.expanded_cap(), Stop::Expanded)
    }

    /// Take back `n` bytes that are decompressed once more.
    pub fn refund_expanded(&self, n: u64) {
        self.spent.expanded.fetch_sub(n, Ordering::Relaxed);
    }

    /// Bytes that decompression may produce in this job, over all levels.
    pub fn expanded_cap(&self) -> u64 {
        let limits = &self.limits;
        let by_ratio = |len: u64| {
            len.saturating_mul(limits.whole_ratio)
                .max(limits.whole_grace_bytes)
        };
        let of_file = self.file.map_or(u64::MAX, by_ratio);
        of_file.min(limits.expanded_bytes)
    }

    /// Bytes that one member may unpack to that takes `packed` bytes. A member
    /// that gives less than its whole file has is no bomb, whatever its ratio.
    pub fn member_cap(&self, packed: u64) -> u64 {
        let limits = &self.limits;
        packed
            .saturating_mul(limits.expansion_ratio)
            .max(limits.ratio_grace_bytes)
            .max(self.file.unwrap_or(0))
    }

    /// Length of the file that the job is about, in bytes.
    pub fn file_len(&self) -> Option<u64> {
        self.file
    }

    /// Whether a cap that all artifacts of the job share was hit.
    pub fn is_overdrawn(&self) -> bool {
        self.spent.overdrawn.load(Ordering::Relaxed)
    }

    /// Whether no more bytes may come out of decoders.
    pub fn is_expanded(&self) -> bool {
        self.spent.expanded.load(Ordering::Relaxed) > self.expanded_cap()
    }

    /// Begin anew with the caps that all artifacts of the job share; the clock
    /// goes on.
    pub fn begin_anew(&self) {
        let spent = &self.spent;
        for counter in [&spent.expanded, &spent.members, &spent.opcodes, &spent.read] {
            counter.store(0, Ordering::Relaxed);
        }
        spent.overdrawn.store(false, Ordering::Relaxed);
    }

    fn spend(&self, counter: &AtomicU64, n: u64, cap: u64, stop: Stop) -> Result<(), Stop> {
        let before = counter.fetch_add(n, Ordering::Relaxed);
        if before.saturating_add(n) <= cap {
            return Ok(());
        }
        self.spent.overdrawn.store(true, Ordering::Relaxed);
        Err(stop)
    }

    /// Account for one more member.
    pub fn spend_member(&self) -> Result<(), Stop> {
        self.spend(&self.spent.members, 1, self.limits.members, Stop::Members)
    }

    /// Account for `n` more pickle opcodes.
    pub fn spend_opcodes(&self, n: u64) -> Result<(), Stop> {
        self.spend(&self.spent.opcodes, n, self.limits.opcodes, Stop::Opcodes)
    }

    /// Count `n` bytes that were read from the file, for progress.
    pub fn count_read(&self, n: u64) {
        self.spent.read.fetch_add(n, Ordering::Relaxed);
    }

    /// Bytes of the file that were read or are known to be holes so far.
    pub fn bytes_read(&self) -> u64 {
        self.spent.read.load(Ordering::Relaxed)
    }

    /// Reserve `bytes` of memory for as long as the lease lives.
    pub fn lease(&self, bytes: u64) -> Lease {
        self.spent.leased.fetch_add(bytes, Ordering::Relaxed);
        Lease {
            spent: Arc::clone(&self.spent),
            bytes,
        }
    }

    /// Memory that leases of this job hold now, in bytes.
    pub fn bytes_leased(&self) -> u64 {
        self.spent.leased.load(Ordering::Relaxed)
    }
}

/// Memory reserved from a job's budget; given back on drop.
#[derive(Debug)]
pub struct Lease {
    spent: Arc<Spent>,
    bytes: u64,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.spent.leased.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_reached_by_all_clones_together() {
        let limits = Limits {
            members: 2,
            ..Limits::default()
        };
        let a = Budget::new(Arc::new(limits), CancelToken::default());
        let b = a.clone();
        assert_eq!(a.spend_member(), Ok(()));
        assert_eq!(b.spend_member(), Ok(()));
        assert_eq!(a.spend_member(), Err(Stop::Members));
    }

    #[test]
    fn what_may_come_out_goes_by_the_file() {
        let budget = |len| Budget::unlimited().of_file(len);
        assert_eq!(budget(42 << 10).expanded_cap(), 4 * GIB);
        assert_eq!(budget(GIB).expanded_cap(), 100 * GIB);
        assert_eq!(budget(1 << 40).expanded_cap(), 1024 * GIB);
        assert_eq!(budget(10 * MIB).member_cap(10 * MIB), 2 * GIB);
        assert_eq!(budget(20 * MIB).member_cap(20 * MIB), 4000 * MIB);
        // Zeros in a large model: far beyond the ratio, and no bomb.
        assert_eq!(budget(20 * GIB).member_cap(3 * MIB), 20 * GIB);
        let few = budget(0);
        assert_eq!(few.spend_expanded(4 * GIB), Ok(()));
        assert!(!few.is_overdrawn() && !few.is_expanded());
        assert_eq!(few.spend_expanded(1), Err(Stop::Expanded));
        assert!(few.is_overdrawn() && few.is_expanded());
        few.begin_anew();
        assert_eq!(few.spend_expanded(1), Ok(()));
    }

    #[test]
    fn a_deadline_in_the_past_stops() {
        let budget = Budget::unlimited().start(Some(Duration::ZERO), None);
        assert_eq!(budget.check(), Err(Stop::Deadline));
    }

    #[test]
    fn the_first_reason_to_cancel_stays() {
        let token = CancelToken::default();
        token.cancel(Stop::Memory);
        token.cancel(Stop::Cancelled);
        assert_eq!(token.stop(), Some(Stop::Memory));
    }

    #[test]
    fn a_lease_is_given_back() {
        let budget = Budget::unlimited();
        let lease = budget.lease(10);
        assert_eq!(budget.bytes_leased(), 10);
        drop(lease);
        assert_eq!(budget.bytes_leased(), 0);
    }
}
