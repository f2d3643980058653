//! The registries as data: rules and formats are unique, complete, and each
//! of them is shown to work by a fixture.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use modelaudit::formats::{Artifact, FORMATS, Probe};
use modelaudit::report::Location;
use modelaudit::rules;
use modelaudit::source::{ReadError, SharedSource, Source};

use crate::support::{cases, fixtures};

fn is_kebab(id: &str) -> bool {
    let word = |w: &str| {
        !w.is_empty()
            && w.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    id.split('-').all(word)
}

#[test]
fn rule_ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    for rule in rules::all() {
        assert!(is_kebab(rule.id), "{}", rule.id);
        assert!(seen.insert(rule.id), "{} is there twice", rule.id);
        assert_eq!(rules::find(rule.id), Some(rule));
    }
}

#[test]
fn every_rule_explains_itself() {
    for rule in rules::all() {
        let id = rule.id;
        assert!(
            !rule.title.is_empty() && !rule.title.ends_with('.'),
            "{id}: title"
        );
        for text in [rule.why, rule.remedy] {
            assert!(text.len() > 20 && text.ends_with('.'), "{id}: {text}");
        }
        assert!(!rule.references.is_empty(), "{id}: no source");
        assert!(rule.title.len() <= 100, "{id}: the title is a title");
    }
}

#[test]
fn rule_names_read_as_camel_case() {
    for rule in rules::all() {
        let name = rule.name();
        assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
    }
}

/// Rules that no small file can fire; the tests that show them instead.
const SHOWN_ELSEWHERE: [(&str, &str); 2] = [
    ("archive-bomb", "bombs.rs"),
    ("external-data-link", "companions.rs"),
];

#[test]
fn every_rule_fires_on_some_fixture() {
    let fired: BTreeSet<String> = cases()
        .into_iter()
        .flat_map(|c| c.expect.findings)
        .map(|f| f.rule)
        .collect();
    let silent: Vec<_> = rules::all()
        .map(|r| r.id)
        .filter(|id| !fired.contains(*id))
        .filter(|id| !SHOWN_ELSEWHERE.iter().any(|(rule, _)| rule == id))
        .collect();
    assert!(
        silent.is_empty(),
        "no fixture shows these rules: {silent:?}"
    );
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    for (rule, file) in SHOWN_ELSEWHERE {
        let text = std::fs::read_to_string(tests.join(file)).unwrap();
        assert!(text.contains(&format!("\"{rule}\"")), "{file}: {rule}");
    }
}

#[test]
fn format_ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    for format in FORMATS {
        let id = format.spec().id;
        assert!(is_kebab(id) && seen.insert(id), "{id}");
    }
}

#[test]
fn every_format_explains_itself() {
    for spec in FORMATS.iter().map(|f| f.spec()) {
        assert!(!spec.title.is_empty(), "{}", spec.id);
        assert!(!spec.references.is_empty(), "{}: no source", spec.id);
        for suffix in spec.suffixes {
            let plain = suffix.starts_with('.') && *suffix == suffix.to_lowercase();
            assert!(plain, "{}: {suffix}", spec.id);
        }
        let base = spec.layer_of;
        assert!(
            base.is_none_or(|base| modelaudit::formats::find(base).is_some()),
            "{}",
            spec.id
        );
    }
}

#[test]
fn the_catalogue_of_fixtures_says_what_each_proves() {
    assert!(fixtures().is_dir());
    for case in cases() {
        assert!(
            case.expect.about.len() > 10,
            "{}: say what it proves",
            case.name
        );
        assert!(!case.inputs().is_empty(), "{}: no input", case.name);
    }
}

/// Zeros that count how many of them are read.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Source for Counted {
    fn len(&self) -> u64 {
        1 << 30
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let n = buf.len().min(self.len().saturating_sub(at) as usize);
        buf[..n].fill(0);
        self.0.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[test]
fn recognisers_look_at_the_ends_of_what_they_do_not_know_and_no_further() {
    /// Head and tail, once for all.
    const SHARED_CAP_BYTES: u64 = 96 << 10;
    /// What one may read besides.
    const CAP_BYTES: u64 = 4 << 10;
    for name in ["weights.bin", "weights", "model.dat"] {
        let counted = Arc::new(Counted::default());
        let artifact = Artifact {
            location: Location::file(name),
            name: name.to_owned(),
            source: Arc::clone(&counted) as SharedSource,
            depth: 0,
        };
        let probe = Probe::new(&artifact);
        let _ = probe.tail();
        assert!(counted.0.load(Ordering::Relaxed) <= SHARED_CAP_BYTES);
        let mut greedy = Vec::new();
        for format in FORMATS {
            counted.0.store(0, Ordering::Relaxed);
            format.recognise(&probe);
            let read = counted.0.load(Ordering::Relaxed);
            if read > CAP_BYTES {
                greedy.push((format.spec().id, read));
            }
        }
        assert_eq!(greedy, [], "{name}");
    }
}
