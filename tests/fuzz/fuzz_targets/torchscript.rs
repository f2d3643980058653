//! The PyTorch family: no bytes make the readers of source, packages, archives
//! and checkpoints panic, run away, or name members outside the file.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::{Budget, CancelToken, Limits};
use modelaudit::detect::script::torchscript;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::Location;
use modelaudit::source::Memory;
use modelaudit_fuzz::Nowhere;

/// Formats, and names by which they know a file.
const FORMATS: [(&str, &str); 6] = [
    ("torchscript", "m/code/__torch__.py"),
    ("torch-package", "p.pt"),
    ("torch-checkpoint-metadata", ".metadata"),
    ("torch-checkpoint-data", "__0_0.distcp"),
    ("torchserve-archive", "m.mar"),
    ("torchserve-manifest", "MAR-INF/MANIFEST.json"),
];

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        expanded_bytes: 16 << 20,
        ..Limits::default()
    };
    let budget = Budget::new(Arc::new(limits), CancelToken::default());
    let within = |at: usize, end: usize| assert!(at < end && end <= data.len());
    let told = torchscript::judge(data, &budget, &mut |told| within(told.at, told.end));
    assert!(told.is_ok());
    let source = Arc::new(Memory::new(data));
    for (id, name) in FORMATS {
        let artifact = Artifact {
            location: Location::file(name),
            name: name.into(),
            source: source.clone(),
            depth: 0,
        };
        let format = formats::find(id).expect("a registered format");
        format.recognise(&Probe::new(&artifact));
        let mut cx = Context::new(&Nowhere, &budget);
        let ended = format.examine(&artifact, &mut cx);
        let mut at = 0;
        for member in cx.finish().members {
            let Body::Stored(span) = member.body else {
                panic!("nothing here is packed");
            };
            assert!(span.start == at && span.start < span.end);
            at = span.end;
        }
        if id == "torch-checkpoint-data" && ended.is_ok() {
            assert_eq!(at, data.len() as u64, "members cover every byte");
        }
    }
});
