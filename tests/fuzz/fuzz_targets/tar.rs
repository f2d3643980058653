//! Tar archives: no bytes make the walk or the examinations panic, run away,
//! or name members outside the file.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::Location;
use modelaudit::source::{Memory, Piece};
use modelaudit::wire::tar::{BLOCK_BYTES, Item, Map, walk};
use modelaudit_fuzz::Nowhere;

/// The input with right checksums, so that headers are reached at all.
fn summed(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for block in bytes.chunks_exact_mut(BLOCK_BYTES as usize) {
        if &block[148..156] == b"checksum" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    bytes
}

fuzz_target!(|data: &[u8]| {
    let bytes = summed(data);
    let len = bytes.len() as u64;
    let source = Arc::new(Memory::new(bytes));
    let budget = Budget::unlimited();
    let mut entries = 0;
    let _ = walk(source.as_ref(), &budget, &mut |item| {
        match item {
            Item::Entry(entry) => {
                assert!(entry.data.start <= entry.data.end && entry.data.end <= len);
                assert!(entry.at <= entry.header_at);
                if let Some(Map::Known(pieces)) = &entry.sparse {
                    for piece in pieces {
                        if let Piece::Data(span) = piece {
                            assert!(entry.data.start <= span.start && span.end <= entry.data.end);
                        }
                    }
                }
                entries += 1;
            }
            Item::Padding(span)
            | Item::Damage(span)
            | Item::Behind(span)
            | Item::Idle(span)
            | Item::Records(span)
            | Item::Broken(span, _)
            | Item::Capped(span, _) => {
                assert!(span.start < span.end && span.end <= len);
            }
            Item::Unended => {}
        }
        Ok(())
    });
    // Each block is a header in at most two readings.
    assert!(entries <= 2 * (len / BLOCK_BYTES + 1));
    for name in ["fuzzed.tar", "storages", "tensors"] {
        let artifact = Artifact {
            location: Location::file(name),
            name: name.into(),
            source: Arc::clone(&source) as _,
            depth: 0,
        };
        for id in ["tar", "torch-tar", "torch-tar-part"] {
            let format = formats::find(id).expect("a registered format");
            format.recognise(&Probe::new(&artifact));
            let mut cx = Context::new(&Nowhere, &budget);
            let _ = format.examine(&artifact, &mut cx);
            for member in cx.finish().members {
                if let Body::Stored(span) | Body::Packed(span, _) = member.body {
                    assert!(span.start < span.end && span.end <= len);
                }
            }
        }
    }
});
