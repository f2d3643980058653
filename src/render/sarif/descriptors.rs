//! Rules in the words of SARIF: static text from the catalogue.

use std::collections::BTreeMap;

use super::log::{Configuration, Help, Message, ReportingDescriptor, RuleProperties};
use crate::report::{Finding, Severity};
use crate::rules::{self, Rule};

/// Longest description that GitHub accepts, in characters.
const DESCRIPTION_CAP_CHARS: usize = 1024;

/// Tags of a rule that GitHub keeps.
const TAGS_CAP: usize = 10;

/// The rules that the results refer to, in the order of the catalogue.
pub(super) struct Rules {
    descriptors: Vec<ReportingDescriptor>,
    index: BTreeMap<String, usize>,
}

impl Rules {
    /// The rules that these findings are of. One that the catalogue does not
    /// have, from an older report, is described by what its finding says.
    pub(super) fn of(findings: &[&Finding]) -> Self {
        let mut met: BTreeMap<&str, &Finding> = BTreeMap::new();
        for finding in findings {
            met.entry(&finding.rule).or_insert(finding);
        }
        let known = rules::all().filter(|rule| met.contains_key(rule.id));
        let mut descriptors: Vec<_> = known.map(described).collect();
        let foreign = met.values().filter(|f| rules::find(&f.rule).is_none());
        descriptors.extend(foreign.map(|finding| undescribed(finding)));
        let index = descriptors
            .iter()
            .enumerate()
            .map(|(at, rule)| (rule.id.clone(), at))
            .collect();
        Rules { descriptors, index }
    }

    /// Where the rule stands in the list.
    pub(super) fn index(&self, id: &str) -> usize {
        self.index.get(id).copied().unwrap_or_default()
    }

    /// The list.
    pub(super) fn into_descriptors(self) -> Vec<ReportingDescriptor> {
        self.descriptors
    }
}

/// The level of a result, which decides how a service shows it.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The number by which GitHub sorts: critical from 9, high from 7, medium from
/// 4, low below.
pub(super) fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.1",
    }
}

/// `text`, or the other words where it is empty.
pub(super) fn filled(text: &str, otherwise: &str) -> String {
    match text.trim().is_empty() {
        true => otherwise.to_owned(),
        false => text.to_owned(),
    }
}

fn described(rule: &'static Rule) -> ReportingDescriptor {
    descriptor(
        Words {
            id: rule.id,
            name: Some(rule.name()),
            title: rule.title,
            why: rule.why,
            remedy: rule.remedy,
            references: rule.references.to_vec(),
        },
        rule.severity,
    )
}

fn undescribed(finding: &Finding) -> ReportingDescriptor {
    let references = finding.references.iter().map(|r| r.as_ref()).collect();
    descriptor(
        Words {
            id: &finding.rule,
            name: None,
            title: &finding.rule,
            why: &finding.why,
            remedy: &finding.remedy,
            references,
        },
        finding.severity,
    )
}

/// What a rule says, wherever it says it.
struct Words<'a> {
    id: &'a str,
    name: Option<String>,
    title: &'a str,
    why: &'a str,
    remedy: &'a str,
    references: Vec<&'a str>,
}

fn descriptor(words: Words<'_>, severity: Severity) -> ReportingDescriptor {
    let why = filled(words.why, words.title);
    ReportingDescriptor {
        id: words.id.to_owned(),
        short_description: Message {
            text: bounded(&filled(words.title, words.id)),
        },
        full_description: Message {
            text: bounded(&why),
        },
        help: help(&why, words.remedy, &words.references),
        default_configuration: Configuration {
            level: level(severity),
        },
        properties: RuleProperties {
            security_severity: security_severity(severity),
            precision: "high",
            tags: tags(&words.references),
        },
        name: words.name,
    }
}

fn help(why: &str, remedy: &str, references: &[&str]) -> Help {
    let list = references.join(", ");
    let mut text = why.to_owned();
    let mut markdown = format!("**Why it matters.** {why}");
    if !remedy.is_empty() {
        text.push_str(&format!("\n\nWhat to do: {remedy}"));
        markdown.push_str(&format!("\n\n**What to do.** {remedy}"));
    }
    if !list.is_empty() {
        text.push_str(&format!("\n\nReferences: {list}"));
        markdown.push_str(&format!("\n\n**References:** {list}"));
    }
    Help { text, markdown }
}

/// `security` and the weaknesses, as GitHub files them.
fn tags(references: &[&str]) -> Vec<String> {
    let weaknesses = references
        .iter()
        .filter(|reference| reference.starts_with("CWE-"))
        .map(|cwe| format!("external/cwe/{}", cwe.to_ascii_lowercase()));
    ["security".to_owned(), "machine-learning".to_owned()]
        .into_iter()
        .chain(weaknesses)
        .take(TAGS_CAP)
        .collect()
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(DESCRIPTION_CAP_CHARS - 1) {
        Some((at, last)) if at + last.len_utf8() < text.len() => format!("{}…", &text[..at]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_cut_at_the_limit() {
        let exact = "ä".repeat(DESCRIPTION_CAP_CHARS);
        assert_eq!(bounded(&exact), exact);
        let long = bounded(&format!("{exact}x"));
        assert_eq!(long.chars().count(), DESCRIPTION_CAP_CHARS);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn every_rule_can_be_described_within_the_limits() {
        for rule in rules::all() {
            let descriptor = described(rule);
            assert_ne!(descriptor.name.as_deref(), Some(rule.id));
            assert!(
                rule.why.chars().count() <= DESCRIPTION_CAP_CHARS,
                "{}",
                rule.id
            );
            for text in [
                &descriptor.short_description.text,
                &descriptor.full_description.text,
                &descriptor.help.text,
                &descriptor.help.markdown,
            ] {
                assert!(!text.trim().is_empty(), "{}", rule.id);
            }
            assert!(descriptor.properties.tags.len() <= TAGS_CAP);
        }
    }
}
