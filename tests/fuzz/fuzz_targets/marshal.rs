//! Any bytes as marshalled code in every layout, as a `.pyc` file, and as the
//! instructions of every version. Reading and judging must end, and what is
//! said must lie inside the bytes.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::detect::bytecode::{Setting, judge};
use modelaudit::formats::{self, Artifact, Context, Probe, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::marshal::{Layout, Python, Tree, read, read_any};

struct Inside(u64);

impl Sink for Inside {
    fn finding(&self, draft: Draft) {
        assert!(draft.place.offset.is_none_or(|at| at <= self.0));
    }

    fn gap(&self, at: Place, _why: Why, _detail: String) {
        assert!(at.offset.is_none_or(|at| at <= self.0));
    }
}

fn follow(tree: &Tree, budget: &Budget) {
    let Some(root) = tree.root.filter(|&id| tree.code(id).is_some()) else {
        return;
    };
    let layout = tree.code(root).map(|code| code.layout);
    let versions = layout.map_or(&[][..], Python::with_layout);
    for python in versions.iter().copied().map(Some).chain([None]) {
        let setting = Setting {
            python,
            ..Setting::default()
        };
        let verdict = judge(tree, root, &setting, budget).expect("the budget has no end");
        assert!(verdict.steps().len() < 100);
        assert_eq!(verdict.severity().is_none(), verdict.reaches.is_empty());
    }
}

fuzz_target!(|data: &[u8]| {
    let source = Arc::new(Memory::new(data));
    let budget = Budget::unlimited();
    for layout in [Layout::Two, Layout::Three, Layout::Eight, Layout::Eleven] {
        if let Ok(tree) = read(&*source, 0..source.len(), layout) {
            assert!(tree.end <= source.len());
            assert!(tree.iter().count() == tree.len());
            follow(&tree, &budget);
        }
    }
    let _ = read_any(&*source, 0..source.len());
    let artifact = Artifact {
        location: Location::file("fuzz.pyc"),
        name: "fuzz.pyc".to_owned(),
        source: source.clone(),
        depth: 0,
    };
    let sink = Inside(source.len());
    if let Some(format) = formats::find("python-bytecode") {
        let _ = format.recognise(&Probe::new(&artifact));
        let mut cx = Context::new(&sink, &budget);
        let _ = format.examine(&artifact, &mut cx);
    }
});
