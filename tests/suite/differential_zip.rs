//! The walk over zip archives against another reader, on what real writers and
//! attackers wrote; and every byte of them owned by a record, a member or the
//! slack.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Sink};
use modelaudit::report::{Location, Place, Span, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::zip_directory::{Caps, Directory, walk};
use zip::{CompressionMethod, ZipArchive};

use crate::support::{cases, fixtures};

/// Cases in which the other reader sees something else, and why.
const DISAGREEMENTS: &[(&str, &str)] = &[
    (
        "archive-in-comment",
        "Two directories: it takes the last alone.",
    ),
    ("cut", "It needs an end record."),
    (
        "duplicate-member",
        "Of two members of one name it keeps the last.",
    ),
    (
        "end-inside-member",
        "Two directories: it takes the last alone.",
    ),
    (
        "info-zip-piped-zip64",
        "The offset is left to a zip64 record that is not there; it refuses.",
    ),
    ("lying-count", "It believes the count."),
    (
        "negative-offset",
        "It takes the offset as it stands and finds no directory there.",
    ),
    (
        "overlapping-members",
        "It refuses members that share bytes.",
    ),
    ("sealed-directory", "No directory can be read."),
    ("split-part", "It needs an end record."),
    (
        "torch-directory-behind",
        "It looks for the directory in front of the end record alone.",
    ),
    (
        "torch-duplicate-first",
        "Of two members of one name it keeps the last.",
    ),
    (
        "torch-duplicate-last",
        "Of two members of one name it keeps the last.",
    ),
    ("torch-end-disk", "It refuses archives of several disks."),
    (
        "torch-glued-first",
        "Two directories: it takes the last alone.",
    ),
    (
        "torch-glued-last",
        "Two directories: it takes the last alone.",
    ),
    (
        "torch-in-comment",
        "Two directories: it takes the last alone.",
    ),
    ("torch-name-not-utf8", "It refuses a name that is no UTF-8."),
    ("torch-no-end", "It needs an end record."),
    (
        "torch-ragged-extra",
        "It refuses an extra field that runs past its end.",
    ),
    (
        "torch-two-zip64-ends",
        "It takes the zip64 record that the locator leads to.",
    ),
    (
        "torch-zip64-twice",
        "It takes the second of two zip64 fields.",
    ),
    ("two-archives", "Two directories: it takes the last alone."),
    ("unicode-name", "It takes the name in the extra field."),
    (
        "unicode-name-escapes",
        "It takes the name in the extra field.",
    ),
];

/// A member as both sides can tell it: name, method, packed length, unpacked
/// length, checksum.
type Row = (Vec<u8>, u16, u64, u64, u32);

/// What a reader makes of an archive: its members, and the bytes of those that
/// it unpacks.
#[derive(Debug, Default, PartialEq)]
struct View {
    rows: Vec<Row>,
    bytes: BTreeSet<(Vec<u8>, Vec<u8>)>,
}

struct Nowhere;

impl Sink for Nowhere {
    fn finding(&self, _draft: Draft) {}

    fn gap(&self, _at: Place, _why: Why, _detail: String) {}
}

/// The archives, by their case.
fn archives() -> Vec<(String, Vec<u8>)> {
    let of_zip = cases().into_iter().filter(|c| c.name.starts_with("zip/"));
    let read = |(name, path): (String, PathBuf)| (name, std::fs::read(path).unwrap());
    let all: Vec<_> = of_zip
        .map(|case| {
            (
                case.name.clone(),
                fixtures().join(&case.name).join(&case.expect.scan),
            )
        })
        .map(read)
        .collect();
    assert!(all.len() > 90, "{}", all.len());
    all
}

fn directory(bytes: &[u8]) -> Directory {
    let source = Memory::new(bytes);
    walk(&source, Caps::default(), &Budget::unlimited()).unwrap()
}

/// The members that our examination names, with their place and bytes.
fn members(bytes: &[u8]) -> Vec<(String, Span, Vec<u8>)> {
    let source = Arc::new(Memory::new(bytes));
    let artifact = Artifact {
        location: Location::file("sample.zip"),
        name: "sample.zip".into(),
        source: source.clone(),
        depth: 0,
    };
    let budget = Budget::unlimited();
    let mut cx = Context::new(&Nowhere, &budget);
    let _ = formats::find("zip").unwrap().examine(&artifact, &mut cx);
    let open = |body: Body| match body {
        Body::Stored(span) => {
            let bytes = source.chunk(span.clone()).unwrap().to_vec();
            Some((span, bytes))
        }
        Body::Packed(span, packing) => {
            let mut out = Vec::new();
            let mut decoder = packing.decode(source.as_ref(), span.clone(), &budget);
            // What came out in front of a break counts.
            let _ = decoder.read_to_end(&mut out);
            Some((span, out))
        }
        _ => None,
    };
    let named = cx.finish().members.into_iter();
    named
        .filter_map(|member| {
            let (span, bytes) = open(member.body)?;
            Some((member.name, span, bytes))
        })
        .collect()
}

fn ours(bytes: &[u8]) -> View {
    let directory = directory(bytes);
    let mut rows: Vec<Row> = Vec::new();
    for central in directory.entries.iter().filter_map(|e| e.central.as_ref()) {
        let view = &central.view;
        rows.push((
            view.name.to_vec(),
            view.method,
            view.packed.unwrap(),
            view.unpacked.unwrap(),
            view.crc32.unwrap(),
        ));
    }
    rows.sort();
    let named = members(bytes).into_iter();
    View {
        rows,
        bytes: named
            .map(|(name, _, bytes)| (name.into_bytes(), bytes))
            .collect(),
    }
}

fn number(method: CompressionMethod) -> u16 {
    match method {
        CompressionMethod::Stored => 0,
        CompressionMethod::Deflated => 8,
        CompressionMethod::Deflate64 => 9,
        CompressionMethod::Bzip2 => 12,
        CompressionMethod::Lzma => 14,
        CompressionMethod::Zstd => 93,
        CompressionMethod::Xz => 95,
        other => {
            let text = format!("{other:?}");
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(99)
        }
    }
}

/// What the other reader makes of the bytes; `None` where it refuses them.
fn theirs(bytes: &[u8]) -> Option<View> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut view = View::default();
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_raw(index) else {
            continue;
        };
        let name = file.name_raw().to_vec();
        let method = number(file.compression());
        view.rows.push((
            name.clone(),
            method,
            file.compressed_size(),
            file.size(),
            file.crc32(),
        ));
        drop(file);
        let mut out = Vec::new();
        if let Ok(mut file) = archive.by_index(index)
            && file.read_to_end(&mut out).is_ok()
            && !out.is_empty()
        {
            view.bytes.insert((name, out));
        }
    }
    view.rows.sort();
    Some(view)
}

#[test]
fn the_other_reader_sees_the_same_but_where_it_is_told() {
    let mut differing = BTreeSet::new();
    let mut said = Vec::new();
    for (name, bytes) in archives() {
        let (ours, theirs) = (ours(&bytes), theirs(&bytes));
        let agrees = theirs
            .as_ref()
            .is_some_and(|theirs| theirs.rows == ours.rows && theirs.bytes.is_subset(&ours.bytes));
        if !agrees {
            said.push(format!(
                "{name}\n  ours   {:?}\n  theirs {:?}",
                ours.rows,
                theirs.map(|t| t.rows)
            ));
            differing.insert(name.trim_start_matches("zip/").to_owned());
        }
    }
    let told: BTreeSet<String> = DISAGREEMENTS.iter().map(|(n, _)| (*n).to_owned()).collect();
    assert_eq!(differing, told, "{}", said.join("\n"));
}

#[test]
fn whatever_the_other_reader_unpacks_is_a_member_here() {
    for (name, bytes) in archives() {
        let Some(theirs) = theirs(&bytes) else {
            continue;
        };
        let ours: BTreeSet<Vec<u8>> = members(&bytes).into_iter().map(|m| m.2).collect();
        for (member, bytes) in theirs.bytes {
            let member = String::from_utf8_lossy(&member);
            assert!(ours.contains(&bytes), "{name}: {member} is not examined");
        }
    }
}

/// The spans of all records and members, in order; and that the slack is what
/// they leave.
fn assert_tiled(bytes: &[u8], what: &str) {
    let directory = directory(bytes);
    let len = bytes.len() as u64;
    let mut owned: Vec<Span> = directory.others.clone();
    for entry in &directory.entries {
        let Some(local) = &entry.local else {
            continue;
        };
        owned.push(local.at..local.data_at);
        for view in entry.views() {
            let Some(data) = entry.data(view, len) else {
                continue;
            };
            if let Some(descriptor) = local.descriptor {
                owned.push(data.end..data.end + descriptor.len);
            }
            owned.push(data);
        }
    }
    owned.extend(directory.runs.iter().map(|run| run.span.clone()));
    owned.extend(directory.ends.iter().flat_map(|end| end.records()));
    owned.extend(directory.slack.iter().cloned());
    owned.sort_by_key(|span| span.start);
    let mut at = 0;
    for span in owned {
        assert!(span.start <= at, "{what}: nobody has {at}..{}", span.start);
        at = at.max(span.end);
    }
    assert!(at >= len, "{what}: nobody has {at}..{len}");
}

#[test]
fn every_byte_is_some_records_some_members_or_slack() {
    for (name, bytes) in archives() {
        assert_tiled(&bytes, &name);
        let step = (bytes.len() / 60).max(1);
        for at in (0..bytes.len()).step_by(step) {
            assert_tiled(&bytes[..at], &format!("{name} cut at {at}"));
            let mut bent = bytes.clone();
            bent[at] ^= 0x81;
            assert_tiled(&bent, &format!("{name} with byte {at} bent"));
        }
    }
}

#[test]
fn every_nonempty_member_of_a_plain_archive_is_named() {
    for (name, bytes) in archives() {
        let named: BTreeSet<u64> = members(&bytes).iter().map(|m| m.1.end).collect();
        for entry in directory(&bytes).entries {
            let Some(view) = entry.view() else { continue };
            let followed = matches!(view.method, 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95);
            let is_plain = entry.views().all(|v| v.flags & 0x2061 == 0);
            let agree = entry.differences().is_empty();
            let data = entry.data(view, bytes.len() as u64);
            let Some(data) = data.filter(|d| !d.is_empty() && followed && is_plain && agree) else {
                continue;
            };
            let shown = String::from_utf8_lossy(entry.name()).into_owned();
            let is_folder = shown.ends_with('/') && view.unpacked == Some(0);
            assert!(is_folder || named.contains(&data.end), "{name}: {shown}");
        }
    }
}
