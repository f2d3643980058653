//! Which files are one model, and which shards are not there.

use std::path::PathBuf;

use super::set::MISSING_NAMES_CAP;
use super::{Grouping, Shard, group};
use crate::engine::discover::Found;
use crate::formats::shard_index::Index;

fn found(path: &str) -> Found {
    Found {
        source: None,
        unread: false,
        path: path.to_owned(),
        file: PathBuf::from("/root").join(path),
        len: 10,
    }
}

fn grouped(paths: &[&str]) -> Grouping {
    group(&paths.iter().map(|path| found(path)).collect::<Vec<_>>())
}

fn single_paths(grouping: &Grouping) -> Vec<&str> {
    grouping.singles.iter().map(|f| f.path.as_str()).collect()
}

#[test]
fn a_complete_set_is_ordered_by_number_and_keeps_its_index_single() {
    let g = grouped(&[
        "m/config.json",
        "m/model-00002-of-00002.safetensors",
        "m/model.safetensors.index.json",
        "m/model-00001-of-00002.safetensors",
    ]);
    let [set] = &g.sets[..] else { panic!("{g:?}") };
    assert_eq!((set.name.as_str(), set.count), ("model", Some(2)));
    assert_eq!(set.family.id, "huggingface-safetensors");
    assert_eq!(set.total_size(), 20);
    let names: Vec<_> = set.shards.iter().map(Shard::file_name).collect();
    assert_eq!(
        names,
        [
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors"
        ]
    );
    assert_eq!(
        set.index.as_ref().map(|f| f.path.as_str()),
        Some("m/model.safetensors.index.json")
    );
    assert!(set.missing_names().is_empty() && set.outside().is_empty());
    assert_eq!(
        single_paths(&g),
        ["m/config.json", "m/model.safetensors.index.json"]
    );
}

#[test]
fn every_file_ends_up_in_one_place() {
    let paths = [
        "a/model-00001-of-00002.safetensors",
        "a/pytorch_model-00001-of-00001.bin",
        "b/model-00001-of-00002.safetensors",
        "b/model-00001-of-00003.safetensors",
        "b/.metadata",
        "b/__0_0.distcp",
        "b/model_weights_1.h5",
        "c/x.gguf",
        "c/x.gguf",
    ];
    let g = grouped(&paths);
    let mut all = single_paths(&g);
    all.extend(
        g.sets
            .iter()
            .flat_map(|s| &s.shards)
            .map(|s| s.found.path.as_str()),
    );
    all.sort_unstable();
    let mut expected: Vec<&str> = paths.to_vec();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(all, expected);
    assert_eq!(g.sets.len(), 5);
}

#[test]
fn missing_numbers_are_named_with_the_width_of_their_neighbours() {
    let g = grouped(&["model-00002-of-000004.safetensors"]);
    assert_eq!(
        g.sets[0].missing_names(),
        [
            "model-00001-of-000004.safetensors",
            "model-00003-of-000004.safetensors",
            "model-00004-of-000004.safetensors"
        ]
    );
}

#[test]
fn a_promise_of_a_billion_shards_costs_nothing() {
    let g = grouped(&["m-000000007-of-999999999.gguf"]);
    assert_eq!(g.sets[0].missing_count(), 999_999_998);
    assert_eq!(g.sets[0].missing_names().len(), MISSING_NAMES_CAP);
}

#[test]
fn two_spellings_of_one_number_are_duplicates() {
    let g = grouped(&[
        "model-00001-of-00002.bin",
        "model-1-of-2.bin",
        "model-00002-of-00002.pt",
    ]);
    let [set] = &g.sets[..] else { panic!("{g:?}") };
    let [pair] = &set.duplicates()[..] else {
        panic!("{set:?}")
    };
    assert_eq!(pair.len(), 2);
    assert!(set.missing_names().is_empty());
}

#[test]
fn counting_from_zero_is_accepted_up_to_the_count() {
    let to_count = grouped(&[
        "m-00000-of-00002.safetensors",
        "m-00001-of-00002.safetensors",
    ]);
    assert!(to_count.sets[0].missing_names().is_empty());
    let with_count = grouped(&[
        "m-00000-of-00002.safetensors",
        "m-00001-of-00002.safetensors",
        "m-00002-of-00002.safetensors",
    ]);
    assert!(with_count.sets[0].missing_names().is_empty());
    assert!(with_count.sets[0].outside().is_empty());
}

#[test]
fn a_number_beyond_the_count_lies_outside() {
    let g = grouped(&["m-00001-of-00001.gguf", "m-00005-of-00001.gguf"]);
    let outside: Vec<_> = g.sets[0].outside().iter().map(|s| s.file_name()).collect();
    assert_eq!(outside, ["m-00005-of-00001.gguf"]);
    assert!(g.sets[0].missing_names().is_empty());
}

#[test]
fn tensorflow_counts_from_zero() {
    let g = grouped(&[
        "model.ckpt-1.data-00001-of-00002",
        "model.ckpt-1.index",
        "model.ckpt-1.meta",
    ]);
    assert_eq!(
        g.sets[0].missing_names(),
        ["model.ckpt-1.data-00000-of-00002"]
    );
    assert!(g.sets[0].index.is_some());
    assert_eq!(
        single_paths(&g),
        ["model.ckpt-1.index", "model.ckpt-1.meta"]
    );
}

#[test]
fn a_lone_file_without_a_count_is_no_set_but_a_set_of_one_is() {
    for lone in [
        "model_weights_1.h5",
        "tensor00000_000",
        "mp_rank_00_model_states.pt",
        "__0_0.distcp",
        ".metadata",
        "x.index",
    ] {
        let g = grouped(&[lone]);
        assert!(g.sets.is_empty(), "{lone}");
        assert_eq!(single_paths(&g), [lone]);
    }
    assert_eq!(grouped(&["x-00001-of-00001.safetensors"]).sets.len(), 1);
    assert_eq!(grouped(&["__0_0.distcp", ".metadata"]).sets.len(), 1);
}

#[test]
fn epochs_are_not_missing_shards() {
    let epochs = grouped(&["model_weights_10.h5", "model_weights_20.h5"]);
    assert!(epochs.sets[0].missing_names().is_empty());
    let sparse = grouped(&["weights_1.h5", "weights_50.h5"]);
    assert!(sparse.sets[0].missing_names().is_empty());
    let hole = grouped(&["weights_1.h5", "weights_2.h5", "weights_4.h5"]);
    assert_eq!(hole.sets[0].missing_names(), ["weights_3.h5"]);
}

#[test]
fn sets_without_a_stem_are_called_after_their_directory() {
    let g = grouped(&["step-100/__0_0.distcp", "step-100/__1_0.distcp"]);
    assert_eq!(g.sets[0].name, "step-100");
    assert_eq!(
        grouped(&["__0_0.distcp", "__1_0.distcp"]).sets[0].name,
        "pytorch-dcp"
    );
}

#[test]
fn an_index_alone_is_a_set_and_adopts_the_files_it_names() {
    let mut g = grouped(&[
        "m/model.safetensors.index.json",
        "m/weights.safetensors",
        "m/c.json",
    ]);
    assert!(g.sets[0].shards.is_empty());
    let index = Index {
        total_size: None,
        entries: vec![
            ("a".into(), "weights.safetensors".into()),
            ("b".into(), "model.safetensors.index.json".into()),
        ],
        ..Index::default()
    };
    g.adopt(0, &index);
    assert_eq!(g.sets[0].shards.len(), 1);
    assert_eq!(
        single_paths(&g),
        ["m/model.safetensors.index.json", "m/c.json"]
    );
}

#[test]
fn a_leading_dot_makes_no_second_set() {
    let at = |file: &str| Found {
        source: None,
        unread: false,
        path: file.to_owned(),
        file: PathBuf::from(file),
        len: 1,
    };
    let named = at("x-00001-of-00002.gguf");
    let listed = [at("./x-00001-of-00002.gguf"), at("./x-00002-of-00002.gguf")];
    let g = group(&[[named].as_slice(), &listed].concat());
    assert_eq!((g.sets.len(), g.sets[0].shards.len()), (1, 2));
    assert_eq!(g.sets[0].shards[0].found.path, "x-00001-of-00002.gguf");
}
