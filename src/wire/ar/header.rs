//! The header of a member.

use super::HEADER_BYTES;

/// What a header ends with.
const END: &[u8] = b"`\n";

/// Bytes of the name.
const NAME_BYTES: usize = 16;

/// Where the length stands.
const SIZE: std::ops::Range<usize> = 48..58;

/// The name and the length of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// The field of the name without the spaces behind it.
    pub(super) name: &'a [u8],
    /// Bytes of data.
    pub(super) size: u64,
}

/// The header that `bytes` begin with.
pub(super) fn parse(bytes: &[u8]) -> Option<Header<'_>> {
    let header = bytes.get(..HEADER_BYTES as usize)?;
    if !header.ends_with(END) {
        return None;
    }
    let size = number(header.get(SIZE)?)?;
    let name = header.get(..NAME_BYTES)?.trim_ascii_end();
    Some(Header { name, size })
}

/// A decimal number with spaces behind it.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_end();
    let text = std::str::from_utf8(digits).ok()?;
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}
