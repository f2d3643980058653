//! Base64 (RFC 4648), the standard alphabet.

/// The value of a digit.
fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// The bytes that `text` stands for. Blanks and padding are passed over, as
/// lenient readers do; `None` where anything else stands in it.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0u32, 0u32);
    for &byte in text {
        if matches!(byte, b'=' | b'\n' | b'\r' | b' ' | b'\t') {
            continue;
        }
        held = held.wrapping_shl(6) | digit(byte)?;
        bits = bits.wrapping_add(6);
        if bits >= 8 {
            bits = bits.wrapping_sub(8);
            out.push(held.wrapping_shr(bits).to_le_bytes()[0]);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn text_becomes_bytes_or_nothing() {
        assert_eq!(decode(b"").unwrap(), b"");
        assert_eq!(decode(b"aGVsbG8gd29ybGQ=").unwrap(), b"hello world");
        assert_eq!(decode(b"aGVs\nbG8").unwrap(), b"hello");
        assert_eq!(decode(b"/+8=").unwrap(), [0xff, 0xef]);
        assert_eq!(decode(b"a-b_"), None);
    }
}
