//! 7-Zip archives against an independent reader: what three real writers made
//! must come out with the same names, sizes, checksums and bytes.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Member, Sink, Stated};
use modelaudit::report::{Location, Place, Span, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source};
use sevenz_rust2::{ArchiveReader, Password};

/// Nothing is expected to be said about these archives.
struct Strict;

impl Sink for Strict {
    fn finding(&self, draft: Draft) {
        // A stub, and a link within the archive.
        let is_known = ["archive-unowned-bytes", "archive-symlink"].contains(&draft.rule.id);
        assert!(is_known, "{}", draft.message);
    }

    fn gap(&self, _at: Place, _why: Why, detail: String) {
        panic!("{detail}");
    }
}

/// The archives that real writers made, the one behind a script included.
fn archives() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/7z");
    let cases = std::fs::read_dir(root).unwrap().map(|e| e.unwrap());
    let is_ordinary = |name: &str| name.starts_with("benign-") || name == "self-extracting";
    let mut found: Vec<PathBuf> = cases
        .filter(|case| is_ordinary(&case.file_name().to_string_lossy()))
        .flat_map(|case| std::fs::read_dir(case.path()).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e != "json"))
        .collect();
    found.sort();
    found
}

fn members(bytes: &[u8]) -> Vec<Member> {
    let artifact = Artifact {
        location: Location::file("model.7z"),
        name: "model.7z".into(),
        source: Arc::new(Memory::new(bytes)),
        depth: 0,
    };
    let budget = Budget::unlimited();
    let mut cx = Context::new(&Strict, &budget);
    formats::find("7z")
        .unwrap()
        .examine(&artifact, &mut cx)
        .unwrap();
    cx.finish().members
}

/// What is compared of one file.
type Files = BTreeMap<String, Vec<u8>>;

fn keep(files: &mut Files, name: String, bytes: &[u8], stated: Option<&Stated>) {
    let stated = stated.unwrap_or_else(|| panic!("nothing is stated about {name}"));
    assert_eq!(stated.len, Some(bytes.len() as u64), "{name}");
    assert_eq!(stated.crc32, Some(crc32(bytes)), "{name}");
    assert!(files.insert(name, bytes.to_vec()).is_none());
}

fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

fn part(bytes: &[u8], span: &Span) -> Vec<u8> {
    bytes[span.start as usize..span.end as usize].to_vec()
}

/// Our reading: what the members that we name come to.
fn ours(bytes: &[u8]) -> Files {
    let source = Memory::new(bytes);
    let budget = Budget::unlimited();
    let mut files = Files::new();
    for member in members(bytes) {
        let stated = member.stated.as_ref();
        let decode = |span: Span, packing: modelaudit::wire::codec::Packing| {
            let mut out = Vec::new();
            let read = packing.decode(&source, span, &budget).read_to_end(&mut out);
            read.unwrap();
            out
        };
        match member.body {
            Body::Stored(span) => keep(&mut files, member.name, &part(bytes, &span), stated),
            Body::Packed(span, packing) => {
                keep(&mut files, member.name, &decode(span, packing), stated);
            }
            Body::Solid(span, packing, parts) => {
                let block = decode(span, packing);
                assert_eq!(stated.unwrap().len, Some(block.len() as u64));
                for one in parts {
                    let bytes = part(&block, &one.span);
                    keep(&mut files, one.name, &bytes, one.stated.as_ref());
                }
            }
            Body::Joined(_) | Body::Decoded(_) => panic!("no bytes of 7-Zip"),
        }
    }
    files
}

/// The other reader's.
fn theirs(bytes: &[u8]) -> Files {
    let mut files = Files::new();
    let mut reader = ArchiveReader::new(std::io::Cursor::new(bytes), Password::empty()).unwrap();
    let read = reader.for_each_entries(|entry, reader| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        if entry.has_stream {
            assert_eq!(entry.size, bytes.len() as u64);
            files.insert(entry.name.clone(), bytes);
        }
        Ok(true)
    });
    read.unwrap();
    files
}

/// The other reader's files of a case that it cannot unpack: those of another
/// case with the same content.
const SAME_CONTENT: [(&str, &str); 1] = [("benign-deflate64", "benign-deflate")];

/// The archive that the other reader is given for the one at `path`.
fn readable(path: &Path) -> PathBuf {
    let of = |case: &str| path.parent().is_some_and(|folder| folder.ends_with(case));
    match SAME_CONTENT.iter().find(|(case, _)| of(case)) {
        Some((_, other)) => path
            .parent()
            .unwrap()
            .with_file_name(other)
            .join("model.7z"),
        None => path.to_owned(),
    }
}

#[test]
fn benign_archives_come_out_as_another_reader_has_them() {
    let archives = archives();
    assert!(archives.len() >= 20);
    for path in archives {
        let bytes = std::fs::read(&path).unwrap();
        let ours = ours(&bytes);
        assert!(!ours.is_empty(), "{}", path.display());
        let bytes = std::fs::read(readable(&path)).unwrap();
        // The other reader wants the signature at the front.
        let at = memchr::memmem::find(&bytes, b"7z\xbc\xaf\x27\x1c").unwrap();
        assert_eq!(ours, theirs(&bytes[at..]), "{}", path.display());
    }
}

#[test]
fn the_members_of_a_source_of_any_length_lie_within_it() {
    for path in archives() {
        let bytes = std::fs::read(&path).unwrap();
        for member in members(&bytes) {
            let (Body::Stored(span) | Body::Packed(span, _) | Body::Solid(span, ..)) = member.body
            else {
                panic!("bytes of a header")
            };
            assert!(span.start < span.end && span.end <= Memory::new(bytes.clone()).len());
        }
    }
}
