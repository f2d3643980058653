//! The reader against another parser, cut everywhere, and at its limits.

use serde_json::{Map, Value};

use super::*;
use crate::source::Memory;
use crate::wire::Fault;

/// Everything a document says, as one value; of equal keys the last counts,
/// as in the parser compared with.
fn parse(bytes: &[u8]) -> Result<(Value, Quirks), Fault> {
    let source = Memory::new(bytes);
    let mut reader = Reader::new(&source, 0..bytes.len() as u64);
    let mut stack: Vec<(Option<String>, Value)> = Vec::new();
    let mut key: Option<String> = None;
    let mut root = None;
    while let Some(event) = reader.next()? {
        let value = match event.token {
            Token::ObjectStart => {
                stack.push((key.take(), Value::Object(Map::new())));
                continue;
            }
            Token::ArrayStart => {
                stack.push((key.take(), Value::Array(Vec::new())));
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                let (name, value) = stack.pop().unwrap();
                key = name;
                value
            }
            Token::Key(text) => {
                key = Some(text.value.to_owned());
                continue;
            }
            Token::String(text) => Value::String(text.value.to_owned()),
            Token::Number(number) => {
                serde_json::from_str(number.text).unwrap_or_else(|_| number.text.into())
            }
            Token::Bool(yes) => Value::Bool(yes),
            Token::Null => Value::Null,
        };
        match stack.last_mut() {
            Some((_, Value::Object(map))) => {
                map.insert(key.take().unwrap(), value);
            }
            Some((_, Value::Array(list))) => list.push(value),
            _ => root = Some(value),
        }
    }
    Ok((root.unwrap(), reader.quirks()))
}

/// A small generator, so that the documents are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn string(&mut self) -> String {
        const PIECES: [&str; 12] = [
            "a",
            "weights.0",
            "\"",
            "\\",
            "\n",
            "\u{1}",
            "ß",
            "模",
            "🦙",
            "/",
            "_",
            "\u{202e}",
        ];
        (0..self.roll(6))
            .map(|_| PIECES[self.roll(12) as usize])
            .collect()
    }

    fn value(&mut self, depth: u64) -> Value {
        match self.roll(if depth > 4 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => Value::Bool(self.roll(2) == 0),
            2 => Value::from(self.roll(u64::MAX)),
            3 => Value::from(-(self.roll(1 << 40) as i64)),
            4 => Value::from(self.roll(1000) as f64 / 7.0 - 50.0),
            5 => Value::from(self.string()),
            6 => (0..self.roll(5)).map(|_| self.value(depth + 1)).collect(),
            _ => Value::Object(
                (0..self.roll(5))
                    .map(|_| (self.string(), self.value(depth + 1)))
                    .collect(),
            ),
        }
    }
}

#[test]
fn random_documents_mean_the_same_to_another_parser() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..2000 {
        let value = dice.value(0);
        let text = match round % 2 {
            0 => serde_json::to_string(&value).unwrap(),
            _ => serde_json::to_string_pretty(&value).unwrap(),
        };
        let (ours, quirks) = parse(text.as_bytes()).unwrap();
        assert_eq!(ours, serde_json::from_str::<Value>(&text).unwrap());
        assert_eq!(quirks, Quirks::default());
    }
}

#[test]
fn broken_documents_are_broken_to_both() {
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    let mut accepted = 0u32;
    for _ in 0..6000 {
        let mut bytes = serde_json::to_vec(&dice.value(0)).unwrap();
        for _ in 0..=dice.roll(2) {
            let at = dice.roll(bytes.len() as u64) as usize;
            const NOISE: &[u8] = b"{}[]\",:\\0-.eE+ tNI\xff\x00u1";
            bytes[at] = NOISE[dice.roll(NOISE.len() as u64) as usize];
        }
        let theirs = serde_json::from_slice::<Value>(&bytes);
        match (parse(&bytes), theirs) {
            (Ok((ours, _)), Ok(theirs)) => {
                accepted += 1;
                assert_eq!(ours, theirs);
            }
            (Err(_), Err(_)) => {}
            (Ok((_, quirks)), Err(error)) => {
                // They refuse what Python accepts, and numbers beyond a double.
                let known = quirks != Quirks::default() || error.to_string().contains("range");
                assert!(known, "{:?}: {error}", String::from_utf8_lossy(&bytes));
            }
            (Err(fault), Ok(_)) => panic!("{:?}: {fault}", String::from_utf8_lossy(&bytes)),
        }
    }
    assert!(accepted > 100, "the noise leaves some documents whole");
}

#[test]
fn a_document_cut_anywhere_is_a_fault() {
    let text = r#"{"a": [1.5e-3, true, null, "x\u00e9\ud83e\udd99"], "b": {"c": -10}}"#;
    let full = parse(text.as_bytes()).unwrap().0;
    assert_eq!(full["a"][3], "xé🦙");
    for cut in 0..text.len() {
        assert!(parse(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn what_python_accepts_is_accepted_and_told() {
    let (value, quirks) = parse(b"\xef\xbb\xbf[NaN, -Infinity, Infinity, \"\\ud800x\"]").unwrap();
    assert_eq!(value[3], "\u{fffd}x");
    let expected = Quirks {
        bom: true,
        non_finite: 3,
        lone_surrogates: 1,
    };
    assert_eq!(quirks, expected);
    let (value, quirks) = parse(br#"["\ud800\ud83e\udd99", "\ud800\u0041"]"#).unwrap();
    assert_eq!(value[0], "\u{fffd}🦙");
    assert_eq!(value[1], "\u{fffd}A");
    assert_eq!(quirks.lone_surrogates, 2);
}

#[test]
fn wide_text_is_named_and_not_misread() {
    for wide in [
        &b"\xff\xfe{\0}\0"[..],
        b"\xfe\xff\0{\0}",
        b"{\0}\0",
        b"\0{\0}",
    ] {
        assert!(matches!(parse(wide), Err(Fault::Unsupported { .. })));
    }
}

#[test]
fn what_only_lax_parsers_accept_is_refused() {
    for text in [
        "",
        " ",
        "[1,]",
        "{\"a\":1,}",
        "[1] x",
        "// c\n1",
        "{a:1}",
        "{'a':1}",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[-]",
        "[-NaN]",
        "\"\t\"",
        "{\"a\"}",
        "{\"a\":}",
        "[}",
        "{]",
        "[1 2]",
        "\"\\x41\"",
        "\"\\u12g4\"",
        "nul",
        "{,}",
        "[,]",
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn offsets_and_depths_are_those_of_the_file() {
    let text = br#"  {"k": [12, "v"]}"#;
    let source = Memory::new(&text[..]);
    let mut reader = Reader::new(&source, 0..text.len() as u64);
    let mut seen = Vec::new();
    while let Some(event) = reader.next().unwrap() {
        seen.push((event.span.start, event.depth));
        if let Token::Number(number) = event.token {
            assert_eq!((number.as_u64(), event.span), (Some(12), 9..11));
        }
    }
    assert_eq!(
        seen,
        [(2, 0), (3, 1), (8, 1), (9, 2), (13, 2), (16, 1), (17, 0)]
    );
}

#[test]
fn integers_are_exact_and_nothing_else_is_an_integer() {
    let text = b"[18446744073709551615, 18446744073709551616, -9223372036854775808, 1.0, 1e3, NaN]";
    let source = Memory::new(&text[..]);
    let mut reader = Reader::new(&source, 0..text.len() as u64);
    let mut exact = Vec::new();
    while let Some(event) = reader.next().unwrap() {
        if let Token::Number(number) = event.token {
            exact.push((number.as_u64(), number.as_i64()));
        }
    }
    let none = (None, None);
    let expected = [
        (Some(u64::MAX), None),
        none,
        (None, Some(i64::MIN)),
        none,
        none,
        none,
    ];
    assert_eq!(exact, expected);
}

#[test]
fn a_long_string_is_cut_and_says_so() {
    // Characters of two bytes at an odd offset: the cap falls inside one.
    let text = format!("[\"a{}\", \"b\"]", "ß".repeat(STRING_CAP_BYTES));
    let source = Memory::new(text.as_bytes());
    let mut reader = Reader::new(&source, 0..text.len() as u64);
    reader.next().unwrap();
    match reader.next().unwrap().unwrap().token {
        Token::String(text) => {
            assert!(text.is_cut());
            assert_eq!(text.len, 1 + 2 * STRING_CAP_BYTES as u64);
            assert_eq!(text.value.len(), STRING_CAP_BYTES - 1);
        }
        other => panic!("{other:?}"),
    }
    match reader.next().unwrap().unwrap().token {
        Token::String(text) => assert_eq!((text.value, text.is_cut()), ("b", false)),
        other => panic!("{other:?}"),
    }
    let broken = [b"\"", "ß".repeat(STRING_CAP_BYTES).as_bytes(), b"\xc3\""].concat();
    assert!(parse(&broken).is_err(), "what is cut is still checked");
}

#[test]
fn nesting_ends_at_the_cap_without_recursion() {
    let deep = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
    let source = Memory::new(deep(DEPTH_CAP));
    let mut reader = Reader::new(&source, 0..u64::MAX);
    while reader.next().unwrap().is_some() {}
    assert!(matches!(
        Reader::new(&Memory::new(deep(DEPTH_CAP + 1)), 0..u64::MAX).skip_value(),
        Err(Fault::Unsupported { .. })
    ));
}

#[test]
fn strings_and_numbers_go_on_across_the_buffer() {
    for pad in (65_500..65_560).chain(131_030..131_080) {
        let text = format!("{{\"{}\": [123456789, \"\\u00e9\\n\"]}}", "k".repeat(pad));
        let theirs: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parse(text.as_bytes()).unwrap().0, theirs, "{pad}");
    }
}

#[test]
fn repeated_keys_are_told_within_their_object_only() {
    let text = br#"{"a": {"b": 1, "b": 2}, "b": [{"a": 1}, {"a": 2}], "\u0061": 3}"#;
    let source = Memory::new(&text[..]);
    let mut reader = Reader::new(&source, 0..text.len() as u64);
    let mut duplicates = Duplicates::default();
    let mut found = Vec::new();
    while let Some(event) = reader.next().unwrap() {
        if duplicates.see(&event) == Duplicate::Key {
            found.push(event.span.start);
        }
    }
    assert_eq!(found, [15, 51], "an escaped spelling is the same key");
}

#[test]
fn names_are_remembered_up_to_the_cap() {
    let mut names = Names::default();
    assert_eq!(names.see("a", 1), Seen::New);
    assert_eq!(names.see("a", 1), Seen::Again);
    assert_eq!(names.see("b", 1), Seen::Unknown);
}

#[test]
fn skipping_a_value_skips_all_of_it() {
    let text = br#"{"a": [1, {"b": []}], "c": 2, "d": "e"}"#;
    let source = Memory::new(&text[..]);
    let mut reader = Reader::new(&source, 0..text.len() as u64);
    let mut keys = Vec::new();
    while let Some(event) = reader.next().unwrap() {
        if let Token::Key(key) = event.token {
            keys.push(key.value.to_owned());
            reader.skip_value().unwrap();
        }
    }
    assert_eq!(keys, ["a", "c", "d"]);
}
