//! The tables, and the index over them that is sorted while compiling.
//!
//! Knowledge is written in *groups*: callables that share an effect and a
//! reason. The index turns them into one sorted array each for names and for
//! modules, so that a look-up is a binary search and nothing is built at
//! start-up.

// All arithmetic in this file is done while compiling, where an overflow or a
// bad index is an error of the build.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use super::{Effect, Judgement, Why};
use crate::report::Severity;

/// Callables, or whole modules, with one judgement.
pub(super) struct Group {
    /// What is known about each of them.
    pub judgement: Judgement,
    /// Where it is known from: documentation, advisories, papers.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers; a test holds it to be there")
    )]
    pub source: &'static str,
    /// Full dotted paths of callables, aliases folded.
    pub names: &'static [&'static str],
    /// Dotted paths of modules of which everything is meant.
    pub modules: &'static [&'static str],
}

/// A call of it is an attack.
pub(super) const fn critical(effect: Effect, why: &'static str) -> Judgement {
    Judgement::Dangerous {
        effect,
        severity: Severity::Critical,
        why: Why::Known(why),
    }
}

/// A call of it is as good as an attack, or serves to build one.
pub(super) const fn high(effect: Effect, why: &'static str) -> Judgement {
    Judgement::Dangerous {
        effect,
        severity: Severity::High,
        why: Why::Known(why),
    }
}

/// Vetted.
pub(super) const fn harmless(why: &'static str) -> Judgement {
    Judgement::Harmless(why)
}

/// The groups of all topics.
pub(super) const TOPICS: &[&[Group]] = &[
    super::process::GROUPS,
    super::evaluation::GROUPS,
    super::resolve::GROUPS,
    super::calls::GROUPS,
    super::deserialise::GROUPS,
    super::native::GROUPS,
    super::files::GROUPS,
    super::network::GROUPS,
    super::interpreter::GROUPS,
    super::harmless::python::GROUPS,
    super::harmless::numpy::GROUPS,
    super::harmless::torch::GROUPS,
    super::harmless::learn::GROUPS,
];

/// A dotted path and what is known about it.
pub(super) type Entry = (&'static str, &'static Judgement);

/// Every named callable, sorted by path.
static NAMES: [Entry; count(false)] = collect(false);

/// Every module that is judged as a whole, sorted by path.
static MODULES: [Entry; count(true)] = collect(true);

/// What is known about this very callable.
pub(super) fn name(path: &str) -> Option<&'static Judgement> {
    find(&NAMES, path)
}

/// What is known about everything in this module.
pub(super) fn module(path: &str) -> Option<&'static Judgement> {
    find(&MODULES, path)
}

fn find(entries: &[Entry], path: &str) -> Option<&'static Judgement> {
    let at = entries
        .binary_search_by(|(name, _)| (*name).cmp(path))
        .ok()?;
    entries.get(at).map(|(_, judgement)| *judgement)
}

const fn paths(group: &'static Group, modules: bool) -> &'static [&'static str] {
    if modules { group.modules } else { group.names }
}

const fn count(modules: bool) -> usize {
    let (mut total, mut topic) = (0, 0);
    while topic < TOPICS.len() {
        let groups = TOPICS[topic];
        let mut group = 0;
        while group < groups.len() {
            total += paths(&groups[group], modules).len();
            group += 1;
        }
        topic += 1;
    }
    total
}

const fn collect<const N: usize>(modules: bool) -> [Entry; N] {
    let mut out: [Entry; N] = [("", &Judgement::Harmless("")); N];
    let (mut filled, mut topic) = (0, 0);
    while topic < TOPICS.len() {
        let groups = TOPICS[topic];
        let mut group = 0;
        while group < groups.len() {
            let list = paths(&groups[group], modules);
            let mut i = 0;
            while i < list.len() {
                out[filled] = (list[i], &groups[group].judgement);
                filled += 1;
                i += 1;
            }
            group += 1;
        }
        topic += 1;
    }
    sort(&mut out);
    out
}

/// Heap sort by path: short, in place, and fast enough for the compiler's
/// interpreter.
const fn sort(entries: &mut [Entry]) {
    let mut start = entries.len() / 2;
    while start > 0 {
        start -= 1;
        sink(entries, start, entries.len());
    }
    let mut end = entries.len();
    while end > 1 {
        end -= 1;
        swap(entries, 0, end);
        sink(entries, 0, end);
    }
}

/// Let the entry at `root` sink to its place in the heap `entries[..end]`.
const fn sink(entries: &mut [Entry], mut root: usize, end: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && less(entries[child].0, entries[child + 1].0) {
            child += 1;
        }
        if !less(entries[root].0, entries[child].0) {
            return;
        }
        swap(entries, root, child);
        root = child;
    }
}

const fn swap(entries: &mut [Entry], a: usize, b: usize) {
    let kept = entries[a];
    entries[a] = entries[b];
    entries[b] = kept;
}

/// `a < b`, byte by byte, as `str` compares.
const fn less(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return a[i] < b[i];
        }
        i += 1;
    }
    a.len() < b.len()
}
