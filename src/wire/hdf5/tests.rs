//! Files of the reference library, followed, cut and changed.

use super::*;
use crate::budget::Budget;
use crate::source::Memory;

/// What a walk told, in words.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    trouble: Vec<String>,
    walked: Option<Walked>,
}

impl Told {
    fn has(&self, line: &str) -> bool {
        self.lines.iter().any(|known| known == line)
    }

    fn count(&self, front: &str) -> usize {
        self.lines
            .iter()
            .filter(|line| line.starts_with(front))
            .count()
    }
}

fn text(bytes: &[u8], span: &std::ops::Range<u64>) -> String {
    let range = span.start as usize..(span.end as usize).min(bytes.len());
    let bytes = bytes.get(range).unwrap_or_default();
    String::from_utf8_lossy(bytes)
        .trim_end_matches('\0')
        .to_owned()
}

fn see(bytes: &[u8], event: Event<'_>, told: &mut Told) {
    let line = match event {
        Event::Link(link) => format!("link {} {} {:?}", link.group, link.name, link.target),
        Event::Attribute(a) => {
            let texts: Vec<_> = a.texts.iter().map(|span| text(bytes, span)).collect();
            format!(
                "attribute {}@{} {:?} {:?}",
                a.path, a.name, a.datatype.class, texts
            )
        }
        Event::Dataset(d) => {
            let storage = match &d.storage {
                Storage::Chunks { chunks, .. } => {
                    for chunk in chunks {
                        assert!(chunk.span.end <= bytes.len() as u64 || told.trouble.is_empty());
                    }
                    format!("{} chunks", chunks.len())
                }
                Storage::Run(span) => format!("run {}", span.end - span.start),
                other => format!("{other:?}"),
            };
            let texts: Vec<_> = d.texts.iter().map(|span| text(bytes, span)).collect();
            format!("dataset {} {:?} {storage} {texts:?}", d.path, d.bytes())
        }
        Event::Comment { path, span } => format!("comment {path} {}", text(bytes, &span)),
        Event::Remark(remark) => {
            told.trouble.push(remark.words);
            return;
        }
        Event::Unread { path, fault } => {
            told.trouble.push(format!("{path}: {fault}"));
            return;
        }
    };
    told.lines.push(line);
}

fn told(bytes: &[u8]) -> Told {
    let source = Memory::new(bytes);
    let budget = Budget::unlimited();
    let mut told = Told::default();
    let at = find(&source, u64::MAX).unwrap_or(0);
    let walked = walk(&source, at, &budget, &mut |event| {
        see(bytes, event, &mut told);
        Ok(())
    });
    match walked {
        Ok(walked) => told.walked = Some(walked),
        Err(fault) => told.trouble.push(fault.to_string()),
    }
    told
}

/// A walk without trouble.
fn clean(bytes: &[u8]) -> Told {
    let told = told(bytes);
    assert!(told.trouble.is_empty(), "{:?}", told.trouble);
    told
}

#[test]
fn every_type_is_read_in_both_styles() {
    for bytes in [sample::TYPES, sample::TYPES_NEW] {
        let told = clean(bytes);
        for line in [
            "attribute /@title Variable [\"weights of a model\"]",
            "attribute /@fixed String [\"a fixed text\"]",
            "attribute /@many String [\"dense\", \"bias\", \"kernel\"]",
            "attribute /@texts Variable [\"one\", \"two\", \"three\"]",
            "attribute /@numbers Float []",
            "comment /hard the first layer",
            "dataset /hard Some(10) run 10 []",
            "dataset /layer/inner/words Some(32) run 32 [\"alpha\", \"beta\"]",
            "dataset /layer/inner/pair Some(60) run 60 [\"left\", \"right\"]",
            "dataset /layer/inner/c8 Some(24) run 24 []",
            "dataset /typed Some(24) run 24 []",
            "link / soft Soft(\"/layer/inner/f2\")",
            "link / hard Hard { is_group_again: false }",
        ] {
            assert!(told.has(line), "{line}: {:#?}", told.lines);
        }
    }
}

#[test]
fn every_chunk_of_every_index_is_found() {
    let told = clean(sample::INDEXES);
    for (name, chunks) in [
        ("single", 1),
        ("single_packed", 1),
        ("fixed", 8),
        ("fixed_packed", 8),
        ("extensible", 32),
        ("extensible_packed", 16),
        ("tree", 16),
        ("tree_packed", 4),
        // One behind the other: a run.
        ("implicit", 1),
    ] {
        let line = format!("dataset /{name} Some(128) {chunks} chunks []");
        assert!(told.has(&line), "{line}: {:#?}", told.lines);
    }
    let told = clean(sample::PAGES);
    assert!(told.has("dataset /paged Some(1500) 1500 chunks []"));
    assert!(told.has("dataset /longer Some(3000) 3000 chunks []"));
    assert!(clean(sample::PACKED).has("dataset /rows Some(1024) 4 chunks []"));
}

#[test]
fn heaps_shared_messages_and_narrow_addresses_are_followed() {
    let told = clean(sample::DENSE);
    assert_eq!(told.count("link /many "), 40);
    assert_eq!(told.count("attribute /@attribute_"), 20);
    assert!(
        told.lines.iter().any(|line| line.len() > 6800),
        "a huge object"
    );
    let told = clean(sample::SHARED);
    for number in 0..8 {
        let line = format!(
            "attribute /data_{number}@title String [\"title {}\"]",
            number / 2
        );
        assert!(told.has(&line), "{line}: {:#?}", told.lines);
    }
    let told = clean(sample::NARROW);
    assert!(told.has("attribute /layer@texts Variable [\"one\", \"two\"]"));
    assert!(told.has("dataset /chunks Some(120) 3 chunks []"));
    assert_eq!(clean(sample::WIDE).count("attribute /group_"), 80);
}

#[test]
fn other_files_and_circles_are_told() {
    let line = "link /layer bias External { file: \"/etc/model.h5\", path: \"/secret\" }";
    assert!(clean(sample::EXTERNAL).has(line));
    assert!(clean(sample::CIRCLE).has("link /layer again Hard { is_group_again: true }"));
    let told = clean(sample::VIRTUAL);
    assert!(
        told.lines
            .iter()
            .any(|line| line.contains("Source { file: \".\", path: \"part\" }"))
    );
}

#[test]
fn the_library_leaves_hardly_a_byte_to_nobody() {
    for bytes in [
        sample::TYPES,
        sample::INDEXES,
        sample::PACKED,
        sample::DENSE,
        sample::SHARED,
    ] {
        let rest = clean(bytes).walked.unwrap().unowned;
        let is_empty = |span: &&std::ops::Range<u64>| {
            let range = span.start as usize..span.end as usize;
            bytes[range].iter().any(|&b| b != 0)
        };
        let left: u64 = rest
            .iter()
            .filter(is_empty)
            .map(|span| span.end - span.start)
            .sum();
        assert!(left < 64, "{left}: {rest:?}");
    }
}

#[test]
fn a_superblock_is_found_behind_a_user_block_of_any_length() {
    for front in [0usize, 512, 1024, 1 << 20] {
        let bytes = [&vec![7; front][..], sample::NARROW].concat();
        let told = clean(&bytes);
        assert_eq!(told.walked.unwrap().superblock.at, front as u64);
        assert_eq!(find(&Memory::new(bytes), front as u64), None);
    }
    let odd = [&[0; 600][..], sample::NARROW].concat();
    assert_eq!(find(&Memory::new(odd), u64::MAX), None);
}

#[test]
fn cut_and_changed_files_end_in_words() {
    for bytes in [
        sample::NARROW,
        sample::SHARED,
        sample::VIRTUAL,
        sample::CIRCLE,
    ] {
        for cut in (0..bytes.len()).step_by(7) {
            let told = told(&bytes[..cut]);
            assert!(cut > 600 || !told.trouble.is_empty(), "{cut}");
        }
        for at in 0..bytes.len() {
            for mask in [0x01, 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] ^= mask;
                told(&changed);
            }
        }
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    memchr::memmem::find(bytes, wanted).expect("the fixture has it")
}

#[test]
fn a_tree_that_leads_to_itself_ends() {
    let mut bytes = sample::WIDE.to_vec();
    let at = position(&bytes, b"TREE");
    bytes[at + 5] = 1;
    bytes[at + 32..at + 40].copy_from_slice(&(at as u64).to_le_bytes());
    let told = told(&bytes);
    let is_told = |line: &String| line.contains("two structures lead to one node");
    assert!(told.trouble.iter().any(is_told), "{:?}", told.trouble);
}

#[test]
fn a_header_that_leads_to_itself_ends() {
    let mut bytes = sample::TYPES.to_vec();
    let root: [u8; 8] = bytes[64..72].try_into().unwrap();
    // A continuation message of 16 bytes.
    let at = position(&bytes, &[0x10, 0, 0x10, 0, 0, 0, 0, 0]);
    bytes[at + 8..at + 16].copy_from_slice(&root);
    let told = told(&bytes);
    let is_told = |line: &String| line.contains("form a circle");
    assert!(told.trouble.iter().any(is_told), "{:?}", told.trouble);
}

#[test]
fn a_datatype_is_nested_only_so_deep() {
    use super::fields::{Fields, Widths};
    let sequences = |count: usize| {
        let fixed = [0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0];
        [&[0x19, 0, 0, 0, 16, 0, 0, 0].repeat(count)[..], &fixed].concat()
    };
    let read = |bytes: &[u8]| datatype::read(&mut Fields::new(bytes, 0, Widths::default()));
    let one = read(&sequences(1)).unwrap();
    assert!(one.is_in_heap() && !one.is_cut && one.class == Class::Variable);
    assert!(read(&sequences(2)).unwrap().is_cut);
    assert!(read(&sequences(100)).is_err());
}

#[test]
fn elements_that_are_no_number_are_told_as_such() {
    use super::fields::{Fields, Widths};
    let space = |dims: &[u64]| {
        let front = [2, dims.len() as u8, 0, 1];
        let dims: Vec<u8> = dims.iter().flat_map(|d| d.to_le_bytes()).collect();
        let bytes = [&front[..], &dims].concat();
        messages::dataspace(&mut Fields::new(&bytes, 0, Widths::default()))
            .unwrap()
            .0
    };
    assert_eq!(space(&[]), Some(1));
    assert_eq!(space(&[3, 5]), Some(15));
    assert_eq!(space(&[1 << 62, 1 << 62]), None);
    assert_eq!(space(&[1 << 62, 1 << 62, 0]), Some(0));
}
