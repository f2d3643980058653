//! Standard input as something to scan.
//!
//! A parser needs bytes by position, so what comes through a pipe is collected
//! first: in memory while it is small, then in an anonymous temporary file. A
//! pipe may stay silent for ever, so it is read on a thread of its own, which
//! is left behind when time or patience runs out.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::budget::{Budget, CancelToken, Limits, Stop};
use crate::engine::Input;
use crate::report::Why;
use crate::source::{Disk, ReadError, SharedSource, Spool};

/// Bytes read from the pipe at a time.
const READ_BYTES: usize = 1 << 20;

/// How often the time and the wish to stop are looked at.
const WATCH_EVERY: Duration = Duration::from_millis(20);

/// How long a pipe is waited for where no `--timeout` was given: its size is
/// not known, so it gets as much as the largest models.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// On which terms standard input is read.
pub struct Terms {
    /// Time for all of it; `None` is two hours.
    pub timeout: Option<Duration>,
    /// The flag that ends everything.
    pub cancel: CancelToken,
    /// Most bytes that are taken; 0 is no limit.
    pub max_bytes: u64,
    /// Whether holes of a redirected file are trusted.
    pub skip_holes: bool,
}

/// Read standard input to its end, or say why not.
pub fn read(name: String, terms: Terms) -> Input {
    if let Some(disk) = redirected_file(terms.skip_holes) {
        let source: SharedSource = Arc::new(disk);
        return Input::Source { name, source };
    }
    collect(io::stdin(), name, terms)
}

/// `modelaudit - < model.bin`: the file itself, which needs no copy.
fn redirected_file(skip_holes: bool) -> Option<Disk> {
    let fd = io::stdin().as_fd().try_clone_to_owned().ok()?;
    let mut file = File::from(fd);
    let at_start = file.metadata().ok()?.is_file() && file.stream_position().ok()? == 0;
    at_start
        .then(|| Disk::from_file(file, skip_holes).ok())
        .flatten()
}

fn collect(from: impl Read + Send + 'static, name: String, terms: Terms) -> Input {
    let timeout = terms.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let limits = Arc::new(Limits::default());
    let budget = Budget::new(limits, terms.cancel).start(Some(timeout), None);
    let (sender, receiver) = mpsc::sync_channel(1);
    let theirs = budget.clone();
    thread::spawn(move || {
        // Nobody listens any more once time has run out.
        let _ = sender.send(spool(from, theirs, terms.max_bytes));
    });
    let result = loop {
        match receiver.recv_timeout(WATCH_EVERY) {
            Ok(result) => break result,
            Err(RecvTimeoutError::Timeout) => {
                if let Err(stop) = budget.check() {
                    break Err(Refusal::Read(stop.into()));
                }
            }
            Err(RecvTimeoutError::Disconnected) => break Err(Refusal::Panicked),
        }
    };
    match result {
        Ok(source) => Input::Source { name, source },
        Err(refusal) => refusal.into_input(name, timeout),
    }
}

fn spool(mut from: impl Read, budget: Budget, max_bytes: u64) -> Result<SharedSource, Refusal> {
    let mut spool = Spool::new(budget.clone());
    let mut buffer = vec![0; READ_BYTES];
    loop {
        budget.check().map_err(|stop| Refusal::Read(stop.into()))?;
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => spool.push(&buffer[..n]).map_err(Refusal::Keep)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Refusal::Read(error.into())),
        }
        if max_bytes != 0 && spool.len() > max_bytes {
            return Err(Refusal::TooLarge(max_bytes));
        }
    }
    Ok(Arc::new(spool.finish().map_err(Refusal::Keep)?))
}

/// Why standard input cannot be scanned.
#[derive(Debug)]
enum Refusal {
    /// It could not be read to its end.
    Read(ReadError),
    /// What was read could not be kept.
    Keep(ReadError),
    /// It is longer than `--max-file-size`, in bytes.
    TooLarge(u64),
    /// The reading thread failed.
    Panicked,
}

impl Refusal {
    fn into_input(self, name: String, timeout: Duration) -> Input {
        let (why, detail) = match self {
            Refusal::Read(ReadError::Stop(Stop::Deadline)) => (
                Why::Timeout,
                format!(
                    "standard input did not end within {}; see --timeout",
                    super::progress::time_text(timeout)
                ),
            ),
            Refusal::Read(ReadError::Stop(stop)) | Refusal::Keep(ReadError::Stop(stop)) => (
                Why::from(stop),
                format!("standard input was not read to its end: {stop}"),
            ),
            Refusal::Read(error) => (
                Why::Unreadable,
                format!("standard input cannot be read: {error}"),
            ),
            Refusal::Keep(error) => (
                Why::Unreadable,
                format!(
                    "standard input cannot be kept in a temporary file: {error}; set TMPDIR to a \
                     directory with more room, or scan a file"
                ),
            ),
            Refusal::TooLarge(max) => (
                Why::Limit,
                format!("standard input is longer than --max-file-size ({max} bytes)"),
            ),
            Refusal::Panicked => (
                Why::Panicked,
                "reading standard input failed inside this program".into(),
            ),
        };
        Input::Failed { name, why, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms {
            timeout: Some(Duration::from_secs(20)),
            cancel: CancelToken::default(),
            max_bytes: 0,
            skip_holes: true,
        }
    }

    fn why(input: &Input) -> Option<Why> {
        match input {
            Input::Failed { why, .. } => Some(*why),
            _ => None,
        }
    }

    /// A pipe that never says anything.
    struct Silent;

    impl Read for Silent {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            loop {
                thread::park();
            }
        }
    }

    #[test]
    fn what_comes_through_the_pipe_can_be_read_by_position() {
        for len in [0usize, 5, 3 << 20, 40 << 20] {
            let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let input = collect(io::Cursor::new(bytes.clone()), "model.pkl".into(), terms());
            let Input::Source { name, source } = input else {
                panic!("{input:?}")
            };
            assert_eq!(name, "model.pkl");
            assert_eq!(source.len(), len as u64);
            assert!(source.chunk(0..len as u64).unwrap()[..] == bytes[..]);
        }
    }

    #[test]
    fn a_silent_pipe_runs_into_the_time_limit() {
        let impatient = Terms {
            timeout: Some(Duration::from_millis(30)),
            ..terms()
        };
        let input = collect(Silent, "x".into(), impatient);
        assert_eq!(why(&input), Some(Why::Timeout));
    }

    #[test]
    fn waiting_for_a_pipe_can_be_interrupted() {
        let stopped = terms();
        stopped.cancel.cancel(Stop::Cancelled);
        let input = collect(Silent, "x".into(), stopped);
        assert_eq!(why(&input), Some(Why::Interrupted));
    }

    #[test]
    fn more_than_the_largest_file_is_refused() {
        let small = || Terms {
            max_bytes: 10,
            ..terms()
        };
        let eleven = collect(io::Cursor::new(vec![0; 11]), "x".into(), small());
        assert_eq!(why(&eleven), Some(Why::Limit));
        let ten = collect(io::Cursor::new(vec![0; 10]), "x".into(), small());
        assert_eq!(why(&ten), None);
    }

    #[test]
    fn a_broken_pipe_is_unreadable() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        let input = collect(Broken, "x".into(), terms());
        assert_eq!(why(&input), Some(Why::Unreadable));
    }
}
