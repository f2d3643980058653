//! Small files of each dialect, whole, cut, and with something behind them.

use super::super::testing::{Said, mangle, recognise};
use super::*;
use crate::report::{Severity, Why};

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn word(text: &str) -> Vec<u8> {
    [numbers(&[text.len() as u32]), text.as_bytes().to_vec()].concat()
}

/// A tensor as all dialects write it, with data of `bytes` bytes.
fn tensor(
    before: usize,
    name: &str,
    kind: u32,
    dims: &[u32],
    align: usize,
    bytes: usize,
) -> Vec<u8> {
    let head = numbers(&[dims.len() as u32, name.len() as u32, kind]);
    let mut out = [head, numbers(dims), name.as_bytes().to_vec()].concat();
    let end = (before + out.len()).next_multiple_of(align);
    out.resize(end - before, 0);
    out.extend(vec![7; bytes]);
    out
}

/// LLaMA with scores, aligned, as `ggjt` version 3.
fn mapped(version: u32, block: usize) -> Vec<u8> {
    let mut file = [b"tjgg".to_vec(), numbers(&[version, 2, 8, 8, 1, 1, 8, 2])].concat();
    for text in ["<s>", "a"] {
        file.extend(word(text));
        file.extend(1f32.to_le_bytes());
    }
    file.extend(tensor(
        file.len(),
        "tok_embeddings.weight",
        2,
        &[32, 2],
        32,
        2 * block,
    ));
    file.extend(tensor(file.len(), "norm.weight", 0, &[8], 32, 32));
    file
}

fn whisper() -> Vec<u8> {
    let mut file = [
        b"lmgg".to_vec(),
        numbers(&[2, 1500, 8, 1, 1, 448, 8, 1, 1, 80, 1]),
    ]
    .concat();
    file.extend(numbers(&[2, 3]));
    file.extend(vec![0; 24]);
    file.extend(numbers(&[2]));
    file.extend([word("a"), word("b")].concat());
    file.extend(tensor(0, "encoder.positional_embedding", 0, &[4, 2], 1, 32));
    file
}

fn adapter() -> Vec<u8> {
    let mut file = [b"algg".to_vec(), numbers(&[1, 4, 8])].concat();
    file.extend(tensor(
        file.len(),
        "layers.0.attention.wq.weight.loraA",
        0,
        &[4, 2],
        32,
        32,
    ));
    file
}

fn samples() -> Vec<(&'static str, Vec<u8>, usize)> {
    let plain = {
        let mut file = [b"lmgg".to_vec(), numbers(&[2, 8, 8, 1, 1, 8, 2])].concat();
        file.extend([word("<s>"), word("a")].concat());
        file.extend(tensor(0, "norm.weight", 0, &[8], 1, 32));
        file
    };
    let scored = {
        let mut file = [b"fmgg".to_vec(), numbers(&[1, 1, 8, 8, 1, 1, 8, 2])].concat();
        file.extend([word("<s>"), vec![0; 4]].concat());
        file.extend(tensor(0, "norm.weight", 3, &[32], 1, 24));
        file
    };
    let rwkv = {
        let mut file = [b"fmgg".to_vec(), numbers(&[101, 9, 8, 1, 0])].concat();
        file.extend(tensor(0, "emb.weight", 1, &[8], 1, 16));
        file
    };
    let gpt2 = {
        let mut file = [b"lmgg".to_vec(), numbers(&[1, 8, 8, 1, 1, 0, 1])].concat();
        file.extend(word("!"));
        file.extend(tensor(0, "model/wte", 0, &[4], 1, 16));
        file
    };
    vec![
        ("llama", plain, 1),
        ("llama with scores", scored, 1),
        ("rwkv", rwkv, 1),
        ("mapped", mapped(3, 18), 2),
        ("mapped, old blocks", mapped(1, 20), 2),
        ("whisper", whisper(), 1),
        ("gpt-2", gpt2, 1),
        ("adapter", adapter(), 1),
    ]
}

fn examine_bytes(bytes: Vec<u8>) -> Said {
    super::super::testing::examine(&Ggml, "model.bin", bytes)
}

#[test]
fn every_dialect_is_read_to_its_end() {
    for (what, bytes, tensors) in samples() {
        assert_eq!(recognise(&Ggml, "x", bytes.clone()), Claim::Magic, "{what}");
        let said = examine_bytes(bytes);
        assert!(said.is_clean(), "{what}: {said:?}");
        assert_eq!(said.named.tensors.len(), tensors, "{what}");
        assert!(said.named.accounts);
    }
}

#[test]
fn what_follows_the_last_tensor_is_found() {
    for (what, bytes, tensors) in samples() {
        let more = [bytes.clone(), vec![0x7f; 64]].concat();
        let said = examine_bytes(more);
        assert_eq!(said.rules(), ["gguf-trailing-data"], "{what}: {said:?}");
        let end = bytes.len() as u64;
        assert_eq!(said.named.slack.len(), 1);
        assert_eq!(said.named.slack[0], end..end + 64);
        assert_eq!(said.named.tensors.len(), tensors);
    }
}

#[test]
fn a_tensor_that_is_not_all_there_is_found() {
    for (what, mut bytes, _) in samples() {
        bytes.truncate(bytes.len() - 1);
        let said = examine_bytes(bytes);
        assert_eq!(said.severity("gguf-out-of-file"), Severity::High, "{what}");
    }
    let mut huge = [b"algg".to_vec(), numbers(&[1, 4, 8])].concat();
    huge.extend(tensor(huge.len(), "x", 0, &[u32::MAX, 8], 32, 32));
    assert_eq!(examine_bytes(huge).rules(), ["gguf-out-of-file"]);
    let mut wraps = [b"algg".to_vec(), numbers(&[1, 4, 8])].concat();
    wraps.extend(tensor(wraps.len(), "x", 0, &[u32::MAX; 3], 32, 32));
    assert_eq!(examine_bytes(wraps).rules(), ["gguf-shape-overflow"]);
}

#[test]
fn what_is_in_no_dialect_is_not_called_examined() {
    let unknown = examine_bytes([b"lmgg".to_vec(), vec![0; 64]].concat());
    assert_eq!(unknown.gaps[0].1, Why::Unsupported);
    let session = examine_bytes([b"nsgg".to_vec(), numbers(&[1]), vec![9; 64]].concat());
    assert_eq!(session.gaps[0].1, Why::Unsupported);
    let words = [b"tjgg".to_vec(), numbers(&[3, u32::MAX, 8, 8, 1, 1, 8, 2])].concat();
    let said = examine_bytes(words);
    assert_eq!(said.rules(), ["gguf-invalid-header"]);
    assert_eq!(said.gaps[0].1, Why::Malformed);
    let named = examine_bytes(b"no such thing".to_vec());
    assert_eq!(named.gaps[0].1, Why::Malformed);
}

#[test]
fn hidden_names_are_told() {
    let mut file = [b"algg".to_vec(), numbers(&[1, 4, 8])].concat();
    file.extend(tensor(file.len(), "a\x1b[2J", 24, &[8], 32, 8));
    assert_eq!(examine_bytes(file).rules(), ["gguf-unsafe-name"]);
}

#[test]
fn broken_files_end_in_words() {
    for (what, bytes, _) in samples() {
        assert!(mangle(&Ggml, "m.ggml", &bytes) > 0, "{what}");
    }
}
