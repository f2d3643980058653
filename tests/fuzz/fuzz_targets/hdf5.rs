//! An HDF5 file of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Body, Context, Probe, Sink, find};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

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

/// Version 2 of the superblock, with the root group behind it.
const FRONT: &[u8] = b"\x89HDF\r\n\x1a\n\x02\x08\x08\0\
    \0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x10\0\0\0\0\0\0\x30\0\0\0\0\0\0\0\0\0\0\0";

fuzz_target!(|bytes: &[u8]| {
    examine(bytes.to_vec());
    // The frame that the fuzzer would have to find.
    examine([FRONT, bytes].concat());
});

fn examine(file: Vec<u8>) {
    let len = file.len() as u64;
    let artifact = Artifact {
        location: Location::file("x.h5"),
        name: "x.h5".to_owned(),
        source: Arc::new(Memory::new(file)),
        depth: 0,
    };
    let format = find("hdf5").expect("the format is registered");
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
