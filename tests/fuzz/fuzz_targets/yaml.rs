//! YAML documents: no text makes the reader panic or run away, spans lie in the
//! text, and collections open and close in order.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Context, Probe};
use modelaudit::report::Location;
use modelaudit::source::Memory;
use modelaudit::wire::json::Token;
use modelaudit::wire::yaml::read;
use modelaudit_fuzz::Nowhere;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let (mut open, mut events) = (Vec::new(), 0usize);
        let _ = read(text, &mut |event, _| {
            events += 1;
            assert!(event.span.start <= event.span.end && event.span.end <= text.len() as u64);
            match event.token {
                Token::ObjectStart => open.push(true),
                Token::ArrayStart => open.push(false),
                Token::ObjectEnd => assert_eq!(open.pop(), Some(true)),
                Token::ArrayEnd => assert_eq!(open.pop(), Some(false)),
                _ => {}
            }
            let closes = matches!(event.token, Token::ObjectStart | Token::ArrayStart);
            assert_eq!(event.depth, open.len() - usize::from(closes));
            Ok(())
        });
        assert!(events <= 8 * text.len() + 8);
    }
    let artifact = Artifact {
        location: Location::file("fuzzed.yaml"),
        name: "fuzzed.yaml".into(),
        source: Arc::new(Memory::new(data)),
        depth: 0,
    };
    let format = formats::find("yaml").expect("a registered format");
    format.recognise(&Probe::new(&artifact));
    let budget = Budget::unlimited();
    let mut cx = Context::new(&Nowhere, &budget);
    let _ = format.examine(&artifact, &mut cx);
});
