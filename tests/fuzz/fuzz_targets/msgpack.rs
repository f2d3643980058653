//! A MessagePack file of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Body, Context, Probe, Sink, find};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::msgpack::Walker;

/// Checks what is said.
struct Check(u64);

impl Check {
    fn place(&self, place: &Place) {
        assert!(place.offset.is_none_or(|at| at <= self.0), "{place:?}");
    }
}

impl Sink for Check {
    fn finding(&self, draft: Draft) {
        assert!(!draft.message.is_empty());
        self.place(&draft.place);
    }

    fn gap(&self, at: Place, _why: Why, detail: String) {
        assert!(!detail.is_empty());
        self.place(&at);
    }
}

/// A map of one key, whose value is an array of Flax; the length of it, the
/// shape and what follows are the fuzzer's.
const FRONT: &[u8] = b"\x81\xa1w\xc7";

fuzz_target!(|bytes: &[u8]| {
    examine(bytes.to_vec());
    // The frame that the fuzzer would have to find.
    examine([FRONT, bytes].concat());
});

/// Every token lies in the bytes, and there are no more of them than bytes
/// and ends.
fn walk(file: &[u8]) {
    let source = Memory::new(file);
    let mut walker = Walker::new(&source, 0..source.len());
    let mut tokens = 0;
    while let Ok(Some(event)) = walker.next_event() {
        assert!(event.span.start <= event.span.end && event.span.end <= source.len());
        tokens += 1;
    }
    assert!(tokens <= 2 * file.len());
}

fn examine(file: Vec<u8>) {
    let len = file.len() as u64;
    walk(&file);
    let artifact = Artifact {
        location: Location::file("x.msgpack"),
        name: "x.msgpack".to_owned(),
        source: Arc::new(Memory::new(file)),
        depth: 0,
    };
    let format = find("flax").expect("the format is registered");
    format.recognise(&Probe::new(&artifact));
    let (check, budget) = (Check(len), Budget::unlimited());
    let mut cx = Context::new(&check, &budget);
    // A fault is a gap with words of its own.
    let _ended = format.examine(&artifact, &mut cx);
    let named = cx.finish();
    for span in named.slack {
        assert!(span.start < span.end && span.end <= len, "{span:?}");
    }
    for member in named.members {
        if let Body::Stored(span) | Body::Packed(span, _) = member.body {
            assert!(span.start <= span.end && span.end <= len, "{span:?}");
        }
    }
}
