//! The catalogue of rules: as a Markdown page, as a list, and one by one.

use std::io;

use super::Style;
use super::layout::{Page, Row};
use super::palette::{self, FAINT, HEADING, NAME, PLAIN};
use crate::rules::{FAMILIES, Rule};

/// The whole catalogue as Markdown: `docs/rules.md` is this text.
pub fn catalogue() -> String {
    let mut page = String::from(
        "# Rules\n\n\
         Generated from `src/rules/`; a test keeps it in step. Do not edit.\n\n\
         A rule id never changes. The severity is the default; a finding may be graded\n\
         differently where its message says why. `--select`, `--ignore` and\n\
         `--severity RULE=LEVEL` take these ids, and `modelaudit rules ID` shows one of them.\n",
    );
    for (family, rules) in FAMILIES {
        if rules.is_empty() {
            continue;
        }
        page.push_str(&format!("\n## {family}\n\n"));
        page.push_str("| rule | severity | what it is |\n|---|---|---|\n");
        for rule in *rules {
            page.push_str(&format!(
                "| [`{id}`](#{id}) | {} | {} |\n",
                rule.severity,
                cell(rule.title),
                id = rule.id,
            ));
        }
        for rule in *rules {
            page.push_str(&section(rule));
        }
    }
    page
}

/// One rule as a section of the page.
fn section(rule: &Rule) -> String {
    let mut text = format!(
        "\n### {}\n\n{} · {}\n\n**Why it matters.** {}\n\n**What to do.** {}\n",
        rule.id,
        rule.severity,
        sentence(rule.title),
        rule.why,
        rule.remedy
    );
    if !rule.references.is_empty() {
        text.push_str(&format!("\nReferences: {}\n", rule.references.join(", ")));
    }
    text
}

/// A title as a sentence of its own.
fn sentence(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// Text that keeps to its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Every rule in one line each, for the terminal.
pub fn list_rules(style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out, style.color);
    for (family, rules) in FAMILIES {
        if rules.is_empty() {
            continue;
        }
        page.gap()?;
        page.line(HEADING, family)?;
        let rows: Vec<Row> = rules
            .iter()
            .map(|rule| {
                Row::new([
                    rule.severity.to_string(),
                    rule.id.to_owned(),
                    rule.title.to_owned(),
                ])
            })
            .collect();
        page.table(2, &[], &rows)?;
    }
    Ok(())
}

/// One rule with its help, for the terminal.
pub fn write_rule(rule: &Rule, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out, style.color);
    let label = [
        (NAME, rule.id),
        (palette::severity(rule.severity), rule.severity.as_str()),
    ];
    page.entry(0, &label, "")?;
    page.entry(2, &[], &sentence(rule.title))?;
    page.gap()?;
    page.entry(2, &[(PLAIN, "why:")], rule.why)?;
    page.entry(2, &[(PLAIN, "do:")], rule.remedy)?;
    if !rule.references.is_empty() {
        page.entry(2, &[(FAINT, "see:")], &rule.references.join(", "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn the_page_has_every_rule_once_as_a_heading() {
        let page = catalogue();
        for rule in rules::all() {
            let heading = format!("\n### {}\n", rule.id);
            assert_eq!(page.matches(&heading).count(), 1, "{}", rule.id);
        }
        assert!(page.ends_with('\n') && !page.contains("\n\n\n"));
    }

    #[test]
    fn one_rule_says_everything_it_has() {
        let rule = &rules::content::POLYGLOT;
        let mut out = Vec::new();
        write_rule(rule, Style::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [rule.id, "high", rule.why, rule.remedy, "CWE-434"] {
            assert!(flat.contains(words), "{words} in {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100));
    }

    #[test]
    fn the_list_has_every_rule() {
        let mut out = Vec::new();
        list_rules(Style::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for rule in rules::all() {
            assert!(text.contains(rule.title), "{}", rule.id);
        }
    }
}
