//! What the walk reads, and what it does not believe.

use super::fields;
use super::sample::{archive, copied, entry, files, header, number, record, stored};
use super::*;
use crate::budget::Budget;
use crate::source::{Memory, Source as _};
use crate::wire::cursor::Cursor;

fn read(bytes: &[u8]) -> Archive {
    let source = Memory::borrowed(bytes);
    let start = Start::find(&source).unwrap().expect("a start");
    walk(&source, start, &Budget::unlimited()).unwrap()
}

fn only(bytes: &[u8]) -> Header {
    let archive = read(bytes);
    assert!(archive.others.is_empty());
    archive.header.expect("a header")
}

fn names(header: &Header) -> Vec<String> {
    let name = |file: &File| String::from_utf8(file.name.clone().unwrap()).unwrap();
    header.files.iter().map(name).collect()
}

#[test]
fn numbers_are_read_as_they_are_written() {
    for shift in 0..64 {
        for value in [1u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
            let bytes = number(value);
            let source = Memory::new(bytes.clone());
            let mut cursor = Cursor::new(&source, 0);
            assert_eq!(fields::number(&mut cursor).unwrap(), value);
            assert_eq!(cursor.position(), source.len(), "{value:x} {bytes:x?}");
        }
    }
}

#[test]
fn an_archive_is_read_to_its_last_byte() {
    let bytes = stored(&[
        entry("a", b"12345"),
        entry("b", b""),
        entry("dir/c", b"678"),
    ]);
    let archive = read(&bytes);
    assert!(archive.slack.is_empty() && archive.overlaps.is_empty());
    let header = archive.header.unwrap();
    assert!(header.is_whole() && header.remarks.is_empty(), "{header:?}");
    assert_eq!(names(&header), ["a", "b", "dir/c"]);
    let without: Vec<bool> = header.files.iter().map(|f| f.is_without_stream).collect();
    assert_eq!(without, [false, true, false]);
    let [folder] = header.streams.folders.as_slice() else {
        panic!("{header:?}")
    };
    assert_eq!(folder.len(), 8);
    let parts: Vec<_> = folder.parts.iter().map(|p| (p.len, p.crc32)).collect();
    let sum = |bytes| Some(crc32fast::hash(bytes));
    assert_eq!(parts, [(5, sum(b"12345")), (3, sum(b"678"))]);
    assert_eq!(folder.packs(&header.streams.packs)[0].span, 32..40);
}

#[test]
fn counts_are_compared_with_the_bytes_they_take() {
    for claimed in [300, 1 << 20, 1 << 40, u64::MAX] {
        let packs = [&[0x06, 0][..], &number(claimed), &[0x09, 1, 0, 0]].concat();
        let folders = [&[0x07, 0x0b][..], &number(claimed), &[0, 0]].concat();
        let many = [&[0x05][..], &number(claimed), &[0, 0]].concat();
        for (streams, files) in [(&packs, &vec![]), (&folders, &vec![]), (&vec![0], &many)] {
            let header = only(&archive(b"", &self::header(streams, files)));
            assert!(header.broken.is_some(), "{header:?}");
            assert!(header.files.is_empty() && header.streams.packs.is_empty());
        }
    }
}

#[test]
fn streams_outside_the_file_are_cut_to_it() {
    for (position, len) in [(0, 100), (u64::MAX, 1), (1 << 62, 1 << 62), (500, 1)] {
        let streams = copied(position, len, &[]);
        let header = only(&archive(
            b"12345",
            &header(&streams, &files(&[entry("a", b"1")])),
        ));
        let pack = &header.streams.packs[0];
        assert!(
            pack.missing > 0 && pack.span.start <= pack.span.end,
            "{pack:?}"
        );
    }
}

#[test]
fn what_nothing_owns_is_slack_and_what_two_own_is_told() {
    let table = files(&[entry("a", b"1")]);
    let gap = archive(b"12345", &header(&copied(2, 2, &[]), &table));
    assert_eq!(read(&gap).slack, [32..34, 36..37]);
    let behind = [&gap[..], b"behind"].concat();
    assert_eq!(
        read(&behind).slack[2],
        gap.len() as u64..behind.len() as u64
    );
    let over = archive(b"12345", &header(&copied(2, 10, &[]), &table));
    assert_eq!(read(&over).overlaps, vec![37..44; 1]);
}

#[test]
fn a_stub_is_passed_only_where_the_archive_proves_itself() {
    let bytes = stored(&[entry("a", b"12345")]);
    let find = |bytes: &[u8]| Start::find(&Memory::borrowed(bytes)).unwrap();
    let at = |bytes: &[u8]| find(bytes).map(|start| start.at);
    assert_eq!(at(&bytes), Some(0));
    assert_eq!(at(&[b"any words", &bytes[..]].concat()), None);
    assert_eq!(at(&[b"#!/bin/sh", &bytes[..]].concat()), Some(9));
    assert_eq!(at(&[b"MZ words", &bytes[..], b"x"].concat()), Some(8));
    assert_eq!(
        at(&[b"MZ", SIGNATURE, &[0; 32], &bytes[..]].concat()),
        Some(40)
    );
    let mut wrong = [b"MZ", &bytes[..]].concat();
    wrong[14] ^= 1;
    assert_eq!(at(&wrong), None);
    assert_eq!(at(&[&b"MZ"[..], &[0; 2 << 20], &bytes].concat()), None);
    assert_eq!(at(&bytes[..31]), None);
}

#[test]
fn a_header_that_nothing_leads_to_is_found() {
    let old = header(&copied(0, 3, &[]), &files(&[entry("old", b"123")]));
    let body = [b"123", &old[..], b"45678"].concat();
    let new = copied(body.len() as u64 - 5, 5, &[]);
    let bytes = archive(&body, &header(&new, &files(&[entry("new", b"45678")])));
    let archive = read(&bytes);
    assert_eq!(names(&archive.header.unwrap()), ["new"]);
    let [other] = archive.others.as_slice() else {
        panic!("{:?}", archive.others)
    };
    assert_eq!(names(other), ["old"]);
    assert!(archive.slack.is_empty());
    // And where the start leads nowhere.
    let mut lost = bytes.clone();
    lost[12..32].fill(0);
    let archive = read(&lost);
    assert!(archive.header.is_none());
    assert_eq!(archive.others.len(), 2);
}

#[test]
fn names_that_are_no_text_are_kept_as_bytes() {
    assert_eq!(utf8(&[0x61, 0xe9, 0x4e2d]), "a\u{e9}\u{4e2d}".as_bytes());
    assert_eq!(utf8(&[0xd83d, 0xde00]), "\u{1f600}".as_bytes());
    assert_eq!(utf8(&[0xd83d]), [0xed, 0xa0, 0xbd]);
    assert_eq!(utf8(&[0xdfff, 0x61]), [0xed, 0xbf, 0xbf, 0x61]);
}

#[test]
fn records_twice_and_bytes_in_records_are_told() {
    let name = |text: &str| {
        let units = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes);
        record(0x11, &[0].into_iter().chain(units).collect::<Vec<u8>>())
    };
    let table = [
        &[0x05, 1][..],
        &name("a"),
        &name("b"),
        &record(0x19, b"words"),
        &[0],
    ]
    .concat();
    let header = only(&archive(b"1", &header(&copied(0, 1, &[]), &table)));
    assert!(header.is_whole());
    assert_eq!(header.files[0].name.as_deref(), Some(&b"b"[..]));
    assert_eq!(header.files[0].other_name.as_deref(), Some(&b"a"[..]));
    let kinds: Vec<bool> = header
        .remarks
        .iter()
        .map(|r| matches!(r, Remark::Repeated { id: 0x11, .. }))
        .collect();
    assert_eq!(kinds, [true, false]);
    assert!(matches!(&header.remarks[1], Remark::Unowned(span) if span.end - span.start == 5));
}

#[test]
fn records_that_stand_again_and_again_are_not_read_for_ever() {
    let again = |id: u8, content: &[u8], times: usize| record(id, content).repeat(times);
    let read = |table: &[u8]| {
        let table = [&[0x05, 1], table, &[0]].concat();
        only(&archive(b"1", &header(&copied(0, 1, &[]), &table)))
    };
    let times = read(&again(0x14, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 17));
    assert!(
        matches!(times.broken, Some(Broken::Capped(..))),
        "{times:?}"
    );
    // What nobody reads is told together.
    let unknown = read(&again(0x77, b"words", 5000));
    assert!(unknown.is_whole());
    assert_eq!(unknown.remarks.len(), 1024);
    let last = unknown.remarks.last();
    assert!(matches!(last, Some(Remark::Unowned(span)) if span.end - span.start > 1000));
    let sums = [&[0x06, 0, 0, 0x09, 0, 0x08][..], &[0x0a, 1, 0x0a, 1, 0, 0]].concat();
    assert!(!only(&archive(b"", &header(&sums, &[0]))).is_whole());
}

#[test]
fn only_chains_are_followed() {
    let coder = |method, inputs| Coder {
        method,
        properties: vec![],
        inputs,
        outputs: 1,
    };
    let chain = |coders: Vec<Coder>, bonds: &[(usize, usize)], inputs: &[usize]| Folder {
        sizes: vec![10; coders.len()],
        coders,
        bonds: bonds.to_vec(),
        inputs: inputs.to_vec(),
        ..Folder::default()
    };
    let filtered = chain(vec![coder(4, 1), coder(0x0004_0108, 1)], &[(0, 1)], &[1]);
    let packing = filtered.packing().unwrap();
    assert_eq!(packing.codec, crate::wire::codec::Codec::Deflate);
    assert_eq!(packing.filters.len(), 1);
    let twice = chain(
        vec![coder(0x0004_0108, 1), coder(0x0004_0202, 1)],
        &[(0, 1)],
        &[1],
    );
    let words = "bzip2 inside deflate".to_owned();
    assert_eq!(twice.packing(), Err(Unfollowed::Unsupported(words)));
    for (folder, is_malformed) in [
        (chain(vec![coder(0, 1), coder(0, 1)], &[(0, 0)], &[1]), true),
        (chain(vec![coder(0, 1), coder(0, 1)], &[(0, 1)], &[0]), true),
        (chain(vec![coder(0x21, 1)], &[], &[0]), true),
        (chain(vec![], &[], &[]), true),
        (
            chain(vec![coder(coder::BCJ2, 4)], &[], &[0, 1, 2, 3]),
            false,
        ),
        (chain(vec![coder(0x1234, 1)], &[], &[0]), false),
    ] {
        let not = folder.packing().unwrap_err();
        assert_eq!(
            matches!(not, Unfollowed::Malformed(_)),
            is_malformed,
            "{not:?}"
        );
    }
}
