//! Every kernel of the search for anchors finds what a naive search finds, for
//! any literals in any text, cut anywhere.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::detect::anchors::{Finder, KEY_BYTES, Kernel, Literal};

/// Most literals of one list: a naive search is slow.
const LITERALS_CAP: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    // The first bytes say how often the text is repeated and where the core
    // lies; then come literals, each behind a byte for its length and its kind,
    // up to a zero; the rest is the text.
    let [repeat, from, to, rest @ ..] = bytes else {
        return;
    };
    let (literals, text) = split(rest);
    let text = text.repeat(1 + usize::from(*repeat));
    let core = place(*from, text.len())..place(*to, text.len());
    let mut wanted = Vec::new();
    for start in core.clone() {
        let here =
            |(index, literal): (usize, &Literal)| literal.starts(&text[start..]).then_some(index);
        wanted.extend(
            literals
                .iter()
                .enumerate()
                .filter_map(here)
                .map(|index| (start, index)),
        );
    }
    for kernel in Kernel::available() {
        let finder = Finder::with_kernel(kernel, literals.iter().cloned());
        let finder = finder.expect("every literal is long enough");
        let mut found = Vec::new();
        finder.find(&text, core.clone(), &mut |index, start| {
            found.push((start, index))
        });
        found.sort_unstable();
        assert_eq!(found, wanted, "{kernel:?}");
    }
});

/// The literals at the front, and the text behind them.
fn split(mut rest: &[u8]) -> (Vec<Literal>, &[u8]) {
    let mut literals = Vec::new();
    while let [head, tail @ ..] = rest
        && *head > 0
        && literals.len() < LITERALS_CAP
    {
        let len = KEY_BYTES + usize::from(head >> 3);
        let Some((bytes, behind)) = tail.split_at_checked(len) else {
            break;
        };
        literals.push(match head & 1 {
            0 => Literal::exact(bytes.to_vec()),
            _ => Literal::folded(bytes.to_vec()),
        });
        rest = behind;
    }
    (literals, rest)
}

/// A place in a text of this length, near its start, near its end, or behind.
fn place(byte: u8, len: usize) -> usize {
    let near = usize::from(byte & 0x7f);
    match byte & 0x80 {
        0 => near.min(len),
        _ => (len + 64).saturating_sub(near).min(len),
    }
}
