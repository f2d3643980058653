//! The sweep of bytes that are seen only once: the output of a decoder that is
//! too long to keep.

use super::judge_window;
use crate::detect;
use crate::engine::context::JobContext;
use crate::engine::ledger::Entry;
use crate::report::Why;
use crate::source::{Margins, ReadError, Window};

/// Sweeps bytes that come out of a decoder and are too many to keep.
pub struct PassingSweep<'a> {
    job: &'a JobContext,
    entry: Entry,
    margins: Margins,
    /// Bytes that a window may still need.
    held: Vec<u8>,
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
            base: 0,
            done: 0,
        }
    }

    /// The next decoded bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.job.budget.check()?;
        self.held.extend_from_slice(bytes);
        let end = self.base + self.held.len() as u64;
        let ready = end.saturating_sub(self.margins.after);
        if ready.saturating_sub(self.done) >= self.job.window() {
            self.judge(ready);
        }
        Ok(())
    }

    /// The decoder has ended.
    pub fn finish(mut self) {
        let end = self.base + self.held.len() as u64;
        self.judge(end);
    }

    fn judge(&mut self, until: u64) {
        let index = |at: u64| (at - self.base) as usize;
        let window = Window {
            bytes: &self.held,
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
        let keep_from = until.saturating_sub(self.margins.before).max(self.base);
        self.held.drain(..index(keep_from));
        self.base = keep_from;
    }
}
