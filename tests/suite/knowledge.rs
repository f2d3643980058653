//! The page on the knowledge base lists what was surveyed.

use std::path::Path;

use crate::golden;

const PAGE: &str = "docs/knowledge-base.md";

/// The head of the table that is generated.
const TABLE: &str = "| library | version | entries |\n|---|---|---|\n";

/// One row a survey: library, version, and lines that are neither sinks nor
/// headings.
fn rows() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/detect/globals/reach");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    let mut rows: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let (library, version) = text.lines().next().unwrap().split_once(' ').unwrap();
            let library = library.split("-3.").next().unwrap();
            let entries = text.lines().skip(1).filter(|l| !l.starts_with(['$', '@']));
            format!("| {library} | {version} | {} |\n", entries.count())
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn the_page_lists_every_survey() {
    let rows = rows();
    assert!(rows.len() > 40, "{} surveys", rows.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(path).unwrap();
    let (text, _) = page.split_once(TABLE).expect("the page has the table");
    golden::compare(PAGE, &format!("{text}{TABLE}{}", rows.concat()));
}
