//! The first byte of every value.

use super::Token;

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Head {
    /// All there is, or an array or map whose count is in the marker.
    Whole(Token),
    /// A float of so many bytes follows.
    Float(u64),
    /// A whole number of so many bytes follows.
    Unsigned(u64),
    /// The same with a sign.
    Signed(u64),
    /// A length of so many bytes follows, then text.
    Text(u64),
    /// Text of so many bytes follows.
    FixText(u64),
    /// A length of so many bytes follows, then bytes.
    Bytes(u64),
    /// A count of so many bytes follows, then values.
    Array(u64),
    /// A count of so many bytes follows, then keys and values.
    Map(u64),
    /// A number follows, then so many bytes.
    FixExtension(u64),
    /// A length of so many bytes follows, then a number, then bytes.
    Extension(u64),
}

/// What this marker says; `None` for the one that is never used.
pub(super) fn head(marker: u8) -> Option<Head> {
    let low = |mask: u8| u64::from(marker & mask);
    Some(match marker {
        0x00..=0x7f => Head::Whole(Token::Integer(i128::from(marker))),
        0x80..=0x8f => Head::Whole(Token::Map(low(0x0f))),
        0x90..=0x9f => Head::Whole(Token::Array(low(0x0f))),
        0xa0..=0xbf => Head::FixText(low(0x1f)),
        0xc0 => Head::Whole(Token::Nil),
        0xc1 => return None,
        0xc2 | 0xc3 => Head::Whole(Token::Bool(marker == 0xc3)),
        0xc4..=0xc6 => Head::Bytes(power(marker, 0xc4)),
        0xc7..=0xc9 => Head::Extension(power(marker, 0xc7)),
        0xca | 0xcb => Head::Float(power(marker, 0xc8)),
        0xcc..=0xcf => Head::Unsigned(power(marker, 0xcc)),
        0xd0..=0xd3 => Head::Signed(power(marker, 0xd0)),
        0xd4..=0xd8 => Head::FixExtension(power(marker, 0xd4)),
        0xd9..=0xdb => Head::Text(power(marker, 0xd9)),
        0xdc | 0xdd => Head::Array(power(marker, 0xdb)),
        0xde | 0xdf => Head::Map(power(marker, 0xdd)),
        0xe0..=0xff => Head::Whole(Token::Integer(i128::from(marker.cast_signed()))),
    })
}

/// Two to the power of how far the marker is from the first of its row.
fn power(marker: u8, first: u8) -> u64 {
    1u64 << (marker.saturating_sub(first) & 0x07)
}
