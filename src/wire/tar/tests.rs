//! Every kind of header, and every reading of sizes that disagree.

use super::sample::{end, header, link, member, record};
use super::*;
use crate::budget::Budget;
use crate::source::{Memory, Piece};

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
    let bytes = join(&[&block, &member("swallowed", b'0', b"1")]);
    assert_eq!(names(&bytes), ["swallowed"]);
}

/// A header of an old sparse member with these slots, and its checksum.
fn sparse(size: usize, real: u64, slots: &[(u64, u64)], is_extended: bool) -> Vec<u8> {
    let size = format!("{size:011o}\0");
    let mut block = header(b"s", b'S', &size, b"", b"ustar  \0");
    for (slot, (at, len)) in slots.iter().enumerate() {
        let text = format!("{at:011o}\0{len:011o}\0");
        block[386 + 24 * slot..][..24].copy_from_slice(text.as_bytes());
    }
    block[482] = u8::from(is_extended);
    block[483..495].copy_from_slice(format!("{real:011o}\0").as_bytes());
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|&b| u64::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[test]
fn old_sparse_members_have_their_map_in_headers() {
    let mut more = vec![0; 512];
    more[..24].copy_from_slice(b"00000000024\x0000000000002\0");
    let block = sparse(5, 30, &[(10, 3)], true);
    let bytes = join(&[&block, &more, b"12345", &[0; 507], &end()]);
    let seen = entries(&bytes);
    let pieces = vec![
        Piece::Zeros(10),
        Piece::Data(1024..1027),
        Piece::Zeros(7),
        Piece::Data(1027..1029),
        Piece::Zeros(8),
    ];
    assert_eq!(seen[0].sparse, Some(Map::Known(pieces)));
    assert_eq!(seen[0].data, 1024..1029);
    let short = join(&[&sparse(5, 30, &[(10, 3)], false), b"12345", &[0; 507]]);
    assert!(matches!(entries(&short)[0].sparse, Some(Map::Broken(_))));
}

#[test]
fn sparse_members_of_pax_are_put_together() {
    let records = |pairs: &[(&str, &str)]| {
        let records: String = pairs.iter().map(|(k, v)| record(k, v)).collect();
        member("x", b'x', records.as_bytes())
    };
    let pax = records(&[
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "s.bin"),
        ("GNU.sparse.realsize", "100"),
    ]);
    let mut data = b"1\n90\n5\n".to_vec();
    data.resize(512, 0);
    data.extend(b"12345");
    let bytes = join(&[&pax, &member("GNUSparseFile.0/s.bin", b'0', &data), &end()]);
    let seen = entries(&bytes);
    let pieces = vec![Piece::Zeros(90), Piece::Data(2048..2053), Piece::Zeros(5)];
    assert_eq!(seen[0].sparse, Some(Map::Known(pieces)));
    assert_eq!(seen[0].name, b"s.bin");
    let star = records(&[("SCHILY.realsize", "100")]);
    let seen = entries(&join(&[&star, &member("s", b'0', b"12345"), &end()]));
    assert_eq!(seen[0].sparse, Some(Map::Unknown));
}

#[test]
fn a_prefix_that_only_some_readers_know_is_another_name() {
    let mut block = header(b"a", b'0', "00000000000\0", b"", b"ustar  \0");
    let parsed = |block: &[u8]| Header::parse(block.first_chunk().unwrap()).unwrap();
    block[345..357].copy_from_slice(b"14137330655\0");
    assert_eq!(parsed(&block).prefixed, None, "a time");
    block[345..357].copy_from_slice(b"evil\0\0\0\0\0\0\0\0");
    assert_eq!(parsed(&block).prefixed.as_deref(), Some(&b"evil/a"[..]));
    assert_eq!(parsed(&block).name, b"a");
}

#[test]
fn extensions_without_a_member_are_told() {
    let long = member("././@LongLink", b'L', b"name\0");
    for behind in [end(), Vec::new(), vec![9; 512]] {
        let bytes = join(&[&member("a", b'0', b"1"), &long, &behind]);
        assert!(items(&bytes).contains(&Item::Idle(1024..2048)));
    }
    let global = member("g", b'g', record("comment", "x").as_bytes());
    let told = items(&join(&[&global, &end()]));
    assert!(!told.iter().any(|item| matches!(item, Item::Idle(_))));
}

#[test]
fn what_an_extension_hides_behind_its_end_is_told() {
    for (kind, data) in [
        (b'L', &b"name\0payload"[..]),
        (b'x', b"9 path=a\n\0payload"),
    ] {
        let bytes = join(&[&member("x", kind, data), &member("a", b'0', b""), &end()]);
        let hidden = items(&bytes).into_iter().find_map(|item| match item {
            Item::Padding(span) => Some(bytes[span.start as usize..span.end as usize].to_vec()),
            _ => None,
        });
        assert!(memchr::memmem::find(&hidden.unwrap(), b"payload").is_some());
    }
}

#[test]
fn names_are_cut_where_members_could_multiply_them() {
    let path = "p/".repeat(1000);
    let global = member("g", b'g', record("path", &path).as_bytes());
    let bytes = join(&[&global, &member("a", b'0', b"1"), &end()]);
    assert_eq!(entries(&bytes)[0].name.len(), 1024);
    assert!(
        items(&bytes)
            .iter()
            .any(|item| matches!(item, Item::Capped(..)))
    );
    let long = member("x", b'L', &[b'n'; 70_000]);
    let bytes = join(&[&long, &member("a", b'0', b"1"), &end()]);
    assert_eq!(entries(&bytes)[0].name.len(), 64 << 10);
}

#[test]
fn a_size_that_overflows_is_read_as_none_too() {
    let mut block = header(b"a", b'0', "0", b"", b"ustar\x0000");
    block[124..136].copy_from_slice(b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xfe\0");
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|&b| u64::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let bytes = join(&[&block, &member("hidden", b'0', b"payload"), &end()]);
    let seen = entries(&bytes);
    assert_eq!(names(&bytes), ["a", "hidden"]);
    assert!(seen[0].missing > 0 && seen[1].is_other_reading);
}

/// Every byte is a record's, a member's, or told as slack; what is left are the
/// zeros of end marks.
pub(crate) fn assert_tiled(bytes: &[u8]) {
    let mut owned = vec![false; bytes.len()];
    let mut own = |span: crate::report::Span| {
        for byte in &mut owned[span.start as usize..span.end as usize] {
            *byte = true;
        }
    };
    for item in items(bytes) {
        match item {
            Item::Entry(entry) => own(entry.at..entry.data.end),
            Item::Padding(span)
            | Item::Damage(span)
            | Item::Behind(span)
            | Item::Idle(span)
            | Item::Records(span)
            | Item::Broken(span, _)
            | Item::Capped(span, _) => own(span),
            Item::Unended => {}
        }
    }
    let lost = (0..bytes.len()).find(|&at| !owned[at] && bytes[at] != 0);
    assert_eq!(lost, None, "a byte that nothing owns");
}

#[test]
fn every_byte_has_an_owner() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tar");
    let files = walkdir::WalkDir::new(fixtures)
        .into_iter()
        .map(|e| e.unwrap());
    let mut seen = 0;
    for file in files.filter(|f| f.path().extension().is_some_and(|e| e == "tar")) {
        let bytes = std::fs::read(file.path()).unwrap();
        assert_tiled(&bytes);
        // Where headers stand, one byte changed, and a cut in each block.
        for at in (0..bytes.len()).step_by(97) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x15;
            assert_tiled(&changed);
            assert_tiled(&bytes[..at]);
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
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
