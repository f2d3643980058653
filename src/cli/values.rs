//! Reading one value that a person typed: a size, a time, a rule id.
//!
//! Each function takes the text alone and says on failure what it takes, so
//! that the same words serve an option and an environment variable. Arithmetic
//! is exact: fractions are read as decimals, never through floating point.

use std::time::Duration;

use crate::report::Severity;
use crate::rules::{self, Rule};

/// Stands for "no time limit": longer than any scan, and short enough that
/// adding it to a point in time cannot overflow.
pub const NO_LIMIT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Files or shards that may be asked for at the same time.
const MOST_WORKERS: usize = 1024;

/// The smallest mapping there is: one page.
const SMALLEST_MAP_WINDOW_BYTES: u64 = 4 << 10;

/// Less than this cannot hold the program itself; a missing unit, surely.
const SMALLEST_MEMORY_BYTES: u64 = 1 << 20;

/// Digits behind the point that are looked at; the rest is below a byte.
const FRACTION_DIGITS: usize = 18;

/// Rule ids that are suggested for one that does not exist.
const SUGGESTIONS: usize = 3;

const SIZE_TAKES: &str = "takes bytes, or a number with a unit, such as 1073741824, 500MB or 1.5GB";
const SECONDS_TAKES: &str =
    "takes seconds, such as 90 or 0.5, up to 3153600000 (100 years); 0 is no limit";

/// Seconds with an optional fraction; 0 is [`NO_LIMIT`].
pub fn seconds(text: &str) -> Result<Duration, String> {
    let takes = || SECONDS_TAKES.to_owned();
    let (whole, fraction) = decimal(text).ok_or_else(takes)?;
    let nanos = fraction.scaled(1_000_000_000);
    let time = Duration::new(whole.parse().map_err(|_| takes())?, nanos as u32);
    if time > NO_LIMIT {
        Err(takes())
    } else if !time.is_zero() {
        Ok(time)
    } else if fraction.is_zero() {
        Ok(NO_LIMIT)
    } else {
        // Below a nanosecond, but not "no limit".
        Ok(Duration::from_nanos(1))
    }
}

/// Bytes: a plain number, or one with a binary unit and an optional fraction.
pub fn size(text: &str) -> Result<u64, String> {
    let takes = || SIZE_TAKES.to_owned();
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let (whole, fraction) = decimal(number).ok_or_else(takes)?;
    let shift = unit_shift(unit.trim_start_matches(' ')).ok_or_else(takes)?;
    if shift == 0 && !fraction.is_zero() {
        return Err("takes whole bytes; a fraction needs a unit, such as 1.5GB".into());
    }
    let whole: u128 = whole.parse().map_err(|_| too_large())?;
    whole
        .checked_mul(1 << shift)
        .and_then(|bytes| bytes.checked_add(fraction.scaled(1 << shift)))
        .and_then(|bytes| u64::try_from(bytes).ok())
        .ok_or_else(too_large)
}

fn too_large() -> String {
    "is more than the largest size there is, 18446744073709551615 bytes".into()
}

/// The power of two of a unit. All units are binary, as everywhere in this
/// program: `MB` and `MiB` are the same.
fn unit_shift(unit: &str) -> Option<u32> {
    match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(10),
        "m" | "mb" | "mib" => Some(20),
        "g" | "gb" | "gib" => Some(30),
        "t" | "tb" | "tib" => Some(40),
        "p" | "pb" | "pib" => Some(50),
        _ => None,
    }
}

/// The digits behind the point.
#[derive(Clone, Copy)]
struct Fraction<'a>(&'a str);

impl Fraction<'_> {
    fn is_zero(self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }

    /// The fraction of `unit`, rounded down. `unit` stays below 2^60, so the
    /// product fits.
    fn scaled(self, unit: u128) -> u128 {
        let digits = &self.0[..self.0.len().min(FRACTION_DIGITS)];
        let value: u128 = digits.parse().unwrap_or(0);
        value * unit / 10u128.pow(digits.len() as u32)
    }
}

/// The whole part and the fraction of a plain decimal number: no sign, no
/// exponent.
fn decimal(text: &str) -> Option<(&str, Fraction<'_>)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction)).then_some((whole, Fraction(fraction)))
}

/// A number of workers; none at all would do nothing.
pub fn workers(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| (1..=MOST_WORKERS).contains(n) && !text.starts_with('+'))
        .ok_or_else(|| format!("takes a whole number from 1 to {MOST_WORKERS}"))
}

/// A size of at least one page.
pub fn map_window(text: &str) -> Result<u64, String> {
    at_least(
        size(text)?,
        SMALLEST_MAP_WINDOW_BYTES,
        "takes a size of at least 4KB, such as 500MB",
    )
}

/// A size that can hold the program.
pub fn memory(text: &str) -> Result<u64, String> {
    at_least(
        size(text)?,
        SMALLEST_MEMORY_BYTES,
        "takes a size of at least 1MB, such as 4GB",
    )
}

fn at_least(size: u64, least: u64, takes: &str) -> Result<u64, String> {
    if size < least {
        Err(takes.to_owned())
    } else {
        Ok(size)
    }
}

/// The lowest grade that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailOn(pub Option<Severity>);

/// A severity, or `never`.
pub fn fail_on(text: &str) -> Result<FailOn, String> {
    let word = text.to_ascii_lowercase();
    if word == "never" {
        return Ok(FailOn(None));
    }
    word.parse()
        .map(|severity| FailOn(Some(severity)))
        .map_err(|_| "takes critical, high, medium, low, info or never".into())
}

/// The rule with this id.
pub fn rule(text: &str) -> Result<&'static Rule, String> {
    let id = text.trim().to_ascii_lowercase();
    rules::find(&id).ok_or_else(|| match nearest(&id).as_slice() {
        [] => "is no rule id; `modelaudit rules` lists them all".into(),
        near => format!(
            "is no rule id; near it are: {}; `modelaudit rules` lists them all",
            near.join(", ")
        ),
    })
}

/// A rule and the grade that replaces its own: `RULE=LEVEL`.
pub fn regrade(text: &str) -> Result<(&'static Rule, Severity), String> {
    let (id, level) = text
        .split_once('=')
        .ok_or("takes RULE=LEVEL, such as content-mismatch=low")?;
    let severity = level.trim().to_ascii_lowercase().parse().map_err(|_| {
        format!("`{level}` is no severity: take critical, high, medium, low or info")
    })?;
    let rule = rule(id).map_err(|why| format!("`{id}` {why}"))?;
    Ok((rule, severity))
}

/// The ids that are most like `id`, nearest first.
fn nearest(id: &str) -> Vec<&'static str> {
    let mut near: Vec<(usize, &'static str)> = rules::all()
        .filter_map(|rule| {
            let edits = edit_distance(id, rule.id);
            let is_part = id.len() >= 3 && rule.id.contains(id);
            (is_part || edits <= id.len() / 3).then_some((edits, rule.id))
        })
        .collect();
    near.sort_unstable();
    near.into_iter()
        .map(|(_, id)| id)
        .take(SUGGESTIONS)
        .collect()
}

/// Insertions, deletions and replacements that turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_binary_units() {
        let table = [
            ("0", 0),
            ("1", 1),
            ("4096", 4096),
            ("7B", 7),
            ("7 b", 7),
            ("1k", 1 << 10),
            ("10KB", 10 << 10),
            ("10 MB", 10 << 20),
            ("10MiB", 10 << 20),
            ("500mb", 500 << 20),
            ("1.5GB", 3 << 29),
            ("0.5TiB", 1 << 39),
            ("2P", 2 << 50),
            ("0.1KB", 102),
            ("0.0000000000000000000001GB", 0),
            ("1.99999999999999999999999KB", 2047),
            ("18446744073709551615", u64::MAX),
            ("16383.999P", 18446742947809644773),
        ];
        for (text, bytes) in table {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "GB",
            "1.5",
            "1.",
            ".5GB",
            "1..5GB",
            "1.5.2GB",
            "-1",
            "+1",
            "1e9",
            "1,5GB",
            "0x10",
            "10 XB",
            "10 MBB",
            "1 0MB",
            "10\tMB",
            "٣MB",
            "18446744073709551616",
            "16384P",
            "99999999999999999999999999999999999999999999GB",
            "nan",
            "inf",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_take_fractions_and_zero_is_no_limit() {
        assert_eq!(seconds("90"), Ok(Duration::from_secs(90)));
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("0"), Ok(NO_LIMIT));
        assert_eq!(seconds("0.000"), Ok(NO_LIMIT));
        assert_eq!(seconds("0.0000000000001"), Ok(Duration::from_nanos(1)));
        assert_eq!(seconds("3153600000"), Ok(NO_LIMIT));
        for text in [
            "",
            "-1",
            "1e3",
            "inf",
            "nan",
            "10s",
            " 10",
            "3153600001",
            "1.",
            ".5",
            "99999999999999999999999",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for text in [
            "0",
            "-1",
            "+4",
            "1.5",
            "",
            "1025",
            "four",
            "99999999999999999999",
        ] {
            assert!(workers(text).is_err(), "{text}");
        }
        assert_eq!(workers("1024"), Ok(1024));
        assert!(map_window("0").is_err() && map_window("4095").is_err());
        assert_eq!(map_window("4KB"), Ok(4096));
        assert!(memory("0").is_err() && memory("4").is_err());
        assert_eq!(memory("1MB"), Ok(1 << 20));
    }

    #[test]
    fn the_threshold_may_be_never() {
        assert_eq!(fail_on("never"), Ok(FailOn(None)));
        assert_eq!(fail_on("High"), Ok(FailOn(Some(Severity::High))));
        assert!(fail_on("none").unwrap_err().contains("never"));
    }

    #[test]
    fn an_unknown_rule_id_brings_the_nearest() {
        assert_eq!(rule("content-mismatch").unwrap().id, "content-mismatch");
        for near in ["content-mismach", "mismatch", "content_mismatch"] {
            let message = rule(near).unwrap_err();
            assert!(message.contains("content-mismatch"), "{near}: {message}");
        }
        let far = rule("xyzzy").unwrap_err();
        assert!(far.contains("modelaudit rules") && !far.contains("near"));
    }

    #[test]
    fn a_grade_is_given_by_rule_and_level() {
        let (rule, level) = regrade("content-mismatch=low").unwrap();
        assert_eq!((rule.id, level), ("content-mismatch", Severity::Low));
        for text in [
            "content-mismatch",
            "content-mismatch=",
            "content-mismatch=bad",
            "=low",
            "x=low",
        ] {
            assert!(regrade(text).is_err(), "{text}");
        }
    }

    #[test]
    fn edits_are_counted_as_known() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", ""), 3);
    }
}
