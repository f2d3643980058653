//! Digests of files and lists of known files, from the outside.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::binary::{Run, run};

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// Several blocks of bytes that no format recognises, with a hole.
fn long_file(path: &Path) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..3_500_000u32).map(|i| (i * 7 % 251) as u8).collect();
    bytes[1_200_000..2_400_000].fill(0);
    let mut file = fs::File::create(path).unwrap();
    file.write_all(&bytes[..1_200_000]).unwrap();
    file.set_len(2_400_000).unwrap();
    drop(file);
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(&bytes[2_400_000..]).unwrap();
    bytes
}

#[test]
fn digests_are_those_of_the_bytes_however_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("weights.bin");
    let bytes = long_file(&path);
    let name = path.to_str().unwrap();
    for how in [
        &[][..],
        &["--large-models"],
        &["--io", "read"],
        &["--no-sparse"],
    ] {
        let args = [
            &["--format", "json", "--digest", "blake3,sha256"],
            how,
            &[name],
        ]
        .concat();
        let report = json(&run(&args));
        let digests = &report["artifacts"][0]["digests"];
        assert_eq!(digests["blake3"], blake3::hash(&bytes).to_hex().as_str());
        assert_eq!(digests["sha256"], hexadecimal(&Sha256::digest(&bytes)));
    }
    let plain = json(&run(&["--format", "json", name]));
    assert!(plain["artifacts"][0].get("digests").is_none());
}

#[test]
fn digests_of_archives_are_those_of_the_files() {
    let path = "fixtures/torch/state-dict/model.pt";
    let expected = blake3::hash(&fs::read(path).unwrap()).to_hex();
    let text = run(&["--digest", "blake3", path]);
    let line = format!("  {expected}  {path}\n");
    assert!(text.stdout.contains(&line), "{text:?}");
}

#[test]
fn a_file_of_a_list_is_found_also_in_an_archive() {
    let dir = tempfile::tempdir().unwrap();
    let inner = fs::read("fixtures/shards/benign/model-00001-of-00002.safetensors").unwrap();
    let digest = hexadecimal(&Sha256::digest(&inner));
    let archive = dir.path().join("all.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&archive).unwrap());
    let packed = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("m.safetensors", packed).unwrap();
    zip.write_all(&inner).unwrap();
    zip.finish().unwrap();
    let list = dir.path().join("bad.txt");
    let (list_name, archive) = (list.to_str().unwrap(), archive.to_str().unwrap());
    let args = ["--format", "json", "--known-bad", list_name, archive];
    // With its length, without, and with a length that is not its own.
    for (line, is_found) in [
        (format!("{digest} {} a model", inner.len()), true),
        (format!("# mine\n{digest}\n"), true),
        (format!("{digest} {} a model", inner.len() + 1), false),
        (format!("{} a model", "00".repeat(32)), false),
    ] {
        fs::write(&list, line).unwrap();
        let run = run(&args);
        let report = json(&run);
        let findings = report["findings"].as_array().unwrap();
        let is_known = |f: &&serde_json::Value| f["rule"] == "known-malicious-file";
        let known: Vec<_> = findings.iter().filter(is_known).collect();
        assert_eq!(known.len(), usize::from(is_found), "{run:?}");
        for finding in known {
            assert_eq!(finding["severity"], "critical");
            assert_eq!(finding["location"]["members"][0], "m.safetensors");
            assert!(finding["message"].as_str().unwrap().contains("bad.txt"));
        }
        assert_eq!(run.code, Some(i32::from(is_found)));
    }
}

#[test]
fn a_list_that_cannot_be_read_is_refused_before_the_scan() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("bad.txt");
    fs::write(&list, "not a digest\n").unwrap();
    let missing = dir.path().join("none.txt");
    for (path, word) in [(&list, "line 1"), (&missing, "cannot be read")] {
        let run = run(&["--known-bad", path.to_str().unwrap(), "fixtures"]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("--known-bad"), "{run:?}");
        assert!(run.stderr.contains(word), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}
