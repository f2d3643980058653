//! The sweep: what is found does not depend on how bytes are cut into windows,
//! and every archive that is found lies within them. The first byte chooses
//! the size of the windows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::detect::{self, Hit, margins};
use modelaudit::formats::extent;
use modelaudit::source::{Memory, Source, Window, windows};

fn sweep(bytes: &[u8], size: u64) -> Vec<Hit> {
    let mut hits = Vec::new();
    let len = bytes.len() as u64;
    for (core, outer) in windows(0..len, len, size, margins()) {
        let window = Window {
            bytes: &bytes[outer.start as usize..outer.end as usize],
            base: outer.start,
            core: (core.start - outer.start) as usize..(core.end - outer.start) as usize,
        };
        detect::sweep(&window, &mut |sweeper, sightings| {
            sweeper.judge(&window, sightings, &mut |hit| hits.push(hit));
        });
    }
    let key = |hit: &Hit| {
        (
            hit.draft.place.clone(),
            hit.draft.rule.id,
            hit.draft.message.clone(),
        )
    };
    hits.sort_by_key(key);
    hits
}

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let whole = sweep(bytes, bytes.len().max(1) as u64);
    let size = 1 + u64::from(*first) * 7;
    assert_eq!(whole, sweep(bytes, size), "windows of {size} bytes");
    let source = Memory::new(bytes);
    for carve in whole.iter().filter_map(|hit| hit.carve) {
        assert!(carve.at > 0 && carve.at < source.len());
        if let Ok(Some(span)) = extent(carve.archive, &source, carve.at, &Budget::unlimited()) {
            assert!(span.start == carve.at && span.start <= span.end && span.end <= source.len());
        }
    }
});
