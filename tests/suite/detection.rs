//! `docs/detection.md`: what is detected and by which fixture that is shown,
//! and which ordinary models are clean. Generated from the fixtures.

use std::fmt::Write as _;

use modelaudit::report::Severity;

use crate::golden;
use crate::support::{Case, Expect, cases};
use crate::techniques::{Technique, chapters};

const HEAD: &str = "\
# What is detected

Generated from `fixtures/` by the test suite, which holds every fixture to
exactly the findings named here. Do not edit.

Each technique is a published way to attack whoever loads a model. The fixture
is a folder under `fixtures/`; the rules are those of the worst findings that the
scan of it reports. A gap names what could not be examined: with one, the verdict
is never clean.
";

const ORDINARY: &str = "
## Ordinary models

Fixtures that the real libraries wrote, and harmless variations of them. None
has a finding at medium or above; a test holds them to that.

| fixture | files | what it is | findings below medium |
|---|---|---|---|
";

#[test]
fn the_page_on_detection_is_up_to_date() {
    let cases = cases();
    let mut page = HEAD.to_owned();
    for chapter in chapters() {
        let _ = write!(page, "\n## {}\n\n", chapter.title);
        page.push_str(
            "| technique | fixture | rule | severity | source |\n|---|---|---|---|---|\n",
        );
        for technique in chapter.techniques {
            rows(&mut page, technique, &cases);
        }
    }
    page.push_str(ORDINARY);
    for case in cases.iter().filter(|case| is_ordinary(case)) {
        ordinary(&mut page, case);
    }
    golden::compare("docs/detection.md", &page);
}

#[test]
fn every_technique_that_a_fixture_names_is_known_and_told() {
    let known = |slug: &str| {
        let mut all = chapters().flat_map(|c| c.techniques);
        all.any(|t| t.slug == slug)
    };
    for case in cases() {
        for slug in &case.expect.techniques {
            assert!(known(slug), "{}: no technique `{slug}`", case.name);
        }
        let shows = !case.expect.techniques.is_empty();
        assert!(
            !shows || worst(&case.expect).is_some() || !case.expect.gaps.is_empty(),
            "{}: a technique without a finding or a gap",
            case.name
        );
    }
}

#[test]
fn every_technique_is_shown_by_a_fixture() {
    let cases = cases();
    let shown = |slug: &str| {
        let mut all = cases.iter().flat_map(|case| &case.expect.techniques);
        all.any(|shown| shown == slug)
    };
    for technique in chapters().flat_map(|chapter| chapter.techniques) {
        assert!(
            shown(technique.slug),
            "no fixture shows `{}`",
            technique.slug
        );
    }
}

#[test]
fn ordinary_models_have_no_finding_at_medium_or_above() {
    for case in cases().iter().filter(|case| is_ordinary(case)) {
        let worst = worst(&case.expect);
        assert!(worst < Some(Severity::Medium), "{}: {worst:?}", case.name);
    }
}

/// Whether a case is named as one that must come out clean.
fn is_ordinary(case: &Case) -> bool {
    let (format, name) = case.name.split_once('/').unwrap();
    format == "models" || name.starts_with("benign")
}

fn worst(expect: &Expect) -> Option<Severity> {
    expect.findings.iter().map(|f| f.severity).max()
}

fn rows(page: &mut String, technique: &Technique, cases: &[Case]) {
    let shown = |case: &&Case| case.expect.techniques.iter().any(|t| t == technique.slug);
    for case in cases.iter().filter(shown) {
        let worst = worst(&case.expect);
        let mut rules: Vec<_> = case.expect.findings.iter().collect();
        rules.retain(|f| Some(f.severity) == worst);
        let mut rules: Vec<_> = rules.iter().map(|f| format!("`{}`", f.rule)).collect();
        rules.sort();
        rules.dedup();
        rules.extend(gaps(&case.expect));
        let severity = worst.map_or("-", |s| s.as_str());
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {severity} | {} |",
            technique.title,
            case.name,
            rules.join(", "),
            technique.source
        );
    }
}

/// The gaps of a case, in words: a verdict that is not clean.
fn gaps(expect: &Expect) -> Vec<String> {
    let mut whys: Vec<_> = expect.gaps.iter().map(|gap| &gap.why).collect();
    whys.sort();
    whys.dedup();
    whys.iter().map(|why| format!("gap: {why}")).collect()
}

fn ordinary(page: &mut String, case: &Case) {
    let files = case.inputs().len();
    let mut rules: Vec<_> = case
        .expect
        .findings
        .iter()
        .map(|f| format!("`{}` ({})", f.rule, f.severity.as_str()))
        .collect();
    rules.sort();
    rules.dedup();
    let rules = match rules.is_empty() {
        true => "none".to_owned(),
        false => rules.join(", "),
    };
    let about = &case.expect.about;
    let _ = writeln!(page, "| `{}` | {files} | {about} | {rules} |", case.name);
}
