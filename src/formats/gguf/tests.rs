//! Files made in place, in every version and byte order, and one lie at a
//! time.

use super::super::testing::{Said, mangle, recognise};
use super::*;
use crate::report::{Severity, Why};

/// A file in the making.
#[derive(Clone)]
struct File {
    version: u32,
    big: bool,
    keys: Vec<(Vec<u8>, Vec<u8>)>,
    tensors: Vec<Described>,
    alignment: usize,
    data: Vec<u8>,
    counts: Option<(u64, u64)>,
}

/// A tensor in the making.
#[derive(Clone)]
struct Described {
    name: Vec<u8>,
    dims: Vec<u64>,
    kind: u32,
    offset: u64,
}

fn tensor(name: &str, dims: &[u64], kind: u32, offset: u64) -> Described {
    Described {
        name: name.as_bytes().to_vec(),
        dims: dims.to_vec(),
        kind,
        offset,
    }
}

impl File {
    fn new() -> File {
        File {
            version: 3,
            big: false,
            keys: Vec::new(),
            tensors: Vec::new(),
            alignment: 32,
            data: Vec::new(),
            counts: None,
        }
    }

    fn n32(&self, n: u32) -> Vec<u8> {
        match self.big {
            true => n.to_be_bytes().to_vec(),
            false => n.to_le_bytes().to_vec(),
        }
    }

    fn n64(&self, n: u64) -> Vec<u8> {
        match self.big {
            true => n.to_be_bytes().to_vec(),
            false => n.to_le_bytes().to_vec(),
        }
    }

    fn len(&self, n: u64) -> Vec<u8> {
        match self.version {
            1 => self.n32(n as u32),
            _ => self.n64(n),
        }
    }

    fn text(&self, text: &[u8]) -> Vec<u8> {
        [self.len(text.len() as u64), text.to_vec()].concat()
    }

    fn key(mut self, name: &str, kind: u32, value: Vec<u8>) -> File {
        let value = [self.n32(kind), value].concat();
        self.keys.push((name.as_bytes().to_vec(), value));
        self
    }

    fn string(self, name: &str, value: &str) -> File {
        let value = self.text(value.as_bytes());
        self.key(name, 8, value)
    }

    fn number(self, name: &str, value: u32) -> File {
        let value = self.n32(value);
        self.key(name, 4, value)
    }

    fn strings(self, name: &str, values: &[&str]) -> File {
        let mut value = [self.n32(8), self.len(values.len() as u64)].concat();
        for text in values {
            value.extend(self.text(text.as_bytes()));
        }
        self.key(name, 9, value)
    }

    fn tensor(mut self, described: Described) -> File {
        self.tensors.push(described);
        self
    }

    fn data(mut self, bytes: usize) -> File {
        self.data = vec![7; bytes];
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.n32(self.version));
        let own = (self.tensors.len() as u64, self.keys.len() as u64);
        let (tensors, keys) = self.counts.unwrap_or(own);
        out.extend(self.len(tensors));
        out.extend(self.len(keys));
        for (name, value) in &self.keys {
            out.extend(self.text(name));
            out.extend(value);
        }
        for one in &self.tensors {
            out.extend(self.text(&one.name));
            out.extend(self.n32(one.dims.len() as u32));
            for dim in &one.dims {
                out.extend(self.len(*dim));
            }
            out.extend(self.n32(one.kind));
            out.extend(self.n64(one.offset));
        }
        if !self.tensors.is_empty() {
            out.resize(out.len().next_multiple_of(self.alignment), 0);
        }
        out.extend(&self.data);
        out
    }

    fn examine(&self) -> Said {
        super::super::testing::examine(&Gguf, "model.gguf", self.bytes())
    }
}

/// Two tensors, of 8 floats and of a block of Q4_0.
fn ordinary() -> File {
    File::new()
        .string("general.architecture", "llama")
        .number("llama.block_count", 2)
        .strings(
            "tokenizer.ggml.tokens",
            &["<s>", "os.system('id')", "eval("],
        )
        .string(
            "tokenizer.chat_template",
            "{% for m in messages %}{{ m.content }}{% endfor %}",
        )
        .tensor(tensor("token_embd.weight", &[4, 2], 0, 0))
        .tensor(tensor("output.weight", &[32], 2, 32))
        .data(64)
        .padded()
}

impl File {
    /// The last tensor's padding is zeros.
    fn padded(mut self) -> File {
        self.data = [vec![7; 32], vec![7; 18], vec![0; 14]].concat();
        self
    }
}

#[test]
fn ordinary_files_are_clean_in_every_version_and_byte_order() {
    for version in 1..=3 {
        for big in [false, true] {
            let file = File {
                version,
                big,
                ..File::new()
            };
            let file = file
                .string("general.architecture", "llama")
                .number("general.alignment", 32)
                .key("llama.rope.freq_base", 6, vec![0; 4])
                .key("x.f64", 12, vec![0; 8])
                .key("x.bool", 7, vec![1])
                .key("x.i64", 11, vec![0xff; 8])
                .strings("tokenizer.ggml.tokens", &["<s>", "a"])
                .tensor(tensor("a", &[4, 2], 0, 0))
                .tensor(tensor("b", &[32], 2, 32))
                .padded();
            let said = file.examine();
            assert!(said.is_clean(), "{version} {big}: {said:?}");
            let tensors: Vec<_> = said
                .named
                .tensors
                .iter()
                .map(|t| (t.name.as_str(), t.bytes))
                .collect();
            assert_eq!(tensors, [("a", Some(32)), ("b", Some(18))]);
            assert!(said.named.accounts && said.named.slack.is_empty());
        }
    }
    assert!(
        ordinary().examine().is_clean(),
        "{:?}",
        ordinary().examine()
    );
    assert!(
        File::new().examine().is_clean(),
        "a file of a vocabulary alone"
    );
}

#[test]
fn it_is_recognised_by_content_and_by_name() {
    assert_eq!(recognise(&Gguf, "x", ordinary().bytes()), Claim::Magic);
    assert_eq!(recognise(&Gguf, "x", "GGUF is a format"), Claim::No);
    assert_eq!(recognise(&Gguf, "x.gguf", "GGUF is a format"), Claim::Magic);
    assert_eq!(recognise(&Gguf, "x.GGUF", ""), Claim::Name);
}

#[test]
fn counts_and_lengths_that_the_file_cannot_hold_are_impossible() {
    let with = |counts| File {
        counts: Some(counts),
        ..ordinary()
    };
    let count = |kind: u32, count: u64| {
        let file = File::new();
        let value = [file.n32(kind), file.n64(count)].concat();
        file.key("k", 9, value)
    };
    let long = File::new().key("k", 8, u64::MAX.to_le_bytes().to_vec());
    let dims = File::new().tensor(tensor("t", &[1; 3], 0, 0));
    let mut dims_bytes = dims.bytes();
    let at = dims_bytes.len() - 1;
    assert_eq!(dims_bytes[24 + 8 + 1], 3);
    dims_bytes[24 + 8 + 1..24 + 8 + 5].copy_from_slice(&0x8000_0000u32.to_le_bytes());
    assert!(at > 0);
    for said in [
        with((1 << 60, 1)).examine(),
        with((1, 1 << 60)).examine(),
        with((u64::MAX, 0)).examine(),
        count(8, u64::MAX).examine(),
        count(9, u64::MAX / 12 + 1).examine(),
        count(12, (1 << 61) + 1).examine(),
        long.examine(),
        super::super::testing::examine(&Gguf, "m.gguf", dims_bytes),
    ] {
        assert_eq!(said.rules(), ["gguf-impossible-length"], "{said:?}");
        assert_eq!(said.gaps.len(), 1);
        assert_eq!(said.gaps[0].1, Why::Malformed);
    }
}

#[test]
fn each_lie_about_a_tensor_has_its_rule() {
    let lies: &[(Described, usize, &str)] = &[
        (tensor("t", &[1 << 32, 1 << 32], 0, 0), 0, "shape-overflow"),
        (tensor("t", &[1 << 61], 0, 0), 0, "out-of-file"),
        (tensor("t", &[1 << 62, 1], 28, 0), 0, "shape-overflow"),
        (tensor("t", &[u64::MAX], 24, 0), 0, "shape-overflow"),
        (tensor("t", &[8], 24, u64::MAX - 31), 8, "shape-overflow"),
        (
            tensor("t", &[1, 1, 1, 1, 2], 24, 0),
            2,
            "too-many-dimensions",
        ),
        (tensor("t", &[33], 2, 0), 18, "invalid-tensor"),
        (tensor("t", &[32], 0x8000_0001, 0), 0, "invalid-tensor"),
        (tensor("t", &[32], 99, 0), 32, "unknown-type"),
        (tensor("t", &[16], 4, 0), 10, "unknown-type"),
        (tensor("t", &[8], 24, 0), 7, "out-of-file"),
        (tensor("t", &[8], 24, 16), 24, "misplaced-tensor"),
        (tensor("t", &[8], 24, 32), 40, "hole"),
        (tensor("t", &[8], 24, 0), 9, "trailing-data"),
        (tensor("t", &[8], 24, 0), 8192, "trailing-data"),
        (tensor("", &[8], 24, 0), 8, "unsafe-name"),
        (tensor("a\0b", &[8], 24, 0), 8, "unsafe-name"),
        (tensor("../../x", &[8], 24, 0), 8, "unsafe-name"),
        (tensor(&"x".repeat(64), &[8], 24, 0), 8, "unsafe-name"),
    ];
    for (one, data, rule) in lies {
        let said = File::new().tensor(one.clone()).data(*data).examine();
        let expected = format!("gguf-{rule}");
        assert!(
            said.rules().contains(&expected.as_str()),
            "{rule}: {said:?}"
        );
    }
    let scalar = File::new().tensor(tensor("t", &[], 0, 0)).data(4).examine();
    assert!(scalar.is_clean(), "{scalar:?}");
}

#[test]
fn tensors_that_share_bytes_or_names_are_found() {
    let two = |a: u64, b: u64| {
        File::new()
            .tensor(tensor("a", &[64], 24, a))
            .tensor(tensor("b", &[64], 24, b))
            .data(128)
            .examine()
    };
    assert!(two(0, 64).is_clean());
    assert_eq!(two(64, 0).rules(), ["gguf-misplaced-tensor"]);
    assert!(two(0, 32).rules().contains(&"gguf-overlapping-tensors"));
    assert!(two(0, 0).rules().contains(&"gguf-overlapping-tensors"));
    for name in ["a", "a\0hidden"] {
        let said = File::new()
            .tensor(tensor("a", &[32], 24, 0))
            .tensor(tensor(name, &[32], 24, 32))
            .data(64)
            .examine();
        assert_eq!(said.severity("gguf-duplicate-tensor"), Severity::High);
    }
}

#[test]
fn keys_and_their_kinds_are_judged() {
    let twice = File::new().number("a.b", 1).number("a.b", 2).examine();
    assert_eq!(twice.rules(), ["gguf-duplicate-key"]);
    for name in ["", "a\0b", "a\u{202e}b", "a\x1b[31m"] {
        let said = File::new().number(name, 1).examine();
        assert_eq!(said.rules(), ["gguf-unsafe-name"], "{name:?}");
    }
    let unknown = File::new().key("k", 13, vec![0; 32]).examine();
    assert_eq!(unknown.rules(), ["gguf-invalid-header"]);
    assert_eq!(unknown.gaps.len(), 1);
    for (alignment, kind, severity) in [
        (vec![0, 0, 0, 0], 4, Severity::High),
        (vec![24, 0, 0, 0], 4, Severity::Medium),
        (vec![0, 0, 0, 0x40], 4, Severity::Medium),
        (vec![32, 0, 0, 0, 0, 0, 0, 0], 10, Severity::Low),
        (vec![0, 0, 0, 0x42], 6, Severity::Medium),
    ] {
        let said = File::new()
            .key("general.alignment", kind, alignment)
            .examine();
        assert_eq!(said.severity("gguf-invalid-alignment"), severity);
    }
    let text = File::new().string("general.alignment", "32").examine();
    assert_eq!(text.rules(), ["gguf-invalid-alignment"]);
    let layers = File::new().number("llama.block_count", 1 << 30).examine();
    assert_eq!(layers.rules(), ["gguf-invalid-header"]);
}

#[test]
fn arrays_are_walked_however_deep() {
    let nested = |depth: usize| {
        let file = File::new();
        let mut value = Vec::new();
        for _ in 0..depth {
            value.extend(file.n32(9));
            value.extend(file.n64(1));
        }
        value.extend(file.n32(0));
        value.extend(file.n64(2));
        value.extend([1, 2]);
        file.key("k", 9, value).number("after", 1)
    };
    assert!(nested(0).examine().is_clean());
    for depth in [1, 20_000] {
        let said = nested(depth).examine();
        assert_eq!(said.rules(), ["gguf-nested-array"], "{depth}");
        assert!(said.gaps.is_empty());
    }
    let said = nested(200_000).examine();
    assert_eq!(said.gaps[0].1, Why::Unsupported);
}

#[test]
fn templates_are_judged_wherever_they_stand() {
    let hostile = "{{ ''.__class__.__mro__ }}";
    for key in [
        "tokenizer.chat_template",
        "tokenizer.chat_template.tool_use",
        "general.prompt_template",
    ] {
        let said = File::new().string(key, hostile).examine();
        assert_eq!(
            said.severity("template-sandbox-escape"),
            Severity::Critical,
            "{key}"
        );
        for version in 1..=2 {
            let file = File {
                version,
                big: true,
                ..File::new()
            };
            assert!(!file.string(key, hostile).examine().is_clean());
        }
    }
    let other = File::new().string("general.description", "{% if x.__class__ %}{% endif %}");
    assert_eq!(other.examine().rules(), ["template-sandbox-escape"]);
    let json = format!(r#"{{"chat_template": "{hostile}"}}"#);
    let said = File::new()
        .string("tokenizer.huggingface.json", &json)
        .examine();
    assert_eq!(said.rules(), ["template-sandbox-escape"]);
    let broken = File::new()
        .string("tokenizer.huggingface.json", "{\"a\"")
        .examine();
    assert_eq!(broken.gaps[0].1, Why::Malformed);
    let listed = File::new().strings("tokenizer.chat_templates", &["tool_use", "rag"]);
    assert!(listed.examine().is_clean());
}

#[test]
fn other_texts_are_text() {
    for (key, value) in [
        ("general.description", "__import__('os').system('id')"),
        ("general.url", "<script>alert(1)</script>"),
        ("x._target_", "subprocess.Popen"),
    ] {
        let said = File::new().string(key, value).examine();
        assert_eq!(said.rules(), ["gguf-code-in-metadata"], "{key}");
        let listed = File::new().strings(key, &["a", value]).examine();
        assert_eq!(listed.rules(), ["gguf-code-in-metadata"], "{key}");
    }
    let hidden = File::new()
        .string("general.name", "a\x1b]0;x\x07b")
        .examine();
    assert_eq!(hidden.rules(), ["gguf-hidden-characters"]);
    for (key, value) in [
        (
            "general.description",
            "A model.\nIt was trained with `model.eval()`.\t{{ braces }}",
        ),
        (
            "general.license",
            "Permission is hereby granted, free of charge, to any person",
        ),
        ("general.name", "模型 – größe"),
    ] {
        let said = File::new().string(key, value).examine();
        assert!(said.is_clean(), "{key}: {said:?}");
    }
}

#[test]
fn links_are_told_with_their_keys() {
    let template = "{% for m in messages %}{{ m }}{% endfor %}https://webhook.site/4f";
    for (key, value, rule) in [
        (
            "general.url",
            "https://a-b.ngrok-free.app/x",
            "network-collector-address",
        ),
        (
            "tokenizer.chat_template",
            template,
            "network-collector-address",
        ),
        (
            "general.repo_url",
            "http://185.12.9.4/x",
            "network-raw-address",
        ),
        (
            "general.source.url",
            "javascript:alert(1)",
            "network-script-url",
        ),
        (
            "general.source.url",
            "file:///home/a/model",
            "network-file-url",
        ),
    ] {
        let said = File::new().string(key, value).examine();
        assert_eq!(said.rules(), [rule], "{key}");
        assert_eq!(said.findings[0].place.within.as_deref(), Some(key));
        assert_eq!(said.named.judged.len(), 1, "the sweep is told");
    }
    for value in [
        "https://huggingface.co/a/b",
        "http://127.0.0.1/x",
        "JavaScript: a book",
    ] {
        assert!(
            File::new()
                .string("general.url", value)
                .examine()
                .is_clean()
        );
    }
}

#[test]
fn lists_of_the_vocabulary_have_one_length() {
    let scores = |count: u64| {
        let file = File::new().strings("tokenizer.ggml.tokens", &["a", "b"]);
        let value = [file.n32(6), file.n64(count), vec![0; 4 * count as usize]].concat();
        file.key("tokenizer.ggml.scores", 9, value).examine()
    };
    assert!(scores(2).is_clean());
    assert_eq!(
        scores(1).severity("gguf-vocabulary-mismatch"),
        Severity::Medium
    );
    assert_eq!(
        scores(3).severity("gguf-vocabulary-mismatch"),
        Severity::Low
    );
}

#[test]
fn a_part_of_a_split_model_says_the_place_that_its_name_says() {
    let named = |name: &str, no: u16, count: u16| {
        let file = File::new();
        let (no, count) = (no.to_le_bytes().to_vec(), count.to_le_bytes().to_vec());
        let file = file.key("split.no", 2, no).key("split.count", 2, count);
        let file = file.key("split.tensors.count", 5, 9i32.to_le_bytes().to_vec());
        super::super::testing::examine(&Gguf, name, file.bytes())
    };
    let good = named("m-00002-of-00003.gguf", 1, 3);
    assert!(good.is_clean(), "{good:?}");
    assert_eq!(good.named.tensor_total, Some(9));
    for (name, no, count, severity) in [
        ("m-00002-of-00003.gguf", 0, 3, Severity::Medium),
        ("m-00002-of-00003.gguf", 1, 4, Severity::Medium),
        ("m.gguf", 3, 3, Severity::Medium),
        ("m.gguf", 1, 3, Severity::Info),
    ] {
        assert_eq!(
            named(name, no, count).severity("gguf-split-mismatch"),
            severity
        );
    }
    assert!(named("m.gguf", 0, 1).is_clean());
}

#[test]
fn a_vocabulary_of_the_largest_size_takes_little_time() {
    let words: Vec<String> = (0..150_000).map(|i| format!("token{i}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut file = File::new()
        .strings("tokenizer.ggml.tokens", &words)
        .strings("tokenizer.ggml.merges", &words);
    for key in 0..1000 {
        file = file.number(&format!("key.{key}"), 1);
    }
    let bytes = file.bytes();
    let start = std::time::Instant::now();
    let said = super::super::testing::examine(&Gguf, "model.gguf", bytes);
    let took = start.elapsed();
    assert!(said.is_clean());
    assert!(took.as_secs() < 2);
}

#[test]
fn a_flood_of_lies_is_told_once() {
    let mut file = File::new();
    for i in 0..20_000 {
        file = file.tensor(tensor(&format!("t{}", i / 2), &[33], 2, 1));
    }
    let said = file.examine();
    assert!(said.findings.len() < 8, "{}", said.findings.len());
    assert!(
        said.findings
            .iter()
            .any(|d| d.message.contains("more like it"))
    );
}

#[test]
fn broken_files_end_in_words() {
    let clean = mangle(&Gguf, "m.gguf", &ordinary().bytes());
    assert!(clean > 0, "bytes of the data change nothing");
    for cut in 0..ordinary().bytes().len() - 64 {
        let said = super::super::testing::examine(&Gguf, "m.gguf", &ordinary().bytes()[..cut]);
        assert!(!said.is_clean(), "cut at {cut}");
    }
    let big = File {
        big: true,
        version: 1,
        ..File::new()
    };
    mangle(
        &Gguf,
        "m.gguf",
        &big.strings("a", &["b"])
            .tensor(tensor("t", &[8], 24, 0))
            .data(8)
            .bytes(),
    );
}
