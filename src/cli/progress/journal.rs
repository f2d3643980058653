//! What there is to say about a scan as it goes: from events to lines and to
//! movements of bars. Pure but for the clock, which is handed in.
//!
//! Lines are for what a person waits for: shard sets and files of the large
//! tier and above, and any file that took long. A directory of thousands of
//! small files gets none, only a line every ten seconds about the whole.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::lines::{self, Ended};
use super::words::share_text;
use crate::engine::{Event, Plan, ShardNumber, Tier};

/// Between two lines that say how far the scan is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// A file that takes longer than this gets a line, however small.
const LONG: Duration = Duration::from_secs(5);

/// Files of this tier and above get lines and bars of their own.
const WORTH_A_LINE: Tier = Tier::Large;

/// Something to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// A line that stays.
    Line(String),
    /// How far the scan is, for those who have no bars.
    Progress(String),
    /// The whole scan begins: its length in bytes.
    Whole(u64),
    /// What the bar of the whole is called from here on.
    Rename(&'static str),
    /// A file begins that deserves a bar.
    Open {
        /// Number of the job.
        job: usize,
        /// Its name, safe to show.
        name: String,
        /// Its length in bytes.
        len: u64,
    },
    /// A file went on.
    Move {
        /// Number of the job.
        job: usize,
        /// Bytes of it that are done.
        done: u64,
        /// Bytes of everything that are done.
        total_done: u64,
    },
    /// A file ended.
    Close {
        /// Number of the job.
        job: usize,
    },
}

/// A file that is being read.
#[derive(Debug, Clone, Copy)]
struct Running {
    len: u64,
    done: u64,
    is_mapped: bool,
    is_large: bool,
}

/// Remembers what was said.
#[derive(Debug)]
pub struct Journal {
    files: usize,
    bytes: u64,
    running: HashMap<usize, Running>,
    last_progress: Instant,
    has_told_tight: bool,
}

impl Journal {
    /// An empty journal, begun now.
    pub fn new(now: Instant) -> Self {
        Journal {
            files: 0,
            bytes: 0,
            running: HashMap::new(),
            last_progress: now,
            has_told_tight: false,
        }
    }

    /// What to show for this event.
    pub fn note(&mut self, event: &Event<'_>, now: Instant) -> Vec<Sign> {
        match *event {
            Event::Started { files, bytes } => {
                (self.files, self.bytes) = (files, bytes);
                vec![Sign::Whole(bytes)]
            }
            Event::SetStarted {
                shards,
                bytes,
                workers,
                shard_timeout,
                ..
            } => stay(lines::set(shards, bytes, workers, shard_timeout)),
            Event::FileStarted {
                job,
                path,
                len,
                plan,
                shard,
            } => self.file_started(job, path, len, plan, shard),
            Event::Progress {
                job,
                done,
                total_done,
            } => self.progress(job, done, total_done, now),
            Event::FileEnded {
                job,
                path,
                len,
                verdict,
                time,
                shard,
            } => self.file_ended(
                job,
                &Ended {
                    path,
                    len,
                    verdict,
                    time,
                    shard,
                },
            ),
            Event::Memory {
                resident,
                budget,
                step,
            } => vec![Sign::Line(lines::memory(resident, budget, step))],
        }
    }

    fn file_started(
        &mut self,
        job: usize,
        path: &str,
        len: u64,
        plan: &Plan,
        shard: Option<ShardNumber>,
    ) -> Vec<Sign> {
        let is_mapped = plan.read_as >= Tier::Extreme;
        let is_large = plan.tier >= WORTH_A_LINE;
        let is_only = self.files == 1;
        self.running.insert(
            job,
            Running {
                len,
                done: 0,
                is_mapped,
                is_large,
            },
        );
        let mut signs = self.tight_line(path, len, plan);
        if shard.is_none() && (is_large || is_only) {
            signs.extend(stay(lines::mapped(path, len, plan)));
        }
        if is_only {
            signs.push(Sign::Rename(lines::label(is_mapped)));
        } else if is_large || shard.is_some() {
            signs.push(Sign::Open {
                job,
                name: lines::file_name(path),
                len,
            });
        }
        signs
    }

    /// The memory notice. Once for a scan: it is the same for every file of it.
    fn tight_line(&mut self, path: &str, len: u64, plan: &Plan) -> Vec<Sign> {
        let Some(tight) = plan.too_tight.filter(|_| !self.has_told_tight) else {
            return Vec::new();
        };
        self.has_told_tight = true;
        vec![Sign::Line(lines::tight(path, len, tight))]
    }

    fn progress(&mut self, job: usize, done: u64, total_done: u64, now: Instant) -> Vec<Sign> {
        if let Some(running) = self.running.get_mut(&job) {
            running.done = done;
        }
        let mut signs = vec![Sign::Move {
            job,
            done,
            total_done,
        }];
        if now.duration_since(self.last_progress) >= PROGRESS_EVERY {
            self.last_progress = now;
            signs.push(Sign::Progress(self.progress_line(total_done)));
        }
        signs
    }

    /// About the one mapped file that is being read, else about everything.
    fn progress_line(&self, total_done: u64) -> String {
        let mut running = self.running.values();
        match (running.next(), running.next()) {
            (Some(one), None) if one.is_mapped => {
                format!("{}: {}", lines::label(true), share_text(one.done, one.len))
            }
            _ => format!(
                "{}: {}",
                lines::label(false),
                share_text(total_done, self.bytes)
            ),
        }
    }

    fn file_ended(&mut self, job: usize, ended: &Ended<'_>) -> Vec<Sign> {
        let is_large = self.running.remove(&job).is_some_and(|r| r.is_large);
        let mut signs = vec![Sign::Close { job }];
        if is_large || ended.shard.is_some() || ended.time >= LONG {
            signs.push(Sign::Line(ended.line()));
        }
        signs
    }
}

/// Lines that stay.
fn stay(lines: impl IntoIterator<Item = String>) -> Vec<Sign> {
    lines.into_iter().map(Sign::Line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Machine, MemoryStep, Reading, Standing, plan};
    use crate::report::Verdict;

    const GB: u64 = 1 << 30;
    const MACHINE: Machine = Machine {
        total_memory: 256 * GB,
        available_memory: 128 * GB,
        cores: 4,
    };

    fn words(signs: Vec<Sign>) -> Vec<String> {
        signs
            .into_iter()
            .filter_map(|sign| match sign {
                Sign::Line(line) | Sign::Progress(line) => Some(line),
                _ => None,
            })
            .collect()
    }

    /// A journal that is told things at chosen times.
    struct Told {
        journal: Journal,
        begun: Instant,
    }

    impl Told {
        fn new(files: usize, bytes: u64) -> Self {
            let begun = Instant::now();
            let mut scan = Told {
                journal: Journal::new(begun),
                begun,
            };
            assert_eq!(
                scan.signs(&Event::Started { files, bytes }, 0),
                [Sign::Whole(bytes)]
            );
            scan
        }

        fn signs(&mut self, event: &Event<'_>, second: u64) -> Vec<Sign> {
            let now = self.begun + Duration::from_secs(second);
            self.journal.note(event, now)
        }

        fn start(
            &mut self,
            path: &str,
            len: u64,
            reading: &Reading,
            shard: Option<ShardNumber>,
        ) -> Vec<Sign> {
            let plan = plan(Standing::of_len(len), &MACHINE, reading, 1);
            let event = Event::FileStarted {
                job: 7,
                path,
                len,
                plan: &plan,
                shard,
            };
            self.signs(&event, 0)
        }

        fn end(
            &mut self,
            path: &str,
            len: u64,
            millis: u64,
            shard: Option<ShardNumber>,
        ) -> Vec<String> {
            let event = Event::FileEnded {
                job: 7,
                path,
                len,
                verdict: Verdict::Clean,
                time: Duration::from_millis(millis),
                shard,
            };
            words(self.signs(&event, 1))
        }

        fn progress(&mut self, done: u64, second: u64) -> Vec<String> {
            let event = Event::Progress {
                job: 7,
                done,
                total_done: done,
            };
            words(self.signs(&event, second))
        }
    }

    #[test]
    fn a_sharded_model_is_told_as_promised() {
        let mut scan = Told::new(101, 811 * GB);
        let set = Event::SetStarted {
            name: "pytorch_model",
            shards: 100,
            bytes: 810 * GB,
            workers: 4,
            shard_timeout: Duration::from_secs(600),
        };
        assert_eq!(
            words(scan.signs(&set, 0)),
            [
                "Scanning sharded model with 100 parts",
                "Total size: 810 GB",
                "Using parallel shard scanning (4 workers, 10 min per shard)",
            ]
        );
        let path = "models/llama/pytorch_model-00001-of-00100.bin";
        let shard = Some(ShardNumber { number: 1, of: 100 });
        let len = GB * 81 / 10;
        let signs = scan.start(path, len, &Reading::default(), shard);
        assert_eq!(
            signs,
            [Sign::Open {
                job: 7,
                name: "pytorch_model-00001-of-00100.bin".into(),
                len
            }]
        );
        assert_eq!(
            scan.end(path, len, 3_900, shard),
            ["Scanned shard 1/100: pytorch_model-00001-of-00100.bin  8.1 GB  clean  3.9 s"]
        );
    }

    #[test]
    fn a_massive_file_is_told_as_promised() {
        let mut scan = Told::new(1, 400 * GB);
        let path = "dir/massive_model.bin";
        let signs = scan.start(path, 400 * GB, &Reading::default(), None);
        assert_eq!(signs.last(), Some(&Sign::Rename("Memory-mapped scan")));
        assert_eq!(
            words(signs),
            [
                "Using extreme large file handler for massive_model.bin",
                "File size: 400 GB - using memory-mapped I/O (500 MB windows)",
            ]
        );
        assert_eq!(
            scan.progress(10 * GB, 10),
            ["Memory-mapped scan: 10 GB / 400 GB (2.5%)"]
        );
        assert_eq!(
            scan.end(path, 400 * GB, 90_000, None),
            ["Scanned dir/massive_model.bin  400 GB  clean  1 min 30 s"]
        );
    }

    #[test]
    fn progress_is_told_every_ten_seconds_at_most() {
        let mut scan = Told::new(2, 20 * GB);
        scan.start("a", 5 * GB, &Reading::default(), None);
        assert_eq!(scan.progress(GB, 1), [] as [String; 0]);
        assert_eq!(scan.progress(GB, 9), [] as [String; 0]);
        assert_eq!(
            scan.progress(2 * GB, 10),
            ["Scanned so far: 2 GB / 20 GB (10.0%)"]
        );
        assert_eq!(scan.progress(3 * GB, 19), [] as [String; 0]);
        assert_eq!(
            scan.progress(4 * GB, 25),
            ["Scanned so far: 4 GB / 20 GB (20.0%)"]
        );
    }

    #[test]
    fn small_files_are_told_only_when_they_take_long() {
        let mut scan = Told::new(1000, GB);
        assert_eq!(scan.start("a.pkl", 1000, &Reading::default(), None), []);
        assert_eq!(scan.end("a.pkl", 1000, 4_999, None), [] as [String; 0]);
        assert_eq!(
            scan.end("a.pkl", 1000, 5_000, None),
            ["Scanned a.pkl  1000 B  clean  5.0 s"]
        );
        // Not even where each of them is mapped.
        let mapped = Reading {
            large_models: true,
            ..Reading::default()
        };
        assert_eq!(scan.start("b.pkl", 1000, &mapped, None), []);
    }

    #[test]
    fn mapping_that_was_asked_for_is_told_of_a_single_file() {
        let mut scan = Told::new(1, 1000);
        let mapped = Reading {
            large_models: true,
            ..Reading::default()
        };
        assert_eq!(words(scan.start("b.pkl", 1000, &mapped, None)).len(), 2);
    }

    #[test]
    fn tight_memory_is_told_once() {
        let tight = Machine {
            available_memory: 8 * GB,
            ..MACHINE
        };
        let plan = plan(Standing::of_len(9 * GB), &tight, &Reading::default(), 1);
        let mut scan = Told::new(2, 18 * GB);
        let event = Event::FileStarted {
            job: 7,
            path: "big.bin",
            len: 9 * GB,
            plan: &plan,
            shard: Some(ShardNumber { number: 1, of: 2 }),
        };
        assert_eq!(
            words(scan.signs(&event, 0)),
            [
                "big.bin: model size 9 GB, available memory 8 GB, estimated need 10.8 GB: using \
              memory-mapped mode"
            ]
        );
        assert_eq!(words(scan.signs(&event, 0)), [] as [String; 0]);
    }

    #[test]
    fn each_step_of_the_memory_watch_is_told() {
        let mut scan = Told::new(1, 1);
        for (step, part) in [
            (MemoryStep::Noted, "Memory in use: 768 MB of 1 GB"),
            (MemoryStep::Shrunk, "fewer lanes"),
            (MemoryStep::Stopped, "unchecked"),
        ] {
            let event = Event::Memory {
                resident: 768 << 20,
                budget: GB,
                step,
            };
            assert!(words(scan.signs(&event, 0))[0].contains(part));
        }
    }

    #[test]
    fn names_cannot_act_on_the_terminal() {
        let mut scan = Told::new(2, GB);
        let shard = Some(ShardNumber { number: 1, of: 2 });
        let told = scan.end("d/\x1b[2J\u{202e}.bin", GB, 1, shard);
        assert!(told[0].contains("\\u{1b}[2J\\u{202e}.bin"), "{told:?}");
    }
}
