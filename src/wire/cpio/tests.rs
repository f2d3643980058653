//! Members in all forms, sound, broken and cut.

use super::sample::{Write, binary, new, octal};
use super::*;
use crate::budget::Budget;
use crate::source::Memory;

const FILE: u32 = 0o100_644;

fn items(bytes: &[u8]) -> Vec<Item> {
    let source = Memory::new(bytes);
    let mut items = Vec::new();
    walk(&source, &Budget::unlimited(), &mut |item| {
        items.push(item);
        Ok(())
    })
    .unwrap();
    items
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    let only = |item| match item {
        Item::Entry(entry) => Some(*entry),
        _ => None,
    };
    items(bytes).into_iter().filter_map(only).collect()
}

/// Every byte is in one item.
fn assert_tiles(bytes: &[u8]) {
    let mut spans = Vec::new();
    for item in items(bytes) {
        match item {
            Item::Entry(entry) => spans.extend([entry.header, entry.data]),
            Item::Trailer(span) | Item::Padding(span) | Item::Damage(span) | Item::Behind(span) => {
                assert!(span.start < span.end);
                spans.push(span);
            }
            Item::Unended => {}
        }
    }
    spans.sort_by_key(|span| (span.start, span.end));
    let mut at = 0;
    for span in &spans {
        assert_eq!(at, span.start, "{spans:?}");
        at = span.end;
    }
    assert_eq!(at, bytes.len() as u64, "{spans:?}");
}

fn looks(bytes: &[u8]) -> bool {
    likeness(&Memory::new(bytes), &Budget::unlimited()).unwrap()
}

/// One archive in each form.
fn samples() -> Vec<Vec<u8>> {
    let all = |write: Write<'_>| {
        [
            write(b"dir", 0o040_755, b""),
            write(b"dir/a", FILE, b"one"),
            write(b"b.txt", FILE, b"two!!"),
            write(TRAILER, 0, b""),
        ]
        .concat()
    };
    let mut summed = all(&new);
    summed[5] = b'2';
    vec![
        all(&new),
        all(&octal),
        all(&|name, mode, data| binary(name, mode, data, true)),
        all(&|name, mode, data| binary(name, mode, data, false)),
        summed,
    ]
}

#[test]
fn members_of_every_form_are_read() {
    for bytes in samples() {
        assert!(looks(&bytes));
        let entries = entries(&bytes);
        let names: Vec<_> = entries.iter().map(|e| e.name.as_slice()).collect();
        assert_eq!(names, [&b"dir"[..], b"dir/a", b"b.txt"]);
        let data = entries[2].data.clone();
        assert_eq!(&bytes[data.start as usize..data.end as usize], b"two!!");
        assert!(entries.iter().all(|e| e.is_terminated && e.missing == 0));
        assert!(!items(&bytes).contains(&Item::Unended));
    }
    assert_eq!(entries(&samples()[4])[0].sum, Some(0));
    assert_eq!(entries(&samples()[0])[0].sum, None);
}

#[test]
fn two_bytes_are_no_archive_by_themselves() {
    assert!(!looks(
        b"\xc7\x71 and what follows is no header at all, as can be seen"
    ));
    let mut lonely = binary(b"a", FILE, b"one", false);
    lonely.extend([7; 64]);
    assert!(!looks(&lonely));
    assert!(!looks(b"0707017 is a number"));
}

#[test]
fn archives_behind_the_end_are_followed() {
    for first in samples() {
        let second = new(b"behind", FILE, b"more");
        let bytes = [first, vec![0; 600], second, new(TRAILER, 0, b"")].concat();
        let entries = entries(&bytes);
        assert_eq!(
            entries.last().map(|e| (e.archive, e.name.len())),
            Some((1, 6))
        );
        assert_tiles(&bytes);
    }
}

#[test]
fn damage_is_passed_over_wherever_the_next_header_stands() {
    for shift in 0..4 {
        for write in [new, octal] {
            let bytes = [
                write(b"a", FILE, b"1234"),
                vec![b'0'; 70_000 + shift],
                write(b"b", FILE, b"5678"),
                write(TRAILER, 0, b""),
            ];
            let bytes = bytes.concat();
            assert_eq!(entries(&bytes).len(), 2);
            assert!(
                items(&bytes)
                    .iter()
                    .any(|item| matches!(item, Item::Damage(_)))
            );
        }
    }
}

#[test]
fn a_mark_across_two_pieces_is_found() {
    let piece = 64 << 10;
    for back in 0..6 {
        let first = new(b"a", FILE, b"");
        let filler = vec![7; first.len() + piece - back];
        let bytes = [first, filler, new(b"b", FILE, b"1"), new(TRAILER, 0, b"")].concat();
        assert_eq!(entries(&bytes).len(), 2, "{back}");
    }
}

#[test]
fn a_name_has_no_end_or_a_zero_in_it() {
    let mut bytes = new(b"abcdefg", FILE, b"");
    bytes[117] = b'!';
    assert!(!entries(&bytes)[0].is_terminated);
    let bytes = new(b"a\0b\0\0", FILE, b"");
    assert_eq!(entries(&bytes)[0].name, b"a\0b");
}

#[test]
fn every_cut_and_every_change_tiles_the_file() {
    for bytes in samples() {
        for cut in 0..=bytes.len() {
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
}
