//! Arrays as NumPy reads them, and what it refuses.

use super::*;
use crate::formats::Named;
use crate::formats::testing::{self, Said, mangle};

/// An array of version `major`.0 with this header and these elements.
fn npy(major: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut out = [MAGIC, &[major, 0]].concat();
    match major {
        1 => out.extend((header.len() as u16).to_le_bytes()),
        _ => out.extend((header.len() as u32).to_le_bytes()),
    }
    [out, header.as_bytes().to_vec(), data.to_vec()].concat()
}

fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }} \n")
}

fn examine(bytes: &[u8]) -> Said {
    testing::examine(&Npy, "x.npy", bytes)
}

fn names(named: &Named) -> Vec<&str> {
    named.members.iter().map(|m| m.name.as_str()).collect()
}

#[test]
fn arrays_of_numbers_are_clean_and_stay_with_the_file() {
    for (major, descr, shape, bytes) in [
        (1, "'<f4'", "(2, 3)", 24),
        (2, "[('a', '<f4'), ('b', '|S3', (2,))]", "(2,)", 20),
        (3, "'<U2'", "()", 8),
        (1, "'<i8'", "(0, 9223372036854775807)", 0),
        (1, "'|V0'", "(5,)", 0),
    ] {
        let bytes = npy(major, &header(descr, shape), &vec![7; bytes]);
        assert_eq!(
            testing::recognise(&Npy, "x", bytes.clone()),
            Claim::Structure
        );
        let said = examine(&bytes);
        assert!(said.is_clean(), "{said:?}");
        assert!(said.named.members.is_empty());
    }
}

#[test]
fn an_array_of_objects_hands_its_pickle_on() {
    let pickle = b"\x80\x04]\x94.";
    let array = npy(1, &header("[('a', '<f4'), ('b', 'O')]", "(2,)"), pickle);
    let said = examine(&array);
    assert_eq!(said.rules(), ["npy-object-array"]);
    assert!(said.gaps.is_empty());
    let body = &said.named.members[0].body;
    let start = (array.len() - pickle.len()) as u64;
    assert_eq!(*body, Body::Stored(start..array.len() as u64));
}

#[test]
fn arrays_one_behind_the_other_are_all_examined() {
    let numbers = npy(1, &header("'|u1'", "(3,)"), b"abc");
    let objects = npy(1, &header("'|O'", "(1,)"), b"\x80\x04]\x94.");
    let said = examine(&[&numbers[..], &objects, &numbers, &objects, &numbers].concat());
    assert_eq!(said.rules(), ["npy-object-array", "npy-object-array"]);
    assert_eq!(names(&said.named), ["objects-2.pkl", "objects-4.pkl"]);
    assert!(said.gaps.is_empty());
}

#[test]
fn too_few_bytes_are_a_gap_and_too_many_a_finding() {
    let short = examine(&npy(1, &header("'<f4'", "(2,)"), b"1234567"));
    assert!(short.findings.is_empty());
    assert_eq!(short.gaps[0].1, Why::Malformed);
    let long = examine(&npy(1, &header("'<f4'", "(2,)"), b"12345678more"));
    assert_eq!(long.rules(), ["npy-trailing-data"]);
    let zeros = examine(&npy(1, &header("'<f4'", "(2,)"), b"12345678\0\0\0\0"));
    assert!(zeros.is_clean());
    let nothing = examine(&npy(1, &header("'|O'", "(2,)"), b""));
    assert_eq!(nothing.gaps[0].1, Why::Malformed);
}

#[test]
fn headers_that_numpy_refuses_are_found() {
    for bad in [
        "__import__('os').system('id')",
        "[]",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 2)}",
    ] {
        let said = examine(&npy(1, bad, b""));
        assert_eq!(said.rules(), ["npy-invalid-header"], "{bad}");
        assert_eq!(said.gaps.len(), 1, "{bad}");
    }
}

#[test]
fn a_key_that_stands_twice_is_judged_by_both_values() {
    let twice = "{'descr': '|O', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
    let said = examine(&npy(1, twice, b"1234"));
    assert_eq!(said.rules(), ["npy-invalid-header", "npy-object-array"]);
    assert_eq!(names(&said.named), ["objects.pkl"]);
}

#[test]
fn long_headers_are_read_to_a_cap() {
    let fields: Vec<_> = (0..1000).map(|i| format!("('f{i}', '|u1')")).collect();
    let descr = format!("[{}]", fields.join(", "));
    let said = examine(&npy(2, &header(&descr, "(1,)"), &[0; 1000]));
    assert_eq!(said.rules(), ["npy-large-header"]);
    assert!(said.gaps.is_empty());
    let huge = examine(&npy(2, &" ".repeat(5 << 20), b""));
    assert_eq!(huge.rules(), ["npy-large-header"]);
    assert_eq!(huge.gaps[0].1, Why::Unsupported);
    let claimed = [MAGIC, &[2, 0, 255, 255, 255, 255], b"{}"].concat();
    assert_eq!(examine(&claimed).gaps[0].1, Why::Malformed);
}

#[test]
fn a_dtype_that_is_not_known_is_a_gap_and_its_pickle_is_not_missed() {
    let said = examine(&npy(1, &header("'quux'", "(1,)"), b"1234"));
    assert_eq!(said.gaps[0].1, Why::Unsupported);
    assert!(said.named.members.is_empty());
    let pickle = b"\x80\x02cos\nsystem\n(S'id'\ntR.";
    let said = examine(&npy(1, &header("'quux'", "(1,)"), pickle));
    assert_eq!(names(&said.named), ["objects.pkl"]);
    let version = examine(b"\x93NUMPY\x04\x00\x00\x00\x00\x00{}");
    assert_eq!(version.gaps[0].1, Why::Unsupported);
}

#[test]
fn broken_arrays_end_in_words() {
    let array = npy(
        1,
        &header("[('a', '<f4'), ('b', '|O')]", "(2,)"),
        b"\x80\x04]\x94.",
    );
    let both = [npy(1, &header("'<f4'", "(1,)"), b"1234"), array].concat();
    mangle(&Npy, "x.npy", &both);
}
