//! The whole scan over any bytes: no check panics, and every byte is accounted
//! for. The first byte chooses the name, and with it the suffix.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::engine::{Input, Machine, Request, Unobserved, scan};
use modelaudit::report::Why;
use modelaudit::source::Memory;

const NAMES: [&str; 8] = [
    "model.bin",
    "model.pkl",
    "model.pt",
    "model.safetensors",
    "model.safetensors.index.json",
    "config.json",
    "chat_template.jinja",
    "weights.npz",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let name = NAMES[usize::from(*first) % NAMES.len()].to_owned();
    let source = Arc::new(Memory::new(bytes));
    let machine = Machine {
        total_memory: 4 << 30,
        available_memory: 2 << 30,
        cores: 1,
    };
    let report = scan(
        &Request::new(vec![Input::Source { name, source }], machine),
        &Unobserved,
    );
    for artifact in &report.artifacts {
        assert!(artifact.coverage.adds_up());
        assert!(artifact.coverage.missed == 0 || !report.gaps.is_empty());
    }
    assert!(report.gaps.iter().all(|gap| gap.why != Why::Panicked));
});
