//! The catalogue of rules for programs.

use serde_json::{Value, json};

use crate::rules::{FAMILIES, Rule};

/// Every rule as JSON: `{"rules": [...]}`, family by family.
pub fn catalogue_json() -> String {
    let rules: Vec<Value> = FAMILIES
        .iter()
        .flat_map(|(family, rules)| rules.iter().map(|rule| value(family, rule)))
        .collect();
    format!("{:#}\n", json!({ "rules": rules }))
}

/// One rule as JSON.
pub fn rule_json(rule: &Rule) -> String {
    let family = FAMILIES
        .iter()
        .find(|(_, rules)| rules.iter().any(|other| other.id == rule.id))
        .map_or("", |(family, _)| family);
    format!("{:#}\n", value(family, rule))
}

fn value(family: &str, rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "family": family,
        "severity": rule.severity,
        "title": rule.title,
        "why": rule.why,
        "remedy": rule.remedy,
        "references": rule.references,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn every_rule_is_listed_as_it_is_alone() {
        let json: Value = serde_json::from_str(&catalogue_json()).unwrap();
        let listed = json["rules"].as_array().unwrap();
        assert_eq!(listed.len(), rules::all().count());
        for (rule, value) in rules::all().zip(listed) {
            assert_eq!(value["id"], rule.id);
            assert_eq!(value["severity"], rule.severity.as_str());
            let alone: Value = serde_json::from_str(&rule_json(rule)).unwrap();
            assert_eq!(&alone, value);
        }
    }
}
