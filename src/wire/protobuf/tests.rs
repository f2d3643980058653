//! Messages written field by field, read, cut and changed.

use super::sample::Message;
use super::*;
use crate::source::Memory;

/// Every field as text; messages behind field 7 are entered, packed numbers
/// behind field 8 are read.
fn read(bytes: &[u8]) -> Result<Vec<String>, Fault> {
    let source = Memory::new(bytes);
    let mut reader = Reader::new(&source, 0..bytes.len() as u64);
    let mut seen = Vec::new();
    loop {
        let Some(field) = reader.next()? else {
            if !reader.leave() {
                return Ok(seen);
            }
            seen.push("end".to_owned());
            continue;
        };
        assert!(field.span.end as usize <= bytes.len());
        let number = field.number;
        match &field.value {
            Value::Bytes(span) if number == 7 => {
                seen.push("7 begin".to_owned());
                reader.enter(span)?;
            }
            Value::Bytes(span) if number == 8 => {
                reader.enter(span)?;
                let mut numbers = Vec::new();
                while let Some(number) = reader.next_varint()? {
                    numbers.push(number);
                }
                reader.leave();
                seen.push(format!("8 {numbers:?}"));
            }
            Value::Bytes(span) => {
                let text = String::from_utf8_lossy(&reader.read(span, 64)?).into_owned();
                seen.push(format!("{number} {text:?}"));
            }
            value => seen.push(format!("{number} {value:?}")),
        }
        if field.spelling != Spelling::Shortest {
            seen.push(format!("{:?}", field.spelling));
        }
    }
}

fn sample() -> Vec<u8> {
    let inner = Message::new().bytes(2, "inner").int(1, -2);
    let outer = Message::new().message(7, &inner).fixed32(3, 7);
    Message::new()
        .varint(1, 300)
        .bytes(2, "text")
        .fixed64(4, u64::MAX)
        .message(7, &outer)
        .packed(8, &[1, 128, u64::MAX])
        .group(9, &Message::new().bytes(1, "g").group(9, &Message::new()))
        .varint(536_870_911, 1)
        .done()
}

#[test]
fn every_type_is_read_in_its_message() {
    let expected = [
        "1 Varint(300)",
        "2 \"text\"",
        "4 Fixed64(18446744073709551615)",
        "7 begin",
        "7 begin",
        "2 \"inner\"",
        "1 Varint(18446744073709551614)",
        "end",
        "3 Fixed32(7)",
        "end",
        "8 [1, 128, 18446744073709551615]",
        "9 Group(61..66)",
        "536870911 Varint(1)",
    ];
    assert_eq!(read(&sample()).unwrap(), expected);
}

#[test]
fn cut_anywhere_it_ends_with_a_fault_or_between_two_fields() {
    let bytes = sample();
    let whole = read(&bytes).unwrap();
    for cut in 0..bytes.len() {
        match read(&bytes[..cut]) {
            Ok(seen) => assert!(whole.starts_with(&seen), "cut at {cut}"),
            Err(fault) => assert!(fault.offset().is_some_and(|at| at <= cut as u64)),
        }
    }
}

#[test]
fn any_changed_byte_ends_in_fields_or_a_fault() {
    let bytes = sample();
    for at in 0..bytes.len() {
        for mask in 1..=u8::MAX {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            if let Err(fault) = read(&changed) {
                assert!(fault.offset().is_some_and(|at| at <= bytes.len() as u64));
            }
        }
    }
}

#[test]
fn what_no_parser_takes_is_malformed() {
    let of = |message: Message| read(message.as_ref()).unwrap_err().to_string();
    assert_eq!(of(Message::new().tag(0, 0)), "a field with the number 0");
    let tag = Message::new().number(1 << 32);
    assert_eq!(of(tag), "the tag of a field has over 32 bits");
    for kind in [6, 7] {
        let what = format!("the type {kind}, which Protocol Buffers do not have");
        assert_eq!(of(Message::new().tag(1, kind)), what);
    }
    let end = Message::new().tag(1, 4);
    assert_eq!(of(end), "the end of a group that is not open");
    let open = Message::new().tag(1, 3).varint(1, 1);
    assert_eq!(of(open), "a group without its end");
    let other = Message::new().tag(1, 3).tag(2, 4);
    assert_eq!(of(other), "the end of another group");
    let long = Message::new().tag(1, 0).raw(&[0x80; 11]);
    assert_eq!(of(long), "a number of more than 10 bytes");
}

#[test]
fn nothing_runs_out_of_its_message() {
    let of = |inner: &[u8]| {
        let message = Message::new().bytes(7, inner).bytes(1, [0; 16]);
        read(message.as_ref()).unwrap_err().to_string()
    };
    let length = Message::new().tag(1, 2).number(5).raw(b"abc").done();
    let what = "a field of 5 bytes in a message that has 3 left";
    assert_eq!(of(&length), what);
    let huge = Message::new().tag(1, 2).number(u64::MAX).done();
    assert!(of(&huge).contains("18446744073709551615 bytes"));
    let fixed = Message::new().tag(1, 1).raw(b"abcd").done();
    assert_eq!(of(&fixed), "a field runs out of its message");
    let number = Message::new().tag(1, 0).raw(&[0x80]).done();
    assert_eq!(of(&number), "a number runs out of its message");
}

#[test]
fn a_longer_spelling_is_told() {
    let bytes = |raw: &[u8]| Message::new().tag(1, 0).raw(raw).done();
    assert_eq!(read(&bytes(&[0x81, 0])).unwrap(), ["1 Varint(1)", "Longer"]);
    assert_eq!(read(&bytes(&[0])).unwrap(), ["1 Varint(0)"]);
    let mut over = vec![0xff; 9];
    over.push(0x7f);
    let seen = read(&bytes(&over)).unwrap();
    assert_eq!(seen, ["1 Varint(18446744073709551615)", "Overflowing"]);
    let length = Message::new().tag(2, 2).raw(&[0x81, 0, b'x']).done();
    assert_eq!(read(&length).unwrap(), ["2 \"x\"", "Longer"]);
    let tag = Message::new().raw(&[0x88, 0x80, 0, 5]).done();
    assert_eq!(read(&tag).unwrap(), ["1 Varint(5)", "Longer"]);
}

#[test]
fn a_message_is_left_wherever_the_walk_stands_in_it() {
    let inner = Message::new().varint(1, 1).varint(2, 2);
    let bytes = Message::new().message(7, &inner).varint(3, 3).done();
    let source = Memory::new(bytes.clone());
    let mut reader = Reader::new(&source, 0..bytes.len() as u64);
    let message = reader.next().unwrap().unwrap();
    reader.enter(message.bytes().unwrap()).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().int32(), Some(1));
    assert_eq!(reader.depth(), 1);
    assert!(reader.leave());
    assert_eq!(reader.next().unwrap().unwrap().varint(), Some(3));
    assert!(reader.next().unwrap().is_none());
    assert!(!reader.leave());
}

#[test]
fn messages_in_messages_end_at_the_cap_without_recursion() {
    // Written inside out, so that each level has room for its length.
    let mut levels = Vec::new();
    let mut len = 0u64;
    for _ in 0..=DEPTH_CAP {
        let head = Message::new().tag(7, 2).number(len).done();
        len += head.len() as u64;
        levels.push(head);
    }
    let bytes: Vec<u8> = levels.into_iter().rev().flatten().collect();
    let fault = read(&bytes).unwrap_err();
    assert!(matches!(fault, Fault::Unsupported { .. }), "{fault}");
    let groups = Message::new().raw(&vec![0x0b; DEPTH_CAP + 2]);
    assert!(matches!(
        read(groups.as_ref()),
        Err(Fault::Unsupported { .. })
    ));
}

#[test]
fn large_bytes_are_neither_read_nor_kept() {
    let bytes = Message::new()
        .bytes(1, vec![b'x'; 300 << 10])
        .varint(2, 5)
        .done();
    let source = Memory::new(bytes.clone());
    let mut reader = Reader::new(&source, 0..bytes.len() as u64);
    let field = reader.next().unwrap().unwrap();
    let span = field.bytes().unwrap();
    assert_eq!(span.end - span.start, 300 << 10);
    assert_eq!(reader.peek(span, 4).unwrap(), b"xxxx");
    assert_eq!(reader.peek(span, usize::MAX).unwrap().len(), PEEK_CAP_BYTES);
    assert_eq!(reader.read(span, 100 << 10).unwrap().len(), 100 << 10);
    assert_eq!(reader.next().unwrap().unwrap().varint(), Some(5));
}

#[test]
fn varints_are_counted_by_their_ends() {
    let values: Vec<u64> = (0..200_000).map(|n| n * n).collect();
    let bytes = Message::new().packed(1, &values).done();
    let source = Memory::new(bytes.clone());
    let mut reader = Reader::new(&source, 0..bytes.len() as u64);
    let field = reader.next().unwrap().unwrap();
    let mut checks = 0;
    let count = count_varints(&source, field.bytes().unwrap(), || {
        checks += 1;
        Ok(())
    });
    assert_eq!(count.unwrap(), 200_000);
    assert!(checks > 1);
}
