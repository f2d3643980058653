//! Models in JSON, whole and broken.

use super::*;
use crate::formats::testing::{self, Said, mangle};
use crate::report::Severity;

fn examine(json: &str) -> Said {
    assert_eq!(
        testing::recognise(&WebModel, "model.json", json),
        Claim::Structure
    );
    testing::examine(&WebModel, "model.json", json)
}

const GRAPH: &str = r#"{"modelTopology": {"node": [{"name": "p", "op": "Const", "attr": {"value": {"tensor": {"dtype": "DT_STRING", "tensorShape": {}, "stringVal": ["L2V0Yy9zaGFkb3c="]}}}}, {"name": "r", "op": "ReadFile", "input": ["p"]}], "library": {}, "versions": {"producer": 1}}, "weightsManifest": [{"paths": ["a.bin"], "weights": [{"name": "w", "shape": [2, 3], "dtype": "float32"}, {"name": "q", "shape": [4], "dtype": "float32", "quantization": {"dtype": "uint8", "min": 0}}]}]}"#;

#[test]
fn a_graph_is_judged_and_weights_are_summed_up() {
    let said = examine(GRAPH);
    assert_eq!(said.severity("tensorflow-read-file"), Severity::Critical);
    let [promise] = &said.named.description.promises[..] else {
        panic!("{said:?}");
    };
    assert_eq!(
        (promise.files.as_slice(), promise.bytes),
        (&["a.bin".to_owned()][..], 28)
    );
}

#[test]
fn a_configuration_is_judged_as_one_of_keras() {
    let layer = r#"{"class_name": "TorchModuleWrapper", "config": {}}"#;
    let config = format!(r#"{{"class_name": "Sequential", "config": {{"layers": [{layer}]}}}}"#);
    for topology in [
        config.clone(),
        format!(r#"{{"backend": "t", "model_config": {config}}}"#),
    ] {
        let said = examine(&format!(r#"{{"modelTopology": {topology}}}"#));
        assert_eq!(said.rules(), ["keras-torch-module"], "{topology}");
    }
}

#[test]
fn weights_elsewhere_and_huge_shapes_are_told() {
    let of = |path: &str, shape: &str, dtype: &str| {
        let weight = format!(r#"{{"name": "w", "shape": {shape}, "dtype": "{dtype}"}}"#);
        examine(&format!(
            r#"{{"weightsManifest": [{{"paths": ["{path}"], "weights": [{weight}]}}]}}"#
        ))
    };
    assert_eq!(
        of("../a.bin", "[1]", "int32").rules(),
        ["tensorflow-outside-path"]
    );
    assert_eq!(
        of("https://a.example/b", "[1]", "int32").rules(),
        ["tensorflow-outside-path"]
    );
    let huge = of("a.bin", "[4294967296, 4294967296]", "int32");
    assert_eq!(huge.rules(), ["tensorflow-shape-overflow"]);
    let texts = of("a.bin", "[2]", "string");
    assert!(texts.is_clean() && texts.named.description.promises.is_empty());
}

#[test]
fn broken_models_end_in_words() {
    mangle(&WebModel, "model.json", GRAPH.as_bytes());
}
