//! The pattern set as data, and its behaviour on examples, on noise, and on
//! every cut.

use super::examples::{NEGATIVE, positive};
use super::*;
use crate::detect::anchors::KEY_BYTES;
use crate::detect::pass::Pass;

mod noise;

/// This sweeper by itself.
static ALONE: LazyLock<Pass> = LazyLock::new(|| Pass::new(&[&Patterns]));

/// All hits in one window.
fn sweep(bytes: &[u8]) -> Vec<Hit> {
    sweep_in(bytes, bytes.len().max(1))
}

/// All hits, with cores of `size` bytes.
fn sweep_in(bytes: &[u8], size: usize) -> Vec<Hit> {
    let mut hits = Vec::new();
    let len = bytes.len() as u64;
    for (core, outer) in crate::source::windows(0..len, len, size as u64, Patterns.margins()) {
        let window = Window {
            bytes: &bytes[outer.start as usize..outer.end as usize],
            base: outer.start,
            core: (core.start - outer.start) as usize..(core.end - outer.start) as usize,
        };
        ALONE.run(&window, &mut |sweeper, sightings| {
            sweeper.judge(&window, sightings, &mut |hit| hits.push(hit));
        });
    }
    hits.sort_by(|a, b| (&a.draft.place, a.draft.rule.id).cmp(&(&b.draft.place, b.draft.rule.id)));
    hits
}

/// An example among binary bytes, and where it starts.
fn in_binary(example: &[u8]) -> (Vec<u8>, usize) {
    let front: Vec<u8> = (0..700u32).map(|i| (i * i % 251) as u8 & 0x8f).collect();
    ([&front, example, &front].concat(), front.len())
}

#[test]
fn every_pattern_is_sure_enough() {
    let mut total = 0.0;
    for pattern in patterns() {
        let expected = (40.0 - 8.0 * pattern.anchor.len() as f64 - pattern.checked_bits).exp2();
        assert!(expected < 0.01, "{}: {expected} per TiB", pattern.name);
        total += expected;
    }
    assert!(total < 0.05, "{total} per TiB in all");
}

#[test]
fn patterns_are_well_formed() {
    let mut names: Vec<&str> = patterns().map(|p| p.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for pattern in patterns() {
        assert!(pattern.anchor.len() >= KEY_BYTES, "{}", pattern.name);
        assert!(pattern.anchor.len() <= pattern.after, "{}", pattern.name);
    }
}

#[test]
fn every_pattern_finds_its_examples_and_says_where() {
    let examples = positive();
    for pattern in patterns() {
        assert!(
            examples.iter().any(|e| e.pattern == pattern.name),
            "{}",
            pattern.name
        );
    }
    for example in examples {
        let (bytes, start) = in_binary(&example.bytes);
        let hits = sweep(&bytes);
        let name = example.pattern;
        assert!(
            !hits.is_empty(),
            "{name}: nothing in {}",
            String::from_utf8_lossy(&example.bytes)
        );
        let hit = hits.iter().find(|h| h.draft.rule.id == example.rule);
        let hit = hit.unwrap_or_else(|| panic!("{name}: {hits:?}"));
        assert_eq!(hit.draft.severity, example.severity, "{name}");
        assert!(!hit.draft.message.is_empty() && !hit.draft.evidence.is_empty());
        let offset = hit.draft.place.offset.unwrap() as usize;
        let end = offset + hit.draft.place.length.unwrap() as usize;
        assert!(
            (start..start + example.bytes.len()).contains(&offset),
            "{name}: {offset}"
        );
        assert!(end > offset && end <= bytes.len(), "{name}");
    }
}

/// What may stand around a payload in a model file.
#[test]
fn commands_are_found_whatever_the_bytes_around_them() {
    let weights: Vec<u8> = (0..600u32)
        .flat_map(|i| [(i * 89 % 253) as u8, 0x3c | (i % 2 * 0x80) as u8])
        .collect();
    for example in positive()
        .iter()
        .filter(|e| e.rule.starts_with("embedded-") && e.rule != "embedded-archive")
    {
        let text = &example.bytes;
        let mut short = vec![0x8c, text.len() as u8];
        short.extend([text.as_slice(), b"\x94."].concat());
        let mut long = [&b"X"[..], &(text.len() as u32).to_le_bytes()].concat();
        long.extend([text.as_slice(), b"q\x01."].concat());
        for bytes in [
            text.clone(),
            short,
            long,
            [&weights, text.as_slice(), &weights].concat(),
        ] {
            let found = sweep(&bytes)
                .iter()
                .any(|h| h.draft.rule.id == example.rule);
            assert!(
                found,
                "{} in {}",
                example.pattern,
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn tokens_are_found_in_strings_of_pickles() {
    let mut tested = 0;
    for example in positive()
        .iter()
        .filter(|e| e.rule == "secret-access-token")
    {
        let token = example.bytes.trim_ascii();
        let is_plain = token
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-');
        if !is_plain || token.len() > 255 {
            continue;
        }
        tested += 1;
        let len = token.len() as u32;
        let strings = [
            [b"\x8c", &len.to_le_bytes()[..1], token, b"\x94"].concat(),
            [b"X", &len.to_le_bytes()[..], token, b"q\x05"].concat(),
            [b"X", &len.to_le_bytes()[..], token, b"qA"].concat(),
            [b"U", &len.to_le_bytes()[..1], token, b"qA"].concat(),
            [b"X", &[99, 0, 0, 0][..], b"Bearer ", token, b"q\x05"].concat(),
        ];
        for bytes in strings {
            let hits = sweep(&bytes);
            assert!(
                !hits.is_empty(),
                "{} in {}",
                example.pattern,
                String::from_utf8_lossy(&bytes)
            );
        }
    }
    assert!(tested > 20);
}

#[test]
fn each_example_is_found_by_its_own_pattern() {
    for example in positive() {
        let (bytes, _) = in_binary(&example.bytes);
        let pattern = patterns().find(|p| p.name == example.pattern).unwrap();
        let window = Window {
            core: 0..bytes.len(),
            bytes: &bytes,
            base: 0,
        };
        let found = memchr::memmem::find_iter(&bytes, pattern.anchor)
            .any(|start| pattern.judge(&window, start).is_some());
        assert!(found, "{}", example.pattern);
    }
}

#[test]
fn ordinary_content_has_no_hits() {
    for text in NEGATIVE {
        for bytes in [text.as_bytes().to_vec(), in_binary(text.as_bytes()).0] {
            let hits: Vec<Hit> = sweep(&bytes)
                .into_iter()
                // A quoted script among binary bytes is one that lies there.
                .filter(|h| {
                    !(h.draft.rule.id == "embedded-script" && bytes[0] != text.as_bytes()[0])
                })
                .collect();
            assert_eq!(hits, vec![], "{text}");
        }
    }
}

#[test]
fn a_script_of_its_own_and_a_quoted_one_are_not_embedded() {
    let script = b"#!/bin/sh\necho this is an ordinary script\n";
    assert_eq!(sweep(script), vec![]);
    assert_eq!(sweep(&[&b"see this:\n\n"[..], script].concat()), vec![]);
    assert_eq!(sweep(&[&b"\0\x01\x02"[..], script].concat()).len(), 1);
}

#[test]
fn an_installation_line_in_plain_sight_is_graded_low() {
    use crate::report::Severity::{High, Low};
    for (text, severity) in [
        ("curl -LsSf https://example.com/install.sh | sh\n", Low),
        (
            "    \"!curl -fsSL https://example.com/install.sh | sh\"\n",
            Low,
        ),
        (
            "      - run: curl https://example.com/install.sh | bash\n",
            Low,
        ),
        ("RUN curl -sSL https://example.com/i.py | python3 -\n", Low),
        (
            "Install: `curl -sSL https://example.com/i | bash -s`.\n",
            Low,
        ),
        ("or run `curl -sSL https://example.com/i | bash`\n", Low),
        ("x=`curl -sSL https://example.com/i | bash`\n", High),
        ("x: ['`curl -sSL https://example.com/i | bash`']\n", High),
        ("Install: `curl -sSL http://example.com/i | bash`\n", High),
        ("curl -LsSf http://example.com/install.sh | sh\n", High),
        ("os.system('curl https://example.com/x | sh')\n", High),
        ("\"command\": \"curl https://example.com/x | sh\"\n", High),
        ("\u{1}curl https://example.com/x | sh", High),
    ] {
        let hits = sweep(text.as_bytes());
        assert_eq!(hits.len(), 1, "{text}");
        assert_eq!(hits[0].draft.severity, severity, "{text}");
    }
}

#[test]
fn a_program_at_the_start_is_the_file_itself() {
    let elf = &positive()[0].bytes;
    assert!(
        sweep(elf)[0]
            .draft
            .message
            .starts_with("the bytes are a 64-bit ELF")
    );
    let later = [b"x", elf.as_slice()].concat();
    assert!(
        sweep(&later)[0]
            .draft
            .message
            .starts_with("the bytes hold a 64-bit ELF")
    );
}

#[test]
fn hits_do_not_depend_on_the_cut() {
    let mut bytes = Vec::new();
    for example in positive() {
        bytes.extend(in_binary(&example.bytes).0);
    }
    let whole = sweep(&bytes);
    assert!(whole.len() >= positive().len());
    for size in [61, 997, 4096, 65_536] {
        assert_eq!(sweep_in(&bytes, size), whole, "cores of {size} bytes");
    }
}

#[test]
fn secrets_are_shown_redacted() {
    for example in positive().iter().filter(|e| e.rule.starts_with("secret-")) {
        let hits = sweep(&in_binary(&example.bytes).0);
        for hit in hits.iter().filter(|h| h.draft.rule.id == example.rule) {
            let shown = &hit.draft.evidence;
            assert!(shown.contains('…') && shown.chars().count() < 32, "{shown}");
        }
    }
}

#[test]
fn the_github_checksum_is_the_published_one() {
    // An expired token that is published as the example of the format.
    let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
    assert_eq!(sweep(token.as_bytes()).len(), 1);
    assert_eq!(sweep(token.replace("zQ", "zR").as_bytes()), vec![]);
}

#[test]
fn cut_and_flipped_examples_are_survived() {
    for example in positive() {
        for end in 0..example.bytes.len().min(400) {
            sweep(&example.bytes[..end]);
        }
        for at in (0..example.bytes.len().min(400)).step_by(3) {
            let mut flipped = example.bytes.clone();
            flipped[at] ^= 0xff;
            sweep(&flipped);
            flipped[at] = 0;
            sweep(&flipped);
        }
    }
}
