//! Any bytes as a message, everything in it entered that may be one. The walk
//! must end, and each field must lie in its message, behind the one before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::protobuf::{PEEK_CAP_BYTES, Reader, Value, count_varints};

fuzz_target!(|data: &[u8]| {
    let source = Memory::new(data);
    let mut reader = Reader::new(&source, 0..source.len());
    let mut ends = vec![source.len()];
    let mut at = 0;
    // A fault in a message that was entered on trial is no fault around it.
    loop {
        let end = *ends.last().expect("the message around all");
        let field = match reader.next() {
            Ok(Some(field)) => field,
            Ok(None) | Err(_) => {
                if !reader.leave() {
                    break;
                }
                ends.pop();
                assert_eq!(reader.position(), end);
                at = end;
                continue;
            }
        };
        assert!(field.span.start == at && at < field.span.end && field.span.end <= end);
        at = field.span.end;
        assert_eq!(reader.position(), at);
        if let Value::Group(span) = &field.value {
            assert!(field.span.start < span.start && span.end < field.span.end);
        }
        if let Some(span) = field.bytes() {
            assert!(span.end == field.span.end && field.span.start < span.start);
            let len = span.end - span.start;
            let seen = reader.read(span, 100).expect("memory can be read");
            assert_eq!(seen.len() as u64, len.min(100));
            let lent = reader.peek(span, usize::MAX).expect("memory can be read");
            assert_eq!(lent.len() as u64, len.min(PEEK_CAP_BYTES as u64));
            let count = count_varints(&source, span, || Ok(())).expect("memory can be read");
            assert!(count <= len);
            if ends.len() < 64 && reader.enter(span).is_ok() {
                ends.push(span.end);
                at = span.start;
            }
        }
    }
});
