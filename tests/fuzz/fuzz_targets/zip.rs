//! Zip and PyTorch archives: no bytes make the walk or the examinations panic,
//! run away, or name members outside the file; and every byte is some record's,
//! some member's, or slack.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::{Budget, CancelToken, Limits};
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::{Location, Span};
use modelaudit::source::Memory;
use modelaudit::wire::zip_directory::{Caps, Directory, walk};
use modelaudit_fuzz::Nowhere;

/// Records, members and slack leave no byte of the file to nobody.
fn assert_tiled(directory: &Directory, len: u64) {
    let mut owned: Vec<Span> = directory.others.clone();
    for entry in &directory.entries {
        let Some(local) = &entry.local else {
            continue;
        };
        owned.push(local.at..local.data_at);
        for data in entry.views().filter_map(|view| entry.data(view, len)) {
            if let Some(descriptor) = local.descriptor {
                owned.push(data.end..data.end + descriptor.len);
            }
            owned.push(data);
        }
    }
    owned.extend(directory.runs.iter().map(|run| run.span.clone()));
    owned.extend(directory.ends.iter().flat_map(|end| end.records()));
    owned.extend(directory.slack.iter().cloned());
    owned.sort_by_key(|span| span.start);
    let mut at = 0;
    for span in owned {
        assert!(span.start <= at, "nobody has {at}..{}", span.start);
        at = at.max(span.end);
    }
    assert!(at >= len, "nobody has {at}..{len}");
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        expanded_bytes: 16 << 20,
        ..Limits::default()
    };
    let budget = Budget::new(Arc::new(limits), CancelToken::default());
    let source = Arc::new(Memory::new(data));
    let len = data.len() as u64;
    if let Ok(directory) = walk(source.as_ref(), Caps::default(), &budget) {
        let mut at = 0;
        for slack in &directory.slack {
            assert!(at <= slack.start && slack.start < slack.end && slack.end <= len);
            at = slack.end;
        }
        assert_tiled(&directory, len);
    }
    let artifact = Artifact {
        location: Location::file("fuzzed"),
        name: "fuzzed.pt".into(),
        source,
        depth: 0,
    };
    for id in ["zip", "torch-zip"] {
        let format = formats::find(id).expect("a registered format");
        format.recognise(&Probe::new(&artifact));
        let mut cx = Context::new(&Nowhere, &budget);
        let _ = format.examine(&artifact, &mut cx);
        for member in cx.finish().members {
            if let Body::Stored(span) | Body::Packed(span, _) = member.body {
                assert!(span.start < span.end && span.end <= len);
            }
        }
    }
});
