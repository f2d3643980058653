//! Blocks of both generations, sound, broken and cut.

use super::sample::{new, new_archive, new_file, old, old_archive, old_file, record, vint};
use super::*;
use crate::budget::Budget;
use crate::source::Memory;

fn items(bytes: &[u8]) -> Vec<Item> {
    let source = Memory::new(bytes);
    let budget = Budget::unlimited();
    let mut items = Vec::new();
    if let Some(found) = find(&source, STUB_CAP_BYTES, &budget).unwrap() {
        walk(&source, found, &budget, &mut |item| {
            items.push(item);
            Ok(())
        })
        .unwrap();
    }
    items
}

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let only = |item| match item {
        Item::Block(block) => Some(*block),
        _ => None,
    };
    items(bytes).into_iter().filter_map(only).collect()
}

fn files(bytes: &[u8]) -> Vec<(String, File)> {
    let only = |block: Block| match block.kind {
        Kind::File(file) => {
            let span = block.data.start as usize..block.data.end as usize;
            let data = String::from_utf8_lossy(&bytes[span]).into_owned();
            Some((data, *file))
        }
        _ => None,
    };
    blocks(bytes).into_iter().filter_map(only).collect()
}

/// Every byte is in one item, in the order of the file.
fn assert_tiles(bytes: &[u8]) {
    let items = items(bytes);
    let mut at = None;
    for item in &items {
        let span = match item {
            Item::Signature(span)
            | Item::Damage(span)
            | Item::Veiled(span)
            | Item::Behind(span) => span.clone(),
            Item::Block(block) => block.header.start..block.data.end,
            Item::Unended => continue,
        };
        assert!(span.start < span.end, "{items:?}");
        assert_eq!(at.unwrap_or(span.start), span.start, "{items:?}");
        at = Some(span.end);
    }
    assert_eq!(at.unwrap_or(bytes.len() as u64), bytes.len() as u64);
}

fn samples() -> Vec<Vec<u8>> {
    let link = record(5, &[vec![1, 0, 2], b"to".to_vec()].concat());
    vec![
        old_archive(&[
            old_file(b"a.txt", 0, b"one"),
            old_file(b"b\0\0\xaab\0", 0x200, b"two"),
        ]),
        new_archive(&[
            new_file(2, "a.txt", &link, b"one"),
            new_file(3, "QO", b"", b"0000000"),
        ]),
    ]
}

#[test]
fn members_of_both_generations_are_read() {
    let old = files(&samples()[0]);
    assert_eq!(old[0].0, "one");
    assert_eq!(old[0].1.name, b"a.txt");
    assert_eq!(old[0].1.crc32, Some(crc32fast::hash(b"one")));
    assert_eq!(old[0].1.unpacked, Some(3));
    assert_eq!(old[1].1.plain_name.as_deref(), Some(&b"b"[..]));
    let new = files(&samples()[1]);
    assert_eq!(new[0].0, "one");
    let target = new[0].1.target.clone().unwrap();
    assert_eq!((target.link, target.name), (Link::Symbolic, b"to".to_vec()));
}

#[test]
fn a_wrong_checksum_does_not_end_the_walk() {
    for (mut bytes, at) in [(samples().remove(0), 21), (samples().remove(1), 17)] {
        let before = files(&bytes).len();
        bytes[at] ^= 0x40;
        assert_eq!(files(&bytes).len(), before);
        assert_eq!(blocks(&bytes).iter().filter(|b| !b.is_sound()).count(), 1);
    }
}

#[test]
fn a_comment_in_a_header_is_not_covered_by_its_checksum() {
    let mut main = old(0x73, 0x02, &[0; 6], b"");
    main[5] = 20;
    let sum = crc32fast::hash(&main[2..]) as u16;
    main[..2].copy_from_slice(&sum.to_le_bytes());
    let bytes = [b"Rar!\x1a\x07\0".to_vec(), main, b"comment".to_vec()].concat();
    assert!(blocks(&bytes)[0].is_sound());
}

#[test]
fn lengths_of_more_than_32_bits_are_put_together() {
    let mut body = [0xffu8; 8].to_vec();
    body.extend([3, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0x33, 1, 0, 0, 0, 0, 0]);
    body.extend([0, 0, 0, 0, 2, 0, 0, 0]);
    body.push(b'n');
    let bytes = [
        b"Rar!\x1a\x07\0".to_vec(),
        sample::old_main(0),
        old(0x74, 0x8100, &body, b""),
    ];
    let block = blocks(&bytes.concat()).remove(1);
    assert_eq!(block.missing, 0xffff_ffff);
    let Kind::File(file) = block.kind else {
        panic!()
    };
    assert_eq!((file.unpacked, file.method), (Some(0x2_ffff_ffff), 3));
}

#[test]
fn fields_past_the_end_of_a_header_are_told() {
    let fields = [
        vint(4),
        vint(3),
        vint(0),
        vec![0; 4],
        vint(0),
        vint(1),
        vint(99),
    ]
    .concat();
    let bytes = new_archive(&[new(2, 0, &[fields, b"name".to_vec()].concat(), b"", b"abc")]);
    let block = blocks(&bytes).remove(1);
    assert!(block.is_torn && block.is_sound());
    let bytes = new_archive(&[new_file(2, "n", &[9, 5], b"abc")]);
    assert!(blocks(&bytes)[1].is_torn);
}

#[test]
fn damage_is_passed_over() {
    for mut pair in [
        (vec![b'!'; 50], old_file(b"a.txt", 0, b"one")),
        (vec![0; 50], old_file(b"a.txt", 0, b"one")),
    ] {
        let bytes = old_archive(&[std::mem::take(&mut pair.0), pair.1]);
        assert!(items(&bytes).contains(&Item::Damage(20..70)));
        assert_eq!(files(&bytes).len(), 1);
    }
    let bytes = new_archive(&[vec![b'!'; 50], new_file(2, "a", b"", b"one")]);
    assert_eq!(files(&bytes).len(), 1);
}

#[test]
fn encrypted_headers_veil_the_rest() {
    let bytes = [
        b"Rar!\x1a\x07\0".to_vec(),
        sample::old_main(0x80),
        vec![9; 40],
    ]
    .concat();
    assert_eq!(items(&bytes).last(), Some(&Item::Veiled(20..60)));
    let key = new(4, 0, &[0; 20], b"", b"");
    let bytes = [b"Rar!\x1a\x07\x01\0".to_vec(), key, vec![9; 40]].concat();
    assert!(
        matches!(items(&bytes).last(), Some(Item::Veiled(span)) if span.end - span.start == 40)
    );
}

#[test]
fn an_archive_behind_other_bytes_needs_a_sound_start() {
    for bytes in samples() {
        let source = Memory::new([vec![7; 70_000], bytes.clone()].concat());
        let found = find(&source, STUB_CAP_BYTES, &Budget::unlimited())
            .unwrap()
            .unwrap();
        assert_eq!((found.at, found.has_start), (70_000, true));
        assert_eq!(find(&source, 0, &Budget::unlimited()).unwrap(), None);
        // Across the border of two pieces.
        let source = Memory::new([vec![7; (64 << 10) - 2], bytes].concat());
        assert!(
            find(&source, STUB_CAP_BYTES, &Budget::unlimited())
                .unwrap()
                .is_some()
        );
    }
    let source = Memory::new(&b"about Rar!\x1a\x07\0 and Rar!\x1a\x07\x01\0, its signatures"[..]);
    assert_eq!(
        find(&source, STUB_CAP_BYTES, &Budget::unlimited()).unwrap(),
        None
    );
}

#[test]
fn copies_of_headers_are_read() {
    let copy = |header: &[u8]| {
        let body = [
            vint(0),
            vint(300),
            vint(header.len() as u64),
            header.to_vec(),
        ]
        .concat();
        let rest = [vint(body.len() as u64), body].concat();
        [crc32fast::hash(&rest).to_le_bytes().to_vec(), rest].concat()
    };
    let mut bytes = [copy(b"one"), copy(b"two"), vec![0; 9]].concat();
    let read = |bytes: &[u8]| {
        let source = Memory::new(bytes);
        let mut seen = Vec::new();
        let span = 0..bytes.len() as u64;
        let whole = copies(&source, span, 500, &Budget::unlimited(), &mut |copy| {
            seen.push(copy);
            Ok(())
        });
        (whole.unwrap(), seen)
    };
    let (whole, seen) = read(&bytes);
    assert!(whole && seen.iter().all(|copy| copy.is_sound && copy.at == 200));
    assert_eq!(seen[1].header, b"two");
    bytes[9] ^= 1;
    assert!(!read(&bytes).1[0].is_sound);
    for cut in 0..bytes.len() {
        read(&bytes[..cut]);
    }
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
