//! Models written field by field: every judgement both ways, and broken bytes.

use super::super::testing::{Said, examine, mangle, recognise};
use super::*;
use crate::report::{Severity, Why};
use crate::wire::protobuf::sample::Message;

const OUT: &str = "../../secret";

/// A tensor of four bytes.
fn tensor(name: &str) -> Message {
    Message::new()
        .varint(1, 4)
        .varint(2, 2)
        .bytes(8, name)
        .bytes(9, "abcd")
}

fn pair(key: &str, value: &str) -> Message {
    Message::new().bytes(1, key).bytes(2, value)
}

/// A tensor of four bytes in another file.
fn external(entries: &[(&str, &str)]) -> Message {
    let mut made = Message::new().varint(1, 4).varint(2, 2).bytes(8, "w");
    for (key, value) in entries {
        made = made.message(13, &pair(key, value));
    }
    made.varint(14, 1)
}

fn node(operator: &str, domain: &str, attributes: &[Message]) -> Message {
    let mut made = Message::new()
        .bytes(1, "x")
        .bytes(2, "y")
        .bytes(4, operator);
    for attribute in attributes {
        made = made.message(5, attribute);
    }
    made.bytes(7, domain)
}

fn text(name: &str, value: &str) -> Message {
    Message::new().bytes(1, name).bytes(4, value).varint(20, 3)
}

fn graph(initializers: &[Message], nodes: &[Message]) -> Message {
    let mut made = Message::new();
    for node in nodes {
        made = made.message(1, node);
    }
    made = made.bytes(2, "main");
    for tensor in initializers {
        made = made.message(5, tensor);
    }
    made
}

fn model(graph: &Message) -> Message {
    Message::new()
        .varint(1, 10)
        .bytes(2, "tests")
        .message(7, graph)
        .message(8, &Message::new().bytes(1, "").varint(2, 21))
}

fn say(message: &Message) -> Said {
    examine(&Onnx, "model.onnx", message.clone().done())
}

fn of_tensor(tensor: Message) -> Said {
    say(&model(&graph(&[tensor], &[])))
}

fn of_node(node: Message) -> Said {
    say(&model(&graph(&[], &[node])))
}

#[test]
fn an_ordinary_model_is_clean() {
    let said = say(&model(&graph(&[tensor("w")], &[node("Relu", "", &[])])));
    assert!(said.is_clean(), "{said:?}");
    assert!(said.named.accounts && said.named.slack.is_empty());
    assert!(said.named.description.companions.is_empty());
}

#[test]
fn it_is_known_by_its_structure() {
    let of = |name: &str, message: &Message| recognise(&Onnx, name, message.clone().done());
    let whole = model(&graph(&[tensor("w")], &[]));
    assert_eq!(of("x", &whole), Claim::Structure);
    let reordered = Message::new()
        .message(8, &Message::new().varint(2, 21))
        .message(7, &graph(&[tensor("w")], &[]))
        .varint(1, 10);
    assert_eq!(of("x", &reordered), Claim::Structure);
    let hidden = Message::new().bytes(1000, "?").raw(whole.as_ref());
    assert_eq!(of("x", &hidden), Claim::No);
    assert_eq!(of("x.onnx", &hidden), Claim::Structure);
    let behind = whole.clone().bytes(1000, "?");
    assert_eq!(of("x", &behind), Claim::Structure);
    assert_eq!(of("x.onnx", &Message::new().raw(b"<html>")), Claim::Name);
    let cut = whole.as_ref()[..20].to_vec();
    assert_eq!(recognise(&Onnx, "x", cut), Claim::Magic);
    for other in [
        // A SavedModel, a tokenizer, a Core ML model.
        Message::new().varint(1, 1).bytes(2, "meta graph"),
        Message::new().bytes(1, Message::new().bytes(1, "<unk>")),
        Message::new().varint(1, 5).bytes(2, "").bytes(303, ""),
        Message::new(),
    ] {
        assert_eq!(of("x", &other), Claim::No, "{other:?}");
    }
    for text in [
        "2024 was a year",
        "\"quoted\"",
        "(a)",
        ":key",
        "BM____",
        "rest",
    ] {
        assert_eq!(recognise(&Onnx, "x", text), Claim::No, "{text}");
    }
}

#[test]
fn locations_are_judged_by_their_parts() {
    for location in [
        OUT,
        "a/../../b",
        "/etc/passwd",
        "C:\\w",
        "\\\\host\\w",
        "~/w",
        "file:w",
        "http://192.0.2.1/w",
        "w\0",
    ] {
        let said = of_tensor(external(&[("location", location)]));
        assert_eq!(
            said.severity("onnx-path-escape"),
            Severity::High,
            "{location}"
        );
        assert!(said.named.description.companions.is_empty(), "{location}");
    }
    let low = of_tensor(external(&[("location", "a\\w")]));
    assert_eq!(low.severity("onnx-path-escape"), Severity::Low);
    let control = of_tensor(external(&[("location", "a\u{1}w")]));
    assert_eq!(control.severity("onnx-path-escape"), Severity::Medium);
    for location in ["w.bin", "sub/w..bin", "onnx::MatMul_12"] {
        let said = of_tensor(external(&[("location", location)]));
        assert!(said.is_clean(), "{location}: {said:?}");
        assert_eq!(said.named.description.companions[0].bytes, 4);
    }
    let memory = of_tensor(external(&[
        ("location", "*/_ORT_MEM_ADDR_/*"),
        ("offset", "64"),
    ]));
    assert_eq!(memory.rules(), ["onnx-memory-address"]);
}

#[test]
fn tensors_count_wherever_they_stand() {
    let bad = external(&[("location", OUT)]);
    let attribute = |number| Message::new().bytes(1, "value").message(number, &bad);
    let sparse = |number| Message::new().message(number, &bad);
    let inner = graph(std::slice::from_ref(&bad), &[]);
    let deep = Message::new().bytes(1, "body").message(6, &inner);
    let many = Message::new().bytes(1, "bodies").message(11, &inner);
    let in_node =
        |attribute: &Message| graph(&[], &[node("If", "", std::slice::from_ref(attribute))]);
    let good = model(&graph(&[], &[]));
    let function = Message::new()
        .bytes(1, "F")
        .message(7, &node("Constant", "", &[attribute(5)]))
        .bytes(10, "local");
    let models = [
        model(&in_node(&attribute(5))),
        model(&in_node(&attribute(10))),
        model(&in_node(&deep)),
        model(&in_node(&many)),
        model(&in_node(
            &Message::new().bytes(1, "s").message(22, &sparse(1)),
        )),
        model(&in_node(
            &Message::new().bytes(1, "s").message(23, &sparse(2)),
        )),
        model(&Message::new().message(15, &sparse(1))),
        model(&Message::new().message(15, &sparse(2))),
        good.clone().message(25, &function),
        good.clone().message(20, &Message::new().message(1, &inner)),
        good.clone().message(20, &Message::new().message(2, &inner)),
        good.message(
            25,
            &Message::new().bytes(10, "f").message(11, &attribute(5)),
        ),
    ];
    for model in &models {
        assert_eq!(say(model).rules(), ["onnx-path-escape"], "{model:?}");
    }
}

#[test]
fn positions_are_numbers_in_a_file() {
    for offset in ["-1", "1e3", "", "9223372036854775808", "0x10", "1_0"] {
        let said = of_tensor(external(&[("location", "w"), ("offset", offset)]));
        assert_eq!(said.rules(), ["onnx-external-range"], "{offset}");
    }
    let late = [
        ("location", "w"),
        ("offset", "9223372036854775807"),
        ("length", "4"),
    ];
    assert_eq!(of_tensor(external(&late)).rules(), ["onnx-external-range"]);
    let short = [("location", "w"), ("length", "3")];
    assert_eq!(of_tensor(external(&short)).rules(), ["onnx-size-mismatch"]);
    let fine = [("location", "w"), ("offset", "12"), ("length", "4")];
    let said = of_tensor(external(&fine));
    assert!(said.is_clean());
    assert_eq!(said.named.description.companions[0].bytes, 16);
}

#[test]
fn entries_are_known_and_stand_once() {
    let with = |key: &str, value: &str| of_tensor(external(&[("location", "w"), (key, value)]));
    for (key, severity) in [("colour", Severity::Low), ("__class__", Severity::Medium)] {
        assert_eq!(with(key, "x").severity("onnx-external-entry"), severity);
    }
    let again = with("location", "v");
    assert_eq!(again.severity("onnx-external-entry"), Severity::Medium);
    assert_eq!(again.named.description.companions.len(), 2);
    assert!(with("prepacked_0", "x|0|16").is_clean());
    assert!(with("checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709").is_clean());
    assert_eq!(with("checksum", "da39").rules(), ["onnx-external-entry"]);
    assert_eq!(
        with("basepath", "/home/me").rules(),
        ["onnx-external-entry"]
    );
    let own = of_tensor(external(&[("location", "./model.onnx")]));
    assert_eq!(own.severity("onnx-external-entry"), Severity::Medium);
    let none = of_tensor(external(&[("offset", "0")]));
    assert_eq!(none.severity("onnx-external-entry"), Severity::Medium);
}

#[test]
fn sizes_follow_from_type_and_shape() {
    let with = |dtype: u64, dims: &[u64], bytes: usize| {
        let made = Message::new()
            .packed(1, dims)
            .varint(2, dtype)
            .bytes(8, "w");
        of_tensor(made.bytes(9, vec![7; bytes]))
    };
    for (dtype, dims, bytes) in [
        (1, &[2, 3][..], 24),
        (22, &[3], 2),
        (25, &[5], 2),
        (27, &[4], 3),
        (28, &[5], 4),
        (15, &[2], 32),
        (24, &[7], 7),
        (11, &[], 8),
    ] {
        assert!(with(dtype, dims, bytes).is_clean(), "{dtype}");
        assert_eq!(with(dtype, dims, bytes + 1).rules(), ["onnx-size-mismatch"]);
    }
    assert!(with(1, &[0, u64::MAX >> 1], 0).is_clean());
    assert_eq!(with(99, &[4], 4).rules(), ["onnx-unknown-dtype"]);
    assert_eq!(with(0, &[4], 4).rules(), ["onnx-invalid-tensor"]);
    assert_eq!(with(1, &[4], 0).rules(), ["onnx-invalid-tensor"]);
    assert_eq!(with(8, &[1], 4).rules(), ["onnx-size-mismatch"]);
    for dims in [&[1 << 40, 1 << 40][..], &[u64::MAX, 4], &[1 << 61, 4]] {
        let said = with(1, dims, 4);
        assert_eq!(said.rules(), ["onnx-shape-overflow"], "{dims:?}");
    }
}

#[test]
fn numbers_one_by_one_are_counted() {
    let with = |dtype: u64, fields: Message| {
        let made = Message::new().varint(1, 3).varint(2, dtype).bytes(8, "w");
        of_tensor(made.raw(fields.as_ref())).rules()
    };
    let floats = Message::new().bytes(4, [0; 12]);
    assert!(with(1, floats.clone()).is_empty());
    assert_eq!(with(7, floats.clone()), ["onnx-size-mismatch"]);
    assert_eq!(
        with(1, Message::new().bytes(4, [0; 8])),
        ["onnx-size-mismatch"]
    );
    assert_eq!(with(14, floats.clone()), ["onnx-size-mismatch"]);
    assert!(with(7, Message::new().packed(7, &[1, 300, u64::MAX])).is_empty());
    assert!(with(7, Message::new().varint(7, 1).varint(7, 2).varint(7, 3)).is_empty());
    assert!(with(22, Message::new().packed(5, &[0x21, 3])).is_empty());
    assert!(with(8, Message::new().bytes(6, "a").bytes(6, "").bytes(6, "c")).is_empty());
    let both = floats.bytes(9, [0; 12]);
    assert_eq!(with(1, both), ["onnx-ambiguous-tensor"]);
}

#[test]
fn data_are_in_one_place() {
    let beside = external(&[("location", "w")]).bytes(9, "abcd");
    assert_eq!(of_tensor(beside).rules(), ["onnx-ambiguous-tensor"]);
    let named = tensor("w").message(13, &pair("location", OUT));
    assert_eq!(
        of_tensor(named).rules(),
        ["onnx-ambiguous-tensor", "onnx-path-escape"]
    );
    assert_eq!(
        of_tensor(tensor("w").varint(14, 7)).rules(),
        ["onnx-invalid-tensor"]
    );
    let piece = tensor("w").message(3, &Message::new().varint(1, 0));
    assert_eq!(of_tensor(piece).rules(), ["onnx-invalid-tensor"]);
}

#[test]
fn names_repeat_in_no_graph() {
    let twice = model(&graph(&[tensor("w"), tensor("w")], &[]));
    assert_eq!(say(&twice).rules(), ["onnx-repeated-initializer"]);
    let nodes = [node("Relu", "", &[]), node("Neg", "", &[])];
    assert_eq!(
        say(&model(&graph(&[], &nodes))).rules(),
        ["onnx-repeated-output"]
    );
    let inner = Message::new()
        .bytes(1, "body")
        .message(6, &graph(&[tensor("w")], &[]));
    let apart = graph(&[tensor("w")], &[node("If", "", &[inner])]);
    assert!(say(&model(&apart)).is_clean());
}

#[test]
fn operators_of_no_standard_are_told() {
    for domain in [
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "com.microsoft",
        "com.microsoft.nchwc",
    ] {
        assert!(of_node(node("Foo", domain, &[])).is_clean(), "{domain}");
    }
    let custom = of_node(node("Foo", "com.example", &[]));
    assert_eq!(custom.severity("onnx-custom-operator"), Severity::Info);
    let function = Message::new().bytes(1, "Foo").bytes(10, "com.example");
    let defined = model(&graph(&[], &[node("Foo", "com.example", &[])]));
    assert!(say(&defined.clone().message(25, &function)).is_clean());
    let standard = Message::new().bytes(1, "Relu");
    assert_eq!(
        say(&defined.message(25, &standard)).rules(),
        ["onnx-custom-operator", "onnx-standard-function"]
    );
}

#[test]
fn operators_in_python_are_graded_by_what_they_call() {
    let call = |module: &str, class: &str| {
        let attributes = [text("module", module), text("class_name", class)];
        of_node(node("PyOp", "pyop", &attributes)).severity("onnx-python-operator")
    };
    assert_eq!(call("os", "system"), Severity::Critical);
    assert_eq!(call("my_module", "MyClass"), Severity::High);
    let bare = of_node(node("PythonOp", "com.microsoft", &[]));
    assert_eq!(bare.severity("onnx-python-operator"), Severity::High);
    assert!(of_node(node("PythonOp", "", &[])).is_clean());
}

#[test]
fn attributes_that_name_things_are_found() {
    let of = |name: &str, value: &str| {
        let said = of_node(node("Foo", "com.example", &[text(name, value)]));
        let mut rules = said.rules();
        rules.retain(|rule| *rule != "onnx-custom-operator");
        rules
    };
    assert_eq!(of("x", "libx.so"), ["onnx-native-library"]);
    assert_eq!(of("library_path", "x"), ["onnx-native-library"]);
    assert_eq!(of("config_path", "/etc/x"), ["onnx-path-escape"]);
    assert_eq!(
        of("endpoint", "https://192.0.2.1/"),
        ["onnx-remote-operator"]
    );
    assert_eq!(of("body", "eval('1')"), ["onnx-code-in-attribute"]);
    for (name, value) in [
        ("mode", "linear"),
        ("padding", "SAME_UPPER"),
        ("equation", "bij,bjk->bik"),
        ("vocab_file", "[PAD]\n[UNK]\nthe"),
        ("path", "data/x"),
    ] {
        assert!(of(name, value).is_empty(), "{name}");
        assert!(of_node(node("Resize", "", &[text(name, value)])).is_clean());
    }
    let list = Message::new()
        .bytes(1, "labels")
        .bytes(9, "a.so")
        .bytes(9, "b.exe");
    assert!(of_node(node("LabelEncoder", "ai.onnx.ml", &[list])).is_clean());
    let standard = node("Relu", "", &[text("x", "/tmp/x.so")]);
    assert_eq!(of_node(standard).rules(), ["onnx-native-library"]);
}

#[test]
fn metadata_are_code_or_not() {
    let with =
        |key: &str, value: &str| say(&model(&graph(&[], &[])).message(14, &pair(key, value)));
    assert!(with("names", "{0: 'cat', 1: 'dog (big)'}").is_clean());
    let code = with("names", "__import__('os').system('id')");
    assert_eq!(code.severity("onnx-code-in-metadata"), Severity::Medium);
    assert_eq!(with("k\u{202e}ey", "x").rules(), ["onnx-hidden-characters"]);
    let remark = say(&model(&graph(&[], &[])).bytes(6, "exec('x')"));
    assert_eq!(remark.severity("onnx-code-in-metadata"), Severity::Low);
}

#[test]
fn fields_of_no_schema_are_slack() {
    let bytes = model(&graph(&[], &[])).bytes(1000, "payload").done();
    let end = bytes.len() as u64;
    let said = examine(&Onnx, "model.onnx", bytes);
    assert_eq!(said.rules(), ["onnx-unknown-field"]);
    assert_eq!(said.named.slack.len(), 1);
    assert_eq!(said.named.slack[0], end - 7..end);
    let wrong_type = model(&graph(&[], &[])).fixed32(5, 1);
    assert_eq!(say(&wrong_type).rules(), ["onnx-unknown-field"]);
    let group = model(&graph(&[], &[])).group(99, &Message::new().bytes(1, "x"));
    assert_eq!(
        say(&group).rules(),
        ["onnx-odd-encoding", "onnx-unknown-field"]
    );
}

#[test]
fn fields_that_stand_twice_are_found_and_all_judged() {
    let bad = graph(&[external(&[("location", OUT)])], &[]);
    let twice = model(&graph(&[], &[])).message(7, &bad);
    assert_eq!(
        say(&twice).rules(),
        ["onnx-path-escape", "onnx-repeated-field"]
    );
    let attribute = text("library", "/tmp/a.so").bytes(4, "harmless");
    assert_eq!(
        of_node(node("Foo", "com.microsoft", &[attribute])).rules(),
        ["onnx-native-library", "onnx-repeated-field"]
    );
}

#[test]
fn a_message_that_breaks_off_hides_nothing_behind_it() {
    let broken = Message::new().bytes(8, "v").raw(b"\x07junk");
    let bad = external(&[("location", OUT)]);
    let said = say(&model(&graph(&[broken, bad], &[])));
    assert!(said.rules().contains(&"onnx-path-escape"));
    assert_eq!(said.gaps.len(), 1);
    assert_eq!(said.gaps[0].1, Why::Malformed);
    assert_eq!(said.named.slack.len(), 1);
}

#[test]
fn graphs_in_graphs_are_walked_without_recursion() {
    let bad = external(&[("location", OUT)]).done();
    // Written inside out: tensor, graph, attribute, node, graph, and so on.
    let mut levels: Vec<(u32, Message)> = vec![(5, Message::new())];
    for _ in 0..2000 {
        levels.extend([6, 5, 1].map(|number| (number, Message::new())));
    }
    let mut heads = Vec::new();
    let mut len = bad.len() as u64;
    for (number, _) in &levels {
        let head = Message::new().tag(*number, 2).number(len).done();
        len += head.len() as u64;
        heads.push(head);
    }
    let mut body: Vec<u8> = heads.into_iter().rev().flatten().collect();
    body.extend(bad);
    let said = say(&model(&Message::new().raw(&body)));
    assert_eq!(said.rules(), ["onnx-path-escape"]);
    assert!(said.gaps.is_empty());
}

#[test]
fn broken_models_end_in_words() {
    let attributes = [text("library", "a.so"), text("module", "os")];
    let whole = model(&graph(
        &[tensor("w"), external(&[("location", "v"), ("offset", "0")])],
        &[node("Foo", "com.example", &attributes)],
    ))
    .message(14, &pair("key", "value"));
    mangle(&Onnx, "model.onnx", &whole.done());
}

#[test]
fn a_flood_of_entries_is_told_once_and_bounded() {
    let tensors: Vec<_> = (0..30_000)
        .map(|n| external(&[("location", &format!("f{n}"))]))
        .collect();
    let said = say(&model(&graph(&tensors, &[])));
    assert_eq!(said.named.description.companions.len(), 20_000);
    assert_eq!(said.gaps.len(), 1);
    assert_eq!(said.rules(), ["onnx-repeated-initializer"]);
    let unknown = (0..5000).fold(model(&graph(&[], &[])), |m, _| m.bytes(99, "x"));
    let said = say(&unknown);
    assert_eq!(said.named.slack.len(), 4096);
    assert_eq!((said.findings.len(), said.gaps.len()), (1, 1));
}

#[test]
fn twenty_thousand_nodes_take_no_time() {
    let attributes = [
        text("mode", "linear"),
        Message::new().bytes(1, "axis").varint(3, 1),
    ];
    let nodes: Vec<_> = (0..20_000)
        .map(|n| {
            let mut made = Message::new().bytes(1, format!("/model/layers.{n}/in"));
            made = made.bytes(2, format!("/model/layers.{n}/out"));
            made = made
                .bytes(3, format!("/model/layers.{n}/op"))
                .bytes(4, "Resize");
            attributes.iter().fold(made, |m, a| m.message(5, a))
        })
        .collect();
    let bytes = model(&graph(&[], &nodes)).done();
    let started = std::time::Instant::now();
    assert!(examine(&Onnx, "model.onnx", bytes).is_clean());
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(2), "{took:?}");
}
