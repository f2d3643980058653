//! Structs written byte by byte, read, cut and changed.

use super::*;
use crate::source::Memory;

/// Every event as text.
fn read(bytes: &[u8]) -> Result<Vec<String>, Fault> {
    let source = Memory::new(bytes);
    let mut reader = Reader::new(&source, 0..bytes.len() as u64);
    let mut seen = Vec::new();
    while let Some(event) = reader.next()? {
        let token = match event.token {
            Token::Binary => {
                let span = event.span.start as usize..event.span.end as usize;
                format!("{:?}", std::str::from_utf8(&bytes[span]).unwrap_or("?"))
            }
            token => format!("{token:?}"),
        };
        seen.push(format!("{:?} {token}", event.path));
    }
    Ok(seen)
}

/// A struct with every type.
const SAMPLE: &[u8] = &[
    0x15, 0x04, // 1: i32 = 2
    0x18, 2, b'h', b'i', // 2: "hi"
    0x11, 0x12, // 3: true, 4: false
    0x19, 0x2c, // 5: list of 2 structs
    0x18, 1, b'k', 0x18, 1, b'v', 0, // {1: "k", 2: "v"}
    0x16, 0x01, 0, // {1: i64 = -1}
    0x05, 0x28, 0x05, // 20: i32 = -3, by a long id
    0x17, 0, 0, 0, 0, 0, 0, 0, 0, // 21: double
    0x1b, 1, 0x85, b'\x01', b'x', 0x0c, // 22: map {"x": 6}
    0x19, 0x21, 1, 2, // 23: list of booleans
    0,
];

#[test]
fn every_type_is_read_with_its_path() {
    let events = read(SAMPLE).unwrap();
    let expected = [
        "[] Begin",
        "[1] Int(2)",
        "[2] \"hi\"",
        "[3] Bool(true)",
        "[4] Bool(false)",
        "[5] Begin",
        "[5] Begin",
        "[5, 1] \"k\"",
        "[5, 2] \"v\"",
        "[5] End",
        "[5] Begin",
        "[5, 1] Int(-1)",
        "[5] End",
        "[5] End",
        "[20] Int(-3)",
        "[21] Fixed",
        "[22] Begin",
        "[22] \"x\"",
        "[22] Int(6)",
        "[22] End",
        "[23] Begin",
        "[23] Bool(true)",
        "[23] Bool(false)",
        "[23] End",
        "[] End",
    ];
    assert_eq!(events, expected);
}

#[test]
fn counts_lengths_and_levels_are_checked() {
    let many = [0x19, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0];
    assert!(read(&many).is_err(), "elements");
    assert!(read(&[0x18, 0x7f, b'a', 0]).is_err(), "text");
    assert!(
        read(&[
            0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
        ])
        .is_err()
    );
    assert!(read(&[0x1e, 0]).is_err(), "a type that there is not");
    let deep = [0x1c].repeat(DEPTH_CAP);
    assert!(matches!(read(&deep), Err(Fault::Unsupported { .. })));
    assert_eq!(read(&[0]).unwrap(), ["[] Begin", "[] End"]);
}

#[test]
fn every_beginning_and_every_change_ends() {
    for cut in 0..SAMPLE.len() {
        assert!(read(&SAMPLE[..cut]).is_err(), "{cut}");
        for byte in 0..=255 {
            let mut changed = SAMPLE.to_vec();
            changed[cut] = byte;
            let _ended = read(&changed);
        }
    }
}
