//! Images of a real writer, whole, cut and changed.

use super::*;
use crate::budget::Budget;
use crate::source::Memory;

const ROCK_RIDGE: &[u8] = include_bytes!("../../../fixtures/iso/benign-rock-ridge/model.iso");
const JOLIET: &[u8] = include_bytes!("../../../fixtures/iso/benign-joliet/model.iso");
const BOOT: &[u8] = include_bytes!("../../../fixtures/iso/benign-boot/model.iso");
const LINK: &[u8] = include_bytes!("../../../fixtures/iso/symlink-out/model.iso");
const LOOP: &[u8] = include_bytes!("../../../fixtures/iso/loop/model.iso");

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

fn files(bytes: &[u8], tree: Tree) -> Vec<File> {
    let only = |item| match item {
        Item::File(file) if file.tree == tree => Some(*file),
        _ => None,
    };
    items(bytes).into_iter().filter_map(only).collect()
}

fn paths(files: &[File]) -> Vec<String> {
    let mut paths: Vec<_> = files
        .iter()
        .map(|f| String::from_utf8(f.name.clone()).unwrap())
        .collect();
    paths.sort();
    paths
}

const LONG: &str = "weights/layer-with-a-long-name-that-the-oldest-form-cannot-have.txt";

#[test]
fn names_of_rock_ridge_are_read() {
    let files = files(ROCK_RIDGE, Tree::Plain);
    assert_eq!(
        paths(&files),
        ["card.txt", "weights", "weights/empty.txt", LONG]
    );
    let card = files.iter().find(|f| f.name == b"card.txt").unwrap();
    let data = card.data.start as usize..card.data.end as usize;
    assert!(ROCK_RIDGE[data].starts_with(b"The quick"));
    assert_eq!(card.mode.map(|mode| mode & 0o170_000), Some(0o100_000));
}

#[test]
fn both_trees_lead_to_the_same_bytes() {
    let spans = |tree| -> Vec<Span> {
        let files = files(JOLIET, tree);
        let mut spans: Vec<_> = files
            .into_iter()
            .filter(|f| !f.is_folder)
            .map(|f| f.data)
            .collect();
        spans.sort_by_key(|span| (span.start, span.end));
        spans
    };
    assert_eq!(spans(Tree::Plain).len(), 3);
    assert_eq!(spans(Tree::Plain), spans(Tree::Joliet));
    assert!(paths(&files(JOLIET, Tree::Joliet)).contains(&"weights/empty.txt".to_owned()));
}

#[test]
fn targets_and_boot_images_are_read() {
    let link = files(LINK, Tree::Plain)
        .into_iter()
        .find(|f| f.target.is_some());
    assert_eq!(link.unwrap().target.as_deref(), Some(&b"../../etc"[..]));
    let boot = items(BOOT).into_iter().find_map(|item| match item {
        Item::Boot(span) => Some(span),
        _ => None,
    });
    let start = boot.unwrap().start as usize;
    assert!(BOOT[start..].starts_with(&[0, 1, 2, 3, 4]));
}

#[test]
fn a_folder_is_read_once() {
    assert!(
        items(LOOP)
            .iter()
            .any(|item| matches!(item, Item::Broken(..)))
    );
}

/// Positions at which something stands.
fn places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let from = DESCRIPTORS_AT as usize;
    (from..bytes.len()).filter(|&at| bytes[at] != 0 && bytes[at] != b' ')
}

#[test]
fn every_change_ends_and_stays_within_the_image() {
    for bytes in [JOLIET, LINK, BOOT] {
        let len = bytes.len() as u64;
        let mut changed = bytes.to_vec();
        for at in places(bytes) {
            for mask in [1, 0x20, 0xff] {
                changed[at] ^= mask;
                for item in items(&changed) {
                    if let Item::Structure(span) | Item::Boot(span) = item {
                        assert!(span.start <= span.end && span.end <= len);
                    } else if let Item::File(file) = item {
                        assert!(file.data.start <= file.data.end && file.data.end <= len);
                    }
                }
                changed[at] = bytes[at];
            }
        }
        for cut in (0..bytes.len()).step_by(97) {
            items(&bytes[..cut]);
        }
    }
}
