use super::super::testing::{Said, examine, mangle, recognise};
use super::*;
use crate::report::Severity;
use crate::wire::zip_directory::sample::{Piece, Sample};

/// A model with this layer in it.
fn with(layer: &str) -> String {
    format!(
        r#"{{"module": "keras", "class_name": "Sequential", "config": {{"name": "m", "layers": [
        {{"module": "keras.layers", "class_name": "Dense", "config": {{"activation": "relu"}},
        "registered_name": null}}, {layer}]}}, "registered_name": null}}"#
    )
}

fn said(layer: &str) -> Said {
    examine(&KerasConfig, "config.json", with(layer))
}

const GOOD: &str = r#"{"module": "keras.layers", "class_name": "TextVectorization",
    "config": {"vocabulary": ["a", "b"], "standardize": {"module": "builtins",
    "class_name": "function", "config": "mean_squared_error", "registered_name": "function"}}}"#;

#[test]
fn ordinary_models_are_clean() {
    assert!(said(GOOD).is_clean(), "{:?}", said(GOOD));
    let old = r#"{"class_name": "Functional", "config": {"layers": [{"class_name": "TFOpLambda",
        "config": {"function": "math.multiply"}}, {"class_name": "__tuple__", "items": [1]}]},
        "keras_version": "2.15.0", "backend": "tensorflow"}"#;
    assert!(examine(&KerasConfig, "model.json", old).is_clean());
}

#[test]
fn operations_of_tensorflow_are_judged_by_their_names() {
    let with = |function: &str| {
        said(&format!(
            r#"{{"class_name": "TFOpLambda", "config": {{"function": "{function}"}}}}"#
        ))
    };
    for function in ["math.multiply", "nn.relu", "__operators__.add", "reshape"] {
        assert!(
            with(function).is_clean(),
            "{function}: {:?}",
            with(function)
        );
    }
    assert_eq!(with("io.write_file").rules(), ["keras-dangerous-reference"]);
}

#[test]
fn lambdas_are_told_under_every_name_and_their_code_is_a_member() {
    let code = "4wEAAAAAAAAAAAAAAAIAAAADAAAA8wwAAACXAHwAZAF6BQAAUwAp\\n";
    for class in [
        "Lambda",
        "keras.layers.Lambda",
        "keras>Lambda",
        "\\u004cambda",
    ] {
        let layer = format!(
            r#"{{"class_name": "TimeDistributed", "module": "keras.layers", "config": {{"layer":
            {{"class_name": "{class}", "config": {{"function": ["{code}", null, null]}}}}}}}}"#
        );
        let said = said(&layer);
        assert_eq!(
            said.severity("keras-lambda-layer"),
            Severity::High,
            "{class}"
        );
        assert_eq!(said.named.members.len(), 1, "{class}");
    }
    let wrapped = said(
        r#"{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__",
        "config": {"code": "4wEAAAAAAAAAAAAAAAIAAAADAAAA8wwAAACXAHwAZAF6BQAAUwAp"}}}}"#,
    );
    assert_eq!(wrapped.rules(), ["keras-lambda-layer"]);
    assert!(wrapped.findings[0].message.contains("more"));
    assert!(
        wrapped.named.members[0].name.ends_with("code"),
        "{wrapped:?}"
    );
}

#[test]
fn a_function_that_an_old_lambda_names_is_judged() {
    let with = |module: &str| {
        said(&format!(
            r#"{{"class_name": "Lambda", "config": {{"function": "system",
            "function_type": "function", "module": "{module}"}}}}"#
        ))
    };
    let rules = ["keras-dangerous-reference", "keras-lambda-layer"];
    assert_eq!(with("os").rules(), rules);
    assert_eq!(
        with("__main__").rules(),
        ["keras-custom-class", "keras-lambda-layer"]
    );
}

#[test]
fn callables_by_reference_are_graded() {
    let function = |module: &str, name: &str| {
        said(&format!(
            r#"{{"module": "keras.layers", "class_name": "Dense", "config": {{"activation":
            {{"module": "{module}", "class_name": "function", "config": "{name}"}}}}}}"#
        ))
    };
    for (module, name) in [
        ("os", "system"),
        ("builtins", "eval"),
        ("keras.config", "enable_unsafe_deserialization"),
    ] {
        let severity = function(module, name).severity("keras-dangerous-reference");
        assert_eq!(severity, Severity::Critical, "{module} {name}");
    }
    let fetched = function("keras.utils", "get_file");
    assert!(fetched.severity("keras-dangerous-reference") >= Severity::High);
    assert_eq!(
        function("builtins", "my_loss").rules(),
        ["keras-custom-class"]
    );
    assert_eq!(
        function("mine.losses", "loss").rules(),
        ["keras-custom-class"]
    );
    assert!(function("keras.activations", "relu").is_clean());
    let class = said(r#"{"module": "subprocess", "class_name": "Popen", "config": {}}"#);
    assert_eq!(
        class.severity("keras-dangerous-reference"),
        Severity::Critical
    );
    let custom = said(r#"{"module": "mine", "class_name": "Layer", "config": {}}"#);
    assert_eq!(custom.severity("keras-custom-class"), Severity::Low);
    let twice = r#"{"module": "keras", "module": "os", "class_name": "function", "config": "relu",
        "config": "system"}"#;
    assert!(said(twice).rules().contains(&"keras-dangerous-reference"));
}

#[test]
fn files_that_layers_open_are_told() {
    let with = |class: &str, key: &str, value: &str| {
        said(&format!(
            r#"{{"module": "keras.layers", "class_name": "{class}", "config": {{"{key}": "{value}"}}}}"#
        ))
    };
    let high = |said: Said| said.severity("keras-outside-file");
    assert_eq!(
        high(with("StringLookup", "vocabulary", "/etc/passwd")),
        Severity::High
    );
    assert_eq!(
        high(with("StringLookup", "vocabulary", "https://192.0.2.1/x")),
        Severity::High
    );
    assert_eq!(
        high(with("StringLookup", "vocabulary", "vocab.txt")),
        Severity::Medium
    );
    assert_eq!(high(with("TFSMLayer", "filepath", "model")), Severity::High);
    let torch = with(
        "TorchModuleWrapper",
        "module",
        "UEsDBAAACAgAAAAAAAAAAAAAAAAAAAAA",
    );
    assert_eq!(torch.severity("keras-torch-module"), Severity::High);
    assert_eq!(torch.named.members.len(), 1);
    assert!(with("StringLookup", "vocabulary", "").is_clean());
}

#[test]
fn other_encodings_and_beginnings_hide_nothing() {
    let layer = r#"{"class_name": "Lambda", "config": {}}"#;
    let wide: Vec<u8> = with(layer)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(recognise(&KerasConfig, "config.json", wide.clone()) > Claim::No);
    assert_eq!(
        examine(&KerasConfig, "config.json", wide).rules(),
        ["keras-lambda-layer"]
    );
    let long = format!(
        "{{\"pad\": \"{}\", {}",
        "x".repeat(1 << 20),
        &with(layer)[1..]
    );
    assert_eq!(
        recognise(&KerasConfig, "config.json", long.clone()),
        Claim::Structure
    );
    assert_eq!(
        examine(&KerasConfig, "config.json", long).rules(),
        ["keras-lambda-layer"]
    );
}

#[test]
fn they_are_told_from_other_manifests() {
    let claim = |name, text: &str| recognise(&KerasConfig, name, text.as_bytes());
    assert_eq!(claim("arch.json", &with(GOOD)), Claim::Structure);
    assert_eq!(
        claim("config.json", r#"{"architectures": ["X"], "config": {}}"#),
        Claim::No
    );
    assert_eq!(claim("config.json", "{"), Claim::No);
    assert_eq!(
        claim("a.json", r#"{"x": {"class_name": "y", "config": 1}}"#),
        Claim::No
    );
    mangle(&KerasConfig, "config.json", with(GOOD).as_bytes());
}

#[test]
fn attributes_of_old_models_are_judged_by_their_names() {
    let training = r#"{"loss": {"module": "os", "class_name": "function", "config": "system"},
        "metrics": ["mae"], "optimizer_config": {"class_name": "Adam", "config": {}}}"#;
    let name = "/@training_config";
    assert_eq!(recognise(&KerasConfig, name, training), Claim::Structure);
    let said = examine(&KerasConfig, name, training);
    assert_eq!(said.rules(), ["keras-dangerous-reference"]);
    assert_eq!(recognise(&KerasConfig, "x", training), Claim::No);
    let usual = training
        .replace("os", "keras.losses")
        .replace("system", "mean_squared_error");
    assert!(examine(&KerasConfig, name, usual).is_clean());
    let model = with(r#"{"class_name": "Lambda", "config": {}}"#);
    let wide: Vec<u8> = model.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        recognise(&KerasConfig, "/@model_config", wide),
        Claim::Magic
    );
}

#[test]
fn private_functions_of_keras_are_judged() {
    let with = |module: &str, name: &str| {
        said(&format!(
            r#"{{"module": "keras.layers", "class_name": "Dense", "config": {{"activation":
            {{"module": "{module}", "class_name": "function", "config": "{name}"}}}}}}"#
        ))
    };
    for (module, name) in [
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.src.utils.file_utils", "extract_archive"),
        (
            "keras.src.saving.serialization_lib",
            "enable_unsafe_deserialization",
        ),
    ] {
        let severity = with(module, name).severity("keras-dangerous-reference");
        assert!(severity >= Severity::High, "{module} {name}");
    }
    assert!(with("keras.src.activations.activations", "relu").is_clean());
}

#[test]
fn archives_are_known_by_their_members() {
    let config = with(GOOD);
    let pieces = [
        Piece::deflated("metadata.json", b"{}"),
        Piece::deflated("config.json", config.as_bytes()),
        Piece::stored("model.weights.h5", b"\x89HDF\r\n\x1a\n"),
    ];
    let archive = Sample::of(&pieces).bytes();
    assert_eq!(recognise(&Keras, "x", archive.clone()), Claim::Structure);
    assert!(examine(&Keras, "x.keras", archive.clone()).is_clean());
    let other = Sample::of(&[Piece::stored("config.json", b"{}")]).bytes();
    assert_eq!(recognise(&Keras, "x.zip", other.clone()), Claim::No);
    assert_eq!(examine(&Keras, "x.keras", other).gaps.len(), 1);
    mangle(&Keras, "x.keras", &archive[..200.min(archive.len())]);
}
