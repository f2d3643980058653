//! Every cross-check, both ways.

use std::path::PathBuf;

use super::{CrossCheck, Set, crosscheck, group};
use crate::engine::discover::Found;
use crate::formats::shard_index::Index;
use crate::report::{Severity, Tensor, TensorTable};

const ONE: &str = "m/model-00001-of-00002.safetensors";
const TWO: &str = "m/model-00002-of-00002.safetensors";
const INDEX: &str = "m/model.safetensors.index.json";

fn set(paths: &[&str]) -> Set {
    let found: Vec<Found> = paths
        .iter()
        .map(|path| Found {
            source: None,
            unread: false,
            path: (*path).to_owned(),
            file: PathBuf::from("/root").join(path),
            len: 100,
        })
        .collect();
    group(&found).sets.remove(0)
}

fn whole() -> Set {
    set(&[ONE, TWO, INDEX])
}

fn index(total_size: Option<u64>, entries: &[(&str, &str)]) -> Index {
    let entries = entries
        .iter()
        .map(|(tensor, file)| ((*tensor).to_owned(), (*file).to_owned()))
        .collect();
    Index {
        total_size,
        entries,
        ..Index::default()
    }
}

fn good_index(total_size: u64) -> Index {
    let name = |path: &'static str| path.trim_start_matches("m/");
    index(Some(total_size), &[("a", name(ONE)), ("b", name(TWO))])
}

fn table(path: &str, tensors: &[(&str, u64)]) -> TensorTable {
    TensorTable {
        path: path.to_owned(),
        tensors: tensors
            .iter()
            .map(|(name, bytes)| Tensor {
                name: (*name).to_owned(),
                bytes: Some(*bytes),
            })
            .collect(),
        total: None,
    }
}

fn good_tables() -> [TensorTable; 2] {
    [table(ONE, &[("a", 40)]), table(TWO, &[("b", 50)])]
}

fn found(check: &CrossCheck) -> Vec<(&str, Severity)> {
    check
        .findings
        .iter()
        .map(|(_, draft)| (draft.rule.id, draft.severity))
        .collect()
}

#[test]
fn a_set_that_agrees_has_no_findings() {
    assert_eq!(
        crosscheck(&whole(), Some(&good_index(90)), &good_tables()),
        CrossCheck::default()
    );
}

#[test]
fn a_missing_shard_is_named_once_by_name_and_index() {
    let check = crosscheck(&set(&[ONE, INDEX]), Some(&good_index(90)), &[]);
    assert_eq!(found(&check), [("shard-missing", Severity::Medium)]);
    assert_eq!(check.missing, [TWO]);
    assert_eq!(check.findings[0].0.path, INDEX);
    assert_eq!(
        check.findings[0].1.message,
        "1 shard of the set `model` is not there: `model-00002-of-00002.safetensors`"
    );
}

#[test]
fn a_file_that_only_the_index_names_is_missing_too() {
    let mut named = good_index(90);
    named.entries.push(("c".into(), "other.safetensors".into()));
    let check = crosscheck(&whole(), Some(&named), &[]);
    assert_eq!(found(&check), [("shard-missing", Severity::Medium)]);
    assert_eq!(check.missing, ["m/other.safetensors"]);
}

#[test]
fn a_guess_from_numbers_alone_does_not_fail() {
    let check = crosscheck(
        &set(&["weights_1.h5", "weights_2.h5", "weights_4.h5"]),
        None,
        &[],
    );
    assert_eq!(found(&check), [("shard-missing", Severity::Low)]);
}

#[test]
fn files_of_another_set_in_the_directory_are_not_missing() {
    let paths = [ONE, TWO, INDEX, "m/model-00001-of-00001.safetensors"];
    let check = crosscheck(&set(&paths), Some(&good_index(90)), &[]);
    assert_eq!(found(&check), [("shard-extra", Severity::Low)]);
    assert_eq!(check.extra, ["m/model-00001-of-00001.safetensors"]);
}

#[test]
fn shards_beyond_the_count_are_extra_without_an_index() {
    let check = crosscheck(
        &set(&["g-00001-of-00001.gguf", "g-00002-of-00001.gguf"]),
        None,
        &[],
    );
    assert_eq!(found(&check), [("shard-extra", Severity::Low)]);
    assert_eq!(check.extra, ["g-00002-of-00001.gguf"]);
}

#[test]
fn two_files_for_one_place_are_reported() {
    let check = crosscheck(
        &set(&[
            "pytorch_model-00001-of-00001.bin",
            "pytorch_model-1-of-1.bin",
        ]),
        None,
        &[],
    );
    assert_eq!(
        found(&check),
        [
            ("shard-duplicate", Severity::Medium),
            ("shard-index-missing", Severity::Info)
        ]
    );
}

#[test]
fn names_that_leave_the_directory_are_left_to_the_examination_of_the_index() {
    let mut named = good_index(90);
    for bad in ["../x.safetensors", "/etc/passwd", "https://e.org/x", "a\0"] {
        named.entries.push(("c".into(), bad.into()));
    }
    let check = crosscheck(&whole(), Some(&named), &[]);
    assert_eq!(check, CrossCheck::default());
}

#[test]
fn tensors_are_compared_only_where_they_are_known() {
    let mut named = good_index(90);
    named
        .entries
        .push(("ghost".into(), "model-00001-of-00002.safetensors".into()));
    let unknown = [("shard-index-unknown-tensor", Severity::Low)];
    assert_eq!(
        found(&crosscheck(&whole(), Some(&named), &good_tables())),
        unknown
    );
    for tables in [
        vec![],
        vec![table(ONE, &[])],
        vec![table(TWO, &[("b", 50)])],
    ] {
        assert_eq!(
            crosscheck(&whole(), Some(&named), &tables),
            CrossCheck::default()
        );
    }
}

#[test]
fn a_tensor_that_no_entry_names_is_reported() {
    let tables = [
        table(ONE, &[("a", 40), ("hidden", 5)]),
        table(TWO, &[("b", 50)]),
    ];
    let check = crosscheck(&whole(), Some(&good_index(95)), &tables);
    assert_eq!(found(&check), [("shard-unlisted-tensor", Severity::Low)]);
    assert_eq!(check.findings[0].0.path, ONE);
}

#[test]
fn a_repeated_tensor_is_worse_where_no_index_decides() {
    let tables = [
        table(ONE, &[("a", 40)]),
        table(TWO, &[("a", 40), ("b", 50)]),
    ];
    let decided = crosscheck(&whole(), Some(&good_index(130)), &tables);
    assert_eq!(found(&decided), [("shard-repeated-tensor", Severity::Low)]);
    let open = crosscheck(&set(&[ONE, TWO]), None, &tables);
    assert_eq!(
        found(&open),
        [
            ("shard-index-missing", Severity::Info),
            ("shard-repeated-tensor", Severity::Medium)
        ]
    );
}

#[test]
fn slices_of_one_tensor_in_all_shards_are_no_repetition() {
    let (a, b) = ("mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt");
    let tables = [table(a, &[("w", 1)]), table(b, &[("w", 1)])];
    assert_eq!(
        crosscheck(&set(&[a, b]), None, &tables),
        CrossCheck::default()
    );
}

#[test]
fn the_promised_size_may_be_that_of_tensors_or_of_files() {
    for right in [90, 200] {
        let check = crosscheck(&whole(), Some(&good_index(right)), &good_tables());
        assert_eq!(check, CrossCheck::default());
    }
    for wrong in [0, 91, u64::MAX] {
        let check = crosscheck(&whole(), Some(&good_index(wrong)), &good_tables());
        assert_eq!(found(&check), [("shard-size-mismatch", Severity::Low)]);
    }
    let unknown = crosscheck(&whole(), Some(&good_index(91)), &good_tables()[..1]);
    assert_eq!(unknown, CrossCheck::default());
}

#[test]
fn a_hostile_index_cannot_make_the_output_long() {
    let mut named = good_index(1);
    for number in 0..20_000 {
        named.entries.push((
            format!("{number}\x1b[2J"),
            format!("gone-{number}.safetensors"),
        ));
        named.entries.push((
            format!("u{number}"),
            "model-00001-of-00002.safetensors".into(),
        ));
    }
    let check = crosscheck(&whole(), Some(&named), &good_tables());
    assert_eq!(check.findings.len(), 2, "{:?}", found(&check));
    assert_eq!(check.missing.len(), 1_000);
    for (_, draft) in &check.findings {
        assert!(draft.message.len() < 2_000 && !draft.message.contains('\x1b'));
    }
}

#[test]
fn an_index_that_could_not_be_read_claims_nothing() {
    let empty = Index::default();
    assert_eq!(
        crosscheck(&whole(), Some(&empty), &good_tables()),
        CrossCheck::default()
    );
    assert_eq!(
        crosscheck(&whole(), None, &good_tables()),
        CrossCheck::default()
    );
}
