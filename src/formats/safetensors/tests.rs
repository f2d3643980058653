//! Headers made in place: one lie at a time, and the reference beside us.

use super::super::testing::{Said, mangle};
use super::*;
use crate::report::Severity;

/// A file with this header and `data` bytes behind it.
pub(super) fn file(json: &str, data: usize) -> Vec<u8> {
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(json.as_bytes());
    bytes.extend(std::iter::repeat_n(7, data));
    bytes
}

fn examine_bytes(bytes: Vec<u8>) -> Said {
    super::super::testing::examine(&Safetensors, "model.safetensors", bytes)
}

fn examine_json(json: &str, data: usize) -> Said {
    examine_bytes(file(json, data))
}

fn recognise(name: &str, bytes: &[u8]) -> Claim {
    super::super::testing::recognise(&Safetensors, name, bytes)
}

const TWO: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[8,12]}}   "#;

/// The header with one tensor `a`, and whatever stands in for its fields.
fn one(fields: &str) -> String {
    format!(r#"{{"a":{{{fields}}}}}"#)
}

#[test]
fn an_ordinary_file_is_clean_and_names_its_tensors() {
    let said = examine_json(TWO, 12);
    assert!(said.is_clean(), "{said:?}");
    let tensors: Vec<_> = said
        .named
        .tensors
        .iter()
        .map(|t| (t.name.as_str(), t.bytes))
        .collect();
    assert_eq!(tensors, [("a", Some(8)), ("b", Some(4))]);
    assert!(examine_json("{}", 0).is_clean());
    let scalar = one(r#""dtype":"BF16","shape":[],"data_offsets":[0,2]"#);
    assert!(examine_json(&scalar, 2).is_clean());
    let packed = one(r#""dtype":"F4","shape":[3,2],"data_offsets":[0,3]"#);
    assert!(examine_json(&packed, 3).is_clean());
    let empty = one(r#""dtype":"F32","shape":[0,5],"data_offsets":[0,0]"#);
    assert!(examine_json(&empty, 0).is_clean());
}

#[test]
fn it_is_recognised_by_content_and_by_name() {
    assert_eq!(recognise("x.bin", &file(TWO, 12)), Claim::Structure);
    assert_eq!(recognise("x", &file("{}", 0)), Claim::Structure);
    assert_eq!(
        recognise("m.safetensors", &file(TWO, 12)[..60]),
        Claim::Magic
    );
    assert_eq!(recognise("m.bin", &file(TWO, 12)[..60]), Claim::No);
    assert_eq!(
        recognise("m.SafeTensors", b"\x80\x02}q\x00.xxxxxxxx"),
        Claim::Name
    );
    assert_eq!(recognise("m.safetensors", b""), Claim::Name);
    assert_eq!(
        recognise("m.bin", b"\x10\0\0\0\0\0\0\0[1,2]          "),
        Claim::No
    );
    // A length whose bytes begin a pickle changes nothing.
    let pickle_like = file(&format!("{{}}{}", " ".repeat(0x0280 - 2)), 0);
    assert_eq!(recognise("x", &pickle_like), Claim::Structure);
}

#[test]
fn each_lie_about_a_tensor_has_its_rule() {
    for (fields, data, rule) in [
        (
            r#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#,
            4,
            "size-mismatch",
        ),
        (
            r#""dtype":"F4","shape":[3],"data_offsets":[0,2]"#,
            2,
            "size-mismatch",
        ),
        (
            r#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]"#,
            0,
            "shape-overflow",
        ),
        (
            r#""dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]"#,
            0,
            "shape-overflow",
        ),
        (
            r#""dtype":"U8","shape":[4],"data_offsets":[0,4]"#,
            3,
            "out-of-file",
        ),
        (
            r#""dtype":"U8","shape":[4],"data_offsets":[0,4]"#,
            5,
            "trailing-data",
        ),
        (
            r#""dtype":"U8","shape":[4],"data_offsets":[1,5]"#,
            5,
            "hole",
        ),
        (
            r#""dtype":"U8","shape":[4],"data_offsets":[4,0]"#,
            0,
            "invalid-entry",
        ),
        (
            r#""dtype":"U8","shape":[4],"data_offsets":[0,4.0]"#,
            4,
            "invalid-entry",
        ),
        (
            r#""dtype":"U8","shape":[4],"data_offsets":[0,4,4]"#,
            4,
            "invalid-entry",
        ),
        (
            r#""dtype":"U8","shape":[-4],"data_offsets":[0,4]"#,
            4,
            "invalid-entry",
        ),
        (
            r#""dtype":"U8","shape":[[4]],"data_offsets":[0,4]"#,
            4,
            "invalid-entry",
        ),
        (
            r#""dtype":"U8","shape":"4","data_offsets":[0,4]"#,
            4,
            "invalid-entry",
        ),
        (
            r#""dtype":8,"shape":[4],"data_offsets":[0,4]"#,
            4,
            "invalid-entry",
        ),
        (r#""shape":[4],"data_offsets":[0,4]"#, 4, "invalid-entry"),
        (r#""dtype":"U8","data_offsets":[0,4]"#, 4, "invalid-entry"),
        (r#""dtype":"U8","shape":[4]"#, 4, "invalid-entry"),
    ] {
        let said = examine_json(&one(fields), data);
        let expected = format!("safetensors-{rule}");
        assert!(
            said.rules().contains(&expected.as_str()),
            "{fields}: {said:?}"
        );
        assert!(
            !said.rules().contains(&"safetensors-parser-disagreement"),
            "{fields}: {said:?}"
        );
    }
}

#[test]
fn tensors_that_share_bytes_are_found_whatever_their_order() {
    for (a, b) in [
        ("[0,8]", "[4,12]"),
        ("[4,12]", "[0,8]"),
        ("[0,12]", "[4,12]"),
    ] {
        let json = format!(
            r#"{{"a":{{"dtype":"U8","shape":[8],"data_offsets":{a}}},"b":{{"dtype":"U8","shape":[8],"data_offsets":{b}}}}}"#
        );
        let said = examine_json(&json, 12);
        assert!(
            said.rules().contains(&"safetensors-overlapping-tensors"),
            "{said:?}"
        );
    }
}

#[test]
fn a_key_that_stands_twice_is_found_at_every_level() {
    let entry = r#"{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#;
    let twice = |json: &str| {
        let said = examine_json(json, 4);
        assert_eq!(
            said.severity("safetensors-duplicate-key"),
            Severity::High,
            "{json}"
        );
        assert!(
            !said.rules().contains(&"safetensors-parser-disagreement"),
            "{json} {said:?}"
        );
    };
    twice(&format!(r#"{{"a":{entry},"a":{entry}}}"#));
    twice(&format!(r#"{{"a":{entry},"\u0061":{entry}}}"#));
    twice(&format!(
        r#"{{"__metadata__":{{}},"a":{entry},"__metadata__":{{}}}}"#
    ));
    twice(&format!(
        r#"{{"__metadata__":{{"k":"1","k":"2"}},"a":{entry}}}"#
    ));
    twice(&one(
        r#""dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]"#,
    ));
}

#[test]
fn names_that_act_are_told_and_ordinary_ones_are_not() {
    let named = |name: &str| {
        let json = format!(r#"{{"{name}":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}}}"#);
        examine_json(&json, 4)
    };
    for name in [
        "../../x",
        "/etc/passwd",
        "a\\u0000b",
        "a\\u202eb",
        "a\\u001b[31m",
        "c:\\\\x",
    ] {
        let said = named(name);
        assert_eq!(
            said.severity("safetensors-unsafe-name"),
            Severity::Medium,
            "{name}"
        );
    }
    assert_eq!(named("").severity("safetensors-unsafe-name"), Severity::Low);
    for name in [
        "model.layers.0.weight",
        "w:0",
        "enc/dec/kernel:0",
        "模型",
        "a b",
        "~x",
    ] {
        assert!(named(name).is_clean(), "{name}");
    }
}

#[test]
fn metadata_is_text_and_says_nothing_that_runs() {
    let with = |metadata: &str| examine_json(&format!(r#"{{"__metadata__":{metadata}}}"#), 0);
    for metadata in [
        r#"{"config":"{\"_target_\":\"subprocess.Popen\",\"args\":[\"id\"]}"}"#,
        r#"{"model._target_":"subprocess.Popen"}"#,
        r#"{"card":"<script>alert(1)</script>"}"#,
        r#"{"init":"__import__('os').system('id')"}"#,
        r#"{"__import__('os')":"x"}"#,
        r#"{"opt":"gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjANpZJSFlFKULg=="}"#,
    ] {
        let said = with(metadata);
        assert!(
            said.severity("safetensors-code-in-metadata") >= Severity::Medium,
            "{metadata}"
        );
        assert_eq!(said.findings.len(), 1, "{said:?}");
    }
    for metadata in [
        r#"{"format":"pt","license":"Permission is hereby granted, free of charge, to any person"}"#,
        r#"{"total_size":"12","ss_tag_frequency":"{\"a\": {\"b\": 1}}"}"#,
        "null",
        "{}",
    ] {
        assert!(with(metadata).is_clean(), "{metadata}");
    }
    for metadata in [
        r#"{"a":1}"#,
        r#"{"a":{"b":"c"}}"#,
        r#"["a"]"#,
        r#""a""#,
        r#"{"a":null}"#,
    ] {
        let said = with(metadata);
        assert_eq!(said.rules(), ["safetensors-invalid-metadata"], "{metadata}");
    }
    let nested = with(r#"{"a":{"_target_":"subprocess.Popen"}}"#);
    assert_eq!(
        nested.rules(),
        [
            "safetensors-code-in-metadata",
            "safetensors-invalid-metadata"
        ]
    );
}

#[test]
fn new_dtypes_and_extra_fields_are_no_alarm() {
    let new = examine_json(&one(r#""dtype":"F2","shape":[4],"data_offsets":[0,1]"#), 1);
    assert_eq!(new.severity("safetensors-unknown-dtype"), Severity::Info);
    assert_eq!(new.findings.len(), 1, "{new:?}");
    let extra = one(r#""dtype":"U8","x":{"y":[1]},"shape":[4],"data_offsets":[0,4]"#);
    let extra = examine_json(&extra, 4);
    assert_eq!(extra.severity("safetensors-extra-field"), Severity::Low);
    assert_eq!(extra.findings.len(), 1, "{extra:?}");
}

#[test]
fn a_header_that_cannot_be_read_is_a_finding_and_a_gap() {
    let mut long = file(TWO, 12);
    long[..8].copy_from_slice(&99_000_000u64.to_le_bytes());
    for bytes in [
        long,
        file("{\"a\"", 0),
        file("{} x", 0),
        file("[]", 0),
        b"\x02\0\0".to_vec(),
    ] {
        let said = examine_bytes(bytes);
        assert_eq!(
            said.severity("safetensors-invalid-header"),
            Severity::Medium
        );
        assert_eq!(said.gaps.len(), 1, "{said:?}");
        assert_eq!(said.gaps[0].1, Why::Malformed);
    }
    let mut huge = file(TWO, 12);
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let said = examine_bytes(huge);
    assert_eq!(said.rules(), ["safetensors-oversized-header"]);
    assert_eq!(said.gaps[0].1, Why::Limit);
    let lax = examine_json(" {}", 0);
    assert_eq!(lax.rules(), ["safetensors-invalid-header"]);
    assert!(lax.gaps.is_empty());
}

#[test]
fn what_the_reference_reads_differently_is_told() {
    // An entry as an array, and a dtype as an object: serde accepts both.
    for json in [
        r#"{"a":["U8",[4],[0,4]]}"#,
        r#"{"a":{"dtype":{"U8":null},"shape":[4],"data_offsets":[0,4]}}"#,
    ] {
        let said = examine_json(json, 4);
        let expected = [
            "safetensors-invalid-entry",
            "safetensors-parser-disagreement",
        ];
        assert!(
            expected.iter().all(|rule| said.rules().contains(rule)),
            "{said:?}"
        );
    }
    let deep = format!(
        r#"{{"a":{{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":{}{}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let said = examine_json(&deep, 4);
    assert_eq!(
        said.rules(),
        ["safetensors-extra-field", "safetensors-parser-disagreement"]
    );
}

#[test]
fn the_second_opinion_is_that_of_the_reference_itself() {
    let base = file(TWO, 12);
    let mut compared = (0u32, 0u32);
    let mut same = |bytes: &[u8]| {
        let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
            return;
        };
        let length = u64::from_le_bytes(*length) as usize;
        let Some(header) = rest.get(..length) else {
            return;
        };
        let ours = second::read(header, bytes.len() as u64, false);
        let theirs = safetensors::SafeTensors::read_metadata(bytes);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{ours:?} {theirs:?}");
        if let Ok(text) = std::str::from_utf8(header) {
            let filled = |t: &second::Table| t.data_len() == bytes.len() - 8 - length;
            let by_entry = second::by_entry(text).is_ok_and(|table| filled(&table));
            assert_eq!(by_entry, theirs.is_ok(), "{text} {theirs:?}");
        }
        match theirs {
            Ok(_) => compared.0 += 1,
            Err(_) => compared.1 += 1,
        }
    };
    same(&base);
    for at in 0..base.len() {
        for mask in 1..=255 {
            let mut bytes = base.clone();
            bytes[at] ^= mask;
            same(&bytes);
        }
        same(&base[..at]);
    }
    assert!(compared.0 > 1000 && compared.1 > 1000, "{compared:?}");
}

#[test]
fn a_flood_of_lies_is_told_once_and_in_little_time() {
    let entry = |i: u32| {
        format!(
            r#""t{i}":{{"dtype":"U8","shape":[9],"data_offsets":[0,{}]}}"#,
            8 + i % 2
        )
    };
    let json = format!(
        "{{{}}}",
        (0..50_000).map(entry).collect::<Vec<_>>().join(",")
    );
    let said = examine_json(&json, 9);
    assert_eq!(
        said.rules(),
        [
            "safetensors-overlapping-tensors",
            "safetensors-size-mismatch"
        ]
    );
    assert!(
        said.findings
            .iter()
            .any(|d| d.message.contains("(and 49998 more like it)"))
    );
}

#[test]
fn broken_files_end_in_words() {
    let clean = mangle(&Safetensors, "m.safetensors", &file(TWO, 12));
    assert!(clean > 0, "bytes of the data change nothing");
}

#[test]
fn a_changed_byte_never_makes_the_two_readers_differ_silently() {
    let base = file(TWO, 12);
    for at in 8..base.len() - 12 {
        for mask in 1..=255 {
            let mut bytes = base.clone();
            bytes[at] ^= mask;
            let valid = safetensors::SafeTensors::read_metadata(&bytes).is_ok();
            let said = examine_bytes(bytes.clone());
            assert!(
                valid || !said.is_clean(),
                "{:?}",
                String::from_utf8_lossy(&bytes)
            );
            assert!(
                !said.rules().contains(&"safetensors-parser-disagreement"),
                "{said:?}"
            );
        }
    }
}
