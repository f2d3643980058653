//! What is told about 7-Zip archives, and what is not.

use super::*;
use crate::formats::testing::{Said, examine, mangle, recognise};
use crate::formats::{Body, find};
use crate::report::{Severity, Why};
use crate::wire::seven_zip::sample::{
    Entry, archive, bits, copied, entry, files, header, record, stored,
};

fn said(bytes: impl Into<Vec<u8>>) -> Said {
    examine(&SevenZip, "x.7z", bytes)
}

fn of(entries: &[Entry<'_>]) -> Said {
    said(stored(entries))
}

/// A file whose attributes are this Unix mode.
fn with_mode<'a>(name: &'a str, data: &'a [u8], mode: u32) -> Entry<'a> {
    Entry {
        name,
        data,
        attributes: 0x8000 | mode << 16,
    }
}

fn names(said: &Said) -> Vec<&str> {
    said.named.members.iter().map(|m| m.name.as_str()).collect()
}

#[test]
fn an_ordinary_archive_is_clean_and_names_its_members() {
    let said = of(&[
        entry("a", b"12345"),
        entry("b", b""),
        entry("dir/c", b"678"),
    ]);
    assert!(said.is_clean(), "{said:?}");
    assert_eq!(names(&said), ["a", "dir/c"]);
    assert_eq!(said.named.members[1].body, Body::Stored(37..40));
    let stated = said.named.members[1].stated.as_ref().unwrap();
    assert_eq!(
        (stated.crc32, stated.len),
        (Some(crc32fast::hash(b"678")), Some(3))
    );
}

#[test]
fn names_that_lead_out_and_names_of_two_are_told() {
    for (name, severity) in [
        ("../up", Severity::High),
        ("/etc/x", Severity::Medium),
        ("C:\\x", Severity::High),
        ("a/..\\..\\b", Severity::High),
    ] {
        let said = of(&[entry(name, b"1")]);
        assert_eq!(said.severity("archive-path-traversal"), severity, "{name}");
    }
    let twins = |first: &[u8], second: &[u8]| {
        let said = of(&[entry("a", first), entry("a", second)]);
        said.severity("archive-duplicate-member")
    };
    assert_eq!(twins(b"1", b"2"), Severity::High);
    assert_eq!(twins(b"1", b"1"), Severity::Low);
    assert_eq!(twins(b"1", b""), Severity::High);
}

#[test]
fn links_are_judged_by_their_targets() {
    let link = |name, target| with_mode(name, target, 0o120_777);
    for (name, target, severity) in [
        ("a", &b"../x"[..], Severity::High),
        ("a", b"/etc/passwd", Severity::High),
        ("d/a", b"../x", Severity::Low),
        ("a", b"b\0c", Severity::Medium),
    ] {
        let said = of(&[entry("0", b"12345"), link(name, target)]);
        assert_eq!(said.severity("archive-symlink"), severity, "{target:?}");
    }
    let through = of(&[link("d", b"e"), entry("d/x", b"1")]);
    assert_eq!(through.rules(), ["archive-symlink", "archive-symlink"]);
    assert!(
        through
            .findings
            .iter()
            .any(|f| f.severity == Severity::High)
    );
}

#[test]
fn links_of_windows_are_followed() {
    let name: Vec<u8> = r"\??\C:\x"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let len = (name.len() as u16).to_le_bytes();
    for (tag, flags) in [(0xa000_000cu32, &[0; 4][..]), (0xa000_0003, b"")] {
        let lens = [&[0, 0], &len[..], &[0, 0], &len[..]].concat();
        let data = [&tag.to_le_bytes()[..], &[0; 4], &lens, flags, &name].concat();
        let said = of(&[Entry {
            name: "a",
            data: &data,
            attributes: 0x400,
        }]);
        assert_eq!(said.severity("archive-symlink"), Severity::High, "{said:?}");
    }
}

#[test]
fn special_files_and_anti_items_are_told() {
    for mode in [0o010_644, 0o020_644, 0o060_644, 0o140_644] {
        let said = of(&[with_mode("a", b"", mode)]);
        assert_eq!(said.rules(), ["archive-special-file"], "{mode:o}");
    }
    let plain = of(&[
        with_mode("a", b"1", 0o100_644),
        with_mode("b", b"", 0o040_755),
    ]);
    assert!(plain.is_clean(), "{plain:?}");
    let mut table = files(&[entry("a", b"")]);
    table.pop();
    table.extend(record(0x10, &bits(&[true])));
    table.push(0);
    let said = said(archive(b"", &header(&[0], &table)));
    assert_eq!(said.severity("archive-anti-item"), Severity::Low);
}

#[test]
fn wrong_checksums_are_told_and_read_past() {
    let bytes = stored(&[entry("a", b"12345")]);
    let mut start = bytes.clone();
    start[8] ^= 1;
    // The checksum of the header is under that of the start.
    let mut header = bytes.clone();
    header[28] ^= 1;
    for (bytes, count) in [(start, 1), (header, 2)] {
        let said = said(bytes);
        assert_eq!(said.rules(), vec!["archive-wrong-checksum"; count]);
        assert_eq!(names(&said), ["a"]);
    }
}

#[test]
fn parts_and_files_that_do_not_match_are_told() {
    let parts: [&[u8]; 2] = [b"123", b"45"];
    let few = archive(
        b"12345",
        &header(&copied(0, 5, &parts), &files(&[entry("a", b"123")])),
    );
    let few = said(few);
    assert_eq!(few.rules(), ["archive-hidden-member"]);
    assert_eq!(names(&few), ["a", "folder 0 part 1"]);
    let many = [entry("a", b"123"), entry("b", b"45"), entry("c", b"6")];
    let many = said(archive(
        b"12345",
        &header(&copied(0, 5, &parts), &files(&many)),
    ));
    assert_eq!(many.gaps[0].1, Why::Malformed);
    assert_eq!(names(&many), ["a", "b"]);
    let unnamed = said(archive(b"12345", &header(&copied(0, 5, &[]), &[0])));
    assert_eq!(unnamed.rules(), ["archive-hidden-member"]);
    assert_eq!(names(&unnamed), ["folder 0 part 0"]);
}

#[test]
fn parts_longer_than_their_folder_are_told() {
    let parts: [&[u8]; 2] = [b"12345", b"6"];
    let files = files(&[entry("a", b"12345"), entry("b", b"6")]);
    let said = said(archive(b"123", &header(&copied(0, 3, &parts), &files)));
    assert_eq!(said.rules(), ["archive-wrong-size"]);
    assert_eq!(said.named.members[0].body, Body::Stored(32..35));
}

#[test]
fn bytes_that_nothing_owns_are_told() {
    let table = files(&[entry("a", b"1")]);
    let header = header(&copied(2, 2, &[]), &table);
    let said = said([b"MZ", &archive(b"12345", &header)[..], b"behind"].concat());
    let places: Vec<&str> = said
        .findings
        .iter()
        .map(|f| f.message.split(" bytes ").nth(1).unwrap())
        .collect();
    let nothing = "belong to no member and no record";
    assert_eq!(
        places,
        [
            format!("in front of the archive {nothing}"),
            format!("between the packed streams {nothing}"),
            format!("between the packed streams {nothing}"),
            format!("behind the archive {nothing}"),
        ]
    );
}

#[test]
fn what_is_not_unpacked_is_a_gap_that_names_it() {
    let swap = |method: &[u8]| {
        let table = [
            &[0x06, 0, 1, 0x09, 5, 0, 0x07, 0x0b, 1, 0, 1],
            method,
            &[0x0c, 5, 0, 0],
        ];
        said(archive(
            b"12345",
            &header(&table.concat(), &files(&[entry("a", b"12345")])),
        ))
    };
    for (method, why, words) in [
        (
            &[4, 0x06, 0xf1, 0x07, 0x01][..],
            Why::Encrypted,
            "encrypted with AES-256: `a`",
        ),
        (
            &[4, 0x04, 0xf7, 0x11, 0x02],
            Why::Unsupported,
            "packed with Brotli: `a`",
        ),
        (
            &[2, 0x77, 0x77],
            Why::Unsupported,
            "packed with the unknown method 7777: `a`",
        ),
    ] {
        let said = swap(method);
        assert_eq!((said.gaps[0].1, said.gaps[0].2.as_str()), (why, words));
        assert!(said.named.members.is_empty());
    }
}

#[test]
fn cut_archives_are_a_gap() {
    let whole = stored(&[entry("a", &[1; 600])]);
    for cut in [32, 40, 632, whole.len() - 1] {
        let said = said(&whole[..cut]);
        assert!(said.gaps.iter().any(|g| g.1 == Why::Malformed), "{cut}");
    }
    let unfinished = [&b"7z\xbc\xaf\x27\x1c\x00\x04"[..], &[0; 24], b"data"].concat();
    assert_eq!(said(unfinished).gaps[0].1, Why::Malformed);
    assert!(said(archive(b"", b"")).is_clean());
}

#[test]
fn archives_are_recognised_by_their_start() {
    let bytes = stored(&[entry("a", b"1")]);
    assert_eq!(recognise(&SevenZip, "x", bytes.clone()), Claim::Structure);
    assert_eq!(recognise(&SevenZip, "x", &bytes[..40]), Claim::Magic);
    // The sweep finds what is appended to files of other kinds.
    let behind = [b"words", &bytes[..]].concat();
    assert_eq!(recognise(&SevenZip, "x", behind), Claim::No);
    let program = [b"MZ", &bytes[..], b"."].concat();
    assert_eq!(recognise(&SevenZip, "x", program), Claim::Magic);
    assert_eq!(recognise(&SevenZip, "x.7z", "no archive"), Claim::Name);
    assert_eq!(recognise(&SevenZip, "x", "no archive"), Claim::No);
}

#[test]
fn cut_and_changed_archives_end_in_words() {
    let bytes = stored(&[
        entry("a", b"12345"),
        with_mode("b", b"../c", 0o120_777),
        entry("c", b""),
    ]);
    assert!(mangle(find("7z").unwrap(), "x.7z", &bytes) < bytes.len() * 5);
}

#[test]
fn cut_and_changed_packed_archives_end_in_words() {
    for bytes in [
        &include_bytes!("../../../fixtures/7z/in-packed-header/model.7z")[..],
        include_bytes!("../../../fixtures/7z/old-header-packed/model.7z"),
        include_bytes!("../../../fixtures/7z/solid/model.7z"),
        include_bytes!("../../../fixtures/7z/symlink-out/model.7z"),
        include_bytes!("../../../fixtures/7z/encrypted-header/model.7z"),
        include_bytes!("../../../fixtures/7z/header-nested/model.7z"),
    ] {
        assert!(mangle(find("7z").unwrap(), "x.7z", bytes) < bytes.len() * 5);
    }
}
