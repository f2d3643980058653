//! RAR archives: no bytes make the walk or the examination panic, run away, or leave
//! a byte without an owner.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::{Location, Span};
use modelaudit::source::Memory;
use modelaudit::wire::rar::{Generation, Item, STUB_CAP_BYTES, find, walk};
use modelaudit_fuzz::Nowhere;

/// The input with right checksums behind the marks `OO` (the older generation)
/// and `NNNN` (the newer one), so that headers are reached at all.
fn summed(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"OO") && at + 7 <= bytes.len() {
            let size = usize::from(u16::from_le_bytes([bytes[at + 5], bytes[at + 6]]));
            if size >= 7 && at + size <= bytes.len() {
                let sum = crc32(&bytes[at + 2..at + size]) as u16;
                bytes[at..at + 2].copy_from_slice(&sum.to_le_bytes());
            }
        }
        if bytes[at..].starts_with(b"NNNN") && at + 5 <= bytes.len() {
            let end = at + 5 + usize::from(bytes[at + 4] & 0x7f);
            if end <= bytes.len() {
                let sum = crc32(&bytes[at + 4..end]);
                bytes[at..at + 4].copy_from_slice(&sum.to_le_bytes());
            }
        }
    }
    bytes
}

/// CRC-32, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// Spans in the order of the file, one behind the other, up to the end.
fn assert_tiles(mut spans: Vec<Span>, from: u64, len: u64) {
    spans.sort_by_key(|span| (span.start, span.end));
    let end = spans.iter().fold(from, |at, span| {
        assert_eq!(at, span.start);
        assert!(span.end <= len);
        span.end
    });
    assert_eq!(end, len);
}

fuzz_target!(|data: &[u8]| {
    let bytes = summed(data);
    let len = bytes.len() as u64;
    let source = Arc::new(Memory::new(bytes));
    let budget = Budget::unlimited();
    if let Ok(Some(found)) = find(source.as_ref(), STUB_CAP_BYTES, &budget) {
        let mut spans = Vec::new();
        walk(source.as_ref(), found, &budget, &mut |item| {
            match item {
                Item::Signature(span)
                | Item::Damage(span)
                | Item::Veiled(span)
                | Item::Behind(span) => {
                    assert!(span.start < span.end);
                    spans.push(span);
                }
                Item::Block(block) => {
                    let least = if found.generation == Generation::Old {
                        7
                    } else {
                        6
                    };
                    assert!(block.header.end - block.header.start >= least);
                    spans.extend([block.header, block.data]);
                }
                Item::Unended => {}
            }
            Ok(())
        })
        .expect("memory can be read");
        assert_tiles(spans, found.at, len);
    }
    let artifact = Artifact {
        location: Location::file("fuzzed"),
        name: "fuzzed.bin".into(),
        source,
        depth: 0,
    };
    let format = formats::find("rar").expect("a registered format");
    format.recognise(&Probe::new(&artifact));
    let mut cx = Context::new(&Nowhere, &budget);
    let _ = format.examine(&artifact, &mut cx);
    for member in cx.finish().members {
        if let Body::Stored(span) = member.body {
            assert!(span.start < span.end && span.end <= len);
        }
    }
});
