//! Cpio archives: no bytes make the walk or the examination panic, run away, or leave
//! a byte without an owner.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::{Location, Span};
use modelaudit::source::Memory;
use modelaudit::wire::cpio::{Item, walk};
use modelaudit_fuzz::Nowhere;

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
    let bytes = data.to_vec();
    let len = bytes.len() as u64;
    let source = Arc::new(Memory::new(bytes));
    let budget = Budget::unlimited();
    let mut spans = Vec::new();
    walk(source.as_ref(), &budget, &mut |item| {
        match item {
            Item::Entry(entry) => spans.extend([entry.header, entry.data]),
            Item::Trailer(span) | Item::Padding(span) | Item::Damage(span) | Item::Behind(span) => {
                spans.push(span)
            }
            Item::Unended => {}
        }
        Ok(())
    })
    .expect("memory can be read");
    assert_tiles(spans, 0, len);
    let artifact = Artifact {
        location: Location::file("fuzzed"),
        name: "fuzzed.bin".into(),
        source,
        depth: 0,
    };
    let format = formats::find("cpio").expect("a registered format");
    format.recognise(&Probe::new(&artifact));
    let mut cx = Context::new(&Nowhere, &budget);
    let _ = format.examine(&artifact, &mut cx);
    for member in cx.finish().members {
        if let Body::Stored(span) = member.body {
            assert!(span.start < span.end && span.end <= len);
        }
    }
});
