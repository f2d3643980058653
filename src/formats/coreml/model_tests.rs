//! Models written field by field, judged both ways, and broken.

use super::CoreMl;
use crate::formats::testing::{Said, examine, mangle, recognise};
use crate::formats::{Claim, Format as _};
use crate::report::Severity;
use crate::wire::protobuf::sample::Message;

fn model(number: u32, kind: &Message) -> Message {
    let description = Message::new().message(1, &Message::new().bytes(1, "x"));
    Message::new()
        .varint(1, 5)
        .message(2, &description)
        .message(number, kind)
}

fn say(message: &Message) -> Said {
    examine(&CoreMl, "model.mlmodel", message.clone().done())
}

fn layer(class: &str, parameter: &str) -> Message {
    let value = Message::new().bytes(20, parameter);
    let entry = Message::new().bytes(1, "key").message(2, &value);
    Message::new().bytes(10, class).message(30, &entry)
}

fn network(layer_number: u32, layer: &Message) -> Message {
    let whole = Message::new().bytes(1, "name").message(layer_number, layer);
    Message::new().message(1, &whole)
}

/// A program with one weight, in an argument of an operation in a block in an
/// operation.
fn program(file: &str, offset: u64) -> Message {
    let blob = Message::new().bytes(1, file).varint(2, offset);
    let value = Message::new().message(5, &blob);
    let argument = Message::new().message(1, &Message::new().message(2, &value));
    let entry = Message::new().bytes(1, "w").message(2, &argument);
    let operation = Message::new().bytes(1, "matmul").message(2, &entry);
    let block = Message::new().message(3, &operation);
    let outer = Message::new().message(3, &Message::new().bytes(1, "cond").message(4, &block));
    let blocks = Message::new().bytes(1, "CoreML5").message(2, &outer);
    let function = Message::new().bytes(2, "CoreML5").message(3, &blocks);
    let functions = Message::new().bytes(1, "main").message(2, &function);
    Message::new().varint(1, 1).message(2, &functions)
}

fn linked(file: &str, search: &str) -> Message {
    let text = |value: &str| Message::new().bytes(1, value);
    let whole = Message::new()
        .message(1, &text(file))
        .message(2, &text(search));
    model(556, &Message::new().message(1, &whole))
}

#[test]
fn it_is_known_by_its_version_and_its_kind() {
    let of = |name: &str, message: &Message| recognise(&CoreMl, name, message.clone().done());
    let whole = model(500, &network(140, &Message::new()));
    assert_eq!(of("x", &whole), Claim::Structure);
    let odd = whole.clone().bytes(77, "?");
    assert_eq!(of("x", &odd), Claim::No);
    assert_eq!(of("x.mlmodel", &odd), Claim::Structure);
    assert_eq!(of("x.mlmodel", &Message::new().varint(1, 5)), Claim::Magic);
    assert_eq!(of("x.mlmodel", &Message::new().raw(b"<html>")), Claim::Name);
    let saved_model = Message::new().varint(1, 1).bytes(2, "meta graph");
    assert_eq!(of("saved_model.pb", &saved_model), Claim::No);
    assert_eq!(CoreMl.spec().id, "coreml");
}

#[test]
fn ordinary_models_are_clean() {
    assert!(say(&model(500, &network(140, &Message::new()))).is_clean());
    let said = say(&model(502, &program("@model_path/weights/weight.bin", 128)));
    assert!(said.is_clean(), "{said:?}");
    assert_eq!(said.named.description.companions.len(), 1);
    assert_eq!(
        said.named.description.companions[0].name,
        "weights/weight.bin"
    );
    assert_eq!(said.named.description.companions[0].bytes, 192);
}

#[test]
fn classes_of_the_program_are_told_wherever_they_stand() {
    let inner = network(500, &layer("MyLayer", "fine"));
    let branch = network(605, &Message::new().message(2, &inner));
    let looped = network(615, &Message::new().message(4, &inner));
    let piped = Message::new().message(1, &model(403, &inner));
    let models = [
        model(303, &inner),
        model(403, &inner),
        model(500, &inner),
        model(500, &branch),
        model(500, &looped),
        model(202, &piped),
        model(200, &Message::new().message(1, &piped)),
        model(555, &Message::new().bytes(10, "MyModel")),
    ];
    for model in &models {
        let said = say(model);
        assert_eq!(said.severity("coreml-custom-class"), Severity::Info);
        assert_eq!(said.findings.len(), 1);
    }
    let code = say(&model(500, &network(500, &layer("MyLayer", "exec('x')"))));
    assert_eq!(code.severity("coreml-code-in-metadata"), Severity::Medium);
}

#[test]
fn paths_that_leave_are_told() {
    for file in [
        "@model_path/../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
    ] {
        let said = say(&model(502, &program(file, 64)));
        assert_eq!(said.rules(), ["coreml-path-escape"], "{file}");
        assert!(said.named.description.companions.is_empty());
    }
    let fine = linked("Other.mlmodelc", "$BUNDLE_MAIN:sub");
    assert_eq!(say(&fine).rules(), ["coreml-linked-model"]);
    for (file, search) in [("../x.mlmodelc", ""), ("x.mlmodelc", ".:/tmp")] {
        let said = say(&linked(file, search));
        assert_eq!(said.rules(), ["coreml-linked-model", "coreml-path-escape"]);
    }
}

#[test]
fn metadata_are_code_or_not() {
    let with = |value: &str| {
        let entry = Message::new().bytes(1, "names").bytes(2, value);
        let metadata = Message::new().bytes(1, "A model.").message(100, &entry);
        let description = Message::new().message(100, &metadata);
        say(&model(900, &Message::new()).message(2, &description))
    };
    assert!(with("{0: 'cat'}").is_clean());
    let said = with("__import__('os').system('id')");
    assert_eq!(said.severity("coreml-code-in-metadata"), Severity::Medium);
}

#[test]
fn a_message_that_breaks_off_hides_nothing_behind_it() {
    let inner = network(500, &layer("MyLayer", "fine"));
    let broken = model(
        500,
        &Message::new().bytes(1, b"\x07junk").raw(inner.as_ref()),
    );
    let said = say(&broken);
    assert_eq!(said.rules(), ["coreml-custom-class"]);
    assert_eq!(said.gaps.len(), 1);
}

#[test]
fn broken_models_end_in_words() {
    let whole = model(502, &program("@model_path/w.bin", 64));
    mangle(&CoreMl, "model.mlmodel", whole.as_ref());
    mangle(&CoreMl, "model.mlmodel", linked("a", "b").as_ref());
}
