//! Every kind of value, and what lies about itself.

use super::*;
use crate::source::Memory;

/// The tokens of the value, and what ended it.
fn walk(bytes: &[u8]) -> (Vec<Token>, Option<Trouble>, u64) {
    let source = Memory::new(bytes);
    let mut walker = Walker::new(&source, 0..source.len());
    let mut tokens = Vec::new();
    while let Ok(Some(event)) = walker.next_event() {
        assert!(event.span.end <= source.len());
        tokens.push(event.token);
    }
    (tokens, walker.trouble(), walker.position())
}

/// The only token of a value.
fn one(bytes: &[u8]) -> Token {
    let (mut tokens, trouble, end) = walk(bytes);
    assert_eq!(
        (tokens.len(), trouble, end),
        (1, None, bytes.len() as u64),
        "{bytes:x?}"
    );
    tokens.remove(0)
}

#[test]
fn numbers_of_every_width() {
    for (bytes, value) in [
        (&b"\x00"[..], 0i128),
        (b"\x7f", 127),
        (b"\xff", -1),
        (b"\xe0", -32),
        (b"\xcc\xff", 255),
        (b"\xcd\x01\x00", 256),
        (b"\xce\x00\x01\x00\x00", 65536),
        (
            b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
            i128::from(u64::MAX),
        ),
        (b"\xd0\x80", -128),
        (b"\xd1\xff\xfe", -2),
        (b"\xd2\x7f\xff\xff\xff", i128::from(i32::MAX)),
        (b"\xd3\x80\0\0\0\0\0\0\0", i128::from(i64::MIN)),
    ] {
        assert_eq!(one(bytes), Token::Integer(value));
    }
    assert_eq!(one(b"\xca\0\0\0\0"), Token::Float);
    assert_eq!(one(b"\xcb\0\0\0\0\0\0\0\0"), Token::Float);
    assert_eq!(one(b"\xc0"), Token::Nil);
    assert_eq!(one(b"\xc3"), Token::Bool(true));
}

#[test]
fn texts_bytes_and_extensions_are_spans() {
    for (bytes, span) in [
        (&b"\xa2ab"[..], 1..3),
        (b"\xd9\x02ab", 2..4),
        (b"\xda\0\x02ab", 3..5),
        (b"\xdb\0\0\0\x02ab", 5..7),
    ] {
        assert_eq!(one(bytes), Token::Text(span));
    }
    assert_eq!(one(b"\xc4\x01a"), Token::Bytes(2..3));
    assert_eq!(one(b"\xc5\0\x01a"), Token::Bytes(3..4));
    assert_eq!(one(b"\xc6\0\0\0\x01a"), Token::Bytes(5..6));
    for (bytes, kind, span) in [
        (&b"\xd4\x05a"[..], 5, 2..3),
        (b"\xd6\xffabcd", TIMESTAMP, 2..6),
        (b"\xc7\x03\x01abc", 1, 3..6),
        (b"\xc8\0\x01\x80a", -128, 4..5),
        (b"\xc9\0\0\0\x01\x02a", 2, 6..7),
    ] {
        assert_eq!(one(bytes), Token::Extension(kind, span));
    }
    for (marker, len) in [(0xd4u8, 1u64), (0xd5, 2), (0xd6, 4), (0xd7, 8), (0xd8, 16)] {
        let bytes = [&[marker, 7][..], &[0; 16][..len as usize]].concat();
        assert_eq!(one(&bytes), Token::Extension(7, 2..2 + len));
    }
}

#[test]
fn containers_of_every_width_end() {
    for bytes in [
        &b"\x92\x01\x02"[..],
        b"\xdc\0\x02\x01\x02",
        b"\xdd\0\0\0\x02\x01\x02",
    ] {
        let (tokens, trouble, end) = walk(bytes);
        assert_eq!((trouble, end), (None, bytes.len() as u64));
        let [Token::Array(2), _, _, Token::End] = tokens.as_slice() else {
            panic!("{tokens:?}")
        };
    }
    for bytes in [
        &b"\x81\xa1a\x01"[..],
        b"\xde\0\x01\xa1a\x01",
        b"\xdf\0\0\0\x01\xa1a\x01",
    ] {
        let (tokens, trouble, _) = walk(bytes);
        assert_eq!(trouble, None);
        assert!(matches!(
            tokens.as_slice(),
            [Token::Map(1), _, _, Token::End]
        ));
    }
}

#[test]
fn a_key_that_stands_twice_is_told_within_its_map_only() {
    let repeated = |bytes: &[u8]| {
        let source = Memory::new(bytes);
        let mut walker = Walker::new(&source, 0..source.len());
        let mut repeated = Vec::new();
        while let Some(event) = walker.next_event().unwrap() {
            assert!(event.is_key || !event.is_repeated);
            repeated.extend(event.is_repeated.then_some(event.span.start));
        }
        repeated
    };
    assert_eq!(repeated(b"\x82\xa1a\x01\xa1a\x02"), [4]);
    assert_eq!(repeated(b"\x82\xa1a\x01\xd9\x01a\x02"), [4]);
    assert_eq!(repeated(b"\x82\x01\xa1a\xcc\x01\xa1a"), [4]);
    assert!(repeated(b"\x82\xa1a\xa1a\xa1b\xa1a").is_empty());
    assert!(repeated(b"\x82\xa1a\x81\xa1a\x01\xa1b\x81\xa1a\x01").is_empty());
    assert!(repeated(b"\x82\xa1a\x01\xc4\x01a\x01").is_empty());
}

#[test]
fn what_the_bytes_do_not_hold_is_not_believed() {
    for bytes in [
        &b"\xc6\xff\xff\xff\xffab"[..],
        b"\xdb\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff\x01",
        b"\xdf\x00\x00\x00\x02\xa1a\x01",
        b"\xc9\xff\xff\xff\xff\x01a",
        b"\x8f\x01",
    ] {
        assert_eq!(walk(bytes).1, Some(Trouble::Length), "{bytes:x?}");
    }
    assert_eq!(walk(b"\xc1").1, Some(Trouble::Marker));
    assert_eq!(walk(b"").1, Some(Trouble::Short));
    assert_eq!(walk(b"\xcd\x01").1, Some(Trouble::Short));
}

#[test]
fn nesting_has_an_end() {
    let deep = |levels: usize| [vec![0x91; levels], vec![0xc0]].concat();
    assert_eq!(walk(&deep(DEPTH_CAP)).1, None);
    assert_eq!(walk(&deep(DEPTH_CAP + 1)).1, Some(Trouble::Depth));
    assert_eq!(walk(&deep(1 << 20)).1, Some(Trouble::Depth));
}

/// A value with all there is.
const SAMPLE: &[u8] = b"\x86\xa1a\x93\x01\xcd\x01\0\xff\xa1b\xc7\x03\x01abc\xa1c\xc4\x02xy\
    \xa1d\xd6\xff\0\0\0\x01\xd9\x01e\x81\xa1z\xcb\0\0\0\0\0\0\0\0\xa1f\xda\0\x01!";

#[test]
fn every_cut_ends_in_trouble_and_every_flip_ends() {
    assert_eq!(walk(SAMPLE).1, None);
    for cut in 0..SAMPLE.len() {
        assert!(walk(&SAMPLE[..cut]).1.is_some(), "{cut}");
    }
    for at in 0..SAMPLE.len() {
        for mask in 1..=255u8 {
            let mut bytes = SAMPLE.to_vec();
            bytes[at] ^= mask;
            let (tokens, _, end) = walk(&bytes);
            assert!(tokens.len() <= 2 * bytes.len() && end <= bytes.len() as u64);
        }
    }
}
