//! Arrays as Flax writes them, and lies about them.

use super::*;
use crate::formats::testing::{self, Said, examine, mangle};
use crate::report::{Severity, Why};

/// A map of one key.
fn under(key: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x81, 0xa0 | key.len() as u8];
    bytes.extend(key.as_bytes());
    bytes.extend(value);
    bytes
}

fn extension(kind: i8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xc8];
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.push(kind.cast_unsigned());
    bytes.extend(body);
    bytes
}

/// Shape, dtype and bytes.
fn fields(shape: &[i64], dtype: &str, data: &[u8]) -> Vec<u8> {
    let mut body = vec![0x93, 0x90 | shape.len() as u8];
    for n in shape {
        body.push(0xd3);
        body.extend(n.to_be_bytes());
    }
    body.push(0xa0 | dtype.len() as u8);
    body.extend(dtype.as_bytes());
    body.extend([0xc4, data.len() as u8]);
    body.extend(data);
    body
}

fn array(shape: &[i64], dtype: &str, data: &[u8]) -> Vec<u8> {
    extension(1, &fields(shape, dtype, data))
}

fn see(bytes: &[u8]) -> Said {
    examine(&Flax, "model.msgpack", bytes)
}

#[test]
fn it_is_known_by_its_suffix_and_by_an_array() {
    let claim = |name: &str, bytes: &[u8]| testing::recognise(&Flax, name, bytes);
    let model = under("w", &array(&[1], "float32", &[0; 4]));
    assert_eq!(claim("model.msgpack", &model), Claim::Magic);
    assert_eq!(claim("checkpoint", &model), Claim::Structure);
    for other in [&b"\x80\x04K\x01."[..], b"\x89HDF\r\n", b"\x93NUMPY\x01\0"] {
        assert_eq!(claim("x.flax", other), Claim::Name);
    }
    assert_eq!(claim("x.mpk", b"text"), Claim::Name);
    for other in [
        under("w", &extension(1, b"zzzz")),
        under("w", b"\x01"),
        b"\x81\xa1a".to_vec(),
        b"\x80\x04K\x01.".to_vec(),
    ] {
        assert_eq!(claim("checkpoint", &other), Claim::No);
    }
}

#[test]
fn arrays_that_are_what_they_say_are_silent() {
    for (shape, dtype, len) in [
        (&[2i64, 3][..], "float32", 24),
        (&[], "int32", 4),
        (&[3], "bfloat16", 6),
        (&[0, 7], "float64", 0),
        (&[5], "int4", 5),
        (&[2], "str96", 24),
        (&[4], "bool", 4),
        (&[2], "datetime64[ns]", 16),
    ] {
        let said = see(&under("w", &array(shape, dtype, &vec![1; len])));
        assert!(
            said.is_clean() && said.named.slack.is_empty(),
            "{dtype}: {said:?}"
        );
        assert_eq!(said.named.tensors[0].bytes, Some(len as u64));
        assert!(said.named.accounts);
    }
    let complex = extension(2, b"\x92\xcb\0\0\0\0\0\0\0\0\xcb\0\0\0\0\0\0\0\0");
    let scalar = extension(3, &fields(&[], "float32", &[0; 4]));
    let time = b"\xd6\xff\0\0\0\x01".to_vec();
    for value in [complex, scalar, time] {
        assert!(see(&under("x", &value)).is_clean());
    }
}

#[test]
fn shapes_that_lie_are_told_apart() {
    for (shape, dtype, rule) in [
        (&[2i64][..], "float32", "flax-size-mismatch"),
        (&[0], "float32", "flax-size-mismatch"),
        (&[-1], "float32", "flax-shape-overflow"),
        (&[i64::MAX, 2], "float32", "flax-shape-overflow"),
        (&[i64::MAX], "float64", "flax-shape-overflow"),
        (&[1], "object", "flax-object-array"),
        (&[1], "|O", "flax-object-array"),
        (&[1], "float33", "flax-invalid-array"),
    ] {
        let said = see(&under("w", &array(shape, dtype, &[0; 4])));
        assert_eq!(said.rules(), [rule], "{shape:?} {dtype}");
    }
    let said = see(&under("w", &array(&[1], "float32", b"\0\0\0\0more")));
    assert_eq!(said.named.slack.len(), 1, "{said:?}");
    for body in [
        &b"\x93"[..],
        b"\x92\x90\xa1a",
        b"\x93\x90\xc0\xc0",
        b"\x93\x91\xa1a\xa1a\xa1a",
    ] {
        let said = see(&under("w", &extension(1, body)));
        assert_eq!(said.rules(), ["flax-invalid-array"]);
    }
    let complex = see(&under("w", &extension(2, b"\x92\x01")));
    assert_eq!(complex.rules(), ["flax-invalid-array"]);
    let scalar = extension(3, &fields(&[2], "float32", &[0; 8]));
    assert_eq!(see(&under("w", &scalar)).rules(), ["flax-invalid-array"]);
    let longer = [fields(&[1], "float32", &[0; 4]), b"more".to_vec()].concat();
    let said = see(&under("w", &extension(1, &longer)));
    assert_eq!(said.rules(), ["flax-invalid-array"]);
    assert_eq!(said.named.slack.len(), 1);
}

#[test]
fn extensions_of_another_program_are_no_broken_arrays() {
    for kind in 1..=3 {
        for body in [&b""[..], b"2024-01-01", b"\x01\x02"] {
            let other = extension(kind, body);
            let said = see(&under("when", &other));
            assert_eq!(said.rules(), ["msgpack-unknown-extension"]);
            assert_eq!(said.findings[0].severity, Severity::Low);
            let mut both = vec![0x82];
            both.extend(&under("when", &other)[1..]);
            both.extend(&under("w", &array(&[1], "float32", &[0; 4]))[1..]);
            assert_eq!(see(&both).rules(), ["flax-invalid-array"]);
        }
    }
    // As msgpack-numpy writes an array.
    let numpy =
        b"\x84\xc4\x02nd\xc3\xc4\x04type\xa3<f4\xc4\x05shape\x91\x01\xc4\x04data\xc4\x04\0\0\0\0";
    assert!(see(numpy).is_clean());
}

#[test]
fn pieces_have_to_fill_their_shape() {
    let whole = |dimension: u8, mark: bool| {
        let piece = array(&[2], "uint8", &[0; 2]);
        let mut bytes = vec![0x83];
        let name: &[u8] = b"__msgpack_chunked_array__";
        bytes.push(0xa0 | name.len() as u8);
        bytes.extend(if mark { name } else { &[b'x'; 25] });
        bytes.extend(b"\xc3\xa5shape\x81\xa10");
        bytes.push(dimension);
        bytes.extend(b"\xa6chunks\x82\xa10");
        bytes.extend(&piece);
        bytes.extend(b"\xa11");
        bytes.extend(&piece);
        see(&under("w", &bytes))
    };
    assert!(whole(4, true).is_clean(), "{:?}", whole(4, true));
    assert_eq!(whole(5, true).rules(), ["flax-size-mismatch"]);
    assert_eq!(whole(0xff, true).rules(), ["flax-shape-overflow"]);
    assert!(whole(5, false).is_clean());
}

#[test]
fn what_no_reader_of_flax_knows_is_reported_and_handed_on() {
    let said = see(&under("w", &extension(42, b"\x80\x04K\x01.")));
    assert_eq!(said.rules(), ["msgpack-unknown-extension"]);
    assert_eq!(said.named.slack.len(), 1);
    let said = see(&under("w", b"\xc4\x05\x80\x04K\x01."));
    assert!(said.is_clean() && said.named.slack.len() == 1);
}

#[test]
fn keys_names_and_texts_are_judged() {
    let twice = see(b"\x82\xa1a\x01\xa1a\x02");
    assert_eq!(twice.severity("msgpack-duplicate-key"), Severity::High);
    for name in ["../up", "/root", "a\u{1b}[2Jb", "a\0b"] {
        assert_eq!(
            see(&under(name, b"\x01")).rules(),
            ["flax-unsafe-name"],
            "{name:?}"
        );
    }
    for name in ["mlp/~/linear_0", "encoder.layers.0", "w:0", "größe"] {
        assert!(see(&under(name, b"\x01")).is_clean(), "{name:?}");
    }
    let text = |text: &str| {
        under(
            "note",
            &[&[0xd9, text.len() as u8], text.as_bytes()].concat(),
        )
    };
    let said = see(&text("__import__('os').system('id')"));
    assert_eq!(said.rules(), ["msgpack-code-in-text"]);
    assert!(see(&text("trained on a system of eight devices")).is_clean());
}

#[test]
fn lies_of_length_depth_and_what_follows() {
    let said = see(b"\x81\xa1a\xc6\xff\xff\xff\xff");
    assert_eq!(said.rules(), ["msgpack-impossible-length"]);
    assert_eq!(said.gaps[0].1, Why::Malformed);
    let said = see(&[vec![0x91; 5000], vec![0xc0]].concat());
    assert_eq!(said.rules(), ["msgpack-deep-nesting"]);
    assert_eq!(said.gaps[0].1, Why::Unsupported);
    assert_eq!(see(b"\x81\xa1a\xc1").rules(), ["msgpack-invalid"]);
    let said = see(b"\x81\xa1a\x01behind");
    assert_eq!(said.rules(), ["msgpack-trailing-data"]);
    assert_eq!(said.named.slack, std::slice::from_ref(&(4..10)));
    let said = see(b"plain text");
    assert!(said.findings.is_empty() && said.gaps.len() == 1);
    assert_eq!(see(b"").gaps.len(), 1);
}

#[test]
fn every_cut_and_every_flip_ends_in_words() {
    let mut model = vec![0x82];
    model.extend(&under("w", &array(&[1], "float32", &[0; 4]))[1..]);
    model.extend(b"\xa1x\x92\xc3\xcb\0\0\0\0\0\0\0\0");
    assert!(see(&model).is_clean());
    for cut in 0..model.len() {
        assert!(!see(&model[..cut]).is_clean(), "{cut}");
    }
    let clean = mangle(&Flax, "model.msgpack", &model);
    assert!(clean < 5 * model.len());
}
