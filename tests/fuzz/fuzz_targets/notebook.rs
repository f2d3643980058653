//! Notebooks and the files beside them that name code: no bytes make an
//! examination panic or run away, and findings lie in the file.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Context, Probe, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

const FORMATS: &[(&str, &str)] = &[
    ("notebook", "a.ipynb"),
    ("python-source", "modeling_a.py"),
    ("python-requirements", "requirements.txt"),
    ("python-project-file", "pyproject.toml"),
    ("serving-configuration", "config.pbtxt"),
];

struct Within(u64);

impl Sink for Within {
    fn finding(&self, draft: Draft) {
        let begin = draft.place.offset.unwrap_or(0);
        let end = begin + draft.place.length.unwrap_or(0);
        assert!(end <= self.0, "{draft:?}");
    }

    fn gap(&self, _at: Place, _why: Why, _detail: String) {}
}

fuzz_target!(|data: &[u8]| {
    let source = Arc::new(Memory::new(data));
    let budget = Budget::unlimited();
    for (id, name) in FORMATS {
        let artifact = Artifact {
            location: Location::file(*name),
            name: (*name).into(),
            source: Arc::clone(&source) as _,
            depth: 0,
        };
        let format = formats::find(id).expect("a registered format");
        format.recognise(&Probe::new(&artifact));
        let sink = Within(data.len() as u64);
        let mut cx = Context::new(&sink, &budget);
        let _ = format.examine(&artifact, &mut cx);
    }
});
