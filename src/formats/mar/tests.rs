use super::super::testing::{Said, examine, mangle, recognise};
use super::*;
use crate::report::Severity;
use crate::wire::zip_directory::sample::{Piece, Sample};

const GOOD: &str = r#"{"createdOn": "1", "runtime": "python", "model": {"modelName": "m",
  "serializedFile": "m.pt", "handler": "image_classifier", "extraFiles": "a.json,b.txt",
  "modelVersion": "1.0"}, "archiverVersion": "0.12.0"}"#;

fn manifest(json: &str) -> Said {
    examine(&ModelManifest, "MAR-INF/MANIFEST.json", json)
}

fn archive(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut pieces = vec![Piece::stored("MAR-INF/MANIFEST.json", GOOD.as_bytes())];
    pieces.extend(more.iter().map(|(n, d)| Piece::deflated(n, d)));
    Sample::of(&pieces).bytes()
}

#[test]
fn they_are_known_by_the_manifest() {
    assert_eq!(
        recognise(&ModelArchive, "x", archive(&[])),
        Claim::Structure
    );
    let other = Sample::of(&[Piece::stored("a.json", b"{}")]).bytes();
    assert_eq!(
        recognise(&ModelArchive, "x.mar", other.clone()),
        Claim::Name
    );
    assert!(!examine(&ModelArchive, "x.mar", other).is_clean());
    let claim = |name, json: &str| recognise(&ModelManifest, name, json);
    assert_eq!(claim("m/MAR-INF/MANIFEST.json", "{}"), Claim::Structure);
    assert_eq!(claim("MANIFEST.json", GOOD), Claim::Structure);
    assert_eq!(claim("manifest.json", r#"{"name": "x"}"#), Claim::No);
}

#[test]
fn the_servers_own_handler_is_clean_and_another_is_told() {
    assert!(manifest(GOOD).is_clean());
    for handler in ["handler.py", "handler:run", "image_classifier:x", "pkg.mod"] {
        let said = manifest(&GOOD.replace("image_classifier", handler));
        assert_eq!(said.severity("torch-archive-handler"), Severity::Medium);
    }
}

#[test]
fn names_that_leave_are_found_in_every_field() {
    let files = ["m.pt", "a.json,b.txt", "image_classifier"];
    for file in files {
        let said = manifest(&GOOD.replace(file, "x,../../etc/passwd"));
        assert_eq!(
            said.severity("torch-archive-path"),
            Severity::High,
            "{file}"
        );
    }
    let list = GOOD.replace("\"a.json,b.txt\"", "[\"a\", \"/b\"]");
    assert_eq!(manifest(&list).rules(), ["torch-archive-path"]);
}

#[test]
fn what_is_no_manifest_is_a_gap() {
    for json in ["", "[", "{}", r#"{"model": 1}"#] {
        assert_eq!(manifest(json).gaps.len(), 1, "{json}");
    }
    mangle(&ModelManifest, "MAR-INF/MANIFEST.json", GOOD.as_bytes());
}

#[test]
fn requirements_are_judged() {
    let said = |name, bytes: &[u8]| examine(&ModelArchive, "x.mar", archive(&[(name, bytes)]));
    assert!(said("requirements.txt", b"torch\nnumpy==1.26\n").is_clean());
    let index = said("requirements.txt", b"--index-url http://192.0.2.1/\nx\n");
    assert_eq!(index.rules(), ["torch-archive-requirements"]);
}

#[test]
fn broken_archives_end_in_words() {
    let bytes = archive(&[("handler.py", b"import os"), ("requirements.txt", b"x")]);
    mangle(&ModelArchive, "x.mar", &bytes);
}
