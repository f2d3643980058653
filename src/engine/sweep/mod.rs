//! The pass over every byte: windows, lanes, and the sweepers.
//!
//! Which sweepers run never depends on how the bytes are read, and what they
//! find never depends on how the span was cut (see [`crate::source::windows`]).

mod passing;
mod queue;
mod salvage;

pub use passing::PassingSweep;

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use queue::Queue;
use salvage::salvage;

use super::context::{JobContext, Lineage, Page};
use super::guard::guarded;
use super::ledger::Entry;
use super::plan::Backing;
use crate::detect;
use crate::report::{Span, Why};
use crate::source::{Chunk, Extent, ReadError, SharedSource, Window};

/// How far into a hole the sweep reads in front of data, so that an anchor
/// that begins with zeros is not cut by the edge of the hole.
const HOLE_OVERLAP_BYTES: u64 = 64 << 10;

/// One artifact on its way through the sweepers.
pub struct Sweep<'a> {
    job: &'a JobContext,
    page: Page<'a>,
    source: &'a SharedSource,
}

impl<'a> Sweep<'a> {
    /// Sweep `source`, the artifact of this page.
    pub fn new(job: &'a JobContext, page: Page<'a>, source: &'a SharedSource) -> Self {
        Sweep { job, page, source }
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
                    self.skip_hole(at..read_from);
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

    /// Every lane takes the next window until none is left. There are as many
    /// as there are hands left over, and more once some become free.
    fn run_lanes(&self, queue: &Queue, lanes: usize) -> Result<(), ReadError> {
        let failed = Mutex::new(None);
        let keep = |result: Result<(), ReadError>| {
            if let Err(error) = result {
                queue.close();
                let mut slot = failed.lock().unwrap_or_else(PoisonError::into_inner);
                slot.get_or_insert(error);
            }
        };
        std::thread::scope(|scope| {
            let mut running = 1;
            loop {
                while running < lanes && queue.longer_than(self.job.plan.window) {
                    let hand = self.job.crew.lend();
                    if hand.is_none() && !self.waits_for_disk(running) {
                        break;
                    }
                    let (lane, keep) = (running, &keep);
                    scope.spawn(move || {
                        let _hand = hand;
                        keep(self.lane(queue, lane));
                    });
                    running += 1;
                }
                match self.step(queue) {
                    Ok(true) => {}
                    other => break keep(other.map(|_| ())),
                }
            }
        });
        failed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .map_or(Ok(()), Err)
    }

    /// Whether one more lane next to so many needs no core of its own: it
    /// waits for the disk while the other works.
    fn waits_for_disk(&self, running: usize) -> bool {
        running == 1 && self.job.plan.backing == Backing::Direct
    }

    /// One lane: read a window, judge it, take the next.
    fn lane(&self, queue: &Queue, lane: usize) -> Result<(), ReadError> {
        while self.job.pressure.allows_lane(lane) && self.step(queue)? {}
        Ok(())
    }

    /// The next window, if one is left.
    fn step(&self, queue: &Queue) -> Result<bool, ReadError> {
        let Some((core, outer)) = queue.next(self.job.window()) else {
            return Ok(false);
        };
        let _lease = self.job.budget.lease(outer.end - outer.start);
        let chunk = self.source.chunk(outer.clone());
        self.judge(core, outer.start, chunk)?;
        Ok(true)
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
            Err(ReadError::Io(_)) => return self.judge_salvaged(core, base),
            Err(other) => return Err(other),
        };
        self.job.budget.check()?;
        let judged = self.judge_bytes(&core, base, &chunk)?;
        self.add_up(&core, base, &chunk);
        chunk.verify()?;
        drop(chunk);
        self.source.done(core.clone());
        self.settle(&core, judged, 0);
        Ok(())
    }

    /// Judge a window that could only be read in part: what is lost is a gap,
    /// the rest is judged with zeros in its place.
    fn judge_salvaged(&self, core: Span, base: u64) -> Result<(), ReadError> {
        let margins = detect::margins();
        let outer = base..core
            .end
            .saturating_add(margins.after)
            .min(self.source.len());
        let salvaged = salvage(self.source.as_ref(), outer)?;
        let mut lost = 0;
        for (span, error) in salvaged.lost {
            let span = span.start.max(core.start)..span.end.min(core.end);
            if span.start < span.end {
                lost += span.end - span.start;
                let detail = format!("these bytes could not be read: {error}");
                self.job
                    .ledger
                    .gap(self.page.entry, span.into(), Why::Unreadable, detail);
            }
        }
        let judged = self.judge_bytes(&core, base, &salvaged.bytes)?;
        self.settle(&core, judged, lost);
        Ok(())
    }

    /// Run the sweepers over a window of which `bytes` begin at `base`.
    fn judge_bytes(
        &self,
        core: &Span,
        base: u64,
        bytes: &[u8],
    ) -> Result<Result<(), String>, ReadError> {
        let index = |at: u64| {
            usize::try_from(at - base)
                .unwrap_or(usize::MAX)
                .min(bytes.len())
        };
        let window = Window {
            bytes,
            base,
            core: index(core.start)..index(core.end),
        };
        if (window.core.len() as u64) < core.end - core.start {
            return Err(ReadError::Changed);
        }
        Ok(judge_window(self.job, self.page.entry, &window))
    }

    /// Write down what became of a window of which `lost` bytes were not there.
    fn settle(&self, core: &Span, judged: Result<(), String>, lost: u64) {
        match judged {
            Ok(()) => self.count(core.end - core.start - lost),
            Err(panic) => {
                self.job
                    .ledger
                    .gap(self.page.entry, core.clone().into(), Why::Panicked, panic);
            }
        }
    }

    /// The checksum of a window that was read.
    fn add_up(&self, core: &Span, base: u64, bytes: &[u8]) {
        if let Some(sum) = self.page.sum {
            let index = |at: u64| usize::try_from(at - base).unwrap_or(usize::MAX);
            let core_bytes = bytes.get(index(core.start)..index(core.end));
            sum.bytes(core.start, core_bytes.unwrap_or_default());
        }
    }

    fn skip_hole(&self, hole: Span) {
        let bytes = hole.end - hole.start;
        self.job.ledger.skipped_hole(self.page.entry, bytes);
        // Zeros are no text.
        self.job.ledger.is_binary(self.page.entry);
        self.job.budget.count_read(bytes);
        if let Some(sum) = self.page.sum {
            sum.zeros(hole);
        }
    }

    fn count(&self, bytes: u64) {
        self.job.ledger.swept(self.page.entry, bytes);
        if self.page.lineage == Lineage::InFile {
            self.job.budget.count_read(bytes);
        }
    }
}

/// Run every sweeper over one window; hits go to the ledger at once.
fn judge_window(job: &JobContext, entry: Entry, window: &Window<'_>) -> Result<(), String> {
    let core = window.bytes.get(window.core.clone()).unwrap_or_default();
    if job.ledger.has_prose(entry) && detect::is_binary(core) {
        job.ledger.is_binary(entry);
    }
    let mut outcome = Ok(());
    let searched = guarded(|| {
        detect::sweep(window, &mut |sweeper, sightings| {
            let mut hit = |hit| job.ledger.hit(entry, hit);
            if let Err(panic) = guarded(|| sweeper.judge(window, sightings, &mut hit)) {
                outcome = Err(panic);
            }
        });
    });
    searched.and(outcome)
}

/// Add a span that begins where the last one may end.
fn push(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if last.end == span.start => last.end = span.end,
        _ => spans.push(span),
    }
}
