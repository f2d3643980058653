//! Every kernel against a naive search, over random lists, texts and cuts.

use super::*;

/// SplitMix64: small, fast, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// This many bytes of an alphabet.
    fn bytes(&mut self, alphabet: &[u8], len: usize) -> Vec<u8> {
        (0..len)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }

    /// A list over an alphabet, with duplicates and literals that differ in
    /// case only.
    fn literals(&mut self, alphabet: &[u8], count: usize) -> Vec<Literal> {
        let mut all: Vec<Literal> = Vec::new();
        for _ in 0..count {
            let len = 4 + self.below(3) * self.below(9);
            let bytes = match all.len() {
                0 => self.bytes(alphabet, len),
                known if self.below(5) == 0 => all[self.below(known)].bytes.to_vec(),
                _ => self.bytes(alphabet, len),
            };
            all.push(match self.below(3) {
                0 => Literal::folded(bytes),
                1 => Literal::exact(bytes.to_ascii_uppercase()),
                _ => Literal::exact(bytes),
            });
        }
        all
    }

    /// A text in which literals, and parts of them, are sown.
    fn text(&mut self, alphabet: &[u8], literals: &[Literal], len: usize) -> Vec<u8> {
        let mut text = Vec::new();
        while text.len() < len {
            let known = &literals[self.below(literals.len())].bytes;
            match self.below(8) {
                0 => text.extend(&known[..]),
                1 => text.extend(known.to_ascii_uppercase()),
                2 => text.extend(&known[..known.len() - 1]),
                3 => text.extend(&known[1..]),
                _ => {
                    let len = self.below(90);
                    text.extend(self.bytes(alphabet, len));
                }
            }
        }
        text.truncate(len);
        text
    }
}

fn alphabets() -> Vec<Vec<u8>> {
    vec![
        b"ab".to_vec(),
        b"aAbB".to_vec(),
        b"exec(al)evEV".to_vec(),
        (0..=u8::MAX).collect(),
        (b' '..=b'~').collect(),
        vec![
            0, 1, 0x7f, 0x80, 0x81, 0xff, b'a', b'A', b'@', b'`', b'[', b'{',
        ],
    ]
}

fn naive(literals: &[Literal], bytes: &[u8], core: Range<usize>) -> Vec<(usize, usize)> {
    core.flat_map(|start| {
        let here = move |(_, literal): &(usize, &Literal)| literal.starts(&bytes[start..]);
        let indices = literals.iter().enumerate().filter(here);
        indices.map(move |(index, _)| (start, index))
    })
    .collect()
}

fn found(finder: &Finder, bytes: &[u8], core: Range<usize>) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    finder.find(bytes, core, &mut |index, start| all.push((start, index)));
    all.sort_unstable();
    all
}

/// The finder of every kernel that this processor has.
fn finders(literals: &[Literal]) -> impl Iterator<Item = (Kernel, Finder)> {
    Kernel::available().map(|kernel| {
        let finder = Finder::with_kernel(kernel, literals.iter().cloned()).unwrap();
        (kernel, finder)
    })
}

#[test]
fn every_kernel_finds_what_a_naive_search_finds() {
    let mut random = Random(1);
    for round in 0..60 {
        for alphabet in alphabets() {
            let count = 1 + random.below([4, 30, 200][round % 3]);
            let literals = random.literals(&alphabet, count);
            let len = random.below(1200);
            let text = random.text(&alphabet, &literals, len);
            let wanted = naive(&literals, &text, 0..len);
            for (kernel, finder) in finders(&literals) {
                assert_eq!(found(&finder, &text, 0..len), wanted, "{kernel:?}");
            }
        }
    }
}

#[test]
fn cores_add_up_at_every_alignment() {
    let mut random = Random(2);
    for alphabet in alphabets() {
        let literals = random.literals(&alphabet, 20);
        let text = random.text(&alphabet, &literals, 700);
        for (kernel, finder) in finders(&literals) {
            for size in [1, 3, 61, 64, 65, 127, 192, 259, 700] {
                let skip = random.below(70);
                let text = &text[skip..];
                let mut parts = Vec::new();
                for start in (0..text.len()).step_by(size) {
                    let core = start..(start + size).min(text.len());
                    parts.extend(found(&finder, text, core));
                }
                let wanted = naive(&literals, text, 0..text.len());
                assert_eq!(parts, wanted, "{kernel:?}, cores of {size} bytes");
            }
        }
    }
}

/// So many literals over two letters that each place is the key of dozens, for
/// longer than the automaton takes over, between bytes that are none.
#[test]
fn the_automaton_takes_over_and_gives_back_without_a_trace() {
    let mut random = Random(3);
    let all: Vec<u8> = (0..=u8::MAX).collect();
    for alphabet in &alphabets()[..2] {
        let literals = random.literals(alphabet, 300);
        let mut text = random.bytes(&all, 40_000);
        text.extend(random.text(alphabet, &literals, DENSE_BYTES + 40_000));
        text.extend(random.bytes(&all, 40_000));
        let wanted = naive(&literals, &text, 0..text.len());
        for (kernel, finder) in finders(&literals) {
            let same = found(&finder, &text, 0..text.len()) == wanted;
            assert!(same, "{kernel:?}");
            assert!(finder.dense.get().is_some_and(Dense::is_built));
        }
    }
}

#[test]
fn an_automaton_alone_finds_the_same() {
    let mut random = Random(4);
    for alphabet in alphabets() {
        let literals = random.literals(&alphabet, 25);
        let text = random.text(&alphabet, &literals, 900);
        let finder = Finder::new(literals.iter().cloned()).unwrap();
        for (start, end) in [(0, 900), (17, 18), (333, 800)] {
            let mut all = Vec::new();
            let mut text = Text {
                bytes: &text,
                core: 0..900,
                hit: &mut |literal, at| all.push((at, literal)),
            };
            finder.dense(&mut text, start..end);
            let bytes = text.bytes;
            all.sort_unstable();
            let mut wanted = naive(&literals, bytes, 0..900);
            wanted.retain(|(at, literal)| (start..end).contains(&(at + finder.key_at[*literal])));
            assert_eq!(all, wanted);
        }
    }
}

#[test]
fn all_kernels_let_every_key_through() {
    let mut random = Random(5);
    for alphabet in alphabets() {
        let literals = random.literals(&alphabet, 150);
        let keys = keys::choose(&literals);
        for kernel in Kernel::available() {
            let filter = kernel.filter(&keys).unwrap();
            for key in &keys {
                let mut block = [0x5a; BLOCK_BYTES + REACH_BYTES];
                let at = random.below(BLOCK_BYTES);
                for (place, set) in key.admits.iter().enumerate() {
                    block[at + place] = set.iter().next().unwrap();
                }
                let mut marks = Marks::new();
                filter.mark(&block, &mut marks);
                let (_, places) = marks.iter().next().unwrap();
                assert!(ones(places).any(|place| place == at), "{kernel:?} {key:?}");
            }
        }
    }
}

#[test]
fn each_literal_has_one_key_and_keys_are_shared() {
    let mut random = Random(6);
    for alphabet in alphabets() {
        let literals = random.literals(&alphabet, 100);
        let keys = keys::choose(&literals);
        let mut owned: Vec<usize> = keys
            .iter()
            .flat_map(|k| k.owners.iter().map(|o| o.literal))
            .collect();
        owned.sort_unstable();
        assert_eq!(owned, (0..100).collect::<Vec<_>>());
        assert!(keys.len() <= 100);
    }
    let shared = ["xxsubprocess", "subprocess.run", "mysubprocess("];
    let literals = shared.map(|text| Literal::exact(text.as_bytes()));
    assert_eq!(keys::choose(&literals).len(), 1);
}

#[test]
fn the_choice_is_the_same_every_time() {
    let literals = Random(7).literals(&alphabets()[4], 300);
    let show = || format!("{:?}", keys::choose(&literals));
    assert_eq!(show(), show());
}

#[test]
fn short_literals_are_refused_and_an_empty_list_finds_nothing() {
    let short = ["long enough", "abc"].map(|text| Literal::exact(text.as_bytes()));
    assert_eq!(Finder::new(short).err(), Some(TooShort { index: 1 }));
    let finder = Finder::new([]).unwrap();
    assert_eq!(found(&finder, b"anything at all", 0..15), []);
}

#[test]
fn cores_outside_of_the_text_are_survived() {
    let finder = Finder::new([Literal::exact(&b"abcd"[..])]).unwrap();
    assert_eq!(found(&finder, b"abcdabcd", 4..usize::MAX), [(4, 0)]);
    assert_eq!(found(&finder, b"abcd", 9..20), []);
    assert_eq!(found(&finder, b"", 0..0), []);
}
