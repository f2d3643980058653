//! Numbers in words: sizes, shares, times, counts.

/// A size in binary units with the words of every day: 10 MB is 10 · 2²⁰
/// bytes. Below 1 KB it is exact.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1024 {
        return count(bytes, "byte");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be written as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(value < 99.95);
    let number = format!("{value:.digits$}");
    let number = number.strip_suffix(".0").unwrap_or(&number);
    format!("{number} {}", UNITS[unit])
}

/// A number and its noun: `1 finding`, `12,345 findings`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

/// A number with a comma before every three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `part` of `whole` in percent, rounded down: anything short of all of it is
/// less than 100 %.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if part >= whole {
        return "100 %".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A time span: `0.9 s`, `3 min 12 s`, `2 h 5 min`.
pub(super) fn time(seconds: f64) -> String {
    if seconds < 59.95 {
        return format!("{:.1} s", seconds.max(0.0));
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// Bytes per second, where the time was long enough to tell.
pub(super) fn rate(bytes: u64, seconds: f64) -> Option<String> {
    (seconds >= 0.05 && bytes > 0)
        .then(|| format!("{}/s", size((bytes as f64 / seconds).round() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_binary_and_short() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1,023 bytes"),
            (1024, "1 KB"),
            (10 << 20, "10 MB"),
            ((1 << 20) - 1, "1 MB"),
            (1536, "1.5 KB"),
            (8_697_308_774, "8.1 GB"),
            (810 << 30, "810 GB"),
            (u64::MAX, "16 EB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!(percent(u64::MAX - 1, u64::MAX), "99.9 %");
        assert_eq!(percent(0, 0), "100 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(0, 3), "0.0 %");
    }

    #[test]
    fn counts_and_times_are_readable() {
        assert_eq!(count(1_234_567, "tensor"), "1,234,567 tensors");
        assert_eq!(count(1, "gap"), "1 gap");
        assert_eq!(time(0.94), "0.9 s");
        assert_eq!(time(59.99), "1 min 0 s");
        assert_eq!(time(7500.0), "2 h 5 min");
        assert_eq!(rate(1 << 30, 0.5).as_deref(), Some("2 GB/s"));
        assert_eq!(rate(10, 0.0), None);
    }
}
