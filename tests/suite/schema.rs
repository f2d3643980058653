//! `docs/report.schema.json` against reports, both ways: reports are valid,
//! and every field they have is described.
//!
//! The check knows the keywords that the schema uses and refuses any other, so
//! that none is silently ignored.

use modelaudit::render::{self, Format, Style};
use modelaudit::report::{Report, SCHEMA_VERSION};
use serde_json::{Map, Value, json};

use crate::sample;

/// Keywords without a say about validity.
const NOTES: [&str; 6] = [
    "$schema",
    "$id",
    "$defs",
    "title",
    "description",
    "examples",
];

struct Schema {
    root: Value,
}

impl Schema {
    fn committed() -> Self {
        let text = include_str!("../../docs/report.schema.json");
        Schema {
            root: serde_json::from_str(text).unwrap(),
        }
    }

    /// Every way in which `value` at `path` is not what the schema wants.
    fn errors(&self, value: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        self.check(&self.root, value, "$", &mut errors);
        errors
    }

    fn check(&self, schema: &Value, value: &Value, path: &str, errors: &mut Vec<String>) {
        for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
            let holds = match keyword.as_str() {
                "$ref" => {
                    self.check(self.definition(wanted), value, path, errors);
                    true
                }
                "type" => is_of_type(value, wanted),
                "enum" => wanted.as_array().unwrap().contains(value),
                "const" => wanted == value,
                "minimum" => value.as_f64().is_none_or(|v| v >= wanted.as_f64().unwrap()),
                "required" => self.has_all(value, wanted),
                "properties" => {
                    self.fields(wanted.as_object().unwrap(), value, path, errors);
                    true
                }
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{path}[{at}]"), errors);
                    }
                    true
                }
                note if NOTES.contains(&note) => true,
                other => panic!("the check does not know the keyword {other}"),
            };
            if !holds {
                errors.push(format!(
                    "{path}: {keyword} {wanted} does not hold for {value}"
                ));
            }
        }
    }

    fn definition(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        self.root.pointer(pointer).expect("a definition")
    }

    fn has_all(&self, value: &Value, names: &Value) -> bool {
        let names = names.as_array().unwrap();
        names
            .iter()
            .all(|name| value.get(name.as_str().unwrap()).is_some())
    }

    /// Known fields are checked; unknown ones are an error here, though the
    /// schema leaves them open for later versions.
    fn fields(
        &self,
        known: &Map<String, Value>,
        value: &Value,
        path: &str,
        errors: &mut Vec<String>,
    ) {
        for (name, field) in value.as_object().into_iter().flatten() {
            match known.get(name) {
                Some(schema) => self.check(schema, field, &format!("{path}.{name}"), errors),
                None => errors.push(format!("{path}.{name} is not described")),
            }
        }
    }
}

fn is_of_type(value: &Value, wanted: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    match wanted {
        Value::Array(any) => any.iter().any(is),
        one => is(one),
    }
}

fn json(report: &Report) -> Value {
    let mut out = Vec::new();
    render::write(report, Format::Json, Style::default(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn reports_are_valid_and_every_field_is_described() {
    let schema = Schema::committed();
    for report in [
        sample::everything(),
        sample::clean(),
        sample::below_threshold(),
        sample::incomplete(),
    ] {
        assert_eq!(schema.errors(&json(&report)), Vec::<String>::new());
    }
}

#[test]
fn the_check_sees_what_is_wrong() {
    let schema = Schema::committed();
    for (pointer, bad) in [
        ("/verdict", json!("harmless")),
        ("/exit_code", json!(-1)),
        ("/findings/0/severity", json!("severe")),
        ("/findings/0/location/offset", json!("51")),
        ("/gaps/0/why", json!("no idea")),
        ("/artifacts/0/coverage/len", json!(1.5)),
        ("/shard_sets/0/shards/0/verdict", Value::Null),
        ("/stats", json!([])),
    ] {
        let mut report = json(&sample::everything());
        *report.pointer_mut(pointer).unwrap() = bad;
        assert!(!schema.errors(&report).is_empty(), "{pointer}");
    }
    let mut short = json(&sample::clean());
    short.as_object_mut().unwrap().remove("gaps");
    assert!(!schema.errors(&short).is_empty());
}

#[test]
fn every_described_field_occurs_and_has_a_description() {
    let schema = Schema::committed();
    let report = json(&sample::everything());
    let mut described = 0;
    let definitions = schema.root["$defs"].as_object().unwrap();
    for (name, definition) in definitions
        .iter()
        .map(|(n, d)| (n.as_str(), d))
        .chain([("", &schema.root)])
    {
        for (field, about) in definition["properties"].as_object().into_iter().flatten() {
            assert!(about["description"].is_string(), "{name}.{field}");
            assert!(occurs(&report, field), "{name}.{field} is in no report");
            described += 1;
        }
    }
    assert!(described > 50, "{described}");
}

fn occurs(value: &Value, field: &str) -> bool {
    match value {
        Value::Object(map) => map.contains_key(field) || map.values().any(|v| occurs(v, field)),
        Value::Array(list) => list.iter().any(|v| occurs(v, field)),
        _ => false,
    }
}

#[test]
fn the_schema_is_of_this_version() {
    let schema = Schema::committed();
    assert_eq!(
        schema.root["properties"]["schema_version"]["examples"][0],
        SCHEMA_VERSION
    );
}
