//! Every kind of header, and every reading of sizes that disagree.

use super::sample::{end, header, link, member, record};
use super::*;
use crate::budget::Budget;
use crate::source::Memory;

fn items(bytes: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let source = Memory::new(bytes);
    walk(&source, &Budget::unlimited(), &mut |item| {
        items.push(item);
        Ok(())
    })
    .unwrap();
    items
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    let entries = items(bytes).into_iter().filter_map(|item| match item {
        Item::Entry(entry) => Some(*entry),
        _ => None,
    });
    entries.collect()
}

fn names(bytes: &[u8]) -> Vec<String> {
    let name = |entry: Entry| String::from_utf8_lossy(&entry.name).into_owned();
    entries(bytes).into_iter().map(name).collect()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn members_follow_one_another_up_to_the_end_mark() {
    let bytes = join(&[
        &member("a", b'0', b"12345"),
        &member("b/", b'5', b""),
        &member("b/c", 0, &[7; 512]),
        &link("d", b'2', "b/c"),
        &end(),
    ]);
    let seen = entries(&bytes);
    assert_eq!(names(&bytes), ["a", "b/", "b/c", "d"]);
    assert_eq!(seen[0].data, 512..517);
    assert_eq!(seen[2].data, 2048..2560);
    assert_eq!(
        (seen[3].header.kind, &seen[3].link[..]),
        (Kind::SymLink, &b"b/c"[..])
    );
    assert!(seen.iter().all(|e| e.header.is_sound() && e.archive == 0));
    assert!(matches!(items(&bytes)[1], Item::Padding(ref span) if *span == (517..1024)));
    assert!(!items(&bytes).contains(&Item::Unended));
    assert!(items(&bytes[..2560]).contains(&Item::Unended));
}

#[test]
fn sizes_are_octal_or_base_256() {
    let size = |field: &str| {
        let block = header(b"a", b'0', field, b"", b"ustar\x0000");
        Header::parse(block.first_chunk().unwrap()).unwrap().size
    };
    assert_eq!(size("00000000017\0"), Some(15));
    assert_eq!(size("         17 "), Some(15));
    assert_eq!(size("\0"), Some(0));
    assert_eq!(size("777777777777"), Some(0o777_777_777_777));
    assert_eq!(size("19"), None);
    assert_eq!(size("-1"), None);
    let mut block = header(b"a", b'0', "0", b"", b"ustar\x0000");
    block[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\x02\0\0\0\x01");
    let parsed = Header::parse(block.first_chunk().unwrap()).unwrap();
    assert_eq!(parsed.size, Some((2 << 32) + 1));
    block[124..136].fill(0xff);
    assert_eq!(
        Header::parse(block.first_chunk().unwrap()).unwrap().size,
        None
    );
}

#[test]
fn long_names_and_records_replace_those_of_the_header() {
    let long = "d/".repeat(100) + "name";
    let pax = record("path", &long) + &record("linkpath", "target");
    for (extension, kind) in [
        (
            member("././@LongLink", b'L', format!("{long}\0").as_bytes()),
            Renaming::Gnu,
        ),
        (member("PaxHeaders/x", b'x', pax.as_bytes()), Renaming::Pax),
    ] {
        let bytes = join(&[
            &extension,
            &member(&long[..99], b'0', b"1"),
            &member("b", b'0', b"2"),
        ]);
        let seen = entries(&bytes);
        assert_eq!(seen[0].name, long.as_bytes());
        assert_eq!((seen[0].at, seen[0].is_renamed), (0, Some(kind)));
        assert_eq!((&seen[1].name[..], seen[1].is_renamed), (&b"b"[..], None));
    }
    let global = member("g", b'g', record("path", "all").as_bytes());
    let bytes = join(&[&global, &member("a", b'0', b"1"), &member("b", b'0', b"2")]);
    assert_eq!(names(&bytes), ["all", "all"]);
}

#[test]
fn a_second_size_is_followed_as_a_second_reading() {
    let inner = member("hidden", b'0', b"payload");
    // The record passes over what the header shows, and the other way round.
    for (size, main, other) in [("1024", "after", "hidden"), ("0", "hidden", "after")] {
        let claimed = if size == "0" { 1024 } else { 0 };
        let pax = member("x", b'x', record("size", size).as_bytes());
        let field = format!("{claimed:011o}\0");
        let block = header(b"outer", b'0', &field, b"", b"ustar\x0000");
        let bytes = join(&[&pax, &block, &inner, &member("after", b'0', b"1"), &end()]);
        let seen = entries(&bytes);
        let of = |name: &str| seen.iter().find(|e| e.name == name.as_bytes()).unwrap();
        assert!(!of(main).is_other_reading, "{size}");
        if size == "1024" {
            // A header without a size is how large members are written.
            assert_eq!(of("outer").other_size, Some(0));
        }
        assert!(of(other).is_other_reading == (size == "1024"), "{size}");
    }
}

#[test]
fn data_behind_a_folder_are_read_in_both_ways() {
    let inner = member("inner", b'0', b"payload");
    let folder = header(b"folder/", b'5', "00000002000\0", b"", b"ustar\x0000");
    let bytes = join(&[&folder, &inner, &member("after", b'0', b"1"), &end()]);
    let seen = entries(&bytes);
    assert_eq!(seen[0].idle_size, 1024);
    assert_eq!(names(&bytes), ["folder/", "inner", "after"]);
}

#[test]
fn the_walk_goes_on_behind_end_marks_and_damage() {
    let first = join(&[&member("a", b'0', b"1"), &end()]);
    let bytes = join(&[&first, b"junk", &[0; 508], &member("b", b'0', b"2"), &end()]);
    let seen = entries(&bytes);
    assert_eq!((seen[0].archive, seen[1].archive), (0, 1));
    assert!(items(&bytes).contains(&Item::Behind(2048..2560)));
    let bytes = join(&[
        &member("a", b'0', b"1"),
        &[9; 700],
        &[0; 324],
        &member("b", b'0', b"2"),
    ]);
    assert!(items(&bytes).contains(&Item::Damage(1024..2048)));
    assert_eq!(names(&bytes), ["a", "b"]);
}

#[test]
fn a_wrong_checksum_is_seen_and_the_member_too() {
    let mut bytes = join(&[&member("a", b'0', b"1"), &member("b", b'0', b"2"), &end()]);
    bytes[1024] = b'c';
    let seen = entries(&bytes);
    assert_eq!(names(&bytes), ["a", "c"]);
    assert!(!seen[1].header.is_sound());
    bytes[0] = b'z';
    assert_eq!(likeness(&bytes), Likeness::Magic);
    // Without the magic it is no header.
    bytes[1024 + 257..1024 + 265].fill(0);
    assert_eq!(names(&bytes), ["z"]);
}

#[test]
fn sizes_behind_the_end_are_cut_and_told() {
    let block = header(b"a", b'0', "77777777777\0", b"", b"ustar\x0000");
    let seen = entries(&join(&[&block, b"12345"]));
    assert_eq!(seen[0].data, 512..517);
    assert_eq!(seen[0].missing, 0o77_777_777_777 - 5);
    let block = header(b"a", b'L', "77777777777\0", b"", b"ustar\x0000");
    assert!(matches!(items(&block)[0], Item::Broken(..)));
}

#[test]
fn sparse_members_are_known_by_either_kind_of_header() {
    let mut sparse = header(b"s", b'S', "00000000005\0", b"", b"ustar  \0");
    sparse[482] = 1;
    let sum: u64 = sparse
        .iter()
        .enumerate()
        .map(|(i, &b)| {
            if (148..156).contains(&i) {
                32
            } else {
                u64::from(b)
            }
        })
        .sum();
    sparse[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let bytes = join(&[&sparse, &[0; 512], b"12345", &[0; 507], &end()]);
    let seen = entries(&bytes);
    assert!(seen[0].is_sparse);
    assert_eq!(seen[0].data, 1024..1029);
    let pax = member("x", b'x', record("GNU.sparse.major", "1").as_bytes());
    assert!(entries(&join(&[&pax, &member("s", b'0', b"12345")]))[0].is_sparse);
}

#[test]
fn broken_headers_end_the_walk_and_do_not_loop() {
    let bytes = join(&[
        &member("x", b'x', record("path", "y").as_bytes()),
        &member("a", b'0', b"12345"),
        &header(b"f/", b'5', "00000001000\0", b"", b"ustar  \0"),
        &member("b", b'0', b"1"),
        &end(),
    ]);
    for cut in 0..bytes.len() {
        items(&bytes[..cut]);
    }
    for at in 0..bytes.len() {
        for mask in [1, 0x20, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            assert!(items(&changed).len() < 100);
        }
    }
}
