//! The JSON reader ends on any bytes, stays within them, and reads what
//! another parser reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::source::Memory;
use modelaudit::wire::json::{DEPTH_CAP, Duplicates, Quirks, Reader};

fuzz_target!(|bytes: &[u8]| {
    let source = Memory::new(bytes);
    let len = bytes.len() as u64;
    let mut reader = Reader::new(&source, 0..len);
    let mut duplicates = Duplicates::default();
    let mut last = 0;
    let ended = loop {
        match reader.next() {
            Ok(Some(event)) => {
                duplicates.see(&event);
                assert!(event.span.start >= last && event.span.end <= len);
                assert!(event.span.start < event.span.end && event.depth <= DEPTH_CAP);
                last = event.span.end;
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    // What the other parser accepts is accepted here.
    let theirs = serde_json::from_slice::<serde_json::Value>(bytes);
    assert!(ended || theirs.is_err());
    // And the other way round, but for what only some parsers accept.
    if let (true, Err(error)) = (ended, theirs)
        && reader.quirks() == Quirks::default()
    {
        let text = error.to_string();
        assert!(
            text.contains("range") || text.contains("recursion"),
            "{text}"
        );
    }
});
