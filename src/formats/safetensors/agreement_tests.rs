//! Headers put together from all spellings of their parts: what the reference
//! reads is no alarm, and what it refuses is told.

use super::super::testing::{Said, examine};
use super::tests::file;
use super::*;
use crate::report::Severity;

/// Shapes, with the bytes of a `U8` tensor of each.
const SHAPES: &[(&str, usize)] = &[
    ("[]", 1),
    ("[0]", 0),
    ("[2]", 2),
    ("[ 2 , 3 ]", 6),
    ("[0,18446744073709551615]", 0),
    ("[18446744073709551615,2,0]", 0),
    ("[4294967296,4294967296]", 0),
    ("[18446744073709551616]", 0),
    ("[-1]", 1),
    ("[-0]", 0),
    ("[2.0]", 2),
    ("[2e0]", 2),
    ("[02]", 2),
    ("[\"2\"]", 2),
    ("[null]", 0),
    ("[true]", 1),
    ("[[2]]", 2),
    ("[2,]", 2),
    ("2", 2),
    ("null", 1),
    ("{}", 1),
];

/// Offsets, for a tensor of `N` bytes, with `M` for one more.
const OFFSETS: &[&str] = &[
    "[0,N]",
    "[ 0 , N ]",
    "[0,M]",
    "[1,M]",
    "[N,0]",
    "[0]",
    "[0,N,0]",
    "[0.0,N]",
    "[-0,N]",
    "[\"0\",N]",
    "[0,18446744073709551615]",
    "[0,18446744073709551616]",
    "{\"0\":0}",
    "null",
];

/// Dtypes of eight bits, and what is none.
const EIGHT_BITS: &[&str] = &[
    "\"U8\"",
    "\"u8\"",
    "\"\\u00558\"",
    "\"\"",
    "null",
    "8",
    "[]",
];

/// Frames around the entry of one tensor, `E`. A space in front of the header is
/// not among them: the format forbids it, and the reference reads it.
const FRAMES: &[&str] = &[
    "{E}",
    "{E}   ",
    "{E}\n\t\r ",
    "{E}\u{0}",
    "{E}x",
    "{E,}",
    "{E",
    "\u{feff}{E}",
    "[E]",
    "{E}{}",
    "{/**/E}",
    "{\"__metadata__\":{},E}",
    "{\"__metadata__\":null,E}",
    "{\"__metadata__\":{\"a\":\"b\"},E}",
    "{E,\"__metadata__\":{\"a\":\"b\"}}",
    "{\"__metadata__\":{\"a\":1},E}",
    "{\"__metadata__\":{\"a\":null},E}",
    "{\"__metadata__\":{\"a\":[\"b\"]},E}",
    "{\"__metadata__\":[],E}",
    "{\"__metadata__\":\"x\",E}",
];

/// Compare both readers about one file; whether the reference reads it.
fn compare(bytes: Vec<u8>) -> bool {
    let valid = safetensors::SafeTensors::read_metadata(&bytes).is_ok();
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let said: Said = examine(&Safetensors, "model.safetensors", bytes);
    let worst = said.findings.iter().map(|draft| draft.severity).max();
    match valid {
        true => {
            assert!(worst < Some(Severity::Medium), "{shown}: {said:?}");
            assert!(said.gaps.is_empty(), "{shown}: {said:?}");
        }
        false => assert!(!said.is_clean(), "{shown}"),
    }
    valid
}

#[test]
fn both_readers_agree_on_every_spelling() {
    let (mut read, mut refused) = (0u32, 0u32);
    let mut count = |valid: bool| match valid {
        true => read += 1,
        false => refused += 1,
    };
    for (shape, bytes) in SHAPES {
        for offsets in OFFSETS {
            let more = (bytes + 1).to_string();
            let offsets = offsets.replace('N', &bytes.to_string()).replace('M', &more);
            for dtype in EIGHT_BITS {
                let entry =
                    format!(r#""a":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}"#);
                let frames = match *dtype {
                    "\"U8\"" => FRAMES,
                    _ => &FRAMES[..1],
                };
                for frame in frames {
                    let json = frame.replace('E', &entry);
                    count(compare(file(&json, *bytes)));
                }
            }
        }
    }
    assert!(read > 50 && refused > 5_000, "{read} {refused}");
}

#[test]
fn both_readers_agree_on_every_size_of_every_dtype() {
    let mut read = 0;
    for dtype in [
        "BOOL",
        "F4",
        "F6_E2M3",
        "F6_E3M2",
        "U8",
        "I8",
        "F8_E5M2",
        "F8_E4M3",
        "F8_E8M0",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
        "I16",
        "U16",
        "F16",
        "BF16",
        "I32",
        "U32",
        "F32",
        "C64",
        "F64",
        "I64",
        "U64",
    ] {
        for elements in 0..9 {
            for bytes in 0..73 {
                let json = format!(
                    r#"{{"a":{{"dtype":"{dtype}","shape":[{elements}],"data_offsets":[0,{bytes}]}}}}"#
                );
                read += u32::from(compare(file(&json, bytes)));
            }
        }
    }
    // 19 dtypes of whole bytes in nine sizes, F4 in five and both F6 in three.
    assert_eq!(read, 19 * 9 + 5 + 2 * 3);
}

#[test]
fn both_readers_agree_on_the_length_of_the_header() {
    let whole = file(
        r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
        4,
    );
    let long = whole.len() as u64;
    let edges = [
        99_999_999,
        100_000_000,
        100_000_001,
        1 << 31,
        1 << 32,
        1 << 63,
    ];
    let all = (0..long + 3)
        .chain(edges)
        .chain([u64::MAX - 8, u64::MAX - 7, u64::MAX]);
    let mut read = 0;
    for length in all {
        let mut bytes = whole.clone();
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        read += u32::from(compare(bytes));
    }
    assert_eq!(read, 1, "the true one alone");
}

#[test]
fn a_hundred_thousand_tensors_are_read() {
    let entry = |i: u64| {
        let (begin, end) = (i * 4, i * 4 + 4);
        format!(
            r#""layers.{i}.weight":{{"dtype":"F32","shape":[1],"data_offsets":[{begin},{end}]}}"#
        )
    };
    let json = format!(
        "{{{}}}",
        (0..100_000).map(entry).collect::<Vec<_>>().join(",")
    );
    let said = examine(&Safetensors, "model.safetensors", file(&json, 400_000));
    assert!(said.is_clean(), "{:?}", said.findings);
    assert_eq!(said.named.tensors.len(), 100_000);
}
