//! Members in all spellings of their names, sound, broken and cut.

use super::sample::{archive, member};
use super::*;
use crate::budget::Budget;
use crate::source::Memory;

fn items(bytes: &[u8]) -> Vec<Item> {
    let source = Memory::new(bytes);
    let mut items = Vec::new();
    let _ = walk(&source, &Budget::unlimited(), &mut |item| {
        items.push(item);
        Ok(())
    });
    items
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    let only = |item| match item {
        Item::Entry(entry) => Some(*entry),
        _ => None,
    };
    items(bytes).into_iter().filter_map(only).collect()
}

/// Every byte is in one item, in the order of the file.
fn assert_tiles(bytes: &[u8]) {
    let mut at = 0;
    let items = items(bytes);
    for item in &items {
        let span = match item {
            Item::Signature(span, _) | Item::Padding(span) | Item::Damage(span) => span.clone(),
            Item::Entry(entry) => {
                assert_eq!(entry.header.end, entry.data.start);
                entry.header.start..entry.data.end
            }
        };
        assert_eq!(at, span.start, "{items:?}");
        assert!(span.start < span.end);
        at = span.end;
    }
    assert!(items.is_empty() || at == bytes.len() as u64, "{items:?}");
}

fn sample() -> Vec<u8> {
    archive(&[
        member("/", b"\0\0\0\0"),
        member("//", b"a-long-name.txt/\nanother.txt/\n"),
        member("short/", b"one"),
        member("/17", b"two"),
        member("plain name", b""),
        member("#1/8", b"bsd\0\0\0\0\0data"),
        member("__.SYMDEF SORTED", b"12"),
    ])
}

#[test]
fn names_are_found_where_they_stand() {
    let entries = entries(&sample());
    let names: Vec<_> = entries.iter().map(|e| e.name.as_slice()).collect();
    let expected: [&[u8]; 7] = [
        b"/",
        b"//",
        b"short",
        b"another.txt",
        b"plain name",
        b"bsd",
        b"__.SYMDEF SORTED",
    ];
    assert_eq!(names, expected);
    let kinds: Vec<_> = entries.iter().map(|e| e.kind).collect();
    use Kind::{Member, Names, Symbols};
    assert_eq!(
        kinds,
        [Symbols, Names, Member, Member, Member, Member, Symbols]
    );
    assert_eq!(entries[5].data.end - entries[5].data.start, 4);
}

#[test]
fn a_name_that_is_in_no_table_is_told() {
    for name in ["/0", "/99", "/99999999999999"] {
        let bytes = archive(&[member(name, b"one")]);
        assert!(entries(&bytes)[0].is_nameless, "{name}");
    }
    let long = archive(&[member("#1/20000", &[b'x'; 20_000])]);
    assert!(entries(&long)[0].is_nameless);
}

#[test]
fn a_thin_archive_has_no_data() {
    let mut bytes = archive(&[member("//", b"dir/a.txt/\n")]);
    bytes[..8].copy_from_slice(THIN_SIGNATURE);
    bytes.extend(&member("/0", b"")[..48]);
    bytes.extend(b"12345     `\n");
    let entry = entries(&bytes).remove(1);
    assert_eq!((entry.kind, entry.missing), (Kind::Outside, 0));
    assert_eq!(entry.name, b"dir/a.txt");
    assert_tiles(&bytes);
}

#[test]
fn a_missing_padding_byte_is_no_damage() {
    let mut bytes = archive(&[member("a/", b"one"), member("b/", b"two")]);
    bytes.remove(8 + 63);
    assert_eq!(entries(&bytes).len(), 2);
    assert_tiles(&bytes);
}

#[test]
fn damage_is_passed_over() {
    let bytes = archive(&[
        member("a/", b"1234"),
        vec![7; 70_000],
        member("b/", b"5678"),
    ]);
    assert_eq!(entries(&bytes).len(), 2);
    assert!(items(&bytes).contains(&Item::Damage(72..70_072)));
}

#[test]
fn every_cut_and_every_change_tiles_the_file() {
    let bytes = sample();
    assert_tiles(&bytes);
    for cut in 0..bytes.len() {
        assert_tiles(&bytes[..cut]);
    }
    for at in 0..bytes.len() {
        for mask in [1, 0x20, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            assert_tiles(&changed);
        }
    }
}
