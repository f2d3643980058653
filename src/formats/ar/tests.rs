//! What is told about ar archives, and what is not.

use super::*;
use crate::formats::Body;
use crate::formats::testing::{examine, mangle, recognise};
use crate::report::{Severity, Why};
use crate::wire::ar::sample::{archive, member};

#[test]
fn members_and_tables_are_named() {
    let said = examine(
        &Ar,
        "x.a",
        archive(&[member("//", b"long.txt/\n"), member("/0", b"one")]),
    );
    assert!(said.is_clean(), "{said:?}");
    let names: Vec<_> = said.named.members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["//", "long.txt"]);
    assert_eq!(said.named.members[1].body, Body::Stored(138..141));
}

#[test]
fn names_that_lead_out_are_told_and_names_of_two_are_no_more_than_noted() {
    let said = examine(&Ar, "x", archive(&[member("../a", b"one")]));
    assert_eq!(said.severity("archive-path-traversal"), Severity::High);
    let said = examine(
        &Ar,
        "x",
        archive(&[member("a/", b"one"), member("a/", b"two")]),
    );
    assert_eq!(said.severity("archive-duplicate-member"), Severity::Low);
}

#[test]
fn what_cannot_be_followed_is_a_gap() {
    let gap = |bytes: Vec<u8>| examine(&Ar, "x.a", bytes).gaps[0].1;
    assert_eq!(gap(b"!<thin>\n".to_vec()), Why::Unsupported);
    assert_eq!(gap(archive(&[member("/7", b"one")])), Why::Malformed);
    assert_eq!(gap(archive(&[vec![7; 100]])), Why::Malformed);
    assert_eq!(gap(b"no archive".to_vec()), Why::Malformed);
    let bytes = archive(&[member("a", b"123456")]);
    assert_eq!(gap(bytes[..72].to_vec()), Why::Malformed);
}

#[test]
fn padding_is_a_line_feed_or_told() {
    let mut bytes = archive(&[member("a/", b"one"), member("b/", b"two")]);
    let at = 8 + 63;
    for (byte, findings) in [(b'\n', 0), (0, 0), (b'x', 1)] {
        bytes[at] = byte;
        assert_eq!(examine(&Ar, "x.a", bytes.clone()).findings.len(), findings);
    }
}

#[test]
fn the_signature_and_a_header_are_recognised() {
    assert_eq!(
        recognise(&Ar, "model.bin", archive(&[member("a", b"1")])),
        Claim::Structure
    );
    assert_eq!(recognise(&Ar, "x", *b"!<arch>\n"), Claim::Structure);
    assert_eq!(
        recognise(&Ar, "x", *b"!<arch>\nis what it begins with"),
        Claim::Magic
    );
    assert_eq!(recognise(&Ar, "x.a", *b"nothing"), Claim::Name);
    assert_eq!(recognise(&Ar, "x.txt", *b"nothing"), Claim::No);
}

#[test]
fn mangled_archives_end_in_words() {
    let bytes = archive(&[
        member("//", b"../long.txt/\n"),
        member("/0", b"one"),
        member("#1/4", b"bsd\0data"),
    ]);
    assert!(mangle(&Ar, "x.a", &bytes) < bytes.len() * 4);
}
