//! Sizes, times and shares as people read them. Sizes are binary, as in the
//! tier table and in the options.

use std::time::Duration;

use crate::cli::values::NO_LIMIT;

const UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

/// `810 GB`, `8.1 GB`, `512 B`: at most one digit behind the point.
pub fn size_text(bytes: u64) -> String {
    // What would be shown as 1024 of one unit is 1 of the next.
    (0..UNITS.len())
        .map(|unit| (rounded_tenths(bytes, unit), UNITS[unit]))
        .find(|(tenths, _)| *tenths < 10_240)
        .map_or_else(
            || format!("{bytes} B"),
            |(tenths, unit)| format!("{} {unit}", one_digit(tenths)),
        )
}

/// Tenths of the unit, rounded to the nearest.
fn rounded_tenths(bytes: u64, unit: usize) -> u128 {
    let whole = 1u128 << (10 * unit);
    (u128::from(bytes) * 10 + whole / 2) / whole
}

fn one_digit(tenths: u128) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// `3.9 s`, `10 min`, `1 h 30 min`.
pub fn time_text(time: Duration) -> String {
    if time >= NO_LIMIT {
        return "no limit".into();
    }
    let tenths = time.as_millis().saturating_add(50) / 100;
    if tenths < 600 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = (time.as_millis() + 500) / 1000;
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .take(2)
        .map(|(n, unit)| format!("{n} {unit}"))
        .collect();
    shown.join(" ")
}

/// `10 GB / 400 GB (2.5%)`.
pub fn share_text(done: u64, of: u64) -> String {
    let done = done.min(of);
    let permille = match of {
        0 => 1000,
        // Rounded down: 100% is shown when it is reached.
        of => u128::from(done) * 1000 / u128::from(of),
    };
    format!(
        "{} / {} ({}.{}%)",
        size_text(done),
        size_text(of),
        permille / 10,
        permille % 10
    )
}

/// `1 worker`, `4 workers`.
pub fn count_text(n: usize, one: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    #[test]
    fn sizes_have_at_most_one_digit_behind_the_point() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KB"),
            (1536, "1.5 KB"),
            (1024 * 1024 - 1, "1 MB"),
            (1024 * 1024 - 60, "1023.9 KB"),
            (500 << 20, "500 MB"),
            (810 * GB, "810 GB"),
            (GB * 81 / 10, "8.1 GB"),
            (1024 * GB, "1 TB"),
            (u64::MAX, "16 EB"),
        ] {
            assert_eq!(size_text(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn times_are_told_in_what_people_count_in() {
        for (millis, text) in [
            (0, "0.0 s"),
            (3_900, "3.9 s"),
            (59_940, "59.9 s"),
            (59_960, "1 min"),
            (600_000, "10 min"),
            (90_000, "1 min 30 s"),
            (3_600_000, "1 h"),
            (5_400_000, "1 h 30 min"),
            (7_265_000, "2 h 1 min"),
        ] {
            assert_eq!(time_text(Duration::from_millis(millis)), text);
        }
        assert_eq!(time_text(NO_LIMIT), "no limit");
        assert_eq!(time_text(Duration::MAX), "no limit");
    }

    #[test]
    fn a_share_is_full_only_at_the_end() {
        assert_eq!(share_text(10 * GB, 400 * GB), "10 GB / 400 GB (2.5%)");
        assert_eq!(
            share_text(400 * GB - 1, 400 * GB),
            "400 GB / 400 GB (99.9%)"
        );
        assert_eq!(share_text(401 * GB, 400 * GB), "400 GB / 400 GB (100.0%)");
        assert_eq!(share_text(0, 0), "0 B / 0 B (100.0%)");
    }
}
