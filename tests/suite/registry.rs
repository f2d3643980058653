//! The registries as data: rules and formats are unique, complete, and each
//! of them is shown to work by a fixture.

use std::collections::BTreeSet;
use std::path::Path;

use modelaudit::formats::FORMATS;
use modelaudit::rules;

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
