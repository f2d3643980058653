//! Numbers written as text, with the semantics of the C unpickler.
//!
//! `INT` goes through C's `strtol` with base 0 and then through Python's own
//! parser with base 0, `LONG` through the latter alone, memo indexes through
//! Python's parser with base 10. Disassemblers use Python's `int()` and stop
//! at spellings that the real loader takes, which hides what follows them.

/// What the text of an `INT` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A number that fits.
    Int(i64),
    /// A number that does not fit into 64 bits.
    Big,
    /// `00` and `01` are how protocol 0 writes booleans.
    Bool(bool),
}

/// The line of an `INT`, without its line feed. `None` where the loader
/// refuses it.
pub fn int_line(line: &[u8]) -> Option<Number> {
    let number = strtol(line).or_else(|| python(line, 0))?;
    Some(match number {
        // Any spelling of two characters counts: `00`, `+1`, ` 0`.
        Number::Int(n @ (0 | 1)) if line.len() == 2 => Number::Bool(n == 1),
        other => other,
    })
}

/// The line of a `LONG`, without its line feed. Python 2 took a leading zero
/// for an octal number.
pub fn long_line(line: &[u8]) -> Option<Number> {
    let line = line.strip_suffix(b"L").unwrap_or(line);
    python(line, 0).or_else(|| python(line, 8).filter(|_| line.iter().all(u8::is_ascii_digit)))
}

/// The line of a `GET` or `PUT`, without its line feed. Negative indexes are
/// refused.
pub fn index_line(line: &[u8]) -> Option<u64> {
    match python(line, 10)? {
        Number::Int(n) => u64::try_from(n).ok(),
        Number::Big => Some(u64::MAX),
        Number::Bool(_) => None,
    }
}

/// Whether a `FLOAT` line is one that a loader takes. The one in Python allows
/// blanks around and underscores between digits, the one in C does not.
pub fn is_float_line(line: &[u8]) -> bool {
    let text = std::str::from_utf8(before_nul(line)).unwrap_or_default();
    let text = text.trim();
    let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let spaced = bytes.iter().enumerate().all(|(at, &byte)| {
        byte != b'_'
            || (digit(at.checked_sub(1).and_then(|at| bytes.get(at)))
                && digit(bytes.get(at.saturating_add(1))))
    });
    spaced && text.replace('_', "").parse::<f64>().is_ok()
}

/// C's `strtol(…, 0)`, which must use up the line or stop at a NUL.
fn strtol(line: &[u8]) -> Option<Number> {
    // Where there is nothing before the NUL, `strtol` stops at it and says 0.
    if line.first() == Some(&0) {
        return Some(Number::Int(0));
    }
    let (negative, digits) = sign(skip_blanks(line));
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
            (16, rest)
        }
        [b'0', ..] => (8, digits),
        _ => (10, digits),
    };
    let is_digit = |b: &u8| char::from(*b).is_digit(base);
    let used = digits.iter().take_while(|b| is_digit(b)).count();
    let (number, rest) = digits.split_at_checked(used)?;
    let ends = rest.first().is_none_or(|&b| b == 0);
    (used > 0 && ends)
        .then(|| value(negative, number, base))?
        .filter(|n| matches!(n, Number::Int(_)))
}

/// Python's `PyLong_FromString`: blanks around, underscores between digits,
/// and with base 0 a prefix that names the base.
fn python(line: &[u8], base: u32) -> Option<Number> {
    let (negative, digits) = sign(skip_blanks(before_nul(line)));
    let any_base = base == 0;
    let (base, digits, prefixed) = match (base, digits) {
        (0, [b'0', b'x' | b'X', rest @ ..]) => (16, rest, true),
        (0, [b'0', b'o' | b'O', rest @ ..]) => (8, rest, true),
        (0, [b'0', b'b' | b'B', rest @ ..]) => (2, rest, true),
        (0, _) => (10, digits, false),
        (base, _) => (base, digits, false),
    };
    // One underscore may stand between the prefix and the digits.
    let digits = match digits {
        [b'_', rest @ ..] if prefixed => rest,
        _ => digits,
    };
    let is_digit = |b: u8| char::from(b).is_digit(base);
    let used = digits
        .iter()
        .take_while(|&&b| is_digit(b) || b == b'_')
        .count();
    let (number, rest) = digits.split_at_checked(used)?;
    let spaced = number.first() != Some(&b'_')
        && number.last() != Some(&b'_')
        && !number.windows(2).any(|pair| pair == b"__");
    if used == 0 || !spaced || !skip_blanks(rest).is_empty() {
        return None;
    }
    // With base 0 a decimal number may not begin with a zero, unless it is zero.
    let is_zero = |b: &u8| matches!(b, b'0' | b'_');
    if any_base && !prefixed && number.first() == Some(&b'0') && !number.iter().all(is_zero) {
        return None;
    }
    let plain: Vec<u8> = number.iter().copied().filter(|&b| b != b'_').collect();
    value(negative, &plain, base)
}

fn value(negative: bool, digits: &[u8], base: u32) -> Option<Number> {
    let mut n = 0i64;
    for &byte in digits {
        let digit = i64::from(char::from(byte).to_digit(base)?);
        let step = n.checked_mul(i64::from(base));
        let step = step.and_then(|n| match negative {
            true => n.checked_sub(digit),
            false => n.checked_add(digit),
        });
        match step {
            Some(next) => n = next,
            None => return Some(Number::Big),
        }
    }
    Some(Number::Int(n))
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |b: &u8| matches!(b, b' ' | 9..=13);
    let used = text.iter().take_while(|b| is_blank(b)).count();
    text.get(used..).unwrap_or_default()
}

fn before_nul(text: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, text).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int_takes_what_the_loader_takes() {
        for (line, wanted) in [
            ("0x10", Number::Int(16)),
            ("010", Number::Int(8)),
            (" 7", Number::Int(7)),
            ("7 ", Number::Int(7)),
            ("1_000", Number::Int(1000)),
            ("0b11", Number::Int(3)),
            ("0o_17", Number::Int(15)),
            ("-0x1", Number::Int(-1)),
            ("5\0rest", Number::Int(5)),
            ("\0x", Number::Bool(false)),
            ("\0", Number::Int(0)),
            ("00", Number::Bool(false)),
            ("01", Number::Bool(true)),
            ("+1", Number::Bool(true)),
            ("1", Number::Int(1)),
            ("-9223372036854775808", Number::Int(i64::MIN)),
            ("9223372036854775808", Number::Big),
        ] {
            assert_eq!(int_line(line.as_bytes()), Some(wanted), "{line}");
        }
        for line in [
            "", "x", "1__0", "_1", "1_", "0x", "1.5", "09", "0_8", "00_1",
        ] {
            assert_eq!(int_line(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn long_needs_no_l_and_takes_any_base() {
        assert_eq!(long_line(b"0x10L"), Some(Number::Int(16)));
        assert_eq!(long_line(b"12"), Some(Number::Int(12)));
        assert_eq!(long_line(b"119547037146038801333356L"), Some(Number::Big));
        assert_eq!(long_line(b"L"), None);
        assert_eq!(long_line(b"010L"), Some(Number::Int(8)));
        assert_eq!(long_line(b"09L"), None);
        assert_eq!(long_line(b"000L"), Some(Number::Int(0)));
    }

    #[test]
    fn memo_indexes_are_decimal() {
        assert_eq!(index_line(b" 1_0"), Some(10));
        assert_eq!(index_line(b"0x10"), None);
        assert_eq!(index_line(b"-1"), None);
        assert_eq!(index_line(b"010"), Some(10));
    }

    #[test]
    fn floats_that_python_takes() {
        for line in ["1.5", "-1e300", "nan", "inf", "3", "1_0.5", " 1.5\r"] {
            assert!(is_float_line(line.as_bytes()), "{line}");
        }
        for line in ["one", "_1", "1_", "1__0", "1_.5", ""] {
            assert!(!is_float_line(line.as_bytes()), "{line}");
        }
    }
}
