//! Finding anchors: every start of every anchor, in one pass.
//!
//! Of each anchor the finder looks for four bytes, its *key*, and compares the
//! rest where a key is found. Keys have one length, so no key hides another
//! that starts at the same byte, and after each hit the search goes on at the
//! next byte: overlapping anchors are all found, whatever the text. This is
//! the one home of the search; a faster filter replaces it here.

use std::ops::Range;

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Anchored, Input, Span};

/// Length of a key, in bytes.
pub(super) const KEY_BYTES: usize = 4;

/// Most keys that one vector searcher takes; the crate's own limit.
const GROUP_CAP_KEYS: usize = 128;

/// A literal to find, and where in it the key lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    /// The literal, at least [`KEY_BYTES`] long.
    pub bytes: &'static [u8],
    /// Where its key starts: chosen away from bytes that weights and ordinary
    /// text are full of.
    pub key_at: usize,
}

impl Anchor {
    fn key(&self) -> &'static [u8] {
        let end = self.key_at.saturating_add(KEY_BYTES);
        self.bytes.get(self.key_at..end).unwrap_or(self.bytes)
    }
}

/// A finder for a fixed list of anchors.
pub(super) struct Anchors {
    anchors: Vec<Anchor>,
    groups: Vec<Group>,
    /// Bytes behind the core in which the key of an anchor of the core can end.
    overhang: usize,
}

/// Distinct keys that are searched together.
struct Group {
    engine: Engine,
    /// For each key, the anchors (by index) that have it.
    owners: Vec<Vec<usize>>,
}

enum Engine {
    /// Vector instructions: fast.
    Packed(Searcher),
    /// For machines without them.
    Automaton(AhoCorasick),
}

impl Anchors {
    /// Prepare the search for these anchors.
    pub(super) fn new(anchors: impl Iterator<Item = Anchor>) -> Self {
        let anchors: Vec<Anchor> = anchors.collect();
        let mut keys: Vec<(&[u8], Vec<usize>)> = Vec::new();
        for (index, anchor) in anchors.iter().enumerate() {
            match keys.iter_mut().find(|(key, _)| *key == anchor.key()) {
                Some((_, owners)) => owners.push(index),
                None => keys.push((anchor.key(), vec![index])),
            }
        }
        let overhang = anchors
            .iter()
            .map(|a| a.key_at.saturating_add(KEY_BYTES))
            .max()
            .unwrap_or_default();
        Anchors {
            groups: keys.chunks(GROUP_CAP_KEYS).map(Group::new).collect(),
            anchors,
            overhang,
        }
    }

    /// Call `hit` with the index of an anchor and its first byte, for every
    /// anchor that lies in `bytes` and starts in `core`.
    pub(super) fn find(&self, bytes: &[u8], core: Range<usize>, mut hit: impl FnMut(usize, usize)) {
        let end = core.end.saturating_add(self.overhang).min(bytes.len());
        for group in &self.groups {
            group.keys(bytes, core.start..end, |owners, key_start| {
                for &index in owners {
                    let Some(anchor) = self.anchors.get(index) else {
                        continue;
                    };
                    let Some(start) = key_start.checked_sub(anchor.key_at) else {
                        continue;
                    };
                    let rest = bytes.get(start..).unwrap_or_default();
                    if core.contains(&start) && rest.starts_with(anchor.bytes) {
                        hit(index, start);
                    }
                }
            });
        }
    }
}

impl Group {
    fn new(keys: &[(&[u8], Vec<usize>)]) -> Self {
        let patterns = keys.iter().map(|(key, _)| *key);
        let packed = Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .heuristic_pattern_limits(false)
            .builder()
            .extend(patterns.clone())
            .build();
        let engine = match packed {
            Some(searcher) => Engine::Packed(searcher),
            None => Engine::automaton(patterns),
        };
        Group {
            engine,
            owners: keys.iter().map(|(_, owners)| owners.clone()).collect(),
        }
    }

    /// Call `found` with the owners of each key in `span` and its first byte.
    fn keys(&self, bytes: &[u8], span: Range<usize>, mut found: impl FnMut(&[usize], usize)) {
        let mut from = span.start;
        while let Some((key, start)) = self.engine.next(bytes, from..span.end) {
            found(self.owners.get(key).map_or(&[], Vec::as_slice), start);
            from = start.saturating_add(1);
        }
    }
}

impl Engine {
    fn automaton<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Self {
        let automaton = AhoCorasick::new(keys);
        // Building fails only for sets of billions of bytes.
        Engine::Automaton(automaton.unwrap_or_else(|_| unreachable!("the key set is small")))
    }

    /// The first key in `span`, and where it starts.
    fn next(&self, bytes: &[u8], span: Range<usize>) -> Option<(usize, usize)> {
        if span.start >= span.end {
            return None;
        }
        let found = match self {
            Engine::Packed(searcher) => searcher.find_in(bytes, Span::from(span)),
            Engine::Automaton(automaton) => {
                automaton.find(Input::new(bytes).span(span).anchored(Anchored::No))
            }
        }?;
        Some((found.pattern().as_usize(), found.start()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITERALS: [(&[u8], usize); 8] = [
        (b"aaaa", 0),
        (b"aaaaa", 1),
        (b"aaab", 0),
        (b"abab", 0),
        (b"bababa", 2),
        (b"\x00\x00\x00\x00", 0),
        (b"xaaab", 1),
        (b"PE\0\0d\x86", 0),
    ];

    fn finder() -> Anchors {
        Anchors::new(
            LITERALS
                .into_iter()
                .map(|(bytes, key_at)| Anchor { bytes, key_at }),
        )
    }

    fn found(anchors: &Anchors, bytes: &[u8], core: Range<usize>) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        anchors.find(bytes, core, |index, start| all.push((start, index)));
        all.sort_unstable();
        all
    }

    fn naive(bytes: &[u8], core: Range<usize>) -> Vec<(usize, usize)> {
        core.flat_map(|start| {
            LITERALS
                .iter()
                .enumerate()
                .filter(move |(_, (literal, _))| bytes[start..].starts_with(literal))
                .map(move |(index, _)| (start, index))
        })
        .collect()
    }

    /// Texts over few letters, full of overlapping and nested anchors.
    fn adversarial() -> impl Iterator<Item = Vec<u8>> {
        let mut state = 7u64;
        (0..400usize).map(move |round| {
            (0..round)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
                    b"aaaaabbx\0PEd\x86"[(state >> 33) as usize % 13]
                })
                .collect()
        })
    }

    #[test]
    fn every_start_is_found_as_by_a_naive_search() {
        let anchors = finder();
        for text in adversarial().chain([vec![b'a'; 300], b"abab".repeat(99), vec![0; 257]]) {
            assert_eq!(
                found(&anchors, &text, 0..text.len()),
                naive(&text, 0..text.len())
            );
        }
    }

    #[test]
    fn the_core_decides_and_cores_add_up() {
        let anchors = finder();
        for text in adversarial().step_by(23) {
            for size in [1, 2, 3, 5, 17, 64] {
                let mut parts = Vec::new();
                for start in (0..text.len()).step_by(size) {
                    let core = start..(start + size).min(text.len());
                    parts.extend(found(&anchors, &text, core));
                }
                assert_eq!(parts, naive(&text, 0..text.len()));
            }
        }
    }

    #[test]
    fn the_plain_automaton_finds_the_same() {
        let mut anchors = finder();
        for group in &mut anchors.groups {
            let mut keys = vec![&b""[..]; group.owners.len()];
            for (key, owners) in keys.iter_mut().zip(&group.owners) {
                *key = anchors.anchors[owners[0]].key();
            }
            group.engine = Engine::automaton(keys.into_iter());
        }
        for text in adversarial().step_by(7) {
            assert_eq!(
                found(&anchors, &text, 0..text.len()),
                naive(&text, 0..text.len())
            );
        }
    }
}
