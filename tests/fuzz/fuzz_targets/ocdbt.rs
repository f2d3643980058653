//! A file of an OCDBT database of any bytes is examined to an end, as are the nodes
//! and manifests in it, and nothing is said without words or outside of the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Body, Context, Probe, Sink, find};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;
use modelaudit::wire::codec::crc32c;

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

/// Bytes around the payload of a record.
const FRAME_BYTES: usize = 18;

/// Names of members that say what a record was.
const UNPACKED: [&str; 3] = ["0.ocdbt-node", "0.ocdbt-manifest", "0.ocdbt-versions"];

fuzz_target!(|bytes: &[u8]| {
    examine("ocdbt", "manifest.ocdbt", bytes.to_vec());
    for name in UNPACKED {
        examine("ocdbt-node", name, bytes.to_vec());
    }
    // The length and the sum that the fuzzer would have to find.
    let Some((compression, payload)) = bytes.split_first() else {
        return;
    };
    let mut record = b"\x0c\xdb\x20\xde".to_vec();
    record.extend(((payload.len() + FRAME_BYTES) as u64).to_le_bytes());
    record.extend([0, compression & 1]);
    record.extend(payload);
    record.extend(crc32c(&record).to_le_bytes());
    let name = "d/0123456789abcdef0123456789abcdef";
    examine("ocdbt", name, record.clone());
    examine("ocdbt", name, [payload, &record].concat());
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
