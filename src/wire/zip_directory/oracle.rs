//! The walk against another reader and writer of archives: whatever that one
//! opens, the walk must have seen.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::sample::clean;
use super::*;
use crate::source::Memory;
use crate::wire::codec::Codec;

/// A member as both sides can tell it: name, data position, packed length,
/// unpacked length, checksum.
type Row = (Vec<u8>, u64, u64, u64, u32);

/// What the other reader makes of the bytes; `None` where it refuses them.
fn theirs(bytes: &[u8]) -> Option<Vec<Row>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut rows = Vec::new();
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_raw(index) else {
            continue;
        };
        let Some(start) = file.data_start() else {
            continue;
        };
        rows.push((
            file.name_raw().to_vec(),
            start,
            file.compressed_size(),
            file.size(),
            file.crc32(),
        ));
    }
    Some(rows)
}

fn ours(bytes: &[u8]) -> Vec<Row> {
    let source = Memory::new(bytes);
    let directory = walk(&source, Caps::default(), &Budget::unlimited()).unwrap();
    let row = |e: &Entry| {
        let view = &e.central.as_ref()?.view;
        let start = e.local.as_ref()?.data_at;
        Some((
            view.name.to_vec(),
            start,
            view.packed?,
            view.unpacked?,
            view.crc32?,
        ))
    };
    directory.entries.iter().filter_map(row).collect()
}

fn written(method: CompressionMethod, is_large: bool) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .large_file(is_large);
    for (name, data) in [
        ("a.txt", &b"text text text text"[..]),
        ("größe", b""),
        ("b/c", b"x"),
    ] {
        writer.start_file(name, options).unwrap();
        writer.write_all(data).unwrap();
    }
    writer.add_directory("folder/", options).unwrap();
    writer.set_comment("a comment").unwrap();
    writer.finish().unwrap().into_inner()
}

fn all() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = clean().into_iter().map(|(_, bytes)| bytes).collect();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        for is_large in [false, true] {
            all.push(written(method, is_large));
        }
    }
    all
}

#[test]
fn both_see_the_same_in_archives_that_either_wrote() {
    for bytes in all() {
        let (mut theirs, mut ours) = (theirs(&bytes).unwrap(), ours(&bytes));
        theirs.sort();
        ours.sort();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn packed_members_decode_to_the_same_bytes() {
    let bytes = written(CompressionMethod::Deflated, false);
    let source = Memory::new(bytes.clone());
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut theirs = Vec::new();
        file.read_to_end(&mut theirs).unwrap();
        if file.compression() != CompressionMethod::Deflated {
            continue;
        }
        let start = file.data_start().unwrap();
        let mut ours = Vec::new();
        let mut reader = Codec::Deflate.decode(
            &source,
            start..start + file.compressed_size(),
            &Budget::unlimited(),
        );
        reader.read_to_end(&mut ours).unwrap();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn whatever_the_other_reader_opens_after_a_flip_the_walk_has_seen() {
    let mut opened = 0;
    for bytes in all() {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x10, 0xff] {
                let mut bent = bytes.clone();
                bent[at] ^= flip;
                let Some(theirs) = theirs(&bent) else {
                    continue;
                };
                let ours = ours(&bent);
                let len = bent.len() as u64;
                for row in theirs.into_iter().filter(|row| row.1 + row.2 <= len) {
                    opened += 1;
                    // An archive inside is a member here, and examined as one.
                    let is_inside = |o: &Row| o.1 < row.1 && row.1 + row.2 < o.1 + o.2;
                    let is_seen = ours.contains(&row) || ours.iter().any(is_inside);
                    assert!(is_seen, "byte {at}: {row:?} is not in {ours:?}");
                }
            }
        }
    }
    assert!(opened > 1000, "{opened}");
}
