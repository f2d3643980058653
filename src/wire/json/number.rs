//! Numbers as they are spelled.

/// Characters of a number that are kept; an exact 64-bit integer has at most
/// 20 of them.
pub(super) const NUMBER_CAP_BYTES: usize = 64;

/// A number: its spelling, and its exact value where it is an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<'r> {
    /// The first characters of its spelling, at most 64.
    pub text: &'r str,
    /// Length of the whole spelling in bytes.
    pub len: u64,
}

impl<'r> Number<'r> {
    /// The value, where it is spelled as an integer of `0..=u64::MAX`: `1.0`
    /// and `1e3` are no integers.
    pub fn as_u64(self) -> Option<u64> {
        self.integer().and_then(|text| text.parse().ok())
    }

    /// The value, where it is spelled as an integer of 64 bits with a sign.
    pub fn as_i64(self) -> Option<i64> {
        self.integer().and_then(|text| text.parse().ok())
    }

    /// The spelling, where it is an integer and all of it was kept.
    fn integer(self) -> Option<&'r str> {
        let whole = self.len == self.text.len() as u64;
        (whole && !self.text.contains(['.', 'e', 'E', 'N', 'I'])).then_some(self.text)
    }
}

/// Where in a number the next character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Start,
    AfterMinus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Part {
    /// The part that follows when `byte` comes next; `None` where the number
    /// ends before it.
    pub(super) fn step(self, byte: u8) -> Option<Part> {
        use Part::*;
        match (self, byte) {
            (Start, b'-') => Some(AfterMinus),
            (Start | AfterMinus, b'0') => Some(Zero),
            (Start | AfterMinus, b'1'..=b'9') | (Digits, b'0'..=b'9') => Some(Digits),
            (Zero | Digits, b'.') => Some(Point),
            (Point | Fraction, b'0'..=b'9') => Some(Fraction),
            (Zero | Digits | Fraction, b'e' | b'E') => Some(Exponent),
            (Exponent, b'+' | b'-') => Some(ExponentSign),
            (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => Some(ExponentDigits),
            _ => None,
        }
    }

    /// Whether a number may end here.
    pub(super) fn is_end(self) -> bool {
        matches!(
            self,
            Part::Zero | Part::Digits | Part::Fraction | Part::ExponentDigits
        )
    }
}
