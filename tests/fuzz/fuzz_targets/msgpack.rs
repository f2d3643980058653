//! A MessagePack file of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::msgpack::Walker;
use modelaudit_fuzz::examine;

/// A map of one key, whose value is an array of Flax; the length of it, the
/// shape and what follows are the fuzzer's.
const FRONT: &[u8] = b"\x81\xa1w\xc7";

fuzz_target!(|bytes: &[u8]| {
    check(bytes.to_vec());
    // The frame that the fuzzer would have to find.
    check([FRONT, bytes].concat());
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

fn check(file: Vec<u8>) {
    walk(&file);
    examine("flax", "x.msgpack", file);
}
