//! Every row by a sample, and nothing by chance.

use super::super::testing::{artifact, examine, recognise};
use super::super::{FORMATS, find};
use super::*;

/// Ids of all formats that recognise these bytes by more than their name.
fn recognised(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    let artifact = artifact(name, bytes);
    let probe = Probe::new(&artifact);
    FORMATS
        .iter()
        .filter(|format| format.recognise(&probe) >= Claim::Magic)
        .map(|format| format.spec().id)
        .collect()
}

fn padded(head: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = head.to_vec();
    bytes.resize(len.max(head.len()), 0);
    bytes
}

/// A sample for each row: a name, and how the bytes begin.
fn samples() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut squashfs = padded(b"hsqs", 96);
    squashfs[28] = 4;
    vec![
        ("executorch", "x", padded(b"\x1c\0\0\0ET12", 64)),
        ("cab", "x", padded(b"MSCF\0\0\0\0", 64)),
        ("squashfs", "x", squashfs),
        (
            "dmg",
            "x",
            [vec![0; 512], padded(b"koly\0\0\0\x04\0\0\x02\0", 512)].concat(),
        ),
        ("r-data", "x", padded(b"RDX3\nX\n\0\0\0\x03", 64)),
        ("r-data", "x", padded(b"X\n\0\0\0\x02", 64)),
        ("torch7", "x.t7", padded(b"\x03\0\0\0", 64)),
        ("cntk", "x", padded(b"B\0C\0N\0\0\0", 64)),
        (
            "pmml",
            "x",
            b"<?xml version=\"1.0\"?><PMML version=\"4.4\"></PMML>".to_vec(),
        ),
        (
            "openvino",
            "x.xml",
            b"<?xml version=\"1.0\"?><net name=\"a\"><layers/></net>".to_vec(),
        ),
        (
            "onnx-text",
            "x.textproto",
            b"ir_version: 8\ngraph {\n  name: \"g\"\n}\n".to_vec(),
        ),
        (
            "onnx-text",
            "x.json",
            b"{\n  \"irVersion\": \"8\",\n  \"graph\": {}\n}\n".to_vec(),
        ),
        (
            "onnx-text",
            "x",
            b"<ir_version: 8, opset_import: [\"\" : 28]>\ng () => () {}\n".to_vec(),
        ),
        ("catboost", "x", padded(b"CBM1", 64)),
        ("xgboost", "x", padded(b"binf", 64)),
        (
            "xgboost",
            "x.ubj",
            padded(b"{L\0\0\0\0\0\0\0\x07learner", 64),
        ),
        ("paddle", "x.pdmodel", padded(b"\x0a\x40", 64)),
        ("paddle", "__model__", paddle::sample(&["mul"])),
        ("mxnet", "x", padded(b"\x12\x01\0\0\0\0\0\0", 64)),
        ("rknn", "x", padded(b"RKNN", 64)),
        ("tensorrt", "x.engine", padded(b"ftrt", 64)),
        ("fasttext", "x", padded(b"\xba\x16\x4f\x2f\x0c\0\0\0", 64)),
    ]
}

/// The ids in the table, as its text has them.
fn rows() -> Vec<&'static str> {
    let ids = include_str!("table.rs").split("        id: \"").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_row_is_registered_and_has_a_sample() {
    let samples = samples();
    assert!(rows().len() > 10);
    for id in rows() {
        assert!(find(id).is_some(), "{id} is not registered");
        assert!(
            samples.iter().any(|(of, ..)| *of == id),
            "{id} has no sample"
        );
    }
}

#[test]
fn every_sample_is_recognised_and_leads_to_one_gap() {
    for (id, name, bytes) in samples() {
        let by = recognised(name, &bytes);
        assert!(by.contains(&id), "{id}: {by:?}");
        let others = by.iter().filter(|other| rows().contains(other)).count();
        assert_eq!(others, 1, "{id}: one gap and not several: {by:?}");
        let said = examine(find(id).unwrap(), name, bytes);
        assert!(said.findings.is_empty());
        assert_eq!(said.gaps.len(), 1, "{id}");
        assert_eq!(said.gaps[0].1, Why::Unsupported);
        assert!(said.gaps[0].2.contains("not examined by this version"));
    }
}

#[test]
fn a_name_alone_is_a_promise_only_where_no_other_format_has_it() {
    let claim = |id: &str, name: &str| recognise(find(id).unwrap(), name, "no such thing");
    assert_eq!(claim("cab", "x.cab"), Claim::Name);
    let said = examine(find("cab").unwrap(), "x.cab", "no such thing");
    assert!(said.gaps[0].2.contains("the name promises"));
}

/// A small generator, so that the bytes are the same in every run.
fn noise(mut seed: u64, len: usize) -> Vec<u8> {
    std::iter::repeat_with(|| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u8
    })
    .take(len)
    .collect()
}

#[test]
fn weights_are_no_format_by_chance() {
    for seed in 1..20_000u64 {
        let bytes = noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 600);
        let by = recognised("pytorch_model.bin", &bytes);
        let rows: Vec<_> = by.iter().filter(|id| rows().contains(id)).collect();
        assert!(rows.is_empty(), "{rows:?}");
    }
    // Small floats, small integers and zeros: what weights look like.
    let floats: Vec<u8> = (0..256)
        .flat_map(|i| (i as f32 * 1e-3).to_le_bytes())
        .collect();
    let integers: Vec<u8> = (0..256u32).flat_map(u32::to_le_bytes).collect();
    for bytes in [floats, integers, vec![0; 1024], vec![0xff; 1024]] {
        let by = recognised("weights.bin", &bytes);
        assert!(!by.iter().any(|id| rows().contains(id)), "{by:?}");
    }
}

#[test]
fn text_is_no_binary_format() {
    for text in [
        "GGUF is a format",
        "PAR1",
        "Rar! is a tool",
        "RKNN",
        "BZh9 is",
        "BINF",
    ] {
        assert_eq!(recognised("notes.txt", text.as_bytes()), ["text"], "{text}");
    }
    assert_eq!(
        recognised("tree.model", b"tree\nversion=v4\nnum_class=1\n"),
        ["text"]
    );
    assert_eq!(
        recognised("page.xml", b"<?xml version=\"1.0\"?><a/>"),
        ["text"]
    );
}

#[test]
fn a_cut_or_changed_sample_ends_in_words() {
    for (id, name, bytes) in samples() {
        let short = &bytes[..bytes.len().min(600)];
        for cut in 0..short.len().min(64) {
            examine(find(id).unwrap(), name, &short[..cut]);
            let mut changed = short.to_vec();
            changed[cut] ^= 0xff;
            assert_eq!(examine(find(id).unwrap(), name, changed).gaps.len(), 1);
        }
    }
}
