//! Documentation that is made from the program stays in step with it.

use modelaudit::engine::shards::FAMILIES;
use modelaudit::render;

use crate::golden;

#[test]
fn the_rule_catalogue_is_up_to_date() {
    golden::compare("docs/rules.md", &render::catalogue());
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
