//! The templates of well-known families of models, in our own words: each is
//! followed to its end and does nothing but turn its data into text.

use std::path::Path;

use super::{judge, parse, plain};

/// The least number of families.
const FAMILIES_LEAST: usize = 40;

#[test]
fn the_templates_of_known_families_are_followed_and_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/template/benign-families");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jinja") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let plain = plain::write(&text).unwrap();
        let parsed = parse::parse(&plain.text);
        assert!(parsed.is_ok(), "{path:?}: {parsed:?}\n{}", plain.text);
        let verdict = judge(&text);
        assert!(verdict.is_clean(), "{path:?}: {verdict:?}");
        count += 1;
    }
    assert!(count >= FAMILIES_LEAST, "{count}");
}
