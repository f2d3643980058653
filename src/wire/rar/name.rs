//! Names of the older generation: one for systems without Unicode, and behind
//! a zero byte how the one in Unicode differs from it.

/// Both spellings: the one in Unicode as UTF-8, and the plain one if there are
/// two.
pub(super) fn spellings(field: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let Some(end) = memchr::memchr(0, field) else {
        // The newer writers of this generation put UTF-8 here.
        return (field.to_vec(), None);
    };
    let (plain, encoded) = field.split_at(end);
    let encoded = encoded.get(1..).unwrap_or_default();
    let units = decode(plain, encoded);
    let name = String::from_utf16_lossy(&units).into_bytes();
    (name, Some(plain.to_vec()))
}

/// UTF-16 from a plain name and its differences. Two bits for each run say
/// whether a unit is one byte, one byte and the common high byte, two bytes,
/// or a stretch of the plain name.
fn decode(plain: &[u8], encoded: &[u8]) -> Vec<u16> {
    let mut bytes = encoded.iter().copied();
    let high = bytes.next().unwrap_or(0);
    let mut units = Vec::new();
    let mut runs = (0u8, 0u8);
    loop {
        let (flags, left) = match runs {
            (_, 0) => match bytes.next() {
                Some(flags) => (flags, 4u8),
                None => return units,
            },
            some => some,
        };
        runs = (flags << 2, left.saturating_sub(1));
        let Some(byte) = bytes.next() else {
            return units;
        };
        match flags >> 6 {
            0 => units.push(u16::from(byte)),
            1 => units.push(u16::from_le_bytes([byte, high])),
            2 => units.push(u16::from_le_bytes([byte, bytes.next().unwrap_or(0)])),
            _ => {
                let shift = (byte & 0x80 != 0).then(|| bytes.next().unwrap_or(0));
                let from = units.len();
                let count = usize::from(byte & 0x7f).saturating_add(2);
                let stretch = plain.iter().skip(from).take(count);
                units.extend(stretch.map(|&b| match shift {
                    Some(shift) => u16::from_le_bytes([b.wrapping_add(shift), high]),
                    None => u16::from(b),
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_zero_byte_is_its_own() {
        assert_eq!(spellings(b"a/b"), (b"a/b".to_vec(), None));
    }

    #[test]
    fn each_kind_of_run_is_decoded() {
        // One byte, one with the high byte, two bytes, two of the plain name.
        let field = b"abcde\0\x04\x1bA\x10\xac\x20\x00";
        let (name, plain) = spellings(field);
        assert_eq!(String::from_utf8(name).unwrap(), "A\u{410}\u{20ac}de");
        assert_eq!(plain.unwrap(), b"abcde");
    }

    #[test]
    fn a_stretch_may_be_shifted() {
        let (name, _) = spellings(b"ab\0\x04\xc0\x80\x10");
        assert_eq!(String::from_utf8(name).unwrap(), "\u{471}\u{472}");
    }

    #[test]
    fn cut_differences_end() {
        let field = b"abcde\0\x04\x1bA\x10\xac\x20\x00";
        for cut in 6..field.len() {
            assert!(spellings(&field[..cut]).0.len() <= 8);
        }
    }
}
