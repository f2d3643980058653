//! Documentation that is made from the program stays in step with it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use modelaudit::engine::shards::FAMILIES;
use modelaudit::formats::{FORMATS, Format};
use modelaudit::render;

use crate::golden;

#[test]
fn the_rule_catalogue_is_up_to_date() {
    golden::compare("docs/rules.md", &render::catalogue());
}

/// One row for each format, in the order of their ids.
fn rows(page: &mut String, is_examined: bool) {
    let mut formats: Vec<&dyn Format> = FORMATS
        .iter()
        .copied()
        .filter(|format| format.is_examined() == is_examined)
        .collect();
    formats.sort_by_key(|format| format.spec().id);
    page.push_str(
        "| id | what it is | file names | loading can run code | not checked | sources |\n\
         |---|---|---|---|---|---|\n",
    );
    for format in formats {
        let spec = format.spec();
        let code = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(" ")
        };
        let sources: Vec<_> = spec
            .references
            .iter()
            .map(|source| match source.strip_prefix("https://") {
                Some(rest) => format!("[{}]({source})", rest.split('/').next().unwrap_or(rest)),
                None => (*source).to_owned(),
            })
            .collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            spec.id,
            spec.title,
            code(spec.suffixes),
            if spec.runs_code { "yes" } else { "no" },
            spec.limitations.join(" "),
            sources.join(", "),
        );
    }
}

#[test]
fn the_list_of_formats_is_up_to_date() {
    let mut page = String::from(
        "# The formats\n\n\
         Written by a test (`MODELAUDIT_BLESS=1 cargo test --test suite docs`) from what the \
         program itself knows. A file is recognised by its content; a name that promises \
         something else is a finding. A file may be several formats at once: a PyTorch file is a \
         zip archive with a pickle in it.\n\n\
         ## Examined\n\n",
    );
    rows(&mut page, true);
    page.push_str(
        "\n## Recognised, and swept only\n\n\
         Every byte of these goes through the sweep, and a gap says that their structure was not \
         examined: the verdict is then never \"clean\".\n\n",
    );
    rows(&mut page, false);
    golden::compare("docs/formats.md", &page);
}

#[test]
fn the_page_on_outputs_lists_every_family_of_shards() {
    let page = include_str!("../../docs/outputs.md");
    for family in FAMILIES {
        let index = match &family.index {
            Some(index) => format!("`{}`", index.usual),
            None => "-".to_owned(),
        };
        let row = format!("| {} | `{}` | {index} |", family.id, family.examples[0]);
        assert!(page.contains(&row), "missing: {row}");
    }
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| family"));
    let listed = rows.take_while(|line| line.starts_with('|')).count();
    assert_eq!(
        listed,
        FAMILIES.len() + 2,
        "heading, rule, and one row each"
    );
}

/// Pages that people write and that say where things stand.
const PAGES: &[&str] = &[
    "README.md",
    "docs/adding-a-format.md",
    "docs/architecture.md",
    "docs/limits.md",
    "docs/performance.md",
    "docs/threat-model.md",
];

#[test]
fn the_pages_name_files_and_folders_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_path = |word: &&str| {
        let head = word.split('/').next().unwrap_or_default();
        word.contains('/')
            && ["src", "tests", "benches", "docs"].contains(&head)
                | root.join("src").join(head).is_dir()
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
    };
    let mut seen = 0;
    for page in PAGES {
        let text = fs::read_to_string(root.join(page)).expect("the page is there");
        for word in text.split('`').skip(1).step_by(2).filter(is_path) {
            seen += 1;
            assert!(
                root.join(word).exists() || root.join("src").join(word).exists(),
                "{page} names `{word}`, which is not there"
            );
        }
    }
    assert!(seen > 100, "only {seen} paths were seen");
}
