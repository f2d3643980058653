//! Shard sets from end to end: found from any of their files, scanned once,
//! and one bad shard never takes the others with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use modelaudit::engine::{Event, Input, Observer, Request, ShardNumber, scan as observed};
use modelaudit::report::{Report, Severity, Verdict, Why};
use tempfile::TempDir;

use crate::support::{MACHINE, assert_sound, relative, scan, scan_path};

/// Shards of the model below.
const SHARDS: usize = 8;

fn shard_name(number: usize) -> String {
    format!("model-{number:05}-of-{SHARDS:05}.safetensors")
}

/// A model of eight safetensors shards with an index and a configuration.
fn model() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut map = Vec::new();
    for number in 1..=SHARDS {
        let header =
            format!(r#"{{"w{number}":{{"dtype":"U8","shape":[4096],"data_offsets":[0,4096]}}}}"#);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + 4096, 7);
        std::fs::write(dir.path().join(shard_name(number)), bytes).unwrap();
        map.push(format!(r#""w{number}":"{}""#, shard_name(number)));
    }
    write_index(dir.path(), &map);
    std::fs::write(dir.path().join("config.json"), r#"{"hidden_size": 64}"#).unwrap();
    dir
}

fn write_index(dir: &Path, map: &[String]) {
    let total = 4096 * SHARDS;
    let text = format!(
        r#"{{"metadata":{{"total_size":{total}}},"weight_map":{{{}}}}}"#,
        map.join(",")
    );
    std::fs::write(dir.join("model.safetensors.index.json"), text).unwrap();
}

fn third(dir: &TempDir) -> PathBuf {
    dir.path().join(shard_name(3))
}

fn rules(report: &Report) -> Vec<(&str, Severity)> {
    report
        .findings
        .iter()
        .map(|f| (f.rule.as_ref(), f.severity))
        .collect()
}

#[test]
fn any_shard_the_index_and_the_folder_lead_to_the_same_report() {
    let dir = model();
    let whole = relative(scan_path(dir.path()), dir.path());
    assert_sound(&whole, "set");
    assert_eq!(
        (whole.exit_code, whole.summary.files),
        (0, SHARDS as u64 + 2)
    );
    assert_eq!(whole.shard_sets.len(), 1);
    assert_eq!(whole.shard_sets[0].shards.len(), SHARDS);
    for start in [third(&dir), dir.path().join("model.safetensors.index.json")] {
        assert_eq!(
            whole,
            relative(scan_path(&start), dir.path()),
            "{}",
            start.display()
        );
    }
}

#[test]
fn files_named_twice_are_scanned_once() {
    let dir = model();
    let inputs = [
        third(&dir),
        dir.path().join(shard_name(5)),
        dir.path().to_owned(),
    ];
    let report = scan(&Request::new(inputs.map(Input::Path).to_vec(), MACHINE));
    assert_eq!(
        (report.summary.files, report.shard_sets.len()),
        (SHARDS as u64 + 2, 1)
    );
}

#[test]
fn a_missing_shard_is_a_finding() {
    let dir = model();
    std::fs::remove_file(dir.path().join(shard_name(5))).unwrap();
    let report = scan_path(&third(&dir));
    assert_eq!(rules(&report), [("shard-missing", Severity::Medium)]);
    assert!(report.shard_sets[0].missing[0].ends_with(&shard_name(5)));
    assert_eq!(
        (report.exit_code, report.shard_sets[0].shards.len()),
        (1, SHARDS - 1)
    );
}

#[test]
fn a_cut_shard_is_a_finding_and_the_others_are_complete() {
    let dir = model();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(dir.path().join(shard_name(4)))
        .unwrap();
    file.set_len(1000).unwrap();
    let report = scan_path(&third(&dir));
    assert_eq!(
        rules(&report),
        [("safetensors-out-of-file", Severity::Medium)]
    );
    for row in &report.shard_sets[0].shards {
        let cut = row.path.ends_with(&shard_name(4));
        let verdict = if cut {
            Verdict::Findings
        } else {
            Verdict::Clean
        };
        assert_eq!(
            (row.verdict, row.covered),
            (verdict, row.size),
            "{}",
            row.path
        );
    }
}

#[test]
fn an_index_that_leaves_the_folder_is_a_finding() {
    let dir = model();
    write_index(dir.path(), &[r#""w1":"../../etc/passwd""#.to_owned()]);
    let report = scan_path(&third(&dir));
    assert!(
        rules(&report).contains(&("index-path-escape", Severity::High)),
        "{report:?}"
    );
    let opened = report
        .artifacts
        .iter()
        .any(|a| a.location.path.contains("passwd"));
    assert!(
        !opened,
        "a name in an index is never followed out of the folder"
    );
}

#[test]
fn a_shard_over_its_deadline_is_a_gap_and_a_row_with_the_reason() {
    let dir = model();
    let mut request = Request::new(vec![Input::Path(third(&dir))], MACHINE);
    request.shard_timeout = Duration::ZERO;
    let report = scan(&request);
    assert_sound(&report, "deadline");
    assert_eq!(report.exit_code, 2);
    assert!(report.gaps.iter().all(|gap| gap.why == Why::Timeout));
    for row in &report.shard_sets[0].shards {
        assert_eq!(row.verdict, Verdict::Incomplete);
        assert!(
            row.reason
                .as_ref()
                .is_some_and(|r| r.contains("--shard-timeout")),
            "{row:?}"
        );
    }
    let config = report
        .artifacts
        .iter()
        .find(|a| a.location.path.ends_with("config.json"));
    assert_eq!(
        config.unwrap().coverage.missed,
        0,
        "files beside the set are not shards"
    );
}

#[test]
fn a_shard_that_is_not_read_is_a_row_with_the_reason() {
    let dir = model();
    let large = dir.path().join(shard_name(2));
    std::fs::OpenOptions::new()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len(1 << 20)
        .unwrap();
    let mut request = Request::new(vec![Input::Path(third(&dir))], MACHINE);
    request.max_file_size = 1 << 16;
    let report = scan(&request);
    let whys: Vec<_> = report.gaps.iter().map(|gap| gap.why).collect();
    assert_eq!(
        (report.exit_code, whys),
        (2, vec![Why::Limit]),
        "{:?}",
        rules(&report)
    );
    let row = &report.shard_sets[0].shards[1];
    assert_eq!((row.verdict, row.covered), (Verdict::Incomplete, 0));
    assert!(row.reason.is_some());
}

#[test]
fn the_watcher_hears_of_the_set_and_of_every_shard_once() {
    #[derive(Default)]
    struct Heard(std::cell::RefCell<(usize, Vec<ShardNumber>)>);
    impl Observer for Heard {
        fn event(&self, event: &Event<'_>) {
            let mut heard = self.0.borrow_mut();
            match event {
                Event::SetStarted { shards, .. } => heard.0 += shards,
                Event::FileEnded {
                    shard: Some(shard), ..
                } => heard.1.push(*shard),
                _ => {}
            }
        }
    }
    let dir = model();
    let heard = Heard::default();
    observed(
        &Request::new(vec![Input::Path(third(&dir))], MACHINE),
        &heard,
    );
    let (shards, mut ended) = heard.0.into_inner();
    ended.sort_by_key(|shard| shard.number);
    let all = (1..=SHARDS).map(|number| ShardNumber { number, of: SHARDS });
    assert_eq!((shards, ended), (SHARDS, all.collect()));
}
