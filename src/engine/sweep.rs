//! The pass over every byte: windows, lanes, and the sweepers.
//!
//! Which sweepers run never depends on how the bytes are read, and what they
//! find never depends on how the span was cut (see [`crate::source::windows`]).

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use super::guard::guarded;
use super::job::JobContext;
use super::ledger::Entry;
use super::plan::Backing;
use crate::detect::{self, SWEEPERS};
use crate::report::{Span, Why};
use crate::source::{Chunk, Extent, Margins, ReadError, SharedSource, Window};

/// How far into a hole the sweep reads in front of data, so that an anchor
/// that begins with zeros is not cut by the edge of the hole.
const HOLE_OVERLAP_BYTES: u64 = 64 << 10;

/// Whether bytes read here are bytes of the file on disk, for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// The file itself, or a span of it.
    InFile,
    /// The output of a decoder.
    Unpacked,
}

/// One artifact on its way through the sweepers.
pub struct Sweep<'a> {
    job: &'a JobContext,
    entry: Entry,
    source: &'a SharedSource,
    lineage: Lineage,
}

impl<'a> Sweep<'a> {
    /// Sweep `source`, whose page in the ledger is `entry`.
    pub fn new(
        job: &'a JobContext,
        entry: Entry,
        source: &'a SharedSource,
        lineage: Lineage,
    ) -> Self {
        Sweep {
            job,
            entry,
            source,
            lineage,
        }
    }

    /// Sweep these spans. An error ends the job; a span that cannot be read
    /// or judged is a gap, and the sweep goes on behind it.
    pub fn run(&self, spans: Vec<Span>) -> Result<(), ReadError> {
        let mut data = Vec::new();
        for span in spans {
            self.leave_out_holes(span, &mut data)?;
        }
        let queue = Queue::new(data, self.source.len());
        let lanes = self.job.plan.lanes;
        if lanes > 1 && queue.longer_than(self.job.plan.window) {
            self.run_lanes(&queue, lanes)
        } else if self.job.plan.backing == (Backing::Disk { ahead: true }) {
            self.run_ahead(&queue)
        } else {
            self.lane(&queue, 0)
        }
    }

    /// Split `span` into what must be read, pushed to `data`, and holes, which
    /// are covered because the file system vouches for their zeros.
    fn leave_out_holes(&self, span: Span, data: &mut Vec<Span>) -> Result<(), ReadError> {
        let mut at = span.start;
        while at < span.end {
            self.job.budget.check()?;
            match self.source.extent(at) {
                Extent::Hole(end) if end > at => {
                    let end = end.min(span.end);
                    // The last stretch in front of data is read after all.
                    let read_from = match end < span.end {
                        true => end.saturating_sub(HOLE_OVERLAP_BYTES).max(at),
                        false => end,
                    };
                    self.count(read_from - at);
                    if read_from < end {
                        push(data, read_from..end);
                    }
                    at = end;
                }
                Extent::Data(end) if end > at => {
                    push(data, at..end.min(span.end));
                    at = end.min(span.end);
                }
                Extent::Hole(_) | Extent::Data(_) => {
                    push(data, at..span.end);
                    at = span.end;
                }
            }
        }
        Ok(())
    }

    /// Every lane takes the next window until none is left.
    fn run_lanes(&self, queue: &Queue, lanes: usize) -> Result<(), ReadError> {
        let failed = Mutex::new(None);
        self.job.crew.lanes().scope(|scope| {
            for lane in 0..lanes {
                let failed = &failed;
                scope.spawn(move |_| {
                    if let Err(error) = self.lane(queue, lane) {
                        queue.close();
                        let mut slot = failed.lock().unwrap_or_else(PoisonError::into_inner);
                        slot.get_or_insert(error);
                    }
                });
            }
        });
        failed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .map_or(Ok(()), Err)
    }

    /// One lane: read a window, judge it, take the next.
    fn lane(&self, queue: &Queue, lane: usize) -> Result<(), ReadError> {
        while self.job.pressure.allows_lane(lane) {
            let Some((core, outer)) = queue.next(self.job.window()) else {
                break;
            };
            let _lease = self.job.budget.lease(outer.end - outer.start);
            let chunk = self.source.chunk(outer.clone());
            self.judge(core, outer.start, chunk)?;
        }
        Ok(())
    }

    /// One reader that stays a window ahead of one judge.
    fn run_ahead(&self, queue: &Queue) -> Result<(), ReadError> {
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel(1);
            scope.spawn(move || {
                while let Some((core, outer)) = queue.next(self.job.window()) {
                    let lease = self.job.budget.lease(outer.end - outer.start);
                    let chunk = self.source.chunk(outer.clone());
                    if send.send((core, outer.start, chunk, lease)).is_err() {
                        break;
                    }
                }
            });
            for (core, base, chunk, _lease) in receive {
                self.judge(core, base, chunk)?;
            }
            Ok(())
        })
    }

    /// Judge one window that was read, or note why it was not.
    fn judge(
        &self,
        core: Span,
        base: u64,
        chunk: Result<Chunk<'_>, ReadError>,
    ) -> Result<(), ReadError> {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(ReadError::Io(error)) => {
                let detail = format!("these bytes could not be read: {error}");
                self.job
                    .ledger
                    .gap(self.entry, core.into(), Why::Unreadable, detail);
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        self.job.budget.check()?;
        let index = |at: u64| {
            usize::try_from(at - base)
                .unwrap_or(usize::MAX)
                .min(chunk.len())
        };
        let window = Window {
            bytes: &chunk,
            base,
            core: index(core.start)..index(core.end),
        };
        let short = (window.core.len() as u64) < core.end - core.start;
        if short {
            return Err(ReadError::Changed);
        }
        let judged = judge_window(self.job, self.entry, &window);
        chunk.verify()?;
        match judged {
            Ok(()) => self.count(core.end - core.start),
            Err(panic) => self
                .job
                .ledger
                .gap(self.entry, core.into(), Why::Panicked, panic),
        }
        Ok(())
    }

    fn count(&self, bytes: u64) {
        self.job.ledger.swept(self.entry, bytes);
        if self.lineage == Lineage::InFile {
            self.job.budget.count_read(bytes);
        }
    }
}

/// Run every sweeper over one window; hits go to the ledger at once.
fn judge_window(job: &JobContext, entry: Entry, window: &Window<'_>) -> Result<(), String> {
    let mut hits = Vec::new();
    let mut outcome = Ok(());
    for sweeper in SWEEPERS {
        if let Err(panic) = guarded(|| sweeper.window(window, &mut hits)) {
            outcome = Err(panic);
        }
    }
    for hit in hits {
        job.ledger.hit(entry, hit);
    }
    outcome
}

/// Add a span that begins where the last one may end.
fn push(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if last.end == span.start => last.end = span.end,
        _ => spans.push(span),
    }
}

/// The windows that no lane has taken yet.
struct Queue {
    /// Spans to sweep, last first, so that the next one is popped.
    left: Mutex<Vec<Span>>,
    /// Length of the artifact: margins do not reach beyond it.
    len: u64,
    margins: Margins,
}

impl Queue {
    fn new(mut spans: Vec<Span>, len: u64) -> Self {
        spans.reverse();
        Queue {
            left: Mutex::new(spans),
            len,
            margins: detect::margins(),
        }
    }

    fn left(&self) -> std::sync::MutexGuard<'_, Vec<Span>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is more than one window of this size.
    fn longer_than(&self, window: u64) -> bool {
        self.left().iter().map(|s| s.end - s.start).sum::<u64>() > window
    }

    /// The next window of at most `size` core bytes: its core, and the core
    /// with margins.
    fn next(&self, size: u64) -> Option<(Span, Span)> {
        let mut left = self.left();
        let span = left.pop()?;
        let (core, outer) =
            crate::source::windows(span.clone(), self.len, size, self.margins).next()?;
        if core.end < span.end {
            left.push(core.end..span.end);
        }
        Some((core, outer))
    }

    /// Leave nothing for the other lanes.
    fn close(&self) {
        self.left().clear();
    }
}

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
