//! A NumPy array of any bytes is examined to an end, and nothing is said without
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
    // The first byte stands for the version, the second for a header that
    // fits, so that the fuzzer need not find either.
    let [version, cut, rest @ ..] = bytes else {
        return;
    };
    let header = rest.len().saturating_sub(usize::from(*cut));
    let mut file = b"\x93NUMPY".to_vec();
    match version % 4 {
        1 => {
            file.extend([1, 0]);
            file.extend((header as u16).to_le_bytes());
        }
        version => {
            file.extend([version, 0]);
            file.extend((header as u32).to_le_bytes());
        }
    }
    file.extend(rest);
    examine("npy", "x.npy", file);
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
