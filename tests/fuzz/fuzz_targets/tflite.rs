//! A TensorFlow Lite model of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Body, Context, Probe, Sink, find};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

/// Checks what is said about an artifact of this length.
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

fuzz_target!(|bytes: &[u8]| {
    examine("tflite", "x.tflite", bytes.to_vec());
    // The identifier, which the fuzzer would have to find.
    if let Some((root, rest)) = bytes.split_first_chunk::<4>() {
        examine("tflite", "x.tflite", [&root[..], b"TFL3", rest].concat());
    }
});

fn examine(format: &str, name: &str, file: Vec<u8>) {
    let len = file.len() as u64;
    let artifact = Artifact {
        location: Location::file(name),
        name: name.to_owned(),
        source: Arc::new(Memory::new(file)),
        depth: 0,
    };
    let format = find(format).expect("the format is registered");
    format.recognise(&Probe::new(&artifact));
    let (check, budget) = (Check(len), Budget::unlimited());
    let mut cx = Context::new(&check, &budget);
    // A fault is a gap with words of its own.
    let _ended = format.examine(&artifact, &mut cx);
    for member in cx.finish().members {
        if let Body::Stored(span) = member.body {
            assert!(span.start <= span.end && span.end <= len, "{span:?}");
        }
    }
}
