//! Any bytes as an ONNX model, by its name and without one. The walk must end,
//! and what is said must lie inside the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Context, Format, Probe, Sink, onnx::Onnx};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source};

struct Inside(u64);

impl Inside {
    fn check(&self, place: &Place) {
        let end = place.offset.unwrap_or(0) + place.length.unwrap_or(0);
        assert!(end <= self.0);
    }
}

impl Sink for Inside {
    fn finding(&self, draft: Draft) {
        self.check(&draft.place);
        assert!(!draft.message.is_empty());
    }

    fn gap(&self, at: Place, _why: Why, detail: String) {
        self.check(&at);
        assert!(!detail.is_empty());
    }
}

fuzz_target!(|data: &[u8]| {
    for name in ["fuzz.onnx", "fuzz"] {
        let source = Arc::new(Memory::new(data));
        let len = source.len();
        let artifact = Artifact {
            location: Location::file(name),
            name: name.to_owned(),
            source,
            depth: 0,
        };
        let budget = Budget::unlimited();
        let sink = Inside(len);
        let mut cx = Context::new(&sink, &budget);
        let _ = Onnx.recognise(&Probe::new(&artifact));
        let _ = Onnx.examine(&artifact, &mut cx);
        let named = cx.finish();
        assert!(named.accounts);
        for span in named.slack {
            assert!(span.start < span.end && span.end <= len);
        }
        for companion in named.description.companions {
            assert!(companion.at.end <= len);
        }
    }
});
