//! Tables of tensors, pair by pair.

use super::tables::difference;
use crate::report::Tensor;

/// A table from `name:bytes` words.
fn told(here: &str, there: &str) -> Option<String> {
    let parse = |text: &str| -> Vec<Tensor> {
        let one = |word: &str| {
            let (name, bytes) = word.split_once(':').unwrap();
            Tensor {
                name: name.to_owned(),
                bytes: bytes.parse().ok(),
            }
        };
        text.split(' ').map(one).collect()
    };
    let (here, there) = (parse(here), parse(there));
    difference(
        &here.iter().collect::<Vec<_>>(),
        &there.iter().collect::<Vec<_>>(),
    )
}

#[test]
fn variants_of_the_same_weights_are_ordinary() {
    for (here, there) in [
        // The same.
        ("a.w:8 a.b:4", "a.w:8 a.b:4"),
        // Half precision, with a whole number that stays as it is.
        ("a.w:8 a.b:4 ids:16", "a.w:4 a.b:2 ids:16"),
        ("a.w:4 a.b:2 ids:16", "a.w:8 a.b:4 ids:16"),
        // Eight bits, and norms that stay as they are.
        ("a.w:32 norm:4", "a.w:8 norm:4"),
        // A tied head is stored once.
        ("wte:80 head:80 h:8", "wte:80 h:8"),
        // A model with a head and without.
        ("bert.a.w:8 bert.a.b:4 cls.b:2", "a.w:8 a.b:4"),
        ("a.w:8 a.b:4", "bert.a.w:8 bert.a.b:4 cls.b:2"),
        // A size that is not stated.
        ("a.w:? a.b:4", "a.w:9 a.b:4"),
    ] {
        assert_eq!(told(here, there), None, "{here} / {there}");
    }
}

#[test]
fn other_weights_under_one_name_are_told() {
    let sizes = told("a.w:8 a.b:4 c:2", "a.w:12 a.b:4 c:2").unwrap();
    assert!(sizes.starts_with("1 of 3 tensors have other sizes: `a.w`;"));
    assert!(sizes.ends_with("`a.w` has 8 bytes here and 12 there"));
    assert!(told("a.w:8 a.b:4", "a.w:4 a.b:8").is_some(), "two factors");
    assert!(told("a.w:8 a.b:0", "a.w:4 a.b:8").is_some(), "nothing");
    let names = told("a:1 b:2 c:3", "x:1 y:2 c:3 z:4").unwrap();
    assert!(names.ends_with("3 tensors here and 4 there, 1 have a name in common"));
}
