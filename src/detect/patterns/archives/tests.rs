//! What the verifiers take, and what chance does to them.

use super::samples::{gzip, positive, zip};
use super::*;
use crate::detect::patterns::Pattern;

fn all() -> impl Iterator<Item = &'static Pattern> {
    [CONTAINERS, STREAMS, GZIPS].into_iter().flatten()
}

fn pattern(name: &str) -> &'static Pattern {
    all().find(|p| p.name == name).unwrap()
}

/// What the pattern makes of `bytes`, which begin with its anchor, somewhere
/// in an artifact.
fn verify(pattern: &Pattern, bytes: &[u8]) -> Option<Archive> {
    let around = Around {
        bytes: &bytes[..bytes.len().min(pattern.after)],
        at: 0,
        position: 1000,
    };
    (pattern.verify)(&around).and_then(|found| found.archive)
}

#[test]
fn an_archive_at_the_beginning_is_the_artifact_itself() {
    for example in positive() {
        let pattern = pattern(example.pattern);
        let at = memchr::memmem::find(&example.bytes, pattern.anchor).unwrap();
        for (position, is_found) in [(at as u64, false), (at as u64 + 1, true)] {
            let around = Around {
                bytes: &example.bytes,
                at,
                position,
            };
            let found = (pattern.verify)(&around);
            assert_eq!(found.is_some(), is_found, "{}", pattern.name);
        }
    }
}

#[test]
fn fields_that_no_writer_makes_are_no_zip() {
    assert_eq!(verify(pattern("zip"), &zip()), Some(Archive::Zip));
    for (at, byte) in [
        (4, 99),
        (5, 0xff),
        (7, 0x80),
        (8, 50),
        (26, 0),
        (27, 9),
        (18, 5),
        (30, 7),
    ] {
        let mut bytes = zip();
        bytes[at] = byte;
        assert_eq!(verify(pattern("zip"), &bytes), None, "byte {at}");
    }
}

#[test]
fn a_stream_with_an_odd_header_must_say_more() {
    let usual = pattern("gzip-00");
    let whole = gzip(0);
    assert_eq!(verify(usual, &whole), Some(Archive::Gzip));
    let cut = &whole[..whole.len() - 6];
    assert_eq!(verify(usual, cut), None);
    let mut odd = whole.clone();
    odd[8] = 77;
    assert_eq!(
        verify(usual, &odd),
        Some(Archive::Gzip),
        "whole, with a right checksum"
    );
    // Blocks that stay as they are, without an end.
    let block = |len: u16| {
        let mut block = vec![0];
        block.extend(len.to_le_bytes());
        block.extend((!len).to_le_bytes());
        block.extend(vec![7; len.into()]);
        block
    };
    let long = |blocks: usize| [&whole[..10], &block(5000).repeat(blocks)].concat();
    let with_odd_header = |mut bytes: Vec<u8>| {
        bytes[9] = 200;
        bytes
    };
    assert_eq!(verify(usual, &long(1)), Some(Archive::Gzip));
    assert_eq!(verify(usual, &with_odd_header(long(1))), None);
    assert_eq!(
        verify(usual, &with_odd_header(long(8))),
        Some(Archive::Gzip)
    );
}
