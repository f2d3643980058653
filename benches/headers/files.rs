//! Well-formed files whose headers are as large as real ones get.

use std::fmt::Write as _;

/// A header with 100,000 tensors of four bytes, and the tensors.
pub fn safetensors() -> Vec<u8> {
    const TENSORS: usize = 100_000;
    let mut header = String::from("{");
    for index in 0..TENSORS {
        let comma = if index > 0 { "," } else { "" };
        let (at, end) = (index * 4, index * 4 + 4);
        let _ = write!(
            header,
            r#"{comma}"model.layers.{index}.mlp.weight":{{"dtype":"F32","shape":[1],"data_offsets":[{at},{end}]}}"#
        );
    }
    header.push('}');
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + TENSORS * 4, 0);
    bytes
}

/// A header with 1,000 keys, one of them 150,000 words, and one tensor.
pub fn gguf() -> Vec<u8> {
    const KEYS: u64 = 1_000;
    const WORDS: u64 = 150_000;
    let mut bytes = b"GGUF\x03\x00\x00\x00".to_vec();
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(KEYS.to_le_bytes());
    text(&mut bytes, "general.architecture");
    bytes.extend(8u32.to_le_bytes());
    text(&mut bytes, "llama");
    text(&mut bytes, "tokenizer.ggml.tokens");
    bytes.extend(9u32.to_le_bytes());
    bytes.extend(8u32.to_le_bytes());
    bytes.extend(WORDS.to_le_bytes());
    for word in 0..WORDS {
        text(&mut bytes, &format!("word{word}"));
    }
    for key in 2..KEYS {
        text(&mut bytes, &format!("llama.setting.{key}"));
        bytes.extend(4u32.to_le_bytes());
        bytes.extend((key as u32).to_le_bytes());
    }
    text(&mut bytes, "output.weight");
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(8u64.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(32) + 32, 0);
    bytes
}

/// A message of Protocol Buffers.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }
}

/// A chain of 20,000 nodes.
pub fn onnx() -> Vec<u8> {
    const NODES: usize = 20_000;
    let mut graph = Message::default();
    for index in 0..NODES {
        let mut node = Message::default();
        node.text(1, &format!("value_{index}"));
        node.text(2, &format!("value_{}", index + 1));
        node.text(3, &format!("/model/layers.{index}/Relu"));
        node.text(4, "Relu");
        graph.bytes(1, &node.0);
    }
    graph.text(2, "main");
    let mut opset = Message::default();
    opset.text(1, "");
    opset.number(2, 17);
    let mut model = Message::default();
    model.number(1, 8);
    model.text(2, "generator");
    model.bytes(7, &graph.0);
    model.bytes(8, &opset.0);
    model.0
}

/// A model whose graph is 20 MB of nodes.
pub fn saved_model() -> Vec<u8> {
    const BYTES: usize = 20_000_000;
    let mut graph = Message::default();
    let mut index = 0;
    while graph.0.len() < BYTES {
        let mut node = Message::default();
        node.text(1, &format!("model/layer_{}/Identity", index + 1));
        node.text(2, "Identity");
        node.text(3, &format!("model/layer_{index}/Identity"));
        graph.bytes(1, &node.0);
        index += 1;
    }
    let mut info = Message::default();
    info.text(4, "serve");
    let mut meta = Message::default();
    meta.bytes(1, &info.0);
    meta.bytes(2, &graph.0);
    let mut model = Message::default();
    model.number(1, 1);
    model.bytes(2, &meta.0);
    model.0
}
