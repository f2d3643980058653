//! What is reported about archives, honest and not.

use super::*;
use crate::formats::testing::{Said, artifact, examine, recognise};
use crate::formats::{Body, Member};
use crate::report::Severity;
use crate::rules::Draft;
use crate::wire::codec::Codec;
use crate::wire::zip_directory::sample::{Piece, Sample, clean};

fn see(bytes: &[u8]) -> Said {
    examine(&Zip, "x", bytes)
}

/// Ids and grades of the findings, in order.
fn rules(said: &Said) -> Vec<(&'static str, Severity)> {
    let key = |d: &Draft| (d.rule.id, d.severity);
    said.findings.iter().map(key).collect()
}

/// Reasons of the gaps, in order.
fn whys(said: &Said) -> Vec<Why> {
    said.gaps.iter().map(|&(_, why, _)| why).collect()
}

/// Names of the members, in order.
fn names(said: &Said) -> Vec<&str> {
    let members = said.named.members.iter();
    members.map(|m| m.name.as_str()).collect()
}

/// The findings and gaps of an archive of these members.
fn judge(pieces: &[Piece]) -> (Vec<(&'static str, Severity)>, Vec<Why>) {
    let seen = see(&Sample::of(pieces).bytes());
    (rules(&seen), whys(&seen))
}

fn piece() -> Piece {
    Piece::stored("m/data.pkl", b"some member data")
}

use Severity::{High, Low, Medium};

#[test]
fn clean_archives_give_nothing_and_all_their_members() {
    for (title, bytes) in clean() {
        let seen = see(&bytes);
        assert_eq!(rules(&seen), [], "{title}");
        assert_eq!(whys(&seen), [], "{title}");
        assert_eq!(seen.named.members.len(), 2, "{title}");
        assert_eq!(recognise(&Zip, "x", bytes), Claim::Structure);
    }
}

#[test]
fn members_are_stored_or_packed_spans() {
    let text = b"text text text text text text text text";
    let pieces = [Piece::stored("a", b"data"), Piece::deflated("b", text)];
    let seen = see(&Sample::of(&pieces).bytes());
    assert_eq!(seen.named.members[0].body, Body::Stored(31..35));
    let Body::Packed(span, packing) = &seen.named.members[1].body else {
        panic!("a packed member");
    };
    assert_eq!((span.start, packing), (66, &Codec::Deflate.into()));
}

#[test]
fn names_that_differ_are_reported_once_and_the_member_named_once() {
    let mut p = piece();
    p.local_name = b"m/dat_.pkl".to_vec();
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen), [("archive-name-mismatch", High)]);
    assert_eq!(names(&seen), ["m/data.pkl"]);
}

#[test]
fn a_unicode_path_field_that_renames_a_plain_name_is_reported() {
    let mut p = piece();
    let mut extra = vec![0x75, 0x70, 9, 0, 1];
    extra.extend_from_slice(&crc32fast::hash(&p.central_name).to_le_bytes());
    extra.extend_from_slice(b"evil");
    p.central_extra = extra.clone();
    assert_eq!(
        judge(&[p.clone()]).0,
        [("archive-name-mismatch", High)],
        "a plain name is renamed"
    );
    // The checksum of another name: readers pass the field over.
    p.central_extra[5] ^= 1;
    assert_eq!(judge(&[p.clone()]).0, []);
    // A name that the header cannot spell is what the field is for.
    p.central_name = b"m/gr\x94\xe1e".to_vec();
    p.local_name.clone_from(&p.central_name);
    extra.truncate(5);
    extra.extend_from_slice(&crc32fast::hash(&p.central_name).to_le_bytes());
    extra.extend_from_slice(b"evil");
    p.central_extra = extra;
    assert_eq!(judge(&[p]).0, []);
}

#[test]
fn methods_that_differ_are_examined_by_each_reading_that_decodes() {
    let mut p = Piece::deflated("a", b"text text text text text text");
    p.method = 0;
    p.unpacked = p.packed;
    p.crc = crc32fast::hash(&p.data);
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen)[0], ("archive-header-mismatch", High));
    let is_packed = |m: &Member| matches!(m.body, Body::Packed(..));
    assert_eq!(
        seen.named.members.iter().filter(|m| is_packed(m)).count(),
        1
    );
    assert_eq!(seen.named.members.len(), 2);

    // Stored bytes that one record calls packed: only stored decodes.
    let mut p = piece();
    p.method = 8;
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen), [("archive-header-mismatch", High)]);
    assert_eq!(seen.named.members.len(), 1);
    assert!(!is_packed(&seen.named.members[0]));
}

#[test]
fn a_method_that_is_not_followed_is_a_gap_and_named() {
    let mut p = piece();
    p.method = 12;
    p.local_method = 12;
    let seen = see(&Sample::of(&[p.clone()]).bytes());
    assert_eq!(rules(&seen), []);
    assert_eq!(whys(&seen), [Why::Unsupported]);
    assert!(seen.gaps[0].2.contains("bzip2"));
    // Method 99 in one record only: the other reading is examined as well.
    p.method = 99;
    p.local_method = 0;
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen), [("archive-header-mismatch", High)]);
    assert_eq!(whys(&seen), [Why::Encrypted]);
    assert_eq!(seen.named.members.len(), 1);
}

#[test]
fn a_hidden_member_is_reported_and_named() {
    let mut hidden = Piece::stored("hidden", b"payload");
    hidden.is_named = false;
    let seen = see(&Sample::of(&[piece(), hidden]).bytes());
    assert_eq!(rules(&seen), [("archive-hidden-member", Medium)]);
    assert_eq!(names(&seen), ["m/data.pkl", "hidden"]);
}

#[test]
fn duplicates_are_graded_by_whether_it_matters_which_is_loaded() {
    let other = Piece::stored("m/data.pkl", b"other");
    assert_eq!(
        judge(&[piece(), other]).0,
        [("archive-duplicate-member", High)]
    );
    assert_eq!(
        judge(&[piece(), piece()]).0,
        [("archive-duplicate-member", Low)]
    );
    let twin = Piece::stored("M/DATA.pkl", b"other");
    assert_eq!(
        judge(&[piece(), twin]).0,
        [("archive-duplicate-member", Low)]
    );
}

#[test]
fn names_that_leave_the_folder_and_names_that_only_look_like_it() {
    for (name, severity) in [
        ("../x", High),
        ("a/../../x", High),
        ("a\\..\\x", High),
        ("C:\\x", High),
        ("c:/x", High),
        ("/etc/passwd", Medium),
        ("\\\\host\\x", Medium),
    ] {
        let found = judge(&[Piece::stored(name, b"x")]).0;
        assert_eq!(found[0], ("archive-path-traversal", severity), "{name}");
    }
    for name in [
        "a..b/x",
        "...",
        "a/b:c",
        "..a/x",
        "x..",
        "größe/模型",
        "a b",
    ] {
        assert_eq!(judge(&[Piece::stored(name, b"x")]).0, [], "{name}");
    }
}

#[test]
fn odd_names_are_graded_by_what_they_hide() {
    let long = "x".repeat(300);
    for (name, severity) in [
        ("a\0.txt", High),
        ("a\u{202e}txt.exe", Medium),
        ("folder/", Medium),
        ("a\\b", Low),
        (long.as_str(), Low),
        ("", Low),
    ] {
        let found = judge(&[Piece::stored(name, b"x")]).0;
        assert_eq!(found, [("archive-odd-name", severity)], "{name:?}");
    }
    let folder = see(&Sample::of(&[Piece::stored("folder/", b""), piece()]).bytes());
    assert_eq!(rules(&folder), []);
    assert_eq!(names(&folder), ["m/data.pkl"]);
}

#[test]
fn links_are_graded_by_where_they_lead() {
    let link = |name: &str, target: &str| {
        let mut p = Piece::stored(name, target.as_bytes());
        p.mode = 0o120_777;
        judge(&[p]).0
    };
    assert_eq!(link("a/b", "../c"), [("archive-symlink", Low)]);
    assert_eq!(link("a", "x/../y"), [("archive-symlink", Low)]);
    assert_eq!(link("a", "../y"), [("archive-symlink", High)]);
    assert_eq!(link("a/b", "../../y"), [("archive-symlink", High)]);
    assert_eq!(link("a", "/etc/passwd"), [("archive-symlink", High)]);
    let mut packed = Piece::deflated("a", b"/etc/passwd");
    packed.mode = 0o120_777;
    assert_eq!(judge(&[packed]).0, [("archive-symlink", High)]);
}

#[test]
fn special_files_are_reported_and_what_came_out_of_a_pipe_is_not() {
    let special = [("archive-special-file", Medium)];
    let judge = |mode, data| {
        let mut p = Piece::stored("a", data);
        p.mode = mode;
        judge(&[p]).0
    };
    assert_eq!(judge(0o010_644, b""), special);
    assert_eq!(judge(0o020_644, b""), special);
    assert_eq!(judge(0o060_644, b"x"), special);
    assert_eq!(judge(0o010_600, b"data"), []);
}

#[test]
fn wrong_checksums_are_reported_and_unset_ones_are_not() {
    for mut p in [piece(), Piece::deflated("a", b"text text text text")] {
        p.crc ^= 1;
        let (rules, _) = judge(&[p.clone()]);
        assert_eq!(rules, [("archive-wrong-checksum", Medium)]);
        p.crc = 0;
        assert_eq!(judge(&[p.clone()]).0, [], "no member has a checksum");
        let (rules, _) = judge(&[p, Piece::stored("b", b"with one")]);
        assert_eq!(rules, [("archive-wrong-checksum", Medium)]);
    }
}

#[test]
fn lengths_that_lie_are_reported() {
    let wrong = [("archive-wrong-size", Medium)];
    let mut p = Piece::deflated("a", &[7; 5000]);
    p.unpacked = 10;
    assert_eq!(judge(&[p.clone()]).0, wrong);
    p.unpacked = 5001;
    assert_eq!(judge(&[p]).0, wrong);
    let mut p = Piece::deflated("a", b"text");
    p.data.extend_from_slice(b"hidden behind the stream");
    p.packed = p.data.len() as u32;
    p.local_packed = p.packed;
    assert_eq!(judge(&[p]).0, wrong);
    let mut p = piece();
    p.unpacked = 4;
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen), wrong);
    assert_eq!(seen.named.members.len(), 2, "both lengths are read");
}

#[test]
fn flags_that_lie_are_a_finding_and_encryption_is_a_gap() {
    for mut p in [piece(), Piece::deflated("a", b"text text text text")] {
        for flag in [1, 0x20, 0x40] {
            p.flags = flag;
            p.central_flags = flag;
            let seen = see(&Sample::of(&[p.clone()]).bytes());
            assert_eq!(rules(&seen), [("archive-false-flags", Medium)]);
            assert_eq!(whys(&seen), []);
            assert_eq!(seen.named.members.len(), 1);
        }
    }
    let mut stored = Piece::stored("a", &[0xa5; 28]);
    let mut packed = Piece::deflated("a", b"text");
    packed.data = vec![0xa5; 28];
    for p in [&mut stored, &mut packed] {
        (p.flags, p.central_flags) = (1, 1);
        (p.packed, p.local_packed, p.unpacked) = (28, 28, 16);
        let (rules, whys) = judge(std::slice::from_ref(p));
        assert_eq!((rules, whys), (vec![], vec![Why::Encrypted]));
    }
}

#[test]
fn one_body_for_many_members_is_reported_for_each() {
    let body = Piece::deflated("a", &[0; 9000]);
    let mut pieces = vec![body.clone()];
    for name in ["b", "c"] {
        let mut p = Piece::stored(name, b"x");
        p.points_at = Some(0);
        pieces.push(p);
    }
    let seen = see(&Sample::of(&pieces).bytes());
    let overlaps = |r: &&(&str, Severity)| **r == ("archive-overlapping-members", High);
    assert_eq!(rules(&seen).iter().filter(overlaps).count(), 2);
}

#[test]
fn a_member_that_reaches_into_the_next_overlaps_it() {
    let mut p = piece();
    (p.packed, p.local_packed, p.unpacked) = (60, 60, 60);
    let (rules, _) = judge(&[p, Piece::stored("b", b"next")]);
    assert!(rules.contains(&("archive-overlapping-members", High)));
}

#[test]
fn two_archives_in_one_file_are_reported() {
    let one = Sample::of(&[piece()]).bytes();
    let two = Sample::of(&[Piece::stored("b", b"second archive")]).bytes();
    let seen = see(&[one, two.clone()].concat());
    assert_eq!(rules(&seen), [("archive-several-directories", High)]);
    assert_eq!(names(&seen), ["m/data.pkl", "b"]);
    let remark = Sample {
        comment: two,
        ..Sample::of(&[piece()])
    };
    let seen = see(&remark.bytes());
    assert!(rules(&seen).contains(&("archive-several-directories", High)));
    assert_eq!(names(&seen), ["m/data.pkl", "b"]);
}

#[test]
fn an_end_record_that_lies_is_reported() {
    for miscount in [-1, 1] {
        let sample = Sample {
            miscount,
            ..Sample::of(&[piece(), Piece::stored("b", b"x")])
        };
        let seen = see(&sample.bytes());
        assert_eq!(rules(&seen), [("archive-directory-mismatch", Medium)]);
        assert_eq!(seen.named.members.len(), 2);
    }
}

#[test]
fn foreign_bytes_are_reported_and_padding_is_not() {
    let plain = Sample::of(&[piece()]).bytes();
    let unowned = [("archive-unowned-bytes", Low)];
    assert_eq!(rules(&see(&[b"#!/bin/sh\n", &plain[..]].concat())), unowned);
    assert_eq!(rules(&see(&[&plain[..], b"more"].concat())), unowned);
    assert_eq!(rules(&see(&[&plain[..], &[0; 512]].concat())), []);
    let mut p = piece();
    p.tail = b"between".to_vec();
    assert_eq!(judge(&[p]).0, unowned);
}

#[test]
fn a_cut_archive_names_what_is_there_and_says_what_is_not() {
    let bytes = Sample::of(&[piece(), Piece::stored("b", b"second member")]).bytes();
    let seen = see(&bytes[..56 + 31 + 5]);
    assert_eq!(rules(&seen), []);
    assert_eq!(names(&seen), ["m/data.pkl", "b"]);
    assert_eq!(whys(&seen), [Why::Malformed, Why::Malformed]);
}

#[test]
fn a_record_that_leads_nowhere_is_a_gap() {
    let mut p = piece();
    p.points_at = Some(7);
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(whys(&seen), [Why::Malformed]);
    assert_eq!(rules(&seen), [("archive-hidden-member", Medium)]);
    assert_eq!(names(&seen), ["m/data.pkl"]);
}

#[test]
fn gaps_of_one_kind_are_counted_once_there_are_many() {
    let pieces: Vec<Piece> = (0..50)
        .map(|i| {
            let mut p = Piece::stored(format!("{i}"), b"x");
            (p.method, p.local_method) = (95, 95);
            p
        })
        .collect();
    let seen = see(&Sample::of(&pieces).bytes());
    assert_eq!(seen.gaps.len(), 21);
    assert!(seen.gaps[20].2.starts_with("30 more"));
}

#[test]
fn what_is_no_archive_is_not_recognised_and_not_searched() {
    let bytes = b"{\"json\": \"PK\x05\x06 and some more text that is no archive at all\"}";
    assert_eq!(recognise(&Zip, "x", bytes), Claim::No);
    assert_eq!(recognise(&Zip, "x/Y.NPZ", bytes), Claim::Name);
    assert_eq!(whys(&see(bytes)), [Why::Malformed]);
}

#[test]
fn no_cut_and_no_flip_ends_badly() {
    for (title, bytes) in clean() {
        for at in 0..bytes.len() {
            see(&bytes[..at]);
            let mut bent = bytes.clone();
            bent[at] ^= 0xff;
            let seen = see(&bent);
            let has_members = !seen.named.members.is_empty();
            assert!(has_members || !seen.is_clean(), "{title} {at}");
        }
    }
}

/// Rule, severity and offset.
type Row = (String, String, Option<u64>);

/// What the fixture in `folder` expects of the container itself, and the file.
fn fixture(folder: &std::path::Path) -> (Vec<Row>, Vec<String>, Vec<u8>) {
    let text = std::fs::read_to_string(folder.join("expect.json")).unwrap();
    let expect: serde_json::Value = serde_json::from_str(&text).unwrap();
    let own = |v: &&serde_json::Value| v["members"].as_array().is_none_or(Vec::is_empty);
    let word = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let findings = expect["findings"].as_array().unwrap().iter().filter(own);
    let row =
        |v: &serde_json::Value| (word(&v["rule"]), word(&v["severity"]), v["offset"].as_u64());
    let mut rows: Vec<Row> = findings.map(row).collect();
    rows.sort();
    let gaps = expect["gaps"].as_array().unwrap().iter().filter(own);
    let mut gaps: Vec<String> = gaps.map(|v| word(&v["why"])).collect();
    gaps.sort();
    let bytes = std::fs::read(folder.join(word(&expect["scan"]))).unwrap();
    (rows, gaps, bytes)
}

/// Findings and gaps of the zip and the PyTorch examination together.
fn judge_as_both(bytes: &[u8]) -> (Vec<Row>, Vec<String>) {
    let Said {
        mut findings,
        mut gaps,
        ..
    } = see(bytes);
    let torch = crate::formats::find("torch-zip").unwrap();
    if torch.recognise(&Probe::new(&artifact("x", bytes))) == Claim::Structure {
        let torch = examine(torch, "x", bytes);
        findings.extend(torch.findings);
        gaps.extend(torch.gaps);
    }
    let row = |d: Draft| (d.rule.id.to_owned(), d.severity.to_string(), d.place.offset);
    let mut rows: Vec<Row> = findings.into_iter().map(row).collect();
    rows.sort();
    let mut gaps: Vec<String> = gaps.iter().map(|(_, why, _)| why.to_string()).collect();
    gaps.sort();
    (rows, gaps)
}

#[test]
fn archives_of_real_writers_and_of_attackers_are_judged_as_their_fixtures_say() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut seen = 0;
    for family in ["zip", "torch"] {
        for folder in std::fs::read_dir(root.join(family)).unwrap() {
            let folder = folder.unwrap().path();
            if !folder.is_dir() {
                continue;
            }
            let (rows, gaps, bytes) = fixture(&folder);
            assert_eq!(judge_as_both(&bytes), (rows, gaps), "{}", folder.display());
            seen += 1;
        }
    }
    assert!(seen >= 40, "{seen}");
}
