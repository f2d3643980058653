//! Fields both ways, in manifests written in our own words.

use super::super::testing::{Said, mangle};
use super::*;
use crate::report::Severity;

fn examine(name: &str, json: &str) -> Said {
    super::super::testing::examine(&Manifest, name, json)
}

fn config(json: &str) -> Said {
    examine("config.json", json)
}

#[test]
fn ordinary_manifests_are_clean() {
    for (name, json) in [
        (
            "config.json",
            r#"{"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": 768, "torch_dtype": "float32", "layer_norm_eps": 1e-12, "_attn_implementation": "sdpa", "trust_remote_code": false}"#,
        ),
        (
            "config.json",
            r#"{"vision_config": {"model_type": "siglip", "_attn_implementation_internal": "flash_attention_2"}, "text_config": {"rope_scaling": {"rope_type": "llama3"}}, "custom_generate": null}"#,
        ),
        (
            "config.json",
            r#"{"_name_or_path": "/home/somebody/checkpoints/llama", "model": {"_target_": null}}"#,
        ),
        (
            "tokenizer_config.json",
            r#"{"chat_template": "{% for m in messages %}{{ '<|' + m['role'] + '|>' }}{% endfor %}", "special_tokens_map_file": "/root/.cache/x.json", "tokenizer_file": null, "added_tokens_decoder": {"0": {"content": "__init__"}}}"#,
        ),
        (
            "tokenizer_config.json",
            r#"{"chat_template": [{"name": "default", "template": "{{ messages[0].content }}"}, {"name": "__tools__", "template": "{{ tools | tojson }}"}]}"#,
        ),
        (
            "model_index.json",
            r#"{"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "unet": ["diffusers", "UNet2DConditionModel"], "text_encoder": ["transformers", "CLIPTextModel"], "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "feature_extractor": [null, null]}"#,
        ),
        (
            "modules.json",
            r#"[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]"#,
        ),
        (
            "adapter_config.json",
            r#"{"base_model_name_or_path": "/data/llama", "auto_mapping": {"base_model_class": "BertModel", "parent_library": "transformers.models.bert.modeling_bert"}, "peft_type": "LORA"}"#,
        ),
        (
            "generation_config.json",
            r#"{"do_sample": true, "temperature": 0.7}"#,
        ),
        (
            "preprocessor_config.json",
            r#"{"image_processor_type": "CLIPImageProcessor", "image_mean": [0.5, 0.5, 0.5]}"#,
        ),
    ] {
        let said = examine(name, json);
        assert!(said.is_clean(), "{name}: {said:?}");
    }
}

#[test]
fn manifests_are_known_by_name_or_by_their_keys() {
    let recognise =
        |name: &str, json: &str| super::super::testing::recognise(&Manifest, name, json);
    assert_eq!(recognise("dir/config.json", "{}"), Claim::Structure);
    assert_eq!(recognise("Config.json", "\u{feff} {}"), Claim::Structure);
    assert_eq!(recognise("modules.json", "[]"), Claim::Structure);
    assert_eq!(recognise("config.json", "\u{1}"), Claim::Name);
    assert_eq!(
        recognise("renamed", r#"{"auto_map": {}}"#),
        Claim::Structure
    );
    assert_eq!(recognise("vocab.json", r#"{"a": 0, "b": 1}"#), Claim::No);
    assert_eq!(
        recognise("x.index.json", r#"{"model_type": ""}"#),
        Claim::No
    );
    assert_eq!(
        recognise("notes.txt", r#"the key "auto_map" is"#),
        Claim::No
    );
}

#[test]
fn remote_code_is_found_at_any_depth() {
    let local = r#"{"auto_map": {"AutoConfig": "configuration_x.XConfig", "AutoTokenizer": ["tok.Tok", null]}}"#;
    let said = config(local);
    assert_eq!(said.severity("manifest-remote-code"), Severity::Low);
    assert!(said.findings[0].message.contains("(and 1 more like it)"));
    let foreign = config(r#"{"auto_map": {"AutoModel": "someone/else--modeling_x.XModel"}}"#);
    assert_eq!(foreign.severity("manifest-remote-code"), Severity::High);
    assert!(foreign.findings[0].message.contains("`someone/else`"));
    let nested = config(r#"{"vision_config": {"auto_map": {"AutoModel": "a/b--m.C"}}}"#);
    assert_eq!(nested.severity("manifest-remote-code"), Severity::High);
    assert!(nested.findings[0].message.contains("within the model"));
    assert_eq!(
        nested.findings[0].place.within.as_deref(),
        Some("vision_config.auto_map.AutoModel")
    );
    let listed = config(r#"{"sub": [{"x": [{"auto_map": {"AutoModel": "m.C"}}]}]}"#);
    assert_eq!(listed.rules(), ["manifest-remote-code"]);
    let pipeline = config(
        r#"{"custom_pipelines": {"pair": {"impl": "pair.PairPipeline", "pt": ["AutoModel"]}}}"#,
    );
    assert_eq!(pipeline.severity("manifest-remote-code"), Severity::Low);
    let generate = examine(
        "generation_config.json",
        r#"{"custom_generate": "someone/loop"}"#,
    );
    assert_eq!(generate.severity("manifest-remote-code"), Severity::High);
    let class = examine(
        "model_index.json",
        r#"{"_class_name": ["my_pipeline", "MyPipeline"]}"#,
    );
    assert_eq!(class.rules(), ["manifest-remote-code"]);
}

#[test]
fn trust_and_kernels_are_not_the_manifests_to_give() {
    assert_eq!(
        config(r#"{"trust_remote_code": true}"#).severity("manifest-trusts-remote-code"),
        Severity::Medium
    );
    assert_eq!(
        config(r#"{"detector": {"trust_remote_code": true}}"#)
            .severity("manifest-trusts-remote-code"),
        Severity::High
    );
    for json in [
        r#"{"_attn_implementation_internal": "someone/kernel"}"#,
        r#"{"attn_implementation": {"text_config": "someone/kernel@main:f"}}"#,
    ] {
        assert_eq!(
            config(json).severity("manifest-kernel-from-hub"),
            Severity::High
        );
    }
}

#[test]
fn what_is_called_by_name_is_judged() {
    let target = config(r#"{"optimizer": {"_target_": "evil_package.run", "command": "id"}}"#);
    assert!(target.severity("manifest-foreign-callable") >= Severity::Medium);
    for json in [
        r#"{"_class_name": "P", "unet": ["evil_module", "UNet"]}"#,
        r#"{"_class_name": "P", "unet": ["os", "system"]}"#,
    ] {
        let said = examine("model_index.json", json);
        assert!(said.severity("manifest-foreign-callable") >= Severity::Medium);
    }
    let module = examine("modules.json", r#"[{"type": "evil.Module", "path": ""}]"#);
    assert!(module.severity("manifest-foreign-callable") >= Severity::Medium);
    let adapter = r#"{"auto_mapping": {"base_model_class": "X", "parent_library": "evil"}}"#;
    assert_eq!(
        examine("adapter_config.json", adapter).rules(),
        ["manifest-foreign-callable"]
    );
    assert!(examine("other.json", r#"[{"type": "evil.Module"}]"#).is_clean());
}

#[test]
fn paths_that_loaders_open_stay_in_the_directory() {
    let graded = |path: &str| {
        let json = format!(r#"{{"vocab_file": "{path}"}}"#);
        examine("tokenizer_config.json", &json)
    };
    for path in ["../../etc/passwd", "https://example.org/vocab", "a\\u0000b"] {
        assert_eq!(
            graded(path).severity("manifest-path-escape"),
            Severity::Medium,
            "{path}"
        );
    }
    assert_eq!(
        graded("/data/vocab.txt").severity("manifest-path-escape"),
        Severity::Low
    );
    assert!(graded("vocab.txt").is_clean());
    let module = r#"[{"type": "sentence_transformers.models.Pooling", "path": "../x"}]"#;
    assert_eq!(
        examine("modules.json", module).rules(),
        ["manifest-path-escape"]
    );
}

#[test]
fn templates_are_judged_wherever_they_stand() {
    let bad = "{{ cycler.__init__.__globals__.os.popen('id').read() }}";
    for json in [
        format!(r#"{{"chat_template": "{bad}"}}"#),
        format!(r#"{{"chat_template": [{{"name": "x", "template": "{bad}"}}]}}"#),
        format!(r#"{{"chat_template": {{"default": "ok", "tools": "{bad}"}}}}"#),
        format!(r#"{{"processor": {{"chat_template": "{bad}"}}}}"#),
        r#"{"chat_template": "{{ x['\u005c\u0078\u0035\u0066_class__'] }}"}"#.to_owned(),
        r#"{"chat_template": "{{ x.\u005f_class__ }}"}"#.to_owned(),
    ] {
        let said = examine("tokenizer_config.json", &json);
        assert_eq!(
            said.severity("template-sandbox-escape"),
            Severity::Critical,
            "{json}"
        );
    }
    let between = examine("tokenizer_config.json", r#"{"chat_template": "{{ x[y"}"#);
    assert!(between.findings.is_empty());
    assert_eq!(between.gaps[0].1, Why::Unsupported);
    assert!(between.gaps[0].2.contains("chat template"));
}

#[test]
fn repeated_keys_are_told_and_equal_names_apart_are_not() {
    let twice = config(r#"{"model_type": "a", "sub": {"x": 1, "x": 2}}"#);
    assert_eq!(twice.rules(), ["json-duplicate-key"]);
    assert!(config(r#"{"a": {"x": 1}, "b": {"x": 1}}"#).is_clean());
}

#[test]
fn what_is_not_json_is_a_gap() {
    assert_eq!(config("{\"a\": 1,}").gaps[0].1, Why::Malformed);
    let wide: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let said = super::super::testing::examine(&Manifest, "config.json", wide.clone());
    assert_eq!(said.gaps[0].1, Why::Unsupported);
    assert_eq!(
        super::super::testing::recognise(&Manifest, "config.json", wide),
        Claim::Structure
    );
    assert!(config("{\"a\": NaN}").is_clean());
}

#[test]
fn broken_manifests_end_in_words() {
    let json = r#"{"auto_map": {"A": ["m.C", null]}, "chat_template": "{{ x.y[0] }}", "z": [true, 1.5, {}]}"#;
    mangle(&Manifest, "config.json", json.as_bytes());
    let clean = mangle(
        &Manifest,
        "config.json",
        br#"{"model_type": "bert", "x": [1, {"y": null}]}"#,
    );
    assert!(clean > 0);
}
