//! ISO 9660 images: no bytes make the walk or the examination panic, run away, or name
//! files outside of the image.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::Location;
use modelaudit::source::Memory;
use modelaudit::wire::iso::{DESCRIPTORS_AT, Item, walk};
use modelaudit_fuzz::Nowhere;

/// The input as what stands behind the area for programs that boot.
fn image(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; DESCRIPTORS_AT as usize];
    bytes.extend_from_slice(data);
    bytes
}

fuzz_target!(|data: &[u8]| {
    let bytes = image(data);
    let len = bytes.len() as u64;
    let source = Arc::new(Memory::new(bytes));
    let budget = Budget::unlimited();
    let _ = walk(source.as_ref(), &budget, &mut |item| {
        match item {
            Item::Structure(span) | Item::Boot(span) => {
                assert!(span.start <= span.end && span.end <= len);
            }
            Item::File(file) => {
                assert!(file.data.start <= file.data.end && file.data.end <= len);
            }
            Item::Tree(_) | Item::Broken(..) | Item::Capped(_) | Item::Bridge(_) => {}
        }
        Ok(())
    });
    let artifact = Artifact {
        location: Location::file("fuzzed"),
        name: "fuzzed.bin".into(),
        source,
        depth: 0,
    };
    let format = formats::find("iso").expect("a registered format");
    format.recognise(&Probe::new(&artifact));
    let mut cx = Context::new(&Nowhere, &budget);
    let _ = format.examine(&artifact, &mut cx);
    for member in cx.finish().members {
        if let Body::Stored(span) = member.body {
            assert!(span.start < span.end && span.end <= len);
        }
    }
});
