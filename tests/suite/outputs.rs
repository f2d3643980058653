//! Text, JSON and SARIF of sample reports, against committed files and against
//! the rules that each of them has to keep.

use std::collections::BTreeSet;

use modelaudit::render::{self, Format, Style, Verbosity};
use modelaudit::report::{Location, Report, Summary, Verdict};
use serde_json::Value;

use crate::{golden, sample};

fn rendered(report: &Report, format: Format, color: bool, verbosity: Verbosity) -> String {
    let mut out = Vec::new();
    render::write(report, format, Style { color, verbosity }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(report: &Report, verbosity: Verbosity) -> String {
    rendered(report, Format::Text, false, verbosity)
}

fn sarif(report: &Report) -> Value {
    let text = rendered(report, Format::Sarif, false, Verbosity::Normal);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn outputs_are_as_committed() {
    let everything = sample::everything();
    for (name, format, color, verbosity) in [
        ("everything.txt", Format::Text, false, Verbosity::Normal),
        (
            "everything.verbose.txt",
            Format::Text,
            false,
            Verbosity::Verbose,
        ),
        (
            "everything.color.txt",
            Format::Text,
            true,
            Verbosity::Normal,
        ),
        ("everything.json", Format::Json, false, Verbosity::Normal),
        ("everything.sarif", Format::Sarif, false, Verbosity::Normal),
    ] {
        let path = format!("tests/suite/golden/{name}");
        golden::compare(&path, &rendered(&everything, format, color, verbosity));
    }
    golden::compare(
        "tests/suite/golden/clean.txt",
        &text(&sample::clean(), Verbosity::Normal),
    );
    let clean = rendered(&sample::clean(), Format::Sarif, false, Verbosity::Normal);
    golden::compare("tests/suite/golden/clean.sarif", &clean);
}

#[test]
fn surveys_are_as_committed() {
    let mut out = Vec::new();
    render::write_survey(&sample::survey(), Style::default(), &mut out).unwrap();
    golden::compare(
        "tests/suite/golden/survey.txt",
        std::str::from_utf8(&out).unwrap(),
    );
    out.clear();
    render::write_survey_json(&sample::survey(), &mut out).unwrap();
    golden::compare(
        "tests/suite/golden/survey.json",
        std::str::from_utf8(&out).unwrap(),
    );
}

#[test]
fn quiet_is_one_line_with_the_verdict() {
    for (report, line) in [
        (sample::clean(), "Clean: every check ran on every byte\n"),
        (
            sample::below_threshold(),
            "Clean: every check ran on every byte; 1 finding (1 low) below the threshold\n",
        ),
        (
            sample::incomplete(),
            "Incomplete: 1 gap, 99.9 % of the bytes covered; no findings in what was examined\n",
        ),
    ] {
        assert_eq!(text(&report, Verbosity::Quiet), line);
    }
}

#[test]
fn nothing_says_clean_unless_every_byte_was_covered() {
    let break_it: [fn(&mut Report); 5] = [
        |r| r.summary.bytes_covered -= 1,
        |r| r.gaps = sample::incomplete().gaps,
        |r| r.interrupted = true,
        |r| r.artifacts[0].coverage.missed = 1,
        |r| {
            r.artifacts.clear();
            r.summary = Summary::default();
        },
    ];
    for change in break_it {
        let mut report = sample::clean();
        change(&mut report);
        assert_eq!(
            report.verdict,
            Verdict::Clean,
            "the words must not trust this field"
        );
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            let text = text(&report, verbosity).to_lowercase();
            assert!(!text.contains("clean"), "{text}");
            assert!(text.contains("incomplete: "), "{text}");
        }
        let invocation = &sarif(&report)["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        assert_ne!(
            invocation["toolExecutionNotifications"],
            Value::Array(vec![])
        );
    }
}

#[test]
fn text_explains_each_rule_once_and_shows_each_finding() {
    let report = sample::everything();
    let text = text(&report, Verbosity::Normal);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for finding in &report.findings {
        assert_eq!(
            flat.matches(finding.remedy.as_ref()).count(),
            1,
            "{}",
            finding.rule
        );
        assert!(text.contains(finding.severity.as_str()));
    }
    for gap in &report.gaps {
        assert!(
            flat.contains(&format!("{}: {}", gap.why, gap.detail)),
            "{flat}"
        );
    }
}

#[test]
fn no_output_lets_hidden_characters_through() {
    let report = sample::everything();
    for format in [Format::Text, Format::Json, Format::Sarif] {
        let out = rendered(&report, format, false, Verbosity::Verbose);
        assert!(out.contains("evil"), "the sample lost its hostile name");
        assert!(out.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!out.contains('\u{202e}'));
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = sample::everything();
    let colored = rendered(&report, Format::Text, true, Verbosity::Verbose);
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some(at) = rest.find('\x1b') {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("only colours are written");
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest);
    assert_ne!(plain, colored);
    assert_eq!(plain, text(&report, Verbosity::Verbose));
    for format in [Format::Json, Format::Sarif] {
        let with = rendered(&report, format, true, Verbosity::Verbose);
        assert_eq!(with, rendered(&report, format, false, Verbosity::Quiet));
    }
}

#[test]
fn json_is_the_report_itself() {
    for report in [sample::everything(), sample::clean(), sample::incomplete()] {
        let text = rendered(&report, Format::Json, false, Verbosity::Normal);
        assert!(text.ends_with("}\n"));
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}

/// Visit every string of a JSON value.
fn strings<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(list) => list.iter().for_each(|item| strings(item, visit)),
        Value::Object(map) => map.values().for_each(|item| strings(item, visit)),
        _ => {}
    }
}

#[test]
fn sarif_has_no_empty_strings_and_every_reference_resolves() {
    for report in [sample::everything(), sample::clean(), sample::incomplete()] {
        let log = sarif(&report);
        strings(&log, &mut |text| assert!(!text.trim().is_empty()));
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let artifacts = run["artifacts"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), report.findings.len());
        for result in results {
            let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            let physical = &result["locations"][0]["physicalLocation"];
            let file = &physical["artifactLocation"];
            let index = file["index"].as_u64().unwrap() as usize;
            assert_eq!(artifacts[index]["location"]["uri"], file["uri"]);
            assert_eq!(artifacts[index].get("parentIndex"), None);
            assert_eq!(physical["region"]["startLine"], 1);
            assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
        }
        for artifact in artifacts {
            let parent = artifact.get("parentIndex").and_then(Value::as_u64);
            assert!(parent.is_none_or(|parent| (parent as usize) < artifacts.len()));
            assert_eq!(parent.is_none(), artifact.get("location").is_some());
            assert_eq!(parent.is_some(), artifact.get("description").is_some());
        }
        let ids: BTreeSet<_> = rules.iter().map(|rule| rule["id"].as_str()).collect();
        assert_eq!(ids.len(), rules.len());
    }
}

#[test]
fn sarif_uris_are_relative_encoded_and_free_of_members() {
    let log = sarif(&sample::everything());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uris: BTreeSet<&str> = results
        .iter()
        .map(|r| {
            let location = &r["locations"][0]["physicalLocation"]["artifactLocation"];
            location["uri"].as_str().unwrap()
        })
        .collect();
    let expected = [
        "file:///data/models/a%20b.zip",
        "models/gro%C3%9Fes%20modell.pt",
        "notes.txt",
        "set/model.safetensors.index.json",
        "set/stray.safetensors",
    ];
    assert_eq!(uris, BTreeSet::from(expected));
}

/// Widely used readers keep these numbers in 32 bits and refuse the whole file
/// when one does not fit.
#[test]
fn sarif_numbers_of_the_standard_fit_common_readers() {
    let log = sarif(&sample::everything());
    let run = &log["runs"][0];
    let fits = |value: &Value| value.as_u64().is_none_or(|n| n <= i32::MAX as u64);
    assert!(
        run["artifacts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|a| fits(&a["length"]))
    );
    let mut large = 0;
    for result in run["results"].as_array().unwrap() {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(fits(&region["byteOffset"]) && fits(&region["byteLength"]));
        large += usize::from(!fits(&result["properties"]["byteOffset"]));
    }
    assert_eq!(large, 1, "the sample lost its large offset");
}

#[test]
fn sarif_text_from_a_model_makes_no_links() {
    let log = sarif(&sample::everything());
    let mut links = 0;
    strings(&log["runs"][0]["results"], &mut |text| {
        if text.contains("click me") {
            assert!(text.contains("\\[click me\\]("), "{text}");
            links += 1;
        }
    });
    assert_eq!(links, 1);
}

#[test]
fn sarif_says_what_it_leaves_out() {
    let one = sample::everything().findings.remove(0);
    for (count, listed, notes) in [(5_000, 5_000, 0), (5_001, 5_001, 1), (25_001, 25_000, 1)] {
        let findings = vec![one.clone(); count];
        let log = sarif(&sample::report(
            findings,
            Vec::new(),
            sample::clean().artifacts,
        ));
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), listed);
        let notifications = &run["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(notifications.as_array().unwrap().len(), notes);
    }
    let mut gaps = sample::incomplete().gaps;
    gaps[0].location = Location::file("x");
    let many = vec![gaps.remove(0); 1_500];
    let log = sarif(&sample::report(Vec::new(), many, sample::clean().artifacts));
    let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let notifications = notifications.as_array().unwrap();
    assert_eq!(notifications.len(), 1_001);
    let last = notifications[1_000]["message"]["text"].as_str().unwrap();
    assert!(last.starts_with("500 more gaps"), "{last}");
}
