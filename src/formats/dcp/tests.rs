use super::super::testing::{Said, examine, mangle, recognise};
use super::*;
use crate::formats::Body;
use crate::report::Severity;
use crate::wire::zip_directory::sample::{Piece, Sample};

/// Metadata of entries: path, offset, length.
fn metadata(entries: &[(&str, i32, i32)]) -> Vec<u8> {
    let mut out = b"\x80\x04ctorch.distributed.checkpoint.metadata\nMetadata\n)\x81}(".to_vec();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(0x8c);
        out.push(text.len() as u8);
        out.extend(text.as_bytes());
        out.push(0x94);
    };
    for (path, offset, length) in entries {
        out.extend(b"ctorch.distributed.checkpoint.filesystem\n_StorageInfo\n)\x81}(");
        text(&mut out, "relative_path");
        text(&mut out, path);
        for (name, n) in [("offset", offset), ("length", length)] {
            text(&mut out, name);
            out.push(b'J');
            out.extend(n.to_le_bytes());
        }
        out.extend(b"ub");
    }
    out.extend(b"ub.");
    out
}

fn judge(entries: &[(&str, i32, i32)]) -> Said {
    examine(&CheckpointMetadata, ".metadata", metadata(entries))
}

#[test]
fn ordinary_metadata_is_clean() {
    let bytes = metadata(&[]);
    assert_eq!(
        recognise(&CheckpointMetadata, "x/.metadata", bytes.clone()),
        Claim::Structure
    );
    assert_eq!(
        recognise(&CheckpointMetadata, "x.metadata", bytes),
        Claim::No
    );
    assert_eq!(recognise(&CheckpointMetadata, ".metadata", "{}"), Claim::No);
    let said = judge(&[
        ("__0_0.distcp", 0, 10),
        ("__0_0.distcp", 10, 10),
        ("__0_0.distcp", 10, 10),
        ("__1_0.distcp", 5, 10),
    ]);
    assert!(said.is_clean(), "{said:?}");
}

#[test]
fn paths_that_leave_are_found() {
    for path in ["../x.distcp", "/etc/passwd", "https://example.org/x"] {
        let said = judge(&[("__0_0.distcp", 0, 10), (path, 0, 10)]);
        assert_eq!(said.severity("torch-checkpoint-path"), Severity::High);
    }
}

#[test]
fn places_that_cannot_be_are_found() {
    for entries in [
        &[("a", -1, 10)][..],
        &[("a", 0, -10)],
        &[("a", 0, 10), ("a", 9, 10)],
        &[("a", 0, 100), ("a", 10, 10), ("a", 50, 10)],
    ] {
        assert_eq!(judge(entries).rules(), ["torch-checkpoint-extent"]);
    }
}

fn members(bytes: &[u8]) -> Vec<(String, std::ops::Range<u64>)> {
    let said = examine(&CheckpointData, "__0_0.distcp", bytes);
    assert!(said.is_clean(), "{said:?}");
    said.named
        .members
        .into_iter()
        .map(|m| match m.body {
            Body::Stored(span) => (m.name, span),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn archives_behind_each_other_are_told_apart() {
    let one = Sample::of(&[Piece::stored("a/data.pkl", b"PK\x05\x06 no end record")]).bytes();
    let two = Sample::of(&[Piece::deflated("b/data.pkl", &[7; 500])]).bytes();
    let (a, b) = (one.len() as u64, two.len() as u64);
    assert_eq!(
        members(&[one.clone(), two.clone(), one.clone()].concat()),
        [
            ("archive@0".to_owned(), 0..a),
            (format!("archive@{a}"), a..a + b),
            (format!("archive@{}", a + b), a + b..a + b + a),
        ]
    );
    let between = [&one[..], b"between", &two, b"behind"].concat();
    assert_eq!(
        members(&between),
        [
            ("archive@0".to_owned(), 0..a),
            (format!("bytes@{a}"), a..a + 7),
            (format!("archive@{}", a + 7), a + 7..a + 7 + b),
            (format!("bytes@{}", a + 7 + b), a + 7 + b..a + 13 + b),
        ]
    );
    let cut = &one[..one.len() - 1];
    assert_eq!(members(cut), [("archive@0".to_owned(), 0..a - 1)]);
    assert_eq!(
        recognise(&CheckpointData, "__0_0.distcp", one.clone()),
        Claim::Structure
    );
    assert_eq!(recognise(&CheckpointData, "model.pt", one), Claim::No);
}

#[test]
fn members_cover_every_byte_whatever_the_bytes_are() {
    let one = Sample::of(&[Piece::stored("a/data.pkl", b"x")]).bytes();
    let two = [&one[..], b"y", &one].concat();
    for cut in 4..two.len() {
        let named = members(&two[..cut]);
        let mut at = 0;
        for (_, span) in named {
            assert_eq!(span.start, at);
            at = span.end;
        }
        assert_eq!(at, cut as u64);
    }
    mangle(&CheckpointData, "__0_0.distcp", &two);
}

#[test]
fn broken_metadata_ends_in_words() {
    let bytes = metadata(&[("__0_0.distcp", 0, 10), ("__0_0.distcp", 10, 10)]);
    assert!(mangle(&CheckpointMetadata, ".metadata", &bytes) > 0);
}
