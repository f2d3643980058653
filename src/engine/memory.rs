//! The memory watch: use less, then stop the hungriest job, before the kernel
//! has to.

use std::sync::atomic::{AtomicU32, Ordering};

use super::observe::MemoryStep;

/// Share of the budget, in percent, at which the watch says so.
const NOTED_PERCENT: u64 = 75;
/// Share at which lanes and windows are reduced.
const SHRUNK_PERCENT: u64 = 85;
/// Share at which the job that holds most is stopped.
const STOPPED_PERCENT: u64 = 92;

/// How often windows may be halved.
const MOST_HALVINGS: u32 = 6;

/// No window gets smaller than this under pressure.
const SMALLEST_WINDOW_BYTES: u64 = 64 << 10;

/// How far all jobs of a scan have been told to shrink.
#[derive(Debug, Default)]
pub struct Pressure(AtomicU32);

impl Pressure {
    /// Halve the windows and the lanes once more.
    pub fn shrink(&self) {
        let next = self.0.load(Ordering::Relaxed) + 1;
        self.0.store(next.min(MOST_HALVINGS), Ordering::Relaxed);
    }

    /// A planned window under the pressure of the moment, in bytes.
    pub fn window(&self, planned: u64) -> u64 {
        let halved = planned >> self.0.load(Ordering::Relaxed);
        halved.max(SMALLEST_WINDOW_BYTES.min(planned))
    }

    /// Whether the lane with this number may go on. The first always may.
    pub fn allows_lane(&self, lane: usize) -> bool {
        lane == 0 || self.0.load(Ordering::Relaxed) == 0
    }
}

/// What the use of memory calls for; `None` while there is room.
pub fn step(resident: u64, budget: u64) -> Option<MemoryStep> {
    let share = (u128::from(resident) * 100 / u128::from(budget.max(1))) as u64;
    match share {
        s if s >= STOPPED_PERCENT => Some(MemoryStep::Stopped),
        s if s >= SHRUNK_PERCENT => Some(MemoryStep::Shrunk),
        s if s >= NOTED_PERCENT => Some(MemoryStep::Noted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_steps_come_in_order() {
        let at = |resident| step(resident, 1000);
        assert_eq!(at(749), None);
        assert_eq!(at(750), Some(MemoryStep::Noted));
        assert_eq!(at(850), Some(MemoryStep::Shrunk));
        assert_eq!(at(920), Some(MemoryStep::Stopped));
        assert_eq!(step(u64::MAX, 0), Some(MemoryStep::Stopped));
    }

    #[test]
    fn windows_shrink_to_a_floor_and_the_first_lane_goes_on() {
        let pressure = Pressure::default();
        assert!(pressure.allows_lane(7));
        for _ in 0..100 {
            pressure.shrink();
        }
        assert_eq!(pressure.window(8 << 20), 128 << 10);
        assert_eq!(pressure.window(1 << 20), SMALLEST_WINDOW_BYTES);
        assert_eq!(pressure.window(7), 7);
        assert!(pressure.allows_lane(0) && !pressure.allows_lane(1));
    }
}
