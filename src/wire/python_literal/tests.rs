//! Literals read as Python reads them, and everything else refused.

use super::*;

fn read(text: &str) -> Value {
    parse(text.as_bytes(), 0).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(n: i64) -> Value {
    Value::Int(Some(n))
}

#[test]
fn a_header_of_numpy_is_read() {
    let header = "{'descr': [('a', '<f4'), (('t', 'b'), '|O', (2, 3))], \
                  'fortran_order': False, 'shape': (3L, ), }          \n";
    let Value::Dict(pairs) = read(header) else {
        panic!("a dict");
    };
    assert_eq!(pairs.len(), 3);
    assert_eq!(pairs[1], (text("fortran_order"), Value::Bool(false)));
    assert_eq!(pairs[2].1, Value::Tuple(vec![int(3)]));
    let Value::List(fields) = &pairs[0].1 else {
        panic!("a list");
    };
    let title = Value::Tuple(vec![text("t"), text("b")]);
    let shape = Value::Tuple(vec![int(2), int(3)]);
    assert_eq!(fields[1], Value::Tuple(vec![title, text("|O"), shape]));
}

#[test]
fn scalars_and_brackets_are_what_python_makes_of_them() {
    for (spelled, value) in [
        ("()", Value::Tuple(vec![])),
        ("(1)", int(1)),
        ("((1,))", Value::Tuple(vec![int(1)])),
        (
            "[1, [2], ]",
            Value::List(vec![int(1), Value::List(vec![int(2)])]),
        ),
        ("{}", Value::Dict(vec![])),
        ("None", Value::None),
        ("- 7", int(-7)),
        ("0x1f", int(31)),
        ("1_000", int(1000)),
        ("-9223372036854775808", int(i64::MIN)),
        ("9223372036854775808", Value::Int(None)),
        ("'a' \"b\"", text("ab")),
        ("u'\\x41\\u00e9\\102\\n\\q'", text("Aé\u{42}\n\\q")),
        ("r'\\n\\''", text("\\n\\'")),
        ("'''a\n'b'''", text("a\n'b")),
        ("b'\\\\'", Value::Bytes(b"\\".to_vec())),
        (" # note\n 1 # more", int(1)),
        ("'\\ud800'", text("\u{fffd}")),
    ] {
        assert_eq!(read(spelled), value, "{spelled}");
    }
    let twice = read("{'a': 1, 'a': 2}");
    assert_eq!(
        twice,
        Value::Dict(vec![(text("a"), int(1)), (text("a"), int(2))])
    );
}

#[test]
fn what_is_no_literal_is_refused_with_its_place() {
    for (spelled, at) in [
        ("", 0),
        ("os.system('id')", 0),
        ("{'a': __import__('os')}", 6),
        ("1 + 1", 2),
        ("[1 2]", 3),
        ("1.5", 0),
        ("{1, 2}", 2),
        ("{1}", 2),
        ("f'{x}'", 0),
        ("'abc", 4),
        ("(,)", 1),
        ("[1)", 2),
        ("[1", 2),
        ("1 2", 2),
        ("{'a': }", 6),
        ("{'a': 1, 'b'}", 12),
        ("...", 0),
        ("'\\N{DIGIT ONE}'", 3),
        ("'a' b'b'", 8),
    ] {
        match parse(spelled.as_bytes(), 100) {
            Err(fault) => assert_eq!(fault.offset(), Some(100 + at), "{spelled}: {fault}"),
            Ok(value) => panic!("{spelled}: {value:?}"),
        }
    }
    let deep = "[".repeat(DEPTH_CAP + 1);
    assert!(parse(deep.as_bytes(), 0).is_err());
    let deep = ["[".repeat(DEPTH_CAP), "]".repeat(DEPTH_CAP)].concat();
    assert!(parse(deep.as_bytes(), 0).is_ok());
}

#[test]
fn every_beginning_and_every_change_ends() {
    let header = b"{'descr': [(('t', u'b'), '|O', (2,))], 'shape': (-3L, 0x2), 'x': b'\\x41'}";
    for cut in 0..header.len() {
        assert!(parse(&header[..cut], 0).is_err(), "{cut}");
        for byte in 0..=255 {
            let mut changed = header.to_vec();
            changed[cut] = byte;
            let _ended = parse(&changed, 0);
        }
    }
}
