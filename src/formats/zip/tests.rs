//! What is reported about archives, honest and not.

use super::*;
use crate::formats::testing::{Said, examine, recognise};
use crate::formats::{Body, Member, Stated};
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
    extra.extend_from_slice("m/größe".as_bytes());
    extra[2] = (extra.len() - 4) as u8;
    p.central_extra = extra.clone();
    assert_eq!(judge(&[p.clone()]).0, []);
    // It leads elsewhere: out of the folder, or to another extension.
    let spell = |p: &mut Piece, name: &str| {
        extra.truncate(9);
        extra.extend_from_slice(name.as_bytes());
        extra[2] = (extra.len() - 4) as u8;
        p.central_extra = extra.clone();
    };
    let mut spell = spell;
    spell(&mut p, "m/größe.py");
    assert_eq!(judge(&[p.clone()]).0, [("archive-name-mismatch", High)]);
    spell(&mut p, "/größe");
    let rules = judge(&[p.clone()]).0;
    assert_eq!(rules, [("archive-path-traversal", Medium)]);
    // Two members of one name, by the field of one of them.
    let mut twin = Piece::stored("größe", b"other");
    twin.flags = 0x800;
    twin.central_flags = 0x800;
    p.local_name = b"gr\x94\xe1e".to_vec();
    p.central_name.clone_from(&p.local_name);
    extra[5..9].copy_from_slice(&crc32fast::hash(&p.central_name).to_le_bytes());
    extra.truncate(9);
    extra.extend_from_slice("größe".as_bytes());
    extra[2] = (extra.len() - 4) as u8;
    p.central_extra = extra;
    assert_eq!(judge(&[twin, p]).0, [("archive-duplicate-member", High)]);
}

#[test]
fn a_name_that_only_one_record_calls_utf8_is_reported_unless_it_is_plain() {
    let mut p = Piece::stored("größe", b"x");
    p.central_flags = 0x800;
    assert_eq!(judge(&[p]).0, [("archive-name-mismatch", High)]);
    let mut p = piece();
    p.central_flags = 0x800;
    assert_eq!(judge(&[p]).0, []);
}

#[test]
fn values_that_no_writer_gives_are_reported() {
    let odd = [("archive-odd-record", Medium)];
    let mut p = piece();
    for (local, central) in [(255, 20), (20, 255), (64, 64)] {
        (p.version, p.central_version) = (local, central);
        assert_eq!(judge(&[p.clone()]).0, odd, "{local} {central}");
    }
    (p.version, p.central_version) = (63, 63);
    assert_eq!(judge(&[p.clone()]).0, []);
    let mut header = vec![0x34, 0x12, 40, 0];
    header.extend(Piece::stored("smuggled!!", b"").header());
    let zip64 = [1, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    for extra in [
        [&zip64[..], &zip64].concat(),
        vec![0x34, 0x12, 9, 0, 1],
        header,
    ] {
        let mut p = piece();
        p.local_extra.clone_from(&extra);
        assert_eq!(judge(&[p.clone()]).0, odd, "{extra:?}");
        (p.local_extra, p.central_extra) = (Vec::new(), extra);
        assert_eq!(judge(&[p.clone()]).0, odd);
        // Some writers fill up with a few zeros.
        p.central_extra = vec![0; 3];
        assert_eq!(judge(&[p]).0, []);
    }
    let mut p = piece();
    p.unpacked = u32::MAX;
    assert!(judge(&[p]).0.contains(&odd[0]), "no 64-bit number");
    let mut p = Piece::stored(b"gr\x94\xe1e", b"x");
    assert_eq!(judge(&[p.clone()]).0, [], "a code page");
    (p.flags, p.central_flags) = (0x800, 0x800);
    assert_eq!(judge(&[p]).0, odd, "no UTF-8");
    let mut p = piece();
    p.disk = 3;
    assert_eq!(judge(&[p]).0, odd);
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
    p.method = 97;
    p.local_method = 97;
    p.unpacked = 40;
    let seen = see(&Sample::of(&[p.clone()]).bytes());
    assert_eq!(rules(&seen), []);
    assert_eq!(whys(&seen), [Why::Unsupported]);
    assert!(seen.gaps[0].2.contains("WavPack"));
    assert_eq!(seen.named.members, []);
    p.unpacked = p.packed;
    // Method 99 in one record only: the other reading is examined as well.
    p.method = 99;
    p.local_method = 0;
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen), [("archive-header-mismatch", High)]);
    assert_eq!(whys(&seen), [Why::Encrypted]);
    assert_eq!(seen.named.members.len(), 1);
}

#[test]
fn bytes_under_an_unknown_method_are_examined_as_what_they_are() {
    let text = b"text text text text text text text text";
    for (mut p, codec) in [
        (Piece::stored("a", text), None),
        (Piece::deflated("a", text), Some(Codec::Deflate)),
    ] {
        (p.method, p.local_method) = (7, 7);
        let seen = see(&Sample::of(&[p]).bytes());
        assert_eq!(whys(&seen), [Why::Unsupported]);
        let Member { body, stated, .. } = &seen.named.members[0];
        assert!(stated.is_some());
        let is_packed = matches!(body, Body::Packed(..));
        assert_eq!((is_packed, codec.is_some()), (is_packed, is_packed));
    }
}

#[test]
fn every_method_that_is_followed_has_its_codec() {
    for (method, codec) in [
        (8, Codec::Deflate),
        (9, Codec::Deflate64),
        (12, Codec::Bzip2),
        (20, Codec::Zstd),
        (93, Codec::Zstd),
        (95, Codec::Xz),
    ] {
        let mut p = piece();
        (p.method, p.local_method) = (method, method);
        let seen = see(&Sample::of(&[p]).bytes());
        assert!(seen.is_clean(), "{method}");
        let body = &seen.named.members[0].body;
        assert!(matches!(body, Body::Packed(_, packing) if packing.codec == codec));
    }
}

#[test]
fn the_parameters_of_ppmd_are_read_and_stay_with_the_archive() {
    let mut p = Piece::stored("a", b"\x35\x0fstream");
    (p.method, p.local_method) = (98, 98);
    p.unpacked = 40;
    let seen = see(&Sample::of(&[p.clone()]).bytes());
    let Body::Packed(span, packing) = &seen.named.members[0].body else {
        panic!("{seen:?}");
    };
    assert_eq!(span.end - span.start, 6);
    let codec = Codec::PpmdZip {
        parameters: 0x0f35,
        len: Some(40),
    };
    assert_eq!(packing.codec, codec);
    // One byte is no header.
    let mut p = Piece::stored("a", b"\x35");
    (p.method, p.local_method) = (98, 98);
    assert_eq!(whys(&see(&Sample::of(&[p]).bytes())), [Why::Malformed]);
}

#[test]
fn the_header_of_lzma_is_read_and_stays_with_the_archive() {
    let properties = [0x5d, 0, 0, 1, 0];
    let mut p = Piece::stored("a", &[&[9, 4, 5, 0][..], &properties, b"stream"].concat());
    (p.method, p.local_method, p.unpacked) = (14, 14, 77);
    for (flags, len) in [(0, Some(77)), (2, None)] {
        (p.flags, p.central_flags) = (flags, flags);
        let seen = see(&Sample::of(&[p.clone()]).bytes());
        let Body::Packed(span, packing) = &seen.named.members[0].body else {
            panic!("a packed member");
        };
        assert_eq!(*span, 31 + 9..31 + 15);
        assert_eq!(packing.codec, Codec::RawLzma { properties, len });
    }
    p.data[2] = 6;
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(whys(&seen), [Why::Malformed]);
    assert_eq!(seen.named.members, []);
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
        "a/b:c",
        "dense/kernel:0.npy",
        "..a/x",
        "größe/模型",
        "a b",
        "console",
        "common.py",
        "./a",
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
        ("...", Low),
        ("x..", Low),
        ("a /b", Low),
        ("a/AUX.pkl", Low),
        ("lpt1", Low),
        ("data.pkl::$DATA", Low),
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
    let mut windows = Piece::stored("a", b"..\\..\\b");
    (windows.mode, windows.made_by, windows.attributes) = (0, 10 << 8, 0x400);
    assert_eq!(judge(&[windows.clone()]).0, [("archive-symlink", High)]);
    windows.made_by = 3 << 8;
    assert_eq!(judge(&[windows]).0, []);
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

/// What is stated about the members of these pieces.
fn stated(pieces: &[Piece]) -> Vec<Option<Stated>> {
    let seen = see(&Sample::of(pieces).bytes());
    assert_eq!(rules(&seen), []);
    seen.named.members.into_iter().map(|m| m.stated).collect()
}

#[test]
fn what_the_records_say_about_the_bytes_is_stated_for_every_member() {
    for p in [piece(), Piece::deflated("m/data.pkl", b"some member data")] {
        let says = Stated {
            at: 0..40,
            crc32: Some(p.crc),
            len: Some(16),
        };
        assert_eq!(stated(std::slice::from_ref(&p)), [Some(says.clone())]);
        let streamed = p.streamed(true, false);
        assert_eq!(stated(&[streamed]), [Some(says)]);
    }
}

#[test]
fn checksums_that_are_not_set_are_not_stated() {
    let mut p = piece();
    p.crc = 0;
    let sums = |pieces: &[Piece]| -> Vec<Option<u32>> {
        let said = stated(pieces).into_iter();
        said.map(|s| s.and_then(|s| s.crc32)).collect()
    };
    assert_eq!(sums(std::slice::from_ref(&p)), [None]);
    let other = Piece::stored("b", b"with one");
    let crc32 = Some(other.crc);
    assert_eq!(sums(&[p.clone(), other]), [Some(0), crc32]);
    let version = Piece::stored("m/version", b"3");
    let crc32 = Some(version.crc);
    assert_eq!(sums(&[p, version]), [None, crc32], "PyTorch");
}

#[test]
fn nothing_is_stated_about_bytes_that_are_not_there_or_not_plain() {
    let bytes = Sample::of(&[piece()]).bytes();
    let seen = see(&bytes[..45]);
    assert_eq!(seen.named.members[0].stated, None);
    let mut p = piece();
    (p.flags, p.central_flags, p.unpacked) = (1, 1, 4);
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(whys(&seen), [Why::Encrypted]);
    assert_eq!(seen.named.members[0].stated, None);
}

#[test]
fn lengths_that_cannot_be_are_reported_at_sight() {
    let wrong = [("archive-wrong-size", Medium)];
    let mut p = piece();
    p.unpacked = 4;
    let seen = see(&Sample::of(&[p]).bytes());
    assert_eq!(rules(&seen), wrong);
    assert_eq!(seen.named.members.len(), 2, "both lengths are read");
    assert!(seen.named.members.iter().all(|m| m.stated.is_none()));
    let mut p = Piece::deflated("a", b"");
    p.data.clear();
    (p.packed, p.local_packed, p.unpacked) = (0, 0, 9);
    assert_eq!(judge(&[p]).0, wrong);
    let mut p = Piece::stored("a", b"");
    p.crc = 1;
    assert_eq!(judge(&[p]).0, [("archive-wrong-checksum", Medium)]);
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
fn members_that_share_bytes_are_opened_up_to_a_cap_and_the_rest_is_told() {
    // Each member's data is all that follows, the other headers included.
    let count = 300;
    let mut pieces: Vec<Piece> = (0..count)
        .map(|i| Piece::stored(format!("{i:03}"), b""))
        .collect();
    for (i, p) in pieces.iter_mut().enumerate() {
        let behind = (count - 1 - i) as u32 * 33;
        (p.packed, p.local_packed, p.unpacked) = (behind, behind, behind);
    }
    let seen = see(&Sample::of(&pieces).bytes());
    assert_eq!(seen.named.members.len(), 1 + 256);
    assert!(whys(&seen).contains(&Why::Limit));
    let (_, _, last) = seen.gaps.last().unwrap();
    assert!(last.starts_with("22 more"), "{last}");
    // A few that claim very much are too many as well.
    let mut pieces = pieces[290..].to_vec();
    for p in &mut pieces {
        p.unpacked = 1 << 29;
    }
    let seen = see(&Sample::of(&pieces).bytes());
    assert!(whys(&seen).contains(&Why::Limit));
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
            (p.method, p.local_method, p.unpacked) = (97, 97, 9);
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
