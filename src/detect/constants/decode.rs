//! Decoders of constants: hexadecimal, base64, rot13, compressed bytes.
//!
//! A payload inside a payload is usually wrapped in one of these. Broken input
//! gives `None`, as Python would raise. A decoder that is not here gives
//! `None` too; then the call of the loader it feeds is told all the same, and
//! only the bytes are not looked into.

use std::io::Read as _;

use super::{DECODED_CAP_BYTES, Datum, TEXT_CAP_BYTES};
use crate::budget::Budget;
use crate::source::Memory;
use crate::wire::codec::Codec;

/// Bytes of a text or of bytes, if they are not too long.
fn raw(datum: &Datum) -> Option<&[u8]> {
    let bytes = match datum {
        Datum::Text(text) => text.as_bytes(),
        Datum::Bytes(bytes) => bytes,
        _ => return None,
    };
    (bytes.len() <= DECODED_CAP_BYTES).then_some(bytes)
}

/// `codecs.decode(value, encoding)`.
pub(super) fn by_name(args: &[Datum]) -> Option<Datum> {
    let value = args.first()?;
    match encoding(args.get(1))?.as_str() {
        "rot13" => rot13(value),
        "hex" => hex(std::slice::from_ref(value)),
        "base64" => base64(std::slice::from_ref(value)),
        "zlib" | "zip" => zlib(std::slice::from_ref(value)),
        "bz2" => bzip2(std::slice::from_ref(value)),
        name => to_text(raw(value)?, name),
    }
}

/// `codecs.encode(value, encoding)`.
pub(super) fn to_name(args: &[Datum]) -> Option<Datum> {
    match encoding(args.get(1))?.as_str() {
        "rot13" => rot13(args.first()?),
        name => to_bytes(args.first()?, name),
    }
}

/// `bytes.decode(value, encoding)`.
pub(super) fn bytes_decode(args: &[Datum]) -> Option<Datum> {
    by_name(args)
}

/// `str.encode(value, encoding)`.
pub(super) fn text_encode(args: &[Datum]) -> Option<Datum> {
    to_name(args)
}

/// The name of an encoding, in one spelling; UTF-8 if there is none.
fn encoding(name: Option<&Datum>) -> Option<String> {
    let name = match name {
        None => return Some("utf8".to_owned()),
        Some(Datum::Text(name)) => name,
        Some(_) => return None,
    };
    let plain = |c: &char| c.is_ascii_alphanumeric();
    let name: String = name.chars().filter(plain).collect();
    let name = name.to_ascii_lowercase();
    Some(name.strip_suffix("codec").unwrap_or(&name).to_owned())
}

fn to_text(bytes: &[u8], encoding: &str) -> Option<Datum> {
    if bytes.len() > TEXT_CAP_BYTES {
        return None;
    }
    let units = |from: fn([u8; 2]) -> u16| {
        let pair = |pair: &[u8]| Some(from(pair.try_into().ok()?));
        let units: Vec<u16> = bytes.chunks_exact(2).filter_map(pair).collect();
        String::from_utf16(&units).ok()
    };
    let text = match encoding {
        "utf8" | "u8" | "ascii" | "usascii" | "utf8sig" => {
            String::from_utf8(bytes.to_vec()).ok()?
        }
        "latin1" | "iso88591" | "l1" | "cp1252" | "charmap" => {
            bytes.iter().map(|&b| char::from(b)).collect()
        }
        "utf16le" => units(u16::from_le_bytes)?,
        "utf16be" => units(u16::from_be_bytes)?,
        "utf16" => units(u16::from_le_bytes)?
            .trim_start_matches('\u{feff}')
            .to_owned(),
        "unicodeescape" | "rawunicodeescape" | "stringescape" => unescape(bytes)?,
        _ => return None,
    };
    Some(Datum::Text(text))
}

/// Undo `\xNN`, `\uNNNN` and octal escapes.
fn unescape(bytes: &[u8]) -> Option<String> {
    let text: String = bytes.iter().map(|&b| char::from(b)).collect();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((front, tail)) = rest.split_once('\\') {
        out.push_str(front);
        let kind = tail.chars().next()?;
        let behind = tail.get(kind.len_utf8()..)?;
        let width = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0'..='7' => {
                let used = tail
                    .bytes()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .count();
                out.push(char::from_u32(
                    u32::from_str_radix(tail.get(..used)?, 8).ok()?,
                )?);
                rest = tail.get(used..)?;
                continue;
            }
            other => {
                out.push(match other {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
                rest = behind;
                continue;
            }
        };
        out.push(char::from_u32(
            u32::from_str_radix(behind.get(..width)?, 16).ok()?,
        )?);
        rest = behind.get(width..)?;
    }
    out.push_str(rest);
    Some(out)
}

fn to_bytes(value: &Datum, encoding: &str) -> Option<Datum> {
    let Datum::Text(text) = value else {
        return None;
    };
    let bytes = match encoding {
        "utf8" | "u8" | "ascii" | "usascii" => text.clone().into_bytes(),
        "latin1" | "iso88591" | "l1" | "cp1252" => {
            let byte = |c: char| u8::try_from(u32::from(c)).ok();
            text.chars().map(byte).collect::<Option<_>>()?
        }
        _ => return None,
    };
    (bytes.len() <= DECODED_CAP_BYTES).then_some(Datum::Bytes(bytes))
}

fn rot13(value: &Datum) -> Option<Datum> {
    let turn = |c: char| {
        let base = match c {
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            other => return other,
        };
        let (c, base) = (u32::from(c), u32::from(base));
        let turned = c.saturating_sub(base).saturating_add(13) % 26;
        char::from_u32(base.saturating_add(turned)).unwrap_or('?')
    };
    match value {
        Datum::Text(text) => Some(Datum::Text(text.chars().map(turn).collect())),
        _ => None,
    }
}

/// Hexadecimal digits, with blanks between pairs.
pub(super) fn hex(args: &[Datum]) -> Option<Datum> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    let digits = raw(args.first()?)?
        .iter()
        .filter(|b| !b.is_ascii_whitespace());
    let digits: Vec<u32> = digits.map(digit).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        &[high, low] => u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok(),
        _ => None,
    };
    digits
        .chunks(2)
        .map(byte)
        .collect::<Option<_>>()
        .map(Datum::Bytes)
}

/// Base64, ordinary or for addresses; other characters are left out, as
/// Python does.
pub(super) fn base64(args: &[Datum]) -> Option<Datum> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b.saturating_sub(b'A')),
        b'a'..=b'z' => Some(b.saturating_sub(b'a').saturating_add(26)),
        b'0'..=b'9' => Some(b.saturating_sub(b'0').saturating_add(52)),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let text = raw(args.first()?)?.iter().take_while(|&&b| b != b'=');
    Some(Datum::Bytes(bits(text.filter_map(|&b| value(b)), 6)))
}

/// Base32.
pub(super) fn base32(args: &[Datum]) -> Option<Datum> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b.saturating_sub(b'A')),
        b'a'..=b'z' => Some(b.saturating_sub(b'a')),
        b'2'..=b'7' => Some(b.saturating_sub(b'2').saturating_add(26)),
        _ => None,
    };
    let text = raw(args.first()?)?.iter().take_while(|&&b| b != b'=');
    Some(Datum::Bytes(bits(text.filter_map(|&b| value(b)), 5)))
}

/// Bytes out of groups of `width` bits, the highest first; what does not fill
/// a byte is dropped.
fn bits(groups: impl Iterator<Item = u8>, width: u32) -> Vec<u8> {
    let (mut held, mut count, mut out) = (0u32, 0u32, Vec::new());
    for group in groups {
        held = (held.wrapping_shl(width) | u32::from(group)) & 0xffff;
        count = count.saturating_add(width);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push((held.wrapping_shr(count) & 0xff) as u8);
        }
    }
    out
}

/// A zlib stream.
pub(super) fn zlib(args: &[Datum]) -> Option<Datum> {
    let bytes = raw(args.first()?)?;
    let raw_window = matches!(args.get(1), Some(Datum::Int(n)) if *n < 0);
    match raw_window {
        true => unpack(Codec::Deflate, bytes),
        false if bytes.starts_with(&[0x1f, 0x8b]) => unpack(Codec::Gzip, bytes),
        false => unpack(Codec::Zlib, bytes),
    }
}

/// A gzip file.
pub(super) fn gzip(args: &[Datum]) -> Option<Datum> {
    unpack(Codec::Gzip, raw(args.first()?)?)
}

/// A bzip2 file.
pub(super) fn bzip2(args: &[Datum]) -> Option<Datum> {
    unpack(Codec::Bzip2, raw(args.first()?)?)
}

/// An xz or lzma file.
pub(super) fn xz(args: &[Datum]) -> Option<Datum> {
    let bytes = raw(args.first()?)?;
    match bytes.starts_with(b"\xfd7zXZ\0") {
        true => unpack(Codec::Xz, bytes),
        false => unpack(Codec::Lzma, bytes),
    }
}

/// What packed bytes hold, up to [`DECODED_CAP_BYTES`]. What a broken stream
/// gave before it broke counts: that errs on the side of looking.
fn unpack(codec: Codec, bytes: &[u8]) -> Option<Datum> {
    let source = Memory::borrowed(bytes);
    let span = 0..(bytes.len() as u64);
    let mut out = Vec::new();
    // Both ends are capped, so the clock need not be looked at in between.
    let unpacked = codec.decode(&source, span, &Budget::unlimited());
    let cap = (DECODED_CAP_BYTES as u64).saturating_add(1);
    let ended = unpacked.take(cap).read_to_end(&mut out);
    let usable = ended.is_ok() || !out.is_empty();
    (usable && out.len() <= DECODED_CAP_BYTES).then_some(Datum::Bytes(out))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn t(text: &str) -> Datum {
        Datum::Text(text.to_owned())
    }

    fn b(bytes: &[u8]) -> Datum {
        Datum::Bytes(bytes.to_vec())
    }

    /// Compared with CPython 3.11.
    #[test]
    fn decoders_mean_what_python_means() {
        assert_eq!(by_name(&[t("flfgrz"), t("rot_13")]), Some(t("system")));
        assert_eq!(by_name(&[b(b"6f73"), t("hex_codec")]), Some(b(b"os")));
        assert_eq!(by_name(&[b(b"b3M=\n"), t("base64")]), Some(b(b"os")));
        assert_eq!(by_name(&[b(b"os"), t("UTF-8")]), Some(t("os")));
        assert_eq!(by_name(&[b(b"o\0s\0"), t("utf-16-le")]), Some(t("os")));
        assert_eq!(
            by_name(&[b(br"\x6fs\163\u0073"), t("unicode_escape")]),
            Some(t("osss"))
        );
        assert_eq!(by_name(&[b(b"os"), t("idna")]), None);
        assert_eq!(text_encode(&[t("\u{e9}"), t("latin1")]), Some(b(b"\xe9")));
        assert_eq!(base64(&[t("b3MuLi4_")]), Some(b(b"os...?")));
        assert_eq!(base32(&[t("N5ZQ====")]), Some(b(b"os")));
        assert_eq!(hex(&[t("6F 73")]), Some(b(b"os")));
        assert_eq!(hex(&[t("6F7")]), None);
    }

    #[test]
    fn compressed_constants_are_unpacked_and_bounded() {
        let pack = |plain: &[u8]| {
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            out.write_all(plain).unwrap();
            out.finish().unwrap()
        };
        assert_eq!(zlib(&[b(&pack(b"payload"))]), Some(b(b"payload")));
        assert_eq!(zlib(&[b(&pack(&vec![0; DECODED_CAP_BYTES + 1]))]), None);
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(b"payload").unwrap();
        let packed = out.finish().unwrap();
        assert_eq!(gzip(&[b(&packed)]), Some(b(b"payload")));
        for end in 0..packed.len() {
            gzip(&[b(&packed[..end])]);
            zlib(&[b(&packed[..end])]);
        }
        assert_eq!(zlib(&[b(b"nonsense")]), None);
    }
}
