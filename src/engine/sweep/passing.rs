//! The sweep of bytes that are seen only once: the output of a decoder that is
//! too long to keep.

use super::judge_window;
use crate::detect;
use crate::engine::context::JobContext;
use crate::engine::ledger::Entry;
use crate::report::Why;
use crate::source::{Margins, ReadError, Window};

/// Core bytes of a window, at most: what was just decoded is still near.
const WINDOW_CAP_BYTES: u64 = 1 << 20;

/// Bytes at the end of the artifact that are there when it has ended: where
/// formats that are read from their end say so.
const TAIL_BYTES: u64 = 128 << 10;

/// Room that is there for the next decoded bytes, at least.
const ROOM_BYTES: usize = 256 << 10;

/// Sweeps bytes that come out of a decoder and are too many to keep.
pub struct PassingSweep<'a> {
    job: &'a JobContext,
    entry: Entry,
    margins: Margins,
    /// Bytes that a window may still need, and room behind them.
    held: Vec<u8>,
    /// How many of them are there.
    filled: usize,
    /// Position in the artifact of `held[0]`.
    base: u64,
    /// Position up to which cores were judged.
    done: u64,
}

impl<'a> PassingSweep<'a> {
    /// Begin at the first byte of the artifact whose page is `entry`.
    pub fn new(job: &'a JobContext, entry: Entry) -> Self {
        PassingSweep {
            job,
            entry,
            margins: detect::margins(),
            held: Vec::new(),
            filled: 0,
            base: 0,
            done: 0,
        }
    }

    /// Room for the next decoded bytes.
    pub fn room(&mut self) -> &mut [u8] {
        if self.held.len() < self.filled + ROOM_BYTES {
            self.held.resize(self.filled + 2 * ROOM_BYTES, 0);
        }
        &mut self.held[self.filled..]
    }

    /// The first `n` bytes of the room are bytes of the artifact.
    pub fn take(&mut self, n: usize) {
        self.filled += n;
        let end = self.base + self.filled as u64;
        let ready = end.saturating_sub(self.margins.after);
        let floor = self.margins.after.min(WINDOW_CAP_BYTES);
        let window = self.job.window().clamp(floor, WINDOW_CAP_BYTES);
        if ready.saturating_sub(self.done) >= window {
            self.judge(ready);
        }
    }

    /// The next decoded bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.job.budget.check()?;
        for piece in bytes.chunks(ROOM_BYTES) {
            self.room()[..piece.len()].copy_from_slice(piece);
            self.take(piece.len());
        }
        Ok(())
    }

    /// The decoder has ended. Returns the last bytes of the artifact.
    pub fn finish(mut self) -> Vec<u8> {
        let end = self.base + self.filled as u64;
        self.judge(end);
        self.held.truncate(self.filled);
        self.held
    }

    fn judge(&mut self, until: u64) {
        let index = |at: u64| (at - self.base) as usize;
        let window = Window {
            bytes: &self.held[..self.filled],
            base: self.base,
            core: index(self.done)..index(until),
        };
        self.job.ledger.grew_to(self.entry, until);
        match judge_window(self.job, self.entry, &window) {
            Ok(()) => self.job.ledger.swept(self.entry, until - self.done),
            Err(panic) => {
                let span = self.done..until;
                self.job
                    .ledger
                    .gap(self.entry, span.into(), Why::Panicked, panic);
            }
        }
        self.done = until;
        let behind = self.margins.before.max(TAIL_BYTES);
        let keep_from = until.saturating_sub(behind).max(self.base);
        let left_behind = index(keep_from);
        self.held.copy_within(left_behind..self.filled, 0);
        self.filled -= left_behind;
        self.base = keep_from;
    }
}
