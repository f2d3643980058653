//! Graphs, whole and broken, and what their operators act on.

use super::*;
use crate::formats::testing::{self, Said, mangle};
use crate::report::Severity;
use crate::wire::protobuf::sample::Message;
use crate::wire::sstable::sample::table;

/// A node with text attributes.
fn node(name: &str, op: &str, inputs: &[&str], texts: &[(&str, &str)]) -> Message {
    let node = Message::new().bytes(1, name).bytes(2, op);
    let node = inputs.iter().fold(node, |node, input| node.bytes(3, input));
    texts.iter().fold(node, |node, (key, text)| {
        attr(node, key, &Message::new().bytes(2, text))
    })
}

fn attr(node: Message, key: &str, value: &Message) -> Message {
    node.message(5, &Message::new().bytes(1, key).message(2, value))
}

/// A node that calls a function.
fn call(name: &str, op: &str, function: &str, inputs: &[&str]) -> Message {
    let value = Message::new().message(10, &Message::new().bytes(1, function));
    attr(node(name, op, inputs, &[]), "f", &value)
}

/// A constant text.
fn text(name: &str, value: impl AsRef<[u8]>) -> Message {
    let tensor = Message::new().varint(1, 7).bytes(8, value);
    constant_of(name, &tensor)
}

fn constant_of(name: &str, tensor: &Message) -> Message {
    let value = Message::new().message(8, tensor);
    attr(node(name, "Const", &[], &[]), "value", &value)
}

/// A function with one argument `x`, of these nodes, that returns `out`.
fn function(name: &str, nodes: &[Message], returns: &str) -> Message {
    let argument = Message::new().bytes(1, "x");
    let signature = Message::new().bytes(1, name).message(2, &argument);
    let function = Message::new().message(1, &signature);
    let ret = Message::new().bytes(1, "out").bytes(2, returns);
    nodes
        .iter()
        .fold(function, |function, node| function.message(3, node))
        .message(4, &ret)
}

fn graph(nodes: &[Message], functions: &[Message]) -> Message {
    let graph = nodes
        .iter()
        .fold(Message::new(), |graph, node| graph.message(1, node));
    match functions {
        [] => graph,
        functions => {
            let library = functions.iter().fold(Message::new(), |library, function| {
                library.message(1, function)
            });
            graph.message(2, &library)
        }
    }
}

fn model(graph: &Message) -> Vec<u8> {
    let meta = Message::new().message(2, graph);
    Message::new().varint(1, 1).message(2, &meta).done()
}

fn said(graph: &Message) -> Said {
    testing::examine(&Graph, "model.pb", graph.clone().done())
}

/// The grades of what was found, by rule.
fn found(graph: &Message) -> Vec<(&'static str, Severity)> {
    let said = said(graph);
    assert!(said.gaps.is_empty(), "{said:?}");
    let mut found: Vec<_> = said
        .findings
        .iter()
        .map(|d| (d.rule.id, d.severity))
        .collect();
    found.sort_unstable();
    found
}

const READ: &str = "tensorflow-read-file";
const WRITE: &str = "tensorflow-write-file";

#[test]
fn messages_are_told_apart() {
    let plain = graph(&[node("x", "Placeholder", &[], &[])], &[]);
    let meta = Message::new().message(2, &plain);
    let claims = |bytes: Vec<u8>, name: &str| {
        [
            testing::recognise(&SavedModel, name, bytes.clone()),
            testing::recognise(&Graph, name, bytes),
        ]
    };
    let (yes, no) = (Claim::Structure, Claim::No);
    assert_eq!(claims(model(&plain), "x"), [yes, no]);
    assert_eq!(claims(meta.done(), "x"), [no, yes]);
    assert_eq!(claims(plain.clone().done(), "x"), [no, yes]);
    // Fields that loaders pass over do not hide it.
    let odd = Message::new()
        .bytes(99, "padding")
        .raw(&plain.done())
        .done();
    assert_eq!(claims(odd, "x"), [no, yes]);
    // ONNX, SentencePiece, a list of texts, and a name alone.
    let onnx = b"\x08\x07\x12\x07pytorch\x1a\x032.1".to_vec();
    let piece = b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02".to_vec();
    let texts = b"\x0a\x05hello\x0a\x05world".to_vec();
    for bytes in [onnx, piece, texts] {
        assert_eq!(claims(bytes.clone(), "x"), [no, no]);
        assert_eq!(claims(bytes.clone(), "x.pb"), [no, Claim::Name]);
        assert_eq!(claims(bytes, "saved_model.pb"), [Claim::Name, no]);
    }
}

#[test]
fn what_every_model_has_is_clean() {
    let save = [
        node("prefix", "Placeholder", &[], &[]),
        text("part", "_temp_0a1b/part"),
        text("names", "w"),
        node(
            "join",
            "StringJoin",
            &["prefix", "part"],
            &[("separator", "")],
        ),
        node(
            "sharded",
            "ShardedFilename",
            &["join", "names", "names"],
            &[],
        ),
        node("save", "SaveV2", &["sharded", "names", "names"], &[]),
        node("merge", "MergeV2Checkpoints", &["sharded", "prefix"], &[]),
        node("restore", "RestoreV2", &["prefix", "names", "names"], &[]),
        node(
            "print",
            "PrintV2",
            &["names"],
            &[("output_stream", "stderr")],
        ),
    ];
    assert!(said(&graph(&save, &[])).is_clean());
}

#[test]
fn a_path_is_followed_to_its_constants() {
    let through = |nodes: &[Message], functions: &[Message], input: &str| {
        let save = node("save", "SaveV2", &[input, "a", "b"], &[]);
        found(&graph(&[nodes, &[save]].concat(), functions))
    };
    let critical = vec![(WRITE, Severity::Critical)];
    let path = text("p", "/root/.bashrc");
    let ways: &[(&[Message], &str)] = &[
        (std::slice::from_ref(&path), "p"),
        (std::slice::from_ref(&path), "p:0"),
        (&[path.clone(), node("i", "Identity", &["p"], &[])], "i:0"),
        (
            &[
                text("q", "/root/"),
                text("r", ".bashrc"),
                node("j", "StringJoin", &["q", "r"], &[("separator", "")]),
            ],
            "j",
        ),
        (
            &[
                node("u", "Placeholder", &[], &[]),
                path.clone(),
                node("s", "Select", &["u", "u", "p"], &[]),
            ],
            "s",
        ),
        (
            &[
                text("q", "L3Jvb3QvLmJhc2hyYw"),
                node("d", "DecodeBase64", &["q"], &[]),
            ],
            "d",
        ),
        (
            &[
                node("u", "Placeholder", &[], &[]),
                node(
                    "s",
                    "StaticRegexReplace",
                    &["u"],
                    &[("rewrite", "/root/.bashrc")],
                ),
            ],
            "s",
        ),
    ];
    for (nodes, input) in ways {
        assert_eq!(through(nodes, &[], input), critical, "{input}");
    }
    // Out of a function, and through one.
    let gives = function("give", std::slice::from_ref(&path), "p:output:0");
    let called = call("c", "PartitionedCall", "give", &[]);
    assert_eq!(through(&[called], &[gives], "c"), critical);
    let same = function("same", &[node("i", "Identity", &["x"], &[])], "i:output:0");
    let called = call("c", "StatefulPartitionedCall", "same", &["p"]);
    assert_eq!(through(&[path, called], &[same], "c"), critical);
    // Nothing leads anywhere: that is no finding and no loop.
    let circle = [
        node("m", "Identity", &["n"], &[]),
        node("n", "Identity", &["m"], &[]),
    ];
    assert_eq!(through(&circle, &[], "n"), vec![]);
    let endless = function(
        "f",
        &[call("i", "PartitionedCall", "f", &["x"])],
        "i:output:0",
    );
    let called = call("c", "PartitionedCall", "f", &["c"]);
    assert_eq!(through(&[called], &[endless], "c"), vec![]);
}

#[test]
fn an_argument_comes_from_whoever_calls() {
    let save = function("save", &[node("s", "SaveV2", &["x", "x", "x"], &[])], "s:0");
    for (op, inputs) in [
        ("PartitionedCall", &["p"][..]),
        ("If", &["p2", "p"]),
        ("MapDataset", &["p2", "p"]),
    ] {
        let nodes = [
            text("p", "/etc/cron.d/job"),
            text("p2", "harmless"),
            call("c", op, "save", inputs),
        ];
        let graph = graph(&nodes, std::slice::from_ref(&save));
        assert_eq!(found(&graph), [(WRITE, Severity::Critical)], "{op}");
    }
    let nodes = [
        text("p", "harmless"),
        call("c", "PartitionedCall", "save", &["p"]),
    ];
    assert_eq!(found(&graph(&nodes, &[save])), []);
}

#[test]
fn graphs_in_constants_are_judged_wherever_they_stand() {
    let inner = graph(&[text("p", "/x"), node("r", "ReadFile", &["p"], &[])], &[]);
    let bytes = inner.clone().done();
    let both = [
        ("tensorflow-graph-in-constant", Severity::Low),
        (READ, Severity::High),
    ];
    let packed = Message::new()
        .varint(1, 7)
        .message(2, &Message::new().message(2, &Message::new().varint(1, 2)))
        .bytes(
            4,
            Message::new()
                .number(1)
                .number(bytes.len() as u64)
                .raw(b"a")
                .raw(&bytes)
                .done(),
        );
    let variant = Message::new().varint(1, 21).message(
        15,
        &Message::new()
            .bytes(1, "t")
            .message(3, &Message::new().varint(1, 7).bytes(8, &bytes)),
    );
    let list = Message::new().message(1, &Message::new().bytes(2, &bytes));
    for outer in [
        text("g", &bytes),
        constant_of("g", &packed),
        constant_of("g", &variant),
        attr(
            node("g", "X", &[], &[]),
            "s",
            &Message::new().bytes(2, &bytes),
        ),
        attr(node("g", "X", &[], &[]), "s", &list),
    ] {
        assert_eq!(found(&graph(std::slice::from_ref(&outer), &[])), both);
        let within = function("f", &[outer], "g:0");
        assert_eq!(
            found(&graph(&[node("x", "NoOp", &[], &[])], &[within])),
            both
        );
    }
    let twice = graph(&[text("g", graph(&[text("h", &bytes)], &[]).done())], &[]);
    assert_eq!(found(&twice), both);
    // Not without end.
    let deep = (0..20).fold(inner, |inner, _| graph(&[text("g", inner.done())], &[]));
    let said = said(&deep);
    assert_eq!(said.gaps.len(), 1);
}

#[test]
fn the_loader_sets_the_paths_of_assets() {
    let nodes = [
        text("asset", "/home/user/words.txt"),
        node("i", "InitializeTableFromTextFileV2", &["t", "asset"], &[]),
    ];
    let graph = graph(&nodes, &[]);
    assert_eq!(
        found(&graph),
        [("tensorflow-outside-path", Severity::Medium)]
    );
    let info = Message::new().bytes(1, "asset:0");
    let asset = Message::new().message(1, &info).bytes(2, "words.txt");
    let meta = Message::new().message(6, &asset).message(2, &graph);
    assert!(testing::examine(&Graph, "x.meta", meta.done()).is_clean());
    let list = Message::new().message(1, &Message::new().bytes(1, "asset:0"));
    let entry = Message::new().bytes(1, "asset_filepaths").message(2, &list);
    let meta = Message::new().message(4, &entry).message(2, &graph);
    let said = testing::examine(&Graph, "x.meta", meta.done());
    assert_eq!(said.severity("tensorflow-outside-path"), Severity::Low);
}

#[test]
fn old_assets_are_judged_as_well() {
    let asset = Message::new().bytes(2, "../../x");
    let any = Message::new()
        .bytes(1, "type.googleapis.com/a")
        .message(2, &asset);
    let list = Message::new().message(5, &Message::new().message(1, &any));
    let entry = Message::new()
        .bytes(1, "saved_model_assets")
        .message(2, &list);
    let plain = graph(&[node("x", "NoOp", &[], &[])], &[]);
    let meta = Message::new().message(2, &plain).message(4, &entry);
    let said = testing::examine(&Graph, "x.meta", meta.done());
    assert_eq!(said.severity("tensorflow-outside-path"), Severity::High);
}

#[test]
fn text_says_the_same_as_bytes() {
    let report = |text: &str| {
        assert_eq!(
            testing::recognise(&GraphText, "g.pbtxt", text),
            Claim::Structure
        );
        let said = testing::examine(&GraphText, "g.pbtxt", text);
        assert!(said.gaps.is_empty(), "{said:?}");
        said.rules()
    };
    let path = r#"node { name: "p" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { } string_val: "/etc/" 'shadow' } } } }"#;
    let plain = format!(r#"{path} node {{ name: "r" op: "ReadFile" input: "p" }}"#);
    assert_eq!(report(&plain), [READ]);
    let said = testing::examine(&GraphText, "g.pbtxt", plain);
    assert_eq!(said.severity(READ), Severity::Critical);
    let odd = "# words\nnode: <name: \"p\"; op: \"\\122eadFil\\x65\"; input: ['p', \"q\"]>";
    assert_eq!(report(odd), [READ]);
    let within = r#"node { name: "x" op: "NoOp" } library { function { signature { name: "f" input_arg { name: "a" } } node_def { name: "r" op: "ReadFile" input: "a" } ret { key: "o" value: "r" } } }"#;
    assert_eq!(report(within), [READ]);
    let model = format!(
        "saved_model_schema_version: 1 meta_graphs {{ graph_def {{ {path} }} asset_file_def {{ filename: \"../x\" }} }}"
    );
    assert_eq!(report(&model), ["tensorflow-outside-path"]);
    let broken = testing::examine(
        &GraphText,
        "g.pbtxt",
        "node { name: \"r\" op: \"ReadFile\" } node {",
    );
    assert_eq!((broken.rules(), broken.gaps.len()), (vec![READ], 1));
    for other in [
        "name: \"net\"\nlayer { name: \"a\" type: \"Input\" }",
        "item {\n  id: 1\n  name: 'cat'\n}",
        "node of a tree, as prose has it",
        "platform: \"tensorflow_savedmodel\"\ninput [ { name: \"x\" } ]",
    ] {
        assert_eq!(
            testing::recognise(&GraphText, "config.pbtxt", other),
            Claim::No,
            "{other}"
        );
    }
}

#[test]
fn broken_graphs_end_in_words() {
    let inner = graph(&[node("r", "ReadFile", &["p"], &[])], &[]).done();
    let save = function("save", &[node("s", "SaveV2", &["x"], &[])], "s:0");
    let whole = graph(
        &[
            text("g", inner),
            text("p", "/x"),
            call("c", "If", "save", &["p", "p"]),
        ],
        &[save],
    );
    mangle(&SavedModel, "saved_model.pb", &model(&whole));
    mangle(&Graph, "model.pb", &whole.done());
    let text = r#"node { name: "r" op: "ReadFile" input: ["p"] attr { key: "value" value { s: "\001" } } }"#;
    mangle(&GraphText, "g.pbtxt", text.as_bytes());
}

#[test]
fn a_hundred_thousand_nodes_take_no_time() {
    let one = |i: usize| {
        let input = format!("n{}", i.saturating_sub(1));
        let name = format!("n{i}");
        node(
            &name,
            if i.is_multiple_of(2) {
                "SaveV2"
            } else {
                "Identity"
            },
            &[&input],
            &[("container", "")],
        )
    };
    let nodes: Vec<Message> = (0..100_000).map(one).collect();
    let bytes = graph(&nodes, &[]).done();
    let started = std::time::Instant::now();
    let said = testing::examine(&Graph, "model.pb", bytes);
    assert!(said.findings.is_empty());
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

/// An index of these entries: shape, offset and length, of floats.
fn index(shards: u64, entries: &[(&str, &[u64], u64, u64)]) -> Vec<u8> {
    let mut records = vec![(Vec::new(), Message::new().varint(1, shards).done())];
    for (name, shape, offset, size) in entries {
        let shape = shape.iter().fold(Message::new(), |shape, dim| {
            shape.message(2, &Message::new().varint(1, *dim))
        });
        let entry = Message::new().varint(1, 1).message(2, &shape);
        let entry = entry.varint(4, *offset).varint(5, *size);
        records.push((name.as_bytes().to_vec(), entry.done()));
    }
    table(&[records], false)
}

#[test]
fn an_index_is_compared_with_itself_and_promises_lengths() {
    let examine = |bytes: Vec<u8>| testing::examine(&CheckpointIndex, "dir/m.ckpt.index", bytes);
    let plain = examine(index(1, &[("a", &[2, 2], 0, 16), ("b", &[], 16, 4)]));
    assert!(plain.is_clean(), "{plain:?}");
    let [promise] = &plain.named.description.promises[..] else {
        panic!("{plain:?}");
    };
    assert_eq!(promise.files, ["m.ckpt.data-00000-of-00001"]);
    assert_eq!(promise.bytes, 20);
    for (entries, rule) in [
        (
            &[("a", &[4][..], 0, 16), ("b", &[4], 12, 16)][..],
            "checkpoint-overlapping-tensors",
        ),
        (&[("a", &[4], 1, 16)], "checkpoint-hole"),
        (&[("a", &[4], 0, 12)], "checkpoint-size-mismatch"),
        (
            &[("a", &[1 << 33, 1 << 33], 0, 12)],
            "tensorflow-shape-overflow",
        ),
        (
            &[("b", &[4], 0, 16), ("a", &[4], 16, 16)],
            "checkpoint-invalid-index",
        ),
        (&[("a", &[4], u64::MAX, 16)], "checkpoint-invalid-index"),
    ] {
        assert_eq!(examine(index(1, entries)).rules(), [rule]);
    }
    assert_eq!(
        examine(index(0, &[("a", &[4], 0, 16)])).rules(),
        ["checkpoint-invalid-index"]
    );
    let padded = examine(index(1, &[("a", &[3], 0, 12), ("b", &[4], 16, 16)]));
    assert_eq!(padded.severity("checkpoint-hole"), Severity::Low);
}

#[test]
fn broken_indexes_and_notes_end_in_words() {
    let whole = index(1, &[("a", &[2, 2], 0, 16), ("b", &[], 16, 4)]);
    mangle(&CheckpointIndex, "m.index", &whole);
    let note = b"model_checkpoint_path: \"../x\"\nall_model_checkpoint_paths: '/y'";
    mangle(&CheckpointState, "checkpoint", note);
    let object = Message::new().bytes(5, "{\"class_name\": \"Lambda\", \"config\": {}}");
    let metadata = Message::new().message(1, &object.bytes(4, "_tf_keras_layer"));
    mangle(&KerasMetadata, "keras_metadata.pb", &metadata.done());
    mangle(
        &Fingerprint,
        "fingerprint.pb",
        &Message::new().varint(1, 7).bytes(6, "").done(),
    );
}

#[test]
fn a_note_that_leads_elsewhere_is_told() {
    let said = |path: &str| {
        let text = format!("model_checkpoint_path: \"{path}\"\n");
        assert_eq!(
            testing::recognise(&CheckpointState, "checkpoint", text.as_str()),
            Claim::Structure
        );
        testing::examine(&CheckpointState, "checkpoint", text)
    };
    assert!(said("model.ckpt-1").is_clean());
    assert_eq!(
        said("/data/model.ckpt-1").severity("tensorflow-outside-path"),
        Severity::Low
    );
    assert_eq!(
        said("../m").severity("tensorflow-outside-path"),
        Severity::Medium
    );
}
