//! How fast the whole set of sweepers goes over memory, by window size, next
//! to a plain sum over the same memory in the same run.
//!
//! `cargo bench --bench sweep -- [SIZE_MIB]` (default 1024). The number to
//! watch is the ratio: it leaves out the machine. Each figure is the median of
//! five runs on one thread; 1 GB is 10^9 bytes.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use modelaudit::detect::{self, SWEEPERS};
use modelaudit::source::{Window, windows};

const RUNS: usize = 5;
const DEFAULT_MIB: usize = 1024;
const WINDOW_SIZES: [usize; 5] = [64 << 10, 1 << 20, 16 << 20, 128 << 20, 500 << 20];

fn main() -> ExitCode {
    // Cargo passes flags such as `--bench`; the size is the first plain word.
    let size = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let mib = match size.as_deref().map(str::parse::<usize>) {
        None => DEFAULT_MIB,
        Some(Ok(mib)) if mib > 0 => mib,
        Some(_) => return usage(),
    };
    print(format_args!(
        "{mib} MiB, one thread, median of {RUNS} runs, GB/s (share of the sum)\n"
    ));
    print(format_args!("{:10} {:>8}", "data", "sum"));
    for size in WINDOW_SIZES {
        print(format_args!(" {:>15}", label(size)));
    }
    print(format_args!("   hits\n"));
    for (name, shape) in [
        ("bf16", bf16 as fn(u64) -> u64),
        ("int4", int4),
        ("uniform", |word| word),
    ] {
        measure(name, &fill(mib << 20, shape));
    }
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

/// One row of the table.
fn measure(name: &str, bytes: &[u8]) {
    let sum = speed(bytes, || {
        black_box(total(bytes));
    });
    print(format_args!("{name:10} {sum:>8.2}"));
    let mut found = 0;
    for size in WINDOW_SIZES {
        let swept = speed(bytes, || found = black_box(sweep(bytes, size)));
        print(format_args!(" {swept:>7.2} ({:.3})", swept / sum));
    }
    print(format_args!("   {found:>4}\n"));
}

/// GB/s of the median run.
fn speed(bytes: &[u8], mut run: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    bytes.len() as f64 / 1e9 / seconds[RUNS / 2]
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
        for sweeper in SWEEPERS {
            sweeper.window(&window, &mut |_| hits += 1);
        }
    }
    hits
}

/// `len` bytes whose 64-bit words are random bits put in shape.
fn fill(len: usize, shape: impl Fn(u64) -> u64) -> Vec<u8> {
    let mut state = 0x5eedu64;
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&shape(word ^ (word >> 31)).to_le_bytes());
    }
    bytes
}

/// Four bf16 numbers with magnitudes between 2^-9 and 2^-4, as weights have.
fn bf16(random: u64) -> u64 {
    const LANE: u64 = 0x0001_0001_0001_0001;
    let sign_and_fraction = random & (0x807f * LANE);
    let exponent = (random >> 7 & (0x0003 * LANE)) + (0x77 * LANE);
    sign_and_fraction | exponent << 7
}

/// Sixteen four-bit numbers crowded around the middle, as quantisers leave
/// them: the sum of two three-bit numbers each.
fn int4(random: u64) -> u64 {
    const NIBBLES: u64 = 0x1111_1111_1111_1111;
    (random & (7 * NIBBLES)) + (random.rotate_left(29) & (7 * NIBBLES))
}
