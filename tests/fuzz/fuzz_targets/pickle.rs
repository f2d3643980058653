//! Any bytes as a pickle, in both ways of reading, and as a file with both
//! formats of the family. The walk must end, and what it says must lie inside
//! the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::detect::pickle::{Options, examine};
use modelaudit::formats::{self, Artifact, Context, Probe, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::pickle::Reading;

struct Inside(u64);

impl Sink for Inside {
    fn finding(&self, draft: Draft) {
        assert!(draft.place.offset.is_none_or(|at| at <= self.0));
    }

    fn gap(&self, at: Place, _why: Why, _detail: String) {
        assert!(at.offset.is_none_or(|at| at <= self.0));
    }
}

fuzz_target!(|data: &[u8]| {
    let source = Arc::new(Memory::new(data));
    let budget = Budget::unlimited();
    for reading in [Reading::Straight, Reading::Buffered] {
        let options = Options {
            reading,
            ..Options::default()
        };
        let summary = examine(&*source, 0..source.len(), &options, &budget, &mut |event| {
            assert!(event.span.start <= event.span.end);
        });
        assert!(summary.span.end <= source.len());
    }
    let artifact = Artifact {
        location: Location::file("fuzz.pkl"),
        name: "fuzz.pkl".to_owned(),
        source: source.clone(),
        depth: 0,
    };
    let sink = Inside(source.len());
    for id in ["pickle", "torch-legacy"] {
        if let Some(format) = formats::find(id) {
            let _ = format.recognise(&Probe::new(&artifact));
            let mut cx = Context::new(&sink, &budget);
            let _ = format.examine(&artifact, &mut cx);
        }
    }
});
