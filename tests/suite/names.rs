//! What a name promises and what the content is, pair by pair, and the grade
//! of each: the one table of that.

use modelaudit::report::{Report, Severity};

use crate::support::{assert_sound, scan_bytes};

const PICKLE: &[u8] = b"\x80\x04\x95\x08\0\0\0\0\0\0\0\x8c\x04data\x94.";
const OLD_PICKLE: &[u8] = b"cposix\nsystem\n(S'id'\ntR.";
const SEVEN_ZIP: &[u8] =
    b"7z\xbc\xaf\x27\x1c\0\x04\x8d\x9b\xd5\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const RAR: &[u8] = b"Rar!\x1a\x07\x01\0\x33\x92\xb5\xe5\x0a\x01\x05\x06\0\x05\x01\x01\0";
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0";
const GGUF: &[u8] = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0";
const SAFETENSORS: &[u8] = b"\x02\0\0\0\0\0\0\0{}";
const TEXT: &[u8] = b"Some words for people.\n";
const SCRIPT: &[u8] = b"#!/bin/sh\necho this line is readable\n";
const CLASS: &[u8] = b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10\x0a\0\x02\0\x03";
/// The gzip of nothing.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
const NPY: &[u8] = b"\x93NUMPY\x01\0\x36\0{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}";

/// The worst grade of a rule.
fn worst(report: &Report, rule: &str) -> Option<Severity> {
    let of = report.findings.iter().filter(|f| f.rule == rule);
    of.map(|f| f.severity).max()
}

#[test]
fn the_grade_of_a_broken_promise_is_what_it_lets_happen() {
    use Severity::{High, Info, Low, Medium};
    let table: &[(&str, &[u8], Option<Severity>)] = &[
        // Code where the name says that there is none.
        ("model.safetensors", PICKLE, Some(High)),
        ("model.gguf", PICKLE, Some(High)),
        ("model.onnx", PICKLE, Some(High)),
        ("model.tflite", PICKLE, Some(High)),
        ("notes.txt", PICKLE, Some(High)),
        ("config.json", PICKLE, Some(High)),
        ("README.md", PICKLE, Some(High)),
        ("README.md", OLD_PICKLE, Some(High)),
        ("logo.png", PICKLE, Some(High)),
        ("data.csv", HDF5, Some(High)),
        // Code of another kind than the name says.
        ("model.h5", PICKLE, Some(Medium)),
        ("model.npy", PICKLE, Some(Medium)),
        ("saved_model.pb", PICKLE, Some(Medium)),
        ("model.pkl", HDF5, Some(Low)),
        ("model.pt", NPY, Some(Low)),
        // Wrappers that keep tools away.
        ("pytorch_model.bin", SEVEN_ZIP, Some(Medium)),
        ("model.ckpt", SEVEN_ZIP, Some(Medium)),
        ("model.pt", SEVEN_ZIP, Some(Medium)),
        ("model.pt", RAR, Some(Medium)),
        ("model.pt", GZIP, Some(Medium)),
        ("model.pt", EMPTY_ZIP, Some(Medium)),
        ("model.safetensors", SEVEN_ZIP, Some(Medium)),
        ("notes.txt", SEVEN_ZIP, Some(Medium)),
        ("notes.txt", EMPTY_ZIP, Some(Medium)),
        ("logo.png", EMPTY_ZIP, Some(Medium)),
        ("model.onnx", EMPTY_ZIP, Some(Medium)),
        ("model.tflite", EMPTY_ZIP, Some(Medium)),
        // Programs; of those with a header the sweep tells.
        ("model.pt", SCRIPT, Some(Medium)),
        ("model.safetensors", CLASS, Some(Medium)),
        ("README.md", SCRIPT, None),
        ("run.sh", SCRIPT, None),
        ("Main.class", CLASS, None),
        // Mistakes.
        ("archive.zip", TEXT, Some(Low)),
        ("archive.zip", SEVEN_ZIP, Some(Low)),
        ("table.csv", GZIP, Some(Low)),
        ("model.pkl", TEXT, Some(Low)),
        ("model.pt", SAFETENSORS, Some(Low)),
        ("model.ckpt", EMPTY_ZIP, Some(Low)),
        ("model.gguf", SAFETENSORS, Some(Low)),
        ("logo.png", TEXT, Some(Low)),
        ("model.safetensors", PNG, Some(Low)),
        // Names that promise little or nothing.
        ("model", PICKLE, Some(Info)),
        ("model", SAFETENSORS, None),
        ("0123456789abcdef0123456789abcdef01234567", PICKLE, None),
        ("pytorch_model.bin", PICKLE, None),
        ("pytorch_model.bin", EMPTY_ZIP, None),
        ("pytorch_model.bin", GZIP, None),
        ("model.bin", GGUF, None),
        ("weights.data", SAFETENSORS, None),
        // Promises that are kept.
        ("model.pkl", PICKLE, None),
        ("model.PKL", PICKLE, None),
        ("model.pt", PICKLE, None),
        ("model.pkl", GZIP, None),
        ("model.gguf", GGUF, None),
        ("logo.png", PNG, None),
        ("logo.jpg", PNG, None),
        ("notes.txt", TEXT, None),
        ("bundle.7z", SEVEN_ZIP, None),
    ];
    let mut wrong = Vec::new();
    for (name, content, wanted) in table {
        let report = scan_bytes(name, *content);
        assert_sound(&report, name);
        let seen = worst(&report, "content-mismatch");
        if seen != *wanted {
            let formats = &report.artifacts[0].formats;
            wrong.push(format!("{name} with {formats:?}: {seen:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_that_are_made_to_be_misread_are_told() {
    for (name, content, is_told) in [
        ("model.safetensors.pkl", PICKLE, true),
        ("model.gguf.pt", PICKLE, true),
        ("logo.png.pkl", PICKLE, true),
        ("model.pkl.", PICKLE, true),
        ("model.pkl ", PICKLE, true),
        ("model\u{202e}lkp.txt", TEXT, true),
        ("model.p\u{200b}kl", PICKLE, true),
        ("model.pkl\u{200b}", PICKLE, true),
        ("model\u{200b}.pkl", PICKLE, true),
        ("model.safetensors.exe", TEXT, true),
        ("weights.bin.exe", TEXT, true),
        ("Model.GGUF.scr", TEXT, true),
        ("logo.png.lnk", TEXT, true),
        ("setup.exe", TEXT, false),
        ("v1.0.exe", TEXT, false),
        ("model.onnx.sh", TEXT, false),
        ("model.pkl", PICKLE, false),
        ("model.safetensors.pkl", TEXT, false),
        ("model.pkl.txt", TEXT, false),
        ("v1.0.pkl", PICKLE, false),
        ("model.pth.tar", PICKLE, false),
        ("model.tar.gz", GZIP, false),
        ("mod\u{e8}le.pkl", PICKLE, false),
        (
            "\u{645}\u{62f}\u{644}\u{200c}\u{647}\u{627}.pkl",
            PICKLE,
            false,
        ),
        ("notes.", TEXT, false),
        ("\u{1f468}\u{200d}\u{1f4bb}.txt", TEXT, false),
    ] {
        let report = scan_bytes(name, content);
        let seen = worst(&report, "misleading-file-name");
        let wanted = is_told.then_some(Severity::Medium);
        assert_eq!(seen, wanted, "{}", name.escape_unicode());
    }
}

#[test]
fn more_archives_than_are_opened_are_a_gap() {
    let member = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a";
    let zip = [&member[..], EMPTY_ZIP].concat();
    let weights: Vec<u8> = (0..900u32).map(|i| (i * 89 % 253) as u8 | 0x80).collect();
    for (count, is_gap) in [(64, false), (65, true)] {
        let bytes = [&weights[..], &zip].concat().repeat(count);
        let report = scan_bytes("weights.dat", bytes);
        assert_sound(&report, "many");
        let archives = report.artifacts.len() - 1;
        assert_eq!(archives, count.min(64));
        let limit = report
            .gaps
            .iter()
            .any(|gap| gap.detail.contains("more archives lie"));
        assert_eq!(limit, is_gap, "{count}");
        let told: u64 = report
            .findings
            .iter()
            .filter(|f| f.rule == "embedded-archive")
            .map(|f| f.occurrences)
            .sum();
        assert_eq!(told, count as u64);
    }
}

#[test]
fn slack_in_slack_ends_at_the_depth_limit() {
    // Each level is a PNG with the next level behind it.
    let picture = [PNG, &[0; 4], b"\0\0\0\0IEND\xae\x42\x60\x82"].concat();
    let report = scan_bytes("logo.png", picture.repeat(100));
    assert_sound(&report, "pictures");
    assert!(
        report
            .gaps
            .iter()
            .any(|gap| gap.detail.contains("is not opened"))
    );
    assert!(report.artifacts.len() < 60);
}
