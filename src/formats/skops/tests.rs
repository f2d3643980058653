//! Trees as skops writes them, and trees that lie.

use super::*;
use crate::formats::testing::{self, Said, examine, mangle};
use crate::wire::zip_directory::sample::{Piece, Sample};

fn node(loader: &str, name: &str, rest: &str) -> String {
    let (module, class) = name.rsplit_once('.').unwrap();
    format!(
        r#"{{"__class__": "{class}", "__module__": "{module}", "__loader__": "{loader}"{rest}}}"#
    )
}

fn content(loader: &str, name: &str, content: &str) -> String {
    node(loader, name, &format!(r#", "content": {content}"#))
}

/// A tree with this node in its dict.
fn tree(inner: &str) -> String {
    let dict = content("DictNode", "builtins.dict", &format!(r#"{{"x": {inner}}}"#));
    let rest = format!(r#", "content": {dict}, "protocol": 2, "_skops_version": "0.16.0""#);
    node(
        "ObjectNode",
        "sklearn.linear_model._logistic.LogisticRegression",
        &rest,
    )
}

fn schema(json: &str) -> Said {
    examine(&SkopsSchema, "schema.json", json)
}

fn judge(inner: &str) -> Vec<(&'static str, Severity)> {
    let said = schema(&tree(inner));
    assert!(said.gaps.is_empty(), "{said:?}");
    let findings = said.findings.iter();
    findings.map(|d| (d.rule.id, d.severity)).collect()
}

#[test]
fn trees_of_ordinary_models_are_silent() {
    let text = content("JsonNode", "builtins.str", r#""\"l2\"""#);
    let array = node(
        "NdArrayNode",
        "numpy.float64",
        r#", "type": "numpy", "file": "1.npy""#,
    );
    let generator = content(
        "RandomGeneratorNode",
        "numpy.random._generator.Generator",
        &format!(
            r#"{{"bit_generator": {}}}"#,
            content(
                "DictNode",
                "builtins.dict",
                &format!(
                    r#"{{"bit_generator": {}}}"#,
                    content("JsonNode", "builtins.str", r#""\"PCG64\"""#)
                ),
            )
        ),
    );
    for inner in [
        text.clone(),
        array,
        generator,
        node("FunctionNode", "numpy.log1p", ""),
        node("FunctionNode", "scipy.special._ufuncs.expit", ""),
        node("TypeNode", "builtins.str", ""),
        node("TypeNode", "builtins.map", ""),
        node("TypeNode", "numpy.float64", ""),
        content("LossNode", "sklearn.linear_model._sgd_fast.Hinge", &text),
        content("TreeNode", "sklearn.tree._tree.Tree", &text),
        content("ObjectNode", "sklearn._loss.link.Interval", &text),
        content("ListNode", "builtins.list", &format!("[{text}, {text}]")),
        content("PartialNode", "functools.partial", "{}"),
        node("JsonNode", "my.own", ""),
    ] {
        assert_eq!(judge(&inner), [], "{inner}");
    }
}

#[test]
fn names_are_judged_whatever_the_loader() {
    let dangerous = ("skops-dangerous-type", Severity::Critical);
    for loader in [
        "TypeNode",
        "FunctionNode",
        "ObjectNode",
        "ListNode",
        "JsonNode",
        "NewNode",
    ] {
        assert!(
            judge(&node(loader, "os.system", "")).contains(&dangerous),
            "{loader}"
        );
    }
    let old = r#"{"module_path": "os", "function": "system"}"#;
    assert_eq!(
        judge(&content("FunctionNode", "builtins.function", old))[0],
        dangerous
    );
    let call = judge(&node("OperatorFuncNode", "operator.call", ""));
    assert!(call[0].0 == "skops-dangerous-type" || call[0].0 == "skops-unknown-function");
    assert_eq!(
        judge(&node("FunctionNode", "my.pkg.run", "")),
        [("skops-unknown-function", Severity::Medium)]
    );
    assert_eq!(
        judge(&node("TypeNode", "my.pkg.Model", "")),
        [("skops-unknown-type", Severity::Low)]
    );
    assert_eq!(
        judge(&node("OperatorFuncNode", "operator.methodcaller", "")),
        [("skops-unknown-function", Severity::Medium)]
    );
}

#[test]
fn a_name_is_told_once() {
    let one = node("TypeNode", "my.pkg.Model", "");
    let many = content(
        "ListNode",
        "builtins.list",
        &format!("[{one}, {one}, {one}]"),
    );
    assert_eq!(judge(&many).len(), 1);
}

#[test]
fn nodes_that_say_one_thing_and_load_another_are_found() {
    let hidden = ("skops-hidden-type", Severity::Critical);
    let method = |own: &str, obj: &str, func: &str| {
        let inner = node("ObjectNode", obj, "");
        let body = format!(r#"{{"obj": {inner}, "func": "{func}"}}"#);
        judge(&content("MethodNode", own, &body))
    };
    let model = "sklearn.svm._classes.SVC";
    let honest = method(model, model, "predict");
    assert_eq!(honest, [("skops-unknown-function", Severity::Medium)]);
    assert!(method(model, "sklearn.svm._classes.SVR", "predict").contains(&hidden));
    assert!(method(model, model, "__init_subclass__").contains(&hidden));
    assert!(method(model, model, "predict.__globals__").contains(&hidden));
    assert!(judge(&node("OperatorFuncNode", "builtins.methodcaller", "")).contains(&hidden));
    let generator = content("JsonNode", "builtins.str", r#""\"seed\"""#);
    let state = content(
        "DictNode",
        "builtins.dict",
        &format!(r#"{{"bit_generator": {generator}}}"#),
    );
    let body = format!(r#"{{"bit_generator": {state}}}"#);
    let random = content(
        "RandomGeneratorNode",
        "numpy.random._generator.Generator",
        &body,
    );
    assert_eq!(judge(&random), [hidden]);
}

#[test]
fn what_skops_does_not_write_is_found() {
    let invalid = [("skops-invalid-schema", Severity::Medium)];
    assert_eq!(
        judge(&node("NdArrayNode", "numpy.ndarray", r#", "type": "x""#)),
        invalid
    );
    let plain = tree("1");
    let with = |protocol: &str| schema(&plain.replace("\"protocol\": 2", protocol));
    assert_eq!(with("\"protocol\": true").rules(), ["skops-invalid-schema"]);
    assert_eq!(with("\"protocol\": -1").rules(), ["skops-invalid-schema"]);
    assert_eq!(with("\"protocol\": 3").gaps[0].1, Why::Unsupported);
    assert!(with("\"protocol\": 0").is_clean());
    let twice = plain.replace("\"protocol\": 2", "\"protocol\": 2, \"protocol\": 2");
    assert_eq!(schema(&twice).rules(), ["json-duplicate-key"]);
}

#[test]
fn a_schema_is_known_by_its_root() {
    let claim = |name: &str, json: &str| testing::recognise(&SkopsSchema, name, json);
    assert_eq!(claim("schema.json", &tree("1")), Claim::Structure);
    assert_eq!(claim("other.json", &tree("1")), Claim::Structure);
    let escaped = tree("1").replacen("__loader__", "__lo\\u0061der__", 9);
    assert_eq!(claim("a/schema.json", &escaped), Claim::Structure);
    assert_eq!(claim("schema.json", r#"{"type": "record"}"#), Claim::No);
    assert_eq!(claim("x.json", r#"{"a": {"__loader__": 1}}"#), Claim::No);
    assert_eq!(claim("schema.json", "[]"), Claim::No);
    let wide: Vec<u8> = tree("1")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let seen = testing::recognise(&SkopsSchema, "schema.json", wide.clone());
    assert_eq!(seen, Claim::Structure);
    assert_eq!(examine(&SkopsSchema, "schema.json", wide).gaps.len(), 1);
}

#[test]
fn members_that_no_schema_names_are_foreign() {
    let inner = node(
        "NdArrayNode",
        "numpy.ndarray",
        r#", "type": "numpy", "file": "1.npy""#,
    );
    let bytes = Sample::of(&[
        Piece::stored("1.npy", b"x"),
        Piece::stored("run.py", b"x"),
        Piece::deflated("schema.json", tree(&inner).as_bytes()),
    ])
    .bytes();
    assert_eq!(
        testing::recognise(&Skops, "x", bytes.clone()),
        Claim::Structure
    );
    let said = examine(&Skops, "x.skops", bytes);
    assert_eq!(said.rules(), ["skops-foreign-member"]);
    assert!(said.findings[0].message.contains("run.py") && said.gaps.is_empty());
    let other = Sample::of(&[Piece::stored("schema.json", b"{\"a\": 1}")]).bytes();
    assert_eq!(testing::recognise(&Skops, "x.zip", other), Claim::No);
}

#[test]
fn a_pickle_that_is_called_a_skops_file_is_found() {
    let pickle = b"\x80\x02cos\nsystem\n(S'id'\ntR.";
    assert_eq!(testing::recognise(&Skops, "x.skops", pickle), Claim::Magic);
    assert_eq!(testing::recognise(&Skops, "x.pkl", pickle), Claim::No);
    let said = examine(&Skops, "x.skops", pickle);
    assert_eq!(said.severity("skops-pickle"), Severity::Critical);
    let packed = examine(&Skops, "x.skops", b"\x78\x9c\x4b\x04\0\0\x62\0\x62");
    assert_eq!(packed.severity("skops-pickle"), Severity::High);
    assert_eq!(testing::recognise(&Skops, "x.skops", "text"), Claim::Name);
    assert!(!examine(&Skops, "x.skops", "text").gaps.is_empty());
}

#[test]
fn broken_files_end_in_words() {
    let json = tree(&node("TypeNode", "os.system", ""));
    mangle(&SkopsSchema, "schema.json", json.as_bytes());
    let bytes = Sample::of(&[Piece::deflated("schema.json", json.as_bytes())]).bytes();
    mangle(&Skops, "x.skops", &bytes);
}
