//! Python source: no text makes the parser, the walk or the freeing of the tree
//! panic, overflow the stack or run away, and what is told lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::detect::python::{Dialect, judge};

fuzz_target!(|data: &[u8]| {
    // The first byte says how often the rest is repeated: nesting is repetition.
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let times = if first & 0x80 == 0 {
        1
    } else {
        usize::from(*first) << 4
    };
    let text = text.repeat(times.min((1 << 20) / text.len().max(1)).max(1));
    let dialect = match first & 1 {
        0 => Dialect::Module,
        _ => Dialect::Notebook,
    };
    let program = judge(&text, dialect, &Budget::unlimited()).expect("nothing stops it");
    for reach in &program.reaches {
        assert!(
            reach.at <= reach.end && reach.end <= text.len(),
            "{reach:?}"
        );
        assert!(!reach.path.is_empty());
    }
    assert!(program.damage.is_none_or(|damage| damage.at <= text.len()));
});
