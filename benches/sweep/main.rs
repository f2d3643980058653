//! How fast the search for anchors goes over memory, next to a plain sum over
//! the same memory in the same run.
//!
//! `cargo bench --bench sweep -- [SIZE_MIB]` (default 1024). The number to
//! watch is the ratio: it leaves out the machine. Figures are for one thread
//! and count the time that the thread ran, so that other work on the machine
//! disturbs them less; 1 GB is 10^9 bytes. Three tables: all sweepers with all
//! their literals by window size; the finder by kernel and number of literals;
//! and texts that are made to slow it down.

mod data;
mod kinds;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use modelaudit::detect::anchors::{Finder, Kernel, Literal};
use modelaudit::detect::{self, SWEEPERS};
use modelaudit::source::{Window, windows};

const RUNS: usize = 5;
const DEFAULT_MIB: usize = 1024;
const WINDOW_SIZES: [usize; 5] = [64 << 10, 1 << 20, 16 << 20, 128 << 20, 500 << 20];
const COUNTS: [usize; 5] = [10, 50, 200, 500, 2000];

/// Size of a hostile text: they are slow.
const HOSTILE_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    // Cargo passes flags such as `--bench`; the size is the first plain word.
    let size = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let mib = match size.as_deref().map(str::parse::<usize>) {
        None => DEFAULT_MIB,
        Some(Ok(mib)) if mib > 0 => mib,
        Some(_) => return usage(),
    };
    builds();
    print(format_args!(
        "\n{mib} MiB, one thread, median of {RUNS} runs, GB/s (share of the sum)\n"
    ));
    for (name, make) in kinds::KINDS {
        measure(name, &make(mib << 20));
    }
    hostile();
    ExitCode::SUCCESS
}

#[expect(
    clippy::print_stderr,
    reason = "a bench talks to the person at the terminal"
)]
fn usage() -> ExitCode {
    eprintln!("usage: sweep [SIZE_MIB]");
    ExitCode::from(2)
}

#[expect(
    clippy::print_stdout,
    reason = "a bench talks to the person at the terminal"
)]
fn print(text: std::fmt::Arguments<'_>) {
    print!("{text}");
}

fn label(size: usize) -> String {
    match size >> 20 {
        0 => format!("{} KiB", size >> 10),
        mib => format!("{mib} MiB"),
    }
}

/// What preparing a search costs.
fn builds() {
    let own: Vec<Literal> = SWEEPERS.iter().flat_map(|s| s.literals()).collect();
    let lists = COUNTS.map(data::literals);
    for list in std::iter::once(&own).chain(&lists) {
        let time = median(|| {
            let _built = black_box(Finder::new(list.iter().cloned()).is_ok());
        });
        let [count, micros] = [list.len() as u128, time.as_micros()];
        let whose = if std::ptr::eq(list, &own) {
            " (the sweepers')"
        } else {
            ""
        };
        print(format_args!(
            "{count:>6} literals prepared in {micros} us{whose}\n"
        ));
    }
}

/// The tables of one kind of content.
fn measure(name: &str, bytes: &[u8]) {
    let sum = speed(bytes, || {
        black_box(total(bytes));
    });
    print(format_args!("\n{name}: sum {sum:.2}\n  all sweepers"));
    let mut found = 0;
    for size in WINDOW_SIZES {
        let swept = speed(bytes, || found = black_box(sweep(bytes, size)));
        print(format_args!(
            "  {}: {swept:.2} ({:.3})",
            label(size),
            swept / sum
        ));
    }
    print(format_args!("  hits: {found}\n"));
    for kernel in Kernel::available() {
        print(format_args!("  {:12}", format!("{kernel:?}")));
        for count in COUNTS {
            let speed = search(kernel, &data::literals(count), bytes);
            print(format_args!("  {count}: {speed:.2} ({:.3})", speed / sum));
        }
        print(format_args!("\n"));
    }
}

/// Texts that slow the search down.
fn hostile() {
    let mib = HOSTILE_BYTES >> 20;
    print(format_args!("\nhostile texts of {mib} MiB, GB/s\n"));
    for count in [50, 500, 2000] {
        let literals = data::literals(count);
        for kernel in Kernel::available() {
            print(format_args!(
                "  {:12}{count:>5} literals",
                format!("{kernel:?}")
            ));
            for (name, bytes) in data::hostile(&literals, HOSTILE_BYTES) {
                print(format_args!(
                    "  {name}: {:.3}",
                    search(kernel, &literals, &bytes)
                ));
            }
            print(format_args!("\n"));
        }
    }
}

/// GB/s of a search.
fn search(kernel: Kernel, literals: &[Literal], bytes: &[u8]) -> f64 {
    let Ok(finder) = Finder::with_kernel(kernel, literals.iter().cloned()) else {
        return 0.0;
    };
    let mut hits = 0u64;
    let speed = speed(bytes, || {
        finder.find(bytes, 0..bytes.len(), &mut |_, _| hits += 1);
    });
    black_box(hits);
    speed
}

/// GB/s of the median run.
fn speed(bytes: &[u8], run: impl FnMut()) -> f64 {
    bytes.len() as f64 / 1e9 / median(run).as_secs_f64()
}

/// The time of the median run.
fn median(mut run: impl FnMut()) -> Duration {
    let clock = Clock::new();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = clock.now();
            run();
            clock.now().saturating_sub(start)
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2]
}

/// The time that this thread ran, where the system tells.
struct Clock(Instant);

impl Clock {
    fn new() -> Self {
        Clock(Instant::now())
    }

    #[cfg(unix)]
    fn now(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap_or_else(|_| self.0.elapsed())
    }

    #[cfg(not(unix))]
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

fn total(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    words.fold(0, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)))
}

/// All sweepers over all windows; how many hits there were.
fn sweep(bytes: &[u8], size: usize) -> usize {
    let len = bytes.len() as u64;
    let mut hits = 0;
    for (core, outer) in windows(0..len, len, size as u64, detect::margins()) {
        let window = Window {
            bytes: &bytes[outer.start as usize..outer.end as usize],
            base: outer.start,
            core: (core.start - outer.start) as usize..(core.end - outer.start) as usize,
        };
        detect::sweep(&window, &mut |sweeper, sightings| {
            sweeper.judge(&window, sightings, &mut |_| hits += 1);
        });
    }
    hits
}
