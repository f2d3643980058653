//! What the targets have in common: an examination of any bytes ends, and
//! nothing is said without words or outside of the bytes.

use std::sync::Arc;

use modelaudit::budget::Budget;
use modelaudit::formats::{Artifact, Body, Context, Probe, Sink, find};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

/// Takes what is said and keeps nothing.
pub struct Nowhere;

impl Sink for Nowhere {
    fn finding(&self, _draft: Draft) {}

    fn gap(&self, _at: Place, _why: Why, _detail: String) {}
}

/// Checks what is said about an artifact of this length.
pub struct Check(pub u64);

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

/// A file of any bytes, that stands in no container.
pub fn artifact(name: &str, bytes: Vec<u8>) -> Artifact {
    Artifact {
        location: Location::file(name),
        name: name.to_owned(),
        source: Arc::new(Memory::new(bytes)),
        depth: 0,
    }
}

/// Recognise and examine `bytes` as a format under a name. What belongs to
/// nothing and what is a member lies in them.
pub fn examine(format: &str, name: &str, bytes: Vec<u8>) {
    let len = bytes.len() as u64;
    let artifact = artifact(name, bytes);
    let format = find(format).expect("the format is registered");
    format.recognise(&Probe::new(&artifact));
    let (check, budget) = (Check(len), Budget::unlimited());
    let mut cx = Context::new(&check, &budget);
    // A fault is a gap with words of its own.
    let _ended = format.examine(&artifact, &mut cx);
    let named = cx.finish();
    for span in named.slack {
        assert!(span.start <= span.end && span.end <= len, "{span:?}");
    }
    for member in named.members {
        if let Body::Stored(span) | Body::Packed(span, _) = member.body {
            assert!(span.start <= span.end && span.end <= len, "{span:?}");
        }
    }
}
