//! Models, whole and broken.

use super::*;
use crate::formats::testing::{self, Said, mangle};
use crate::report::Severity;
use crate::wire::flatbuffer::sample::{Field, buffer};

fn text(text: &str) -> Field {
    Field::Text(text.as_bytes().to_vec())
}

/// Numbers of 4 bytes, as the vector that they are.
fn numbers(numbers: &[i32]) -> Field {
    Field::Numbers(numbers.to_vec())
}

/// A model with a tensor of this shape and a buffer of so many bytes.
fn model(op: &str, shape: &[i32], bytes: usize, inputs: &[i32]) -> Vec<u8> {
    let code = vec![Field::U8(32), text(op)];
    let tensor = vec![numbers(shape), Field::U8(0), Field::U8(1), text("w")];
    let operator = vec![Field::Absent, numbers(inputs), numbers(&[0])];
    let graph = vec![
        Field::Tables(vec![tensor]),
        numbers(&[0]),
        numbers(&[0]),
        Field::Tables(vec![operator]),
    ];
    let buffers = vec![vec![], vec![Field::Text(vec![0; bytes])]];
    let mut out = buffer(&[
        Field::U8(3),
        Field::Tables(vec![code]),
        Field::Tables(vec![graph]),
        text("words"),
        Field::Tables(buffers),
    ]);
    // The identifier stands behind the first offset.
    let root = u32::from_le_bytes([out[0], out[1], out[2], out[3]]) + 4;
    out.splice(0..4, [root.to_le_bytes().as_slice(), b"TFL3"].concat());
    out
}

fn examine(bytes: Vec<u8>) -> Said {
    assert_eq!(
        testing::recognise(&Lite, "x", bytes.clone()),
        Claim::Structure
    );
    testing::examine(&Lite, "x.tflite", bytes)
}

#[test]
fn operators_that_are_not_the_interpreters_are_facts() {
    let said = examine(model("Mine", &[2, 3], 24, &[0]));
    assert_eq!(said.rules(), ["tflite-custom-operator"]);
    assert_eq!(said.severity("tflite-custom-operator"), Severity::Info);
    let said = examine(model("FlexReadFile", &[2, 3], 24, &[0]));
    assert_eq!(
        said.rules(),
        ["tensorflow-read-file", "tflite-custom-operator"]
    );
}

#[test]
fn shapes_and_numbers_are_compared_with_what_is_there() {
    for (shape, bytes, inputs, rule) in [
        (&[2, 3][..], 20, &[0][..], "tflite-size-mismatch"),
        (&[2, -3], 24, &[0], "tensorflow-shape-overflow"),
        (
            &[i32::MAX, i32::MAX, i32::MAX],
            24,
            &[0],
            "tensorflow-shape-overflow",
        ),
        (&[2, 3], 24, &[7], "tflite-invalid-reference"),
        (&[2, 3], 24, &[-2], "tflite-invalid-reference"),
    ] {
        let said = examine(model("Mine", shape, bytes, inputs));
        assert!(
            said.rules().contains(&rule),
            "{shape:?} {inputs:?}: {said:?}"
        );
    }
    for (shape, inputs) in [(&[2, 3][..], &[0, -1][..]), (&[-1, 3], &[0])] {
        let said = examine(model("Mine", shape, 24, inputs));
        assert_eq!(said.rules(), ["tflite-custom-operator"], "{shape:?}");
    }
}

#[test]
fn broken_models_end_in_words() {
    mangle(&Lite, "x.tflite", &model("FlexReadFile", &[2, 3], 24, &[0]));
}
