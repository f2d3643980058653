//! Rules about models that are split over several files: what the names, the
//! index and the shards themselves say about each other.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &MISSING,
    &EXTRA,
    &DUPLICATE,
    &INDEX_MISSING,
    &UNKNOWN_TENSOR,
    &UNLISTED_TENSOR,
    &REPEATED_TENSOR,
    &SIZE_MISMATCH,
    &TENSOR_COUNT,
];

/// A shard that the names or the index promise is not there.
pub static MISSING: Rule = Rule {
    id: "shard-missing",
    severity: Severity::Medium,
    title: "a shard of the set is not there",
    why: "What will be loaded is not what was scanned. The missing file may come from another \
          place later, from a cache or a download, and nobody has looked at it.",
    remedy: "Fetch the complete set from its publisher and scan it again before loading it.",
    references: &["CWE-345"],
};

/// A file that is named like a shard and that nothing accounts for.
pub static EXTRA: Rule = Rule {
    id: "shard-extra",
    severity: Severity::Low,
    title: "a file is named like a shard but does not belong to the set",
    why: "A loader that goes by the index ignores this file; one that takes every file in the \
          directory loads it. The same directory then is two different models.",
    remedy: "Remove the file if it is a leftover. If it belongs to the model, ask the publisher \
             for an index that names it.",
    references: &["CWE-436"],
};

/// Two files claim the same place in the set.
pub static DUPLICATE: Rule = Rule {
    id: "shard-duplicate",
    severity: Severity::Medium,
    title: "two files claim the same place in the set",
    why: "Which of the two is loaded depends on the loader, so a reviewer and a user may see \
          different weights under one name.",
    remedy: "Keep the file that the publisher lists and remove the other.",
    references: &["CWE-436"],
};

/// The set has no index.
pub static INDEX_MISSING: Rule = Rule {
    id: "shard-index-missing",
    severity: Severity::Info,
    title: "the set has no index",
    why: "Without the index nothing says which tensors and which shards belong to the model, so \
          the set could be checked only by its names.",
    remedy: "Fetch the index from the publisher together with the shards.",
    references: &["CWE-345"],
};

/// The index promises a tensor that its shard does not have.
pub static UNKNOWN_TENSOR: Rule = Rule {
    id: "shard-index-unknown-tensor",
    severity: Severity::Low,
    title: "the index names a tensor that its shard does not have",
    why: "A loader fails here, or leaves this part of the model at random values. Index and \
          shards were not written together.",
    remedy: "Fetch index and shards of the same revision.",
    references: &["CWE-345"],
};

/// A shard holds a tensor that the index does not mention.
pub static UNLISTED_TENSOR: Rule = Rule {
    id: "shard-unlisted-tensor",
    severity: Severity::Low,
    title: "a shard holds a tensor that the index does not name",
    why: "Loaders that go by the index never read it, so it is a place to carry data that no \
          user of the model sees. Index and shards were not written together.",
    remedy: "Fetch index and shards of the same revision, or ask the publisher what the tensor is.",
    references: &["CWE-345"],
};

/// One tensor name in two shards.
pub static REPEATED_TENSOR: Rule = Rule {
    id: "shard-repeated-tensor",
    severity: Severity::Medium,
    title: "a tensor is in two shards",
    why: "Which of the two counts depends on the order in which a loader reads the shards, so the \
          same files are two different models.",
    remedy: "Ask the publisher for a set in which each tensor is stored once.",
    references: &["CWE-436"],
};

/// The index promises another amount of data than the shards hold.
pub static SIZE_MISMATCH: Rule = Rule {
    id: "shard-size-mismatch",
    severity: Severity::Low,
    title: "the index promises another size than the shards have",
    why: "Index and shards were not written together. Tensors that share their data explain a \
          small difference; a large one means that a shard was replaced.",
    remedy: "Compare the shards with the publisher's checksums.",
    references: &["CWE-345"],
};

/// Shards that have more or fewer tensors than they say.
pub static TENSOR_COUNT: Rule = Rule {
    id: "shard-tensor-count",
    severity: Severity::Medium,
    title: "the shards do not have as many tensors as they say",
    why: "Each shard says how many tensors the whole model has. Where the number is another one, \
          or the shards do not agree on it, a shard was changed or comes from another model.",
    remedy: "Fetch all shards from one publisher and compare them with its checksums.",
    references: &["CWE-345"],
};
