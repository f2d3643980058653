//! What is told about cpio archives, and what is not.

use super::*;
use crate::formats::Body;
use crate::formats::testing::{Said, examine, mangle, recognise};
use crate::report::{Severity, Why};
use crate::wire::cpio::TRAILER;
use crate::wire::cpio::sample::{Write, binary, new, octal};

const FILE: u32 = 0o100_644;

fn said(members: &[Vec<u8>]) -> Said {
    examine(
        &Cpio,
        "x.cpio",
        [members.concat(), new(TRAILER, 0, b"")].concat(),
    )
}

#[test]
fn members_are_named_and_folders_are_not() {
    let said = said(&[
        new(b"d", 0o040_755, b""),
        new(b"d/a", FILE, b"one"),
        new(b"e", FILE, b""),
    ]);
    assert!(said.is_clean(), "{said:?}");
    assert_eq!(said.named.members.len(), 1);
    assert_eq!(said.named.members[0].name, "d/a");
    assert_eq!(said.named.members[0].body, Body::Stored(228..231));
}

#[test]
fn links_and_special_files_are_told() {
    let said_of = |mode, data: &[u8]| said(&[new(b"a", mode, data)]);
    assert_eq!(
        said_of(0o120_777, b"../x").severity("archive-symlink"),
        Severity::High
    );
    assert_eq!(
        said_of(0o120_777, b"x").severity("archive-symlink"),
        Severity::Low
    );
    for mode in [0o020_644, 0o060_644, 0o010_644, 0o140_644] {
        assert_eq!(said_of(mode, b"").rules(), ["archive-special-file"]);
    }
    let through = said(&[new(b"a", 0o120_777, b"b"), new(b"a/c", FILE, b"1")]);
    assert_eq!(through.rules(), ["archive-symlink", "archive-symlink"]);
}

#[test]
fn names_that_two_have_are_told() {
    let twins = said(&[new(b"a", FILE, b"1"), new(b"a", FILE, b"2")]);
    assert_eq!(twins.severity("archive-duplicate-member"), Severity::High);
    let both = said(&[new(b"a ", FILE, b"1"), new(b"a/b", FILE, b"2")]);
    assert_eq!(both.severity("archive-duplicate-member"), Severity::High);
}

#[test]
fn a_sum_is_compared() {
    let mut member = new(b"a", FILE, b"one");
    member[5] = b'2';
    assert_eq!(said(&[member.clone()]).rules(), ["archive-wrong-checksum"]);
    let sum: u32 = b"one".iter().map(|&b| u32::from(b)).sum();
    member[102..110].copy_from_slice(format!("{sum:08x}").as_bytes());
    assert!(said(&[member]).is_clean());
}

#[test]
fn a_second_archive_is_told_once() {
    let second = [new(b"b", FILE, b"1"), new(b"c", FILE, b"2")].concat();
    let said = said(&[
        new(b"a", FILE, b"1"),
        new(TRAILER, 0, b""),
        vec![0; 100],
        second,
    ]);
    assert_eq!(said.rules(), ["archive-hidden-member"]);
    assert_eq!(said.named.members.len(), 3);
}

#[test]
fn what_is_cut_or_damaged_is_a_gap() {
    let whole = new(b"a", FILE, b"12345678");
    for bytes in [
        whole.clone(),
        whole[..116].to_vec(),
        [whole, vec![7; 9]].concat(),
    ] {
        let said = examine(&Cpio, "x.cpio", bytes);
        assert!(said.gaps.iter().all(|(_, why, _)| *why == Why::Malformed));
        assert!(!said.gaps.is_empty());
    }
}

#[test]
fn every_form_is_recognised_under_any_name() {
    let end = |form: Write<'_>| {
        let bytes = [form(b"a", FILE, b"1"), form(TRAILER, 0, b"")].concat();
        recognise(&Cpio, "model.bin", bytes)
    };
    assert_eq!(end(&new), Claim::Structure);
    assert_eq!(end(&octal), Claim::Structure);
    assert_eq!(end(&|n, m, d| binary(n, m, d, true)), Claim::Structure);
    assert_eq!(end(&|n, m, d| binary(n, m, d, false)), Claim::Structure);
    assert_eq!(recognise(&Cpio, "x.cpio", *b"nothing"), Claim::Name);
    assert_eq!(
        recognise(&Cpio, "x", *b"070701 is a magic number"),
        Claim::No
    );
}

#[test]
fn mangled_archives_end_in_words() {
    for form in [new, octal] {
        let bytes = [form(b"d/a", FILE, b"one"), form(TRAILER, 0, b"")].concat();
        assert!(mangle(&Cpio, "x.cpio", &bytes) < bytes.len() * 4);
    }
}
