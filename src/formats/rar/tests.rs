//! What is told about RAR archives, and what is not.

use super::*;
use crate::formats::testing::{Said, examine, mangle, recognise};
use crate::formats::{Body, Stated};
use crate::report::{Severity, Why};
use crate::wire::rar::sample::{new, new_archive, new_file, old, old_archive, old_file, record};

fn said_old(blocks: &[Vec<u8>]) -> Said {
    examine(&Rar, "x.rar", old_archive(blocks))
}

fn said_new(blocks: &[Vec<u8>]) -> Said {
    examine(&Rar, "x.rar", new_archive(blocks))
}

/// A record that says what a member stands for.
fn link(kind: u8, target: &str) -> Vec<u8> {
    record(
        5,
        &[&[kind, 0, target.len() as u8], target.as_bytes()].concat(),
    )
}

#[test]
fn stored_members_are_named_with_what_the_archive_says_about_them() {
    for said in [
        said_old(&[old_file(b"d\\a.txt", 0, b"one")]),
        said_new(&[new_file(2, "d/a.txt", b"", b"one")]),
    ] {
        assert!(said.is_clean(), "{said:?}");
        let member = &said.named.members[0];
        assert_eq!(member.name, "d/a.txt");
        let Body::Stored(span) = &member.body else {
            panic!("{member:?}");
        };
        assert_eq!(span.end - span.start, 3);
        let Some(Stated { at, crc32, len }) = &member.stated else {
            panic!("{member:?}");
        };
        assert_eq!((*crc32, *len), (Some(crc32fast::hash(b"one")), Some(3)));
        assert_eq!(at.end, span.start);
    }
}

#[test]
fn what_is_not_whole_states_nothing() {
    let split = old_file(b"a", 0x02, b"one");
    let said = said_old(&[split]);
    assert_eq!(said.named.members[0].stated, None);
    assert_eq!(said.gaps.len(), 1);
    let archive = new_archive(&[new_file(2, "a", b"", b"12345")]);
    let said = examine(&Rar, "x.rar", &archive[..archive.len() - 12]);
    assert_eq!(said.named.members[0].stated, None);
}

#[test]
fn members_that_cannot_be_read_are_gaps() {
    let whys = |said: Said| -> Vec<Why> {
        assert!(said.named.members.is_empty());
        said.gaps.into_iter().map(|(_, why, _)| why).collect()
    };
    let lock = record(1, &[0; 36]);
    assert_eq!(
        whys(said_new(&[new_file(2, "a", &lock, b"one")])),
        [Why::Encrypted]
    );
    assert_eq!(
        whys(said_old(&[old_file(b"a", 0x04, b"one")])),
        [Why::Encrypted]
    );
    let unknown = new(17, 0, b"", b"", b"data");
    assert_eq!(whys(said_new(&[unknown])), [Why::Unsupported]);
    let mut packed = old_file(b"a", 0, b"one");
    packed[25] = 0x35;
    let sum = crc32fast::hash(&packed[2..packed.len() - 3]) as u16;
    packed[..2].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(whys(said_old(&[packed])), [Why::Unsupported]);
}

#[test]
fn many_gaps_of_one_kind_are_counted() {
    let lock = record(1, &[0; 36]);
    let files: Vec<_> = (0..30)
        .map(|i| new_file(2, &format!("f{i}"), &lock, b"1"))
        .collect();
    let said = said_new(&files);
    assert_eq!(said.gaps.len(), 21);
    assert!(said.gaps[20].2.starts_with("10 more"));
}

#[test]
fn links_are_judged_by_where_they_lead() {
    for (kind, target, expected) in [
        (1, "b", Some(Severity::Low)),
        (1, "../b", Some(Severity::High)),
        (2, "\\??\\C:\\x", Some(Severity::High)),
        (3, "b", Some(Severity::High)),
        (4, "b", None),
        (4, "../b", Some(Severity::High)),
        (5, "b", None),
        (5, "/b", Some(Severity::High)),
    ] {
        let said = said_new(&[new_file(2, "a", &link(kind, target), b"")]);
        let found = said.findings.first().map(|f| f.severity);
        assert_eq!(found, expected, "{kind} {target}");
        assert!(said.gaps.is_empty());
    }
    let said = said_new(&[new_file(2, "a", &link(9, "b"), b"")]);
    assert_eq!(said.gaps[0].1, Why::Unsupported);
}

#[test]
fn a_file_and_a_folder_of_one_name_are_told() {
    let said = said_old(&[
        old_file(b"a.pdf ", 0, b"1"),
        old_file(b"a.pdf\\b.cmd", 0, b"2"),
    ]);
    assert_eq!(said.severity("archive-duplicate-member"), Severity::High);
    let said = said_old(&[old_file(b"a.pdf", 0, b"1"), old_file(b"a\\b", 0, b"2")]);
    assert!(said.is_clean(), "{said:?}");
}

#[test]
fn streams_belong_to_the_member_in_front() {
    let stream = new_file(3, "STM", &record(7, b":zone"), b"data");
    let said = said_new(&[new_file(2, "a", b"", b"1"), stream]);
    assert!(said.is_clean(), "{said:?}");
    assert_eq!(said.named.members[1].name, "a:zone");
}

#[test]
fn other_volumes_are_one_gap() {
    let end = old(0x7b, 0x4001, b"", b"");
    let bytes = [b"Rar!\x1a\x07\0".to_vec(), old(0x73, 1, &[0; 6], b""), end].concat();
    assert_eq!(examine(&Rar, "x.rar", bytes).gaps.len(), 1);
}

#[test]
fn an_archive_is_recognised_behind_a_stub_and_not_in_another_archive() {
    let archive = new_archive(&[new_file(2, "a", b"", b"one")]);
    let claim = |name: &str, front: &[u8]| recognise(&Rar, name, [front, &archive].concat());
    assert_eq!(claim("model.bin", b""), Claim::Structure);
    assert_eq!(claim("x", &[7; 1000]), Claim::Structure);
    assert_eq!(claim("x", &[7; 100_000]), Claim::No);
    assert_eq!(claim("x.rar", &[7; 100_000]), Claim::Structure);
    let program = [b"MZ".to_vec(), vec![7; 100_000]].concat();
    assert_eq!(claim("setup.exe", &program), Claim::Structure);
    assert_eq!(claim("x", b"PK\x03\x04"), Claim::No);
    assert_eq!(claim("x", b"!<arch>\n"), Claim::No);
    assert_eq!(recognise(&Rar, "x", *b"Rar!\x1a\x07\0"), Claim::Magic);
    assert_eq!(recognise(&Rar, "x.rar", *b"Rar! is a tool"), Claim::Name);
    assert_eq!(recognise(&Rar, "x.txt", *b"Rar! is a tool"), Claim::No);
}

#[test]
fn mangled_archives_end_in_words() {
    let old = old_archive(&[
        old_file(b"a.txt", 0, b"one"),
        old_file(b"b.pkl\0\0\xaab\0", 0x200, b"cos\nsystem\n"),
    ]);
    // A byte that nothing covers: there is none but in the data and at the end.
    assert!(mangle(&Rar, "x.rar", &old) < old.len() * 4 / 3);
    let new = new_archive(&[
        new_file(2, "a.txt", &link(1, "b"), b"one"),
        new_file(3, "STM", &record(7, b":s"), b"data"),
        new_file(3, "QO", b"", b"\x12\x34\x56\x78\x04\0\x01\x01\0"),
    ]);
    assert_eq!(mangle(&Rar, "x.rar", &new), 0, "it has findings as it is");
}
