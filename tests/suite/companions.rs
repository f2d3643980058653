//! Files that a model reads its data from: scanned with it wherever they
//! belong to it, never followed out of its directory, and missed aloud.

use std::path::Path;

use modelaudit::report::{Report, Severity, Verdict, Why};
use tempfile::TempDir;

use crate::support::{assert_sound, fixtures, scan_bytes, scan_path};

/// The benign model with its data in `model.onnx_data`.
fn model() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["model.onnx", "model.onnx_data"] {
        let from = fixtures().join("onnx/benign-external").join(name);
        std::fs::copy(from, dir.path().join(name)).unwrap();
    }
    dir
}

fn scan(dir: &TempDir) -> Report {
    let report = scan_path(&dir.path().join("model.onnx"));
    assert_sound(&report, "companions");
    report
}

fn rules(report: &Report) -> Vec<(&str, Severity)> {
    let of = report.findings.iter();
    of.map(|f| (f.rule.as_ref(), f.severity)).collect()
}

fn gaps(report: &Report) -> Vec<Why> {
    report.gaps.iter().map(|gap| gap.why).collect()
}

fn link(to: &str, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[test]
fn the_data_are_scanned_with_the_model() {
    let dir = model();
    let report = scan(&dir);
    assert_eq!(report.verdict, Verdict::Clean);
    let files: Vec<_> = report.artifacts.iter().map(|a| &a.location.path).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    let whole = scan_path(dir.path());
    assert_eq!(whole.verdict, Verdict::Clean);
    assert_eq!(whole.artifacts.len(), 2, "each once");
}

#[test]
fn missing_and_cut_data_are_gaps() {
    let dir = model();
    let data = dir.path().join("model.onnx_data");
    std::fs::write(&data, [0; 10]).unwrap();
    let cut = scan(&dir);
    assert_eq!(
        rules(&cut),
        [("external-data-out-of-file", Severity::Medium)]
    );
    assert_eq!(gaps(&cut), [Why::Malformed]);
    std::fs::remove_file(&data).unwrap();
    let missing = scan(&dir);
    assert_eq!(rules(&missing), []);
    assert_eq!(gaps(&missing), [Why::Unreadable]);
    assert!(missing.gaps[0].detail.contains("`model.onnx_data`"));
    std::fs::create_dir(&data).unwrap();
    assert_eq!(gaps(&scan(&dir)), [Why::Unreadable]);
}

#[test]
fn links_are_followed_inside_and_told_outside() {
    let dir = model();
    let data = dir.path().join("model.onnx_data");
    std::fs::create_dir(dir.path().join("blobs")).unwrap();
    std::fs::rename(&data, dir.path().join("blobs/0")).unwrap();
    link("blobs/0", &data);
    let inside = scan(&dir);
    assert_eq!(inside.verdict, Verdict::Clean);
    assert_eq!(inside.artifacts.len(), 2);

    std::fs::remove_file(&data).unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), [0; 64]).unwrap();
    link(&secret.path().to_string_lossy(), &data);
    let outside = scan(&dir);
    assert_eq!(rules(&outside), [("external-data-link", Severity::High)]);
    assert_eq!(gaps(&outside), [Why::Unreadable]);
    assert_eq!(outside.artifacts.len(), 1, "the target is not read");
    let whole = scan_path(dir.path());
    assert_eq!(rules(&whole), [("external-data-link", Severity::High)]);
    assert_eq!(gaps(&whole), [Why::Unreadable; 2]);
}

#[test]
fn a_model_from_a_pipe_has_no_directory() {
    let bytes = std::fs::read(model().path().join("model.onnx")).unwrap();
    let report = scan_bytes("model.onnx", bytes);
    assert_eq!(gaps(&report), [Why::Unreadable]);
    assert!(report.gaps[0].detail.contains("not given with it"));
}
