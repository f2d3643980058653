//! A GGUF or GGML file of any bytes is examined to an end, without a flood.

#![no_main]

use std::cell::Cell;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Context, Probe, Sink, find};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

/// Counts what is said.
#[derive(Default)]
struct Count(Cell<usize>);

impl Sink for Count {
    fn finding(&self, draft: Draft) {
        assert!(!draft.message.is_empty());
        self.0.set(self.0.get() + 1);
    }

    fn gap(&self, _at: Place, _why: Why, detail: String) {
        assert!(!detail.is_empty());
        self.0.set(self.0.get() + 1);
    }
}

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the beginning, so that the fuzzer need not.
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let (id, start): (&str, &[u8]) = match first % 8 {
        0 => ("gguf", b"GGUF\x01\0\0\0"),
        1 => ("gguf", b"GGUF\0\0\0\x03"),
        2 => ("ggml", b"lmgg"),
        3 => ("ggml", b"fmgg\x01\0\0\0"),
        4 => ("ggml", b"tjgg\x03\0\0\0"),
        5 => ("ggml", b"algg\x01\0\0\0"),
        _ => ("gguf", b"GGUF\x03\0\0\0"),
    };
    let file = [start, rest].concat();
    let len = file.len() as u64;
    let artifact = Artifact {
        location: Location::file("m-00001-of-00002.gguf"),
        name: "m-00001-of-00002.gguf".to_owned(),
        source: Arc::new(Memory::new(file)),
        depth: 0,
    };
    let format = find(id).expect("a registered format");
    format.recognise(&Probe::new(&artifact));
    let (count, budget) = (Count::default(), Budget::unlimited());
    let mut cx = Context::new(&count, &budget);
    let _ = format.examine(&artifact, &mut cx);
    let named = cx.finish();
    assert!(
        named
            .slack
            .iter()
            .all(|span| span.start < span.end && span.end <= len)
    );
    assert!(count.0.get() <= 4096, "no flood");
});
