//! Text in UTF-16 and UTF-32, which Python's JSON and YAML readers take as
//! well as UTF-8.

/// The text in these bytes, told by a byte order mark or by where the zeros of
/// its first characters stand; halves of pairs become U+FFFD. `None` where the
/// bytes are no such text.
pub fn decode(bytes: &[u8]) -> Option<String> {
    let (width, is_little, skip) = match bytes {
        [0xff, 0xfe, 0, 0, ..] => (4, true, 4),
        [0, 0, 0xfe, 0xff, ..] => (4, false, 4),
        [0xff, 0xfe, ..] => (2, true, 2),
        [0xfe, 0xff, ..] => (2, false, 2),
        [0, 0, 0, _, ..] => (4, false, 0),
        [_, 0, 0, 0, ..] => (4, true, 0),
        [0, _, ..] => (2, false, 0),
        [_, 0, ..] => (2, true, 0),
        _ => return None,
    };
    let units = bytes.get(skip..)?.chunks(width).map(|unit| {
        let push = |value: u32, &byte: &u8| value.wrapping_shl(8) | u32::from(byte);
        match is_little {
            true => unit.iter().rev().fold(0, push),
            false => unit.iter().fold(0, push),
        }
    });
    let lost = char::REPLACEMENT_CHARACTER;
    Some(match width {
        4 => units
            .map(|unit| char::from_u32(unit).unwrap_or(lost))
            .collect(),
        _ => char::decode_utf16(units.map(|unit| u16::try_from(unit).unwrap_or(0xfffd)))
            .map(|read| read.unwrap_or(lost))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn every_kind_is_told_by_its_beginning() {
        let text = "{\"é\": \"🦙\"}";
        let sixteen = |mark: &str, little: bool| -> Vec<u8> {
            let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
            let bytes = units.into_iter().map(|u| {
                if little {
                    u.to_le_bytes()
                } else {
                    u.to_be_bytes()
                }
            });
            bytes.flatten().collect()
        };
        let thirty_two = |mark: &str, little: bool| -> Vec<u8> {
            let text = format!("{mark}{text}");
            let units = text.chars().map(u32::from);
            let bytes = units.map(|u| {
                if little {
                    u.to_le_bytes()
                } else {
                    u.to_be_bytes()
                }
            });
            bytes.flatten().collect()
        };
        for mark in ["", "\u{feff}"] {
            for little in [true, false] {
                assert_eq!(decode(&sixteen(mark, little)).unwrap(), text);
                assert_eq!(decode(&thirty_two(mark, little)).unwrap(), text);
            }
        }
        assert_eq!(decode(b"{}"), None);
        assert_eq!(decode(b""), None);
        assert_eq!(decode(b"\xff\xfe\0\xd8a").unwrap(), "\u{fffd}a");
    }
}
