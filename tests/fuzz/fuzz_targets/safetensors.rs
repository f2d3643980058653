//! A safetensors file of any bytes is examined to an end, and what the
//! reference implementation refuses is never clean.

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
    // The first byte stands for a header length that fits, so that the fuzzer
    // need not find one.
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let header = rest.len().saturating_sub(usize::from(first)) as u64;
    let file = [&header.to_le_bytes(), rest].concat();
    let artifact = Artifact {
        location: Location::file("m.safetensors"),
        name: "m.safetensors".to_owned(),
        source: Arc::new(Memory::new(file.clone())),
        depth: 0,
    };
    let format = find("safetensors").expect("the format is registered");
    format.recognise(&Probe::new(&artifact));
    let (count, budget) = (Count::default(), Budget::unlimited());
    let ended = format.examine(&artifact, &mut Context::new(&count, &budget));
    let refused = safetensors::SafeTensors::read_metadata(&file).is_err();
    assert!(!refused || ended.is_err() || count.0.get() > 0);
    assert!(count.0.get() <= 40, "no flood");
});
