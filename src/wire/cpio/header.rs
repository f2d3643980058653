//! The five forms of a header.

use super::Form;

/// Longest header, in bytes.
pub(super) const HEADER_CAP_BYTES: usize = 110;

/// The bits of a mode that tell the kind of file.
const KIND: u32 = 0o170_000;

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) form: Form,
    /// Bytes of the header.
    pub(super) len: u64,
    /// Kind and permissions.
    pub(super) mode: u32,
    /// Bytes of the name with its zero byte.
    pub(super) name_len: u64,
    /// Bytes of data.
    pub(super) size: u64,
    /// The sum of the data.
    pub(super) sum: Option<u32>,
}

impl Header {
    /// What names and data are filled up to a multiple of.
    pub(super) const fn alignment(&self) -> u64 {
        match self.form {
            Form::New | Form::Summed => 4,
            Form::Little | Form::Big => 2,
            Form::Old => 1,
        }
    }

    /// Whether the mode is of a kind that exists.
    pub(super) const fn has_kind(&self) -> bool {
        matches!(
            self.mode & KIND,
            0 | 0o010_000
                | 0o020_000
                | 0o040_000
                | 0o060_000
                | 0o100_000
                | 0o110_000
                | 0o120_000
                | 0o140_000
        )
    }
}

/// The header that `bytes` begin with.
pub(super) fn parse(bytes: &[u8]) -> Option<Header> {
    match bytes {
        [b'0', b'7', b'0', b'7', b'0', b'1', rest @ ..] => ascii(rest, Form::New),
        [b'0', b'7', b'0', b'7', b'0', b'2', rest @ ..] => ascii(rest, Form::Summed),
        [b'0', b'7', b'0', b'7', b'0', b'7', rest @ ..] => octal(rest),
        [0xc7, 0x71, rest @ ..] => binary(rest, Form::Little),
        [0x71, 0xc7, rest @ ..] => binary(rest, Form::Big),
        _ => None,
    }
}

/// Thirteen numbers of eight hexadecimal digits.
fn ascii(rest: &[u8], form: Form) -> Option<Header> {
    let field = |index: usize| -> Option<u32> {
        let at = index.checked_mul(8)?;
        let digits = rest.get(at..at.checked_add(8)?)?;
        number(digits, 16).and_then(|n| u32::try_from(n).ok())
    };
    let numbers: Option<Vec<u32>> = (0..13).map(field).collect();
    let numbers = numbers?;
    let get = |index: usize| numbers.get(index).copied();
    Some(Header {
        form,
        len: 110,
        mode: get(1)?,
        name_len: u64::from(get(11)?),
        size: u64::from(get(6)?),
        sum: get(12).filter(|_| form == Form::Summed),
    })
}

/// Eight numbers of six octal digits but for the time and the size, which have
/// eleven.
fn octal(rest: &[u8]) -> Option<Header> {
    let field = |at: usize, len: usize| number(rest.get(at..at.checked_add(len)?)?, 8);
    for at in [0, 6, 18, 24, 30, 36] {
        field(at, 6)?;
    }
    field(42, 11)?;
    Some(Header {
        form: Form::Old,
        len: 76,
        mode: u32::try_from(field(12, 6)?).ok()?,
        name_len: field(53, 6)?,
        size: field(59, 11)?,
        sum: None,
    })
}

/// Twelve words behind the first; numbers of two words have the high one first.
fn binary(rest: &[u8], form: Form) -> Option<Header> {
    let word = |index: usize| -> Option<u16> {
        let at = index.checked_mul(2)?;
        let pair = rest.get(at..)?.first_chunk::<2>()?;
        Some(match form {
            Form::Big => u16::from_be_bytes(*pair),
            _ => u16::from_le_bytes(*pair),
        })
    };
    let (high, low) = (word(10)?, word(11)?);
    Some(Header {
        form,
        len: 26,
        mode: u32::from(word(2)?),
        name_len: u64::from(word(9)?),
        size: (u64::from(high) << 16) | u64::from(low),
        sum: None,
    })
}

/// A number of nothing but digits.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let is_digit = |b: &u8| char::from(*b).is_digit(radix);
    let text = std::str::from_utf8(digits).ok()?;
    let number = u64::from_str_radix(text, radix).ok()?;
    digits.iter().all(is_digit).then_some(number)
}
