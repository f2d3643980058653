//! Progress on standard error: a watcher of the scan that never slows it.
//!
//! What to say is decided in [`journal`]; drawing happens on a thread of its
//! own, behind a queue of fixed size. If the terminal is stopped or the pipe
//! is full, what does not fit is dropped and the scan goes on.

mod bars;
mod journal;
mod lines;
mod words;

use std::cell::RefCell;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use self::bars::Bars;
use self::journal::{Journal, Sign};
pub use self::words::time_text;
use super::args::ProgressKind;
use crate::engine::{Event, Observer};

/// Signs that may wait to be drawn.
const QUEUE_SIGNS: usize = 4096;

/// How often bars are drawn when nothing happens, so that rates keep moving.
const REDRAW_EVERY: Duration = Duration::from_millis(200);

/// How long the last lines may take, before the report is written regardless.
const FAREWELL: Duration = Duration::from_secs(1);

/// The watcher.
pub struct Progress {
    journal: RefCell<Journal>,
    drawing: Option<Drawing>,
}

/// The thread that draws, seen from here.
struct Drawing {
    queue: SyncSender<Sign>,
    lost: Arc<AtomicU64>,
    ended: Receiver<()>,
    has_bars: bool,
}

impl Progress {
    /// Begin to watch in the given way.
    pub fn start(kind: ProgressKind, is_quiet: bool) -> Progress {
        let drawing = match kind {
            ProgressKind::None => None,
            _ if is_quiet => None,
            ProgressKind::Plain => Some(Drawing::start(None)),
            ProgressKind::Auto | ProgressKind::Bar => Some(Drawing::start(Bars::on_terminal())),
        };
        Progress {
            journal: RefCell::new(Journal::new(Instant::now())),
            drawing,
        }
    }

    /// Draw what is left and clean the terminal.
    pub fn finish(self) {
        if let Some(Drawing { queue, ended, .. }) = self.drawing {
            drop(queue);
            let _ = ended.recv_timeout(FAREWELL);
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        let (Some(drawing), Ok(mut journal)) = (&self.drawing, self.journal.try_borrow_mut())
        else {
            return;
        };
        for sign in journal.note(event, Instant::now()) {
            drawing.send(sign);
        }
    }
}

impl Drawing {
    fn start(bars: Option<Bars>) -> Drawing {
        let (queue, signs) = mpsc::sync_channel(QUEUE_SIGNS);
        let (farewell, ended) = mpsc::sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        let theirs = Arc::clone(&lost);
        let has_bars = bars.is_some();
        thread::spawn(move || {
            match bars {
                Some(bars) => draw_bars(bars, &signs, &theirs),
                None => write_lines(&signs, &theirs),
            }
            let _ = farewell.send(());
        });
        Drawing {
            queue,
            lost,
            ended,
            has_bars,
        }
    }

    fn send(&self, sign: Sign) {
        let is_line = matches!(sign, Sign::Line(_) | Sign::Progress(_));
        if (self.has_bars || is_line) && self.queue.try_send(sign).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn draw_bars(mut bars: Bars, signs: &Receiver<Sign>, lost: &AtomicU64) {
    loop {
        match signs.recv_timeout(REDRAW_EVERY) {
            Ok(sign) => bars.show(sign),
            Err(RecvTimeoutError::Timeout) => bars.refresh(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Some(line) = lost_line(lost) {
            bars.forget_files();
            bars.show(Sign::Line(line));
        }
    }
    bars.clear();
}

fn write_lines(signs: &Receiver<Sign>, lost: &AtomicU64) {
    let mut stderr = std::io::stderr();
    for sign in signs {
        if let Sign::Line(line) | Sign::Progress(line) = sign {
            // If nobody reads it, so be it.
            let _ = writeln!(stderr, "{line}");
        }
        if let Some(line) = lost_line(lost) {
            let _ = writeln!(stderr, "{line}");
        }
    }
}

/// Says that something was not said.
fn lost_line(lost: &AtomicU64) -> Option<String> {
    match lost.swap(0, Ordering::Relaxed) {
        0 => None,
        n => Some(format!(
            "({n} progress notices were not shown; the report is complete)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_signs_and_counts_them() {
        let (queue, signs) = mpsc::sync_channel(1);
        let (_keep, ended) = mpsc::sync_channel(1);
        let drawing = Drawing {
            queue,
            lost: Arc::default(),
            ended,
            has_bars: true,
        };
        for job in 0..3 {
            drawing.send(Sign::Close { job });
        }
        assert_eq!(signs.try_recv(), Ok(Sign::Close { job: 0 }));
        assert!(lost_line(&drawing.lost).unwrap().starts_with("(2 "));
        assert_eq!(lost_line(&drawing.lost), None);
    }

    #[test]
    fn silence_starts_no_thread() {
        assert!(Progress::start(ProgressKind::None, false).drawing.is_none());
        assert!(Progress::start(ProgressKind::Plain, true).drawing.is_none());
    }
}
