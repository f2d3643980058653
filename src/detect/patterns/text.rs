//! Small questions about bytes that may be text, all bounded by their slice.

/// Whether every byte may stand in text: printable ASCII, the usual white
/// space, or part of valid UTF-8. A character cut at either end is forgiven.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    /// Bytes of one UTF-8 character at most, less one.
    const CUT_BYTES: usize = 3;
    let lead = bytes
        .iter()
        .take(CUT_BYTES)
        .take_while(|b| is_continuation(**b))
        .count();
    let bytes = bytes.get(lead..).unwrap_or_default();
    if bytes.iter().any(|b| is_control(*b)) {
        return false;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1f | 0x7f)
}

/// Whether this byte can continue an identifier.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a word may start behind `front`: not inside another word, unless
/// all there is of that is one byte, which is then the length of a string.
pub(super) fn starts_word(front: &[u8]) -> bool {
    match front {
        [.., before, last] if is_word(*last) => is_control(*before) || !before.is_ascii(),
        [.., last] => !is_word(*last),
        [] => true,
    }
}

/// The bytes up to the end of the line, or of the text: a control character
/// ends both.
pub(super) fn line(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| ends_line(*b));
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
}

/// The bytes from the start of the last line on.
pub(super) fn last_line(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| ends_line(*b));
    let start = end.map_or(0, |at| at.saturating_add(1));
    bytes.get(start..).unwrap_or_default()
}

fn ends_line(byte: u8) -> bool {
    is_control(byte) || matches!(byte, b'\n' | b'\r')
}

/// Where `needle` first occurs.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

/// Whether `needle` occurs.
pub(super) fn has(bytes: &[u8], needle: &[u8]) -> bool {
    find(bytes, needle).is_some()
}

/// Whether `needle`, given in lower case, occurs in any case.
pub(super) fn has_folded(bytes: &[u8], needle: &[u8]) -> bool {
    has(&bytes.to_ascii_lowercase(), needle)
}

/// The bytes behind leading blanks.
pub(super) fn skip_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = run(bytes, |b| matches!(b, b' ' | b'\t'));
    bytes.get(blanks..).unwrap_or_default()
}

/// How many leading bytes satisfy `test`.
pub(super) fn run(bytes: &[u8], test: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|b| test(**b)).count()
}

/// The leading bytes that satisfy `test`, and what follows them.
pub(super) fn take(bytes: &[u8], test: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let len = run(bytes, test);
    bytes.split_at_checked(len).unwrap_or((bytes, &[]))
}

/// What follows the first of `words` that the bytes start with.
pub(super) fn strip_any<'a>(bytes: &'a [u8], words: &[&[u8]]) -> Option<&'a [u8]> {
    words.iter().find_map(|word| bytes.strip_prefix(*word))
}

/// Base64 (either alphabet) up to the first byte that is neither in it nor in
/// `skip`, decoded. Left-over bits of a last partial group are dropped.
pub(super) fn decode_base64(bytes: &[u8], skip: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut bits, mut held) = (0u32, 0u32);
    for &byte in bytes {
        let Some(value) = base64_value(byte) else {
            if skip(byte) {
                continue;
            }
            break;
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held = held.saturating_add(6);
        if held >= 8 {
            held = held.saturating_sub(8);
            out.push((bits >> held & 0xff) as u8);
        }
    }
    out
}

/// The value of a digit of base64, of the standard or the URL alphabet.
pub(super) fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// An unsigned number of `N` bytes at `at`, little endian or big endian.
pub(super) fn number<const N: usize>(bytes: &[u8], at: usize, big: bool) -> Option<u64> {
    let field: &[u8; N] = bytes.get(at..)?.first_chunk()?;
    let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    Some(match big {
        true => field.iter().fold(0, fold),
        false => field.iter().rev().fold(0, fold),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_be_cut_inside_a_character_and_nowhere_else_broken() {
        let text = "größe 模型\n".as_bytes();
        for from in 0..4 {
            for to in 4..text.len() {
                assert!(is_text(&text[from..to]), "{from}..{to}");
            }
        }
        assert!(!is_text(b"ab\0cd"));
        assert!(!is_text(b"ab\xffcd"));
        assert!(!is_text(b"\x80\x80\x80\x80 abc"));
    }

    #[test]
    fn base64_of_both_alphabets_is_decoded_to_the_first_foreign_byte() {
        assert_eq!(
            decode_base64(b"aGVsbG8gd29ybGQ=", |_| false),
            b"hello world"
        );
        assert_eq!(decode_base64(b"aGVs\nbG8", |b| b == b'\n'), b"hello");
        assert_eq!(
            decode_base64(b"-_-_", |_| false),
            decode_base64(b"+/+/", |_| false)
        );
        assert_eq!(decode_base64(b"!", |_| false), b"");
    }

    #[test]
    fn numbers_are_read_in_both_orders_and_never_beyond() {
        assert_eq!(number::<2>(b"\x01\x02", 0, false), Some(0x0201));
        assert_eq!(number::<2>(b"\x01\x02", 0, true), Some(0x0102));
        assert_eq!(number::<4>(b"\x01\x02", 0, true), None);
        assert_eq!(number::<1>(b"", usize::MAX, true), None);
    }
}
