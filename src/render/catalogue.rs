//! The rule catalogue for a terminal and for programs.

use serde_json::{Value, json};

use super::Style;
use crate::report::Severity;
use crate::rules::{self, FAMILIES, Rule};

/// Room for the longest severity.
const SEVERITY_WIDTH: usize = 8;

/// Every rule in one line, family by family.
pub fn catalogue_text(style: Style) -> String {
    let width = rules::all().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (family, rules) in FAMILIES.iter().filter(|(_, rules)| !rules.is_empty()) {
        out.push_str(&heading(family, style));
        for rule in *rules {
            let line = format!(
                "  {:width$}  {:SEVERITY_WIDTH$}  {}\n",
                rule.id, rule.severity, rule.title
            );
            out.push_str(&line);
        }
        out.push('\n');
    }
    out.push_str("`modelaudit rules ID` explains a rule.\n");
    out
}

fn heading(family: &str, style: Style) -> String {
    if style.color {
        let bold = anstyle::Style::new().bold();
        format!("{bold}{family}{bold:#}\n")
    } else {
        format!("{family}\n")
    }
}

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
    let severity: Severity = rule.severity;
    json!({
        "id": rule.id,
        "family": family,
        "severity": severity,
        "title": rule.title,
        "why": rule.why,
        "remedy": rule.remedy,
        "references": rule.references,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Verbosity;

    #[test]
    fn every_rule_is_in_both_forms() {
        let plain = Style {
            color: false,
            verbosity: Verbosity::Normal,
        };
        let text = catalogue_text(plain);
        let json: Value = serde_json::from_str(&catalogue_json()).unwrap();
        let listed = json["rules"].as_array().unwrap();
        assert_eq!(listed.len(), rules::all().count());
        for (rule, value) in rules::all().zip(listed) {
            assert_eq!(value["id"], rule.id);
            assert_eq!(value["severity"], rule.severity.as_str());
            assert!(text.contains(&format!("  {} ", rule.id)));
            let alone: Value = serde_json::from_str(&rule_json(rule)).unwrap();
            assert_eq!(&alone, value);
        }
        assert!(!text.contains('\x1b'));
        let colourful = Style {
            color: true,
            ..plain
        };
        assert!(catalogue_text(colourful).contains('\x1b'));
    }
}
