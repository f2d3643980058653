//! What is told about archives, and what is not.

use super::*;
use crate::formats::testing::{Said, examine, mangle, recognise};
use crate::formats::{Body, find};
use crate::report::{Severity, Why};
use crate::wire::tar::sample::{end, header, link, member, record};

fn said(parts: &[&[u8]]) -> Said {
    examine(&Tar, "x.tar", [parts.concat(), end()].concat())
}

#[test]
fn an_ordinary_archive_is_clean_and_names_its_members() {
    let said = said(&[
        &member("./", b'5', b""),
        &member("./a.bin", b'0', b"12345"),
        &member("./b", b'0', b""),
        &link("./c", b'1', "./a.bin"),
    ]);
    assert!(said.is_clean(), "{said:?}");
    assert_eq!(said.named.members.len(), 1);
    assert_eq!(said.named.members[0].body, Body::Stored(1024..1029));
}

#[test]
fn names_and_links_that_lead_out_are_told() {
    for (name, severity) in [
        ("../up", Severity::High),
        ("/etc/x", Severity::Medium),
        ("C:\\x", Severity::High),
    ] {
        let said = said(&[&member(name, b'0', b"1")]);
        assert_eq!(said.severity("archive-path-traversal"), severity, "{name}");
    }
    for (name, kind, target, severity) in [
        ("a", b'2', "../x", Severity::High),
        ("a", b'2', "/etc", Severity::High),
        ("d/a", b'2', "../x", Severity::Low),
        ("a", b'1', "../x", Severity::High),
        ("d/a", b'1', "../x", Severity::High),
    ] {
        let said = said(&[&link(name, kind, target)]);
        assert_eq!(
            said.severity("archive-symlink"),
            severity,
            "{name} {target}"
        );
    }
}

#[test]
fn a_member_behind_a_link_is_told() {
    let said = said(&[&link("d", b'2', "e"), &member("d/x", b'0', b"1")]);
    assert_eq!(said.rules(), ["archive-symlink", "archive-symlink"]);
    let worst = said.findings.iter().map(|f| f.severity).max();
    assert_eq!(worst, Some(Severity::High));
}

#[test]
fn special_files_are_told() {
    for kind in [b'3', b'4', b'6'] {
        let said = said(&[&link("dev", kind, "")]);
        assert_eq!(said.rules(), ["archive-special-file"]);
    }
}

#[test]
fn names_given_twice_are_told_but_not_those_of_folders() {
    let twice = said(&[&member("a", b'0', b"1"), &member("a", b'0', b"2")]);
    assert_eq!(twice.severity("archive-duplicate-member"), Severity::High);
    let case = said(&[&member("a", b'0', b"1"), &member("A", b'0', b"2")]);
    assert_eq!(case.severity("archive-duplicate-member"), Severity::Low);
    assert!(said(&[&member("a/", b'5', b""), &member("a/", b'5', b"")]).is_clean());
}

#[test]
fn names_in_records_are_compared_with_those_in_headers() {
    let with = |path: &str, header: &str| {
        let pax = member("p", b'x', record("path", path).as_bytes());
        said(&[&pax, &member(header, b'0', b"1")]).rules()
    };
    let long = "folder/".repeat(20) + "name";
    assert!(with("a", "a").is_empty());
    assert!(with(&long, &long[..100]).is_empty());
    assert!(with("model-\u{e9}.bin", "model-.bin").is_empty());
    assert!(with("model-\u{e9}.bin", "model-?.bin").is_empty());
    for (path, header) in [
        ("evil.pkl", "readme.txt"),
        (&long, "readme"),
        ("\u{e9}vil", "good"),
    ] {
        assert_eq!(with(path, header), ["archive-name-mismatch"], "{header}");
    }
}

#[test]
fn what_is_hidden_or_left_over_is_told() {
    let behind = said(&[&member("a", b'0', b"1"), &end(), &member("b", b'0', b"2")]);
    assert_eq!(behind.rules(), ["archive-hidden-member"]);
    assert_eq!(behind.named.members.len(), 2);
    let mut padded = member("a", b'0', b"1");
    padded[600] = b'x';
    assert_eq!(said(&[&padded]).rules(), ["archive-unowned-bytes"]);
    let junk = said(&[&member("a", b'0', b"1"), &[7; 512]]);
    assert_eq!(junk.rules(), ["archive-unowned-bytes"]);
    assert_eq!(junk.gaps[0].1, Why::Malformed);
    let mut sum = member("a", b'0', b"1");
    sum[0] = b'b';
    assert_eq!(said(&[&sum]).rules(), ["archive-wrong-checksum"]);
}

#[test]
fn cut_archives_are_a_gap() {
    let whole = member("a", b'0', &[1; 600]);
    for cut in [512, 600, 1100, 1536] {
        let said = examine(&Tar, "x.tar", &whole[..cut]);
        assert!(said.gaps.iter().any(|g| g.1 == Why::Malformed), "{cut}");
    }
}

#[test]
fn sparse_members_are_put_together_or_a_gap() {
    let pax = member("x", b'x', record("GNU.sparse.major", "1").as_bytes());
    let unknown = said(&[&pax, &member("x", b'0', b"12345")]);
    assert_eq!(unknown.gaps[0].1, Why::Unsupported);
    assert_eq!(unknown.named.members.len(), 1);
    let with = |map: &str, real: &str| {
        let records = record("GNU.sparse.map", map) + &record("GNU.sparse.size", real);
        let pax = member("x", b'x', records.as_bytes());
        said(&[&pax, &member("x", b'0', b"12345")])
    };
    let whole = with("3,5", "9");
    assert!(whole.is_clean(), "{whole:?}");
    let names: Vec<_> = whole
        .named
        .members
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    assert_eq!(names, ["x", "x (as stored)"]);
    assert!(matches!(whole.named.members[0].body, Body::Joined(_)));
    assert_eq!(with("3,4", "9").gaps[0].1, Why::Malformed);
    assert_eq!(with("3,5", "99999999999999").gaps[0].1, Why::Limit);
}

#[test]
fn links_are_followed_under_every_spelling() {
    let high = |parts: &[&[u8]]| {
        let said = said(parts);
        let high = said
            .findings
            .iter()
            .filter(|f| f.severity == Severity::High);
        high.count()
    };
    let dir = link("./d/", b'2', "e");
    assert_eq!(high(&[&dir, &member("d//x", b'0', b"1")]), 1);
    assert_eq!(high(&[&dir, &member("d", b'0', b"1")]), 1, "the same name");
    assert_eq!(
        high(&[&dir, &link("f", b'1', "d"), &member("f/x", b'0', b"")]),
        1
    );
    assert_eq!(high(&[&dir, &link("f", b'2', "d/../x")]), 1);
    assert_eq!(high(&[&dir, &link("f", b'2', "g/../x")]), 0);
    assert_eq!(high(&[&dir, &member("dd/x", b'0', b"1")]), 0);
}

#[test]
fn programs_that_lend_their_owners_rights_are_told() {
    let with_mode = |mode: &[u8; 8], kind: u8| {
        let mut bytes = member("su", kind, b"");
        bytes[100..108].copy_from_slice(mode);
        bytes[148..156].fill(b' ');
        let sum: u64 = bytes[..512].iter().map(|&b| u64::from(b)).sum();
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        said(&[&bytes]).rules()
    };
    assert_eq!(with_mode(b"0004755\0", b'0'), ["archive-setuid-file"]);
    assert_eq!(with_mode(b"0002755\0", b'0'), ["archive-setuid-file"]);
    assert!(with_mode(b"0002775\0", b'5').is_empty(), "a folder");
    assert!(with_mode(b"0000755\0", b'0').is_empty());
}

#[test]
fn other_readings_that_share_bytes_come_to_an_end() {
    // Each record takes all that follows into its member, and each header none.
    let mut bytes = Vec::new();
    let levels = 60;
    for level in (0..levels).rev() {
        let size = 1536 * level + 512;
        let pax = member("p", b'x', record("size", &size.to_string()).as_bytes());
        bytes.extend(pax);
        bytes.extend(header(b"a", b'0', "00000000000\0", b"", b"ustar\x0000"));
    }
    bytes.extend([b'x'; 512]);
    let len = bytes.len() as u64;
    let said = examine(&Tar, "x.tar", [bytes, end()].concat());
    assert!(said.gaps.iter().any(|gap| gap.1 == Why::Limit));
    let named = said.named.members.iter().map(|m| match &m.body {
        Body::Stored(span) => span.end - span.start,
        _ => 0,
    });
    assert!(named.sum::<u64>() <= 6 * len);
}

#[test]
fn archives_are_recognised_by_their_checksum() {
    let bytes = [member("a", b'0', b"1"), end()].concat();
    assert_eq!(recognise(&Tar, "x", bytes.clone()), Claim::Structure);
    let mut old = bytes.clone();
    old[257..265].fill(0);
    assert_eq!(recognise(&Tar, "x", old), Claim::No);
    assert_eq!(recognise(&Tar, "x.tar", "no tar"), Claim::Name);
    assert_eq!(recognise(&Tar, "x", vec![0; 1024]), Claim::No);
}

#[test]
fn cut_and_changed_archives_end_in_words() {
    let bytes = [
        member("x", b'x', record("path", "longer").as_bytes()),
        member("a", b'0', b"12345"),
        link("b", b'2', "../c"),
        end(),
    ]
    .concat();
    assert!(mangle(find("tar").unwrap(), "x.tar", &bytes) < bytes.len() * 5);
}
