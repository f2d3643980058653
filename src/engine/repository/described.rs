//! What a manifest says, against the files beside it.

use std::path::Path;

use super::weights::Weights;
use crate::engine::discover::{Beside, look_beside};
use crate::engine::run::Ended;
use crate::engine::shards::{CrossFinding, examples, plural, shown};
use crate::report::{Description, Embedding, Location, Place, Tensor};
use crate::rules::repository as rules;

/// How the table of words is called, at the end of a tensor's name.
const WORDS: [&str; 7] = [
    "embed_in.weight",
    "embed_tokens.weight",
    "tok_embeddings.weight",
    "word_embeddings.weight",
    "wte.weight",
    "backbone.embedding.weight",
    "backbone.embeddings.weight",
];

/// The stem of the weights that a configuration is about.
const MODEL: &str = "model";

/// A number may take this many bytes at most, with room for padding.
const WIDEST_BYTES: u128 = 16;

/// This many numbers may share a byte at most, with room for padding.
const NUMBERS_PER_BYTE: u128 = 8;

/// A finding where the table of words cannot have the size that the
/// configuration says.
pub(super) fn sizes(
    job: &Ended,
    description: &Description,
    weights: &[Weights<'_>],
) -> Option<CrossFinding> {
    let said = description.embedding?;
    let what = weights
        .iter()
        .find_map(|weights| contradiction(said, weights))?;
    let (words, width) = (said.words, said.widest);
    let message = format!("the configuration says {words} words of {width} numbers, {what}");
    let draft = rules::CONFIG_MISMATCH.at(Place::whole()).message(message);
    Some((Location::file(job.found.path.as_str()), draft))
}

/// What in the weights is not as the configuration says.
fn contradiction(said: Embedding, weights: &Weights<'_>) -> Option<String> {
    let tensors = weights.tensors()?;
    let is_table = |tensor: &&&Tensor| WORDS.iter().any(|end| tensor.name.ends_with(end));
    let tables: Vec<(&str, u64)> = tensors
        .iter()
        .filter(is_table)
        .filter_map(|tensor| Some((tensor.name.as_str(), tensor.bytes?)))
        .collect();
    let file = weights.path().rsplit(['/', '\\']).next()?;
    let Some((name, bytes)) = tables.first() else {
        let sum = tensors
            .iter()
            .try_fold(0u64, |sum, t| sum.checked_add(t.bytes?))?;
        let is_short = weights.stem == MODEL && u128::from(sum) < least(said);
        return is_short.then(|| {
            let all = tensors.len();
            format!(
                "and all {all} tensors of `{}` have {sum} bytes",
                shown(file)
            )
        });
    };
    let fits = |&(_, bytes): &(&str, u64)| (least(said)..=most(said)).contains(&bytes.into());
    let (name, file) = (shown(name), shown(file));
    (!tables.iter().any(fits)).then(|| format!("and `{name}` in `{file}` has {bytes} bytes"))
}

/// Bytes of the smallest table of this size.
fn least(said: Embedding) -> u128 {
    u128::from(said.words) * u128::from(said.narrowest) / NUMBERS_PER_BYTE
}

/// Bytes of the largest table of this size.
fn most(said: Embedding) -> u128 {
    let numbers = u128::from(said.words) * u128::from(said.widest);
    numbers.saturating_mul(WIDEST_BYTES)
}

/// A finding where modules that a manifest imports are not beside it.
pub(super) fn modules(job: &Ended, description: &Description) -> Option<CrossFinding> {
    let is_missing = |file: &str| look_beside(&job.found.file, Path::new(file)) == Beside::Missing;
    let missing: Vec<_> = description
        .modules
        .iter()
        .filter(|module| is_missing(&module.file))
        .collect();
    let first = missing.first()?;
    let total = missing.len() as u64;
    let message = format!(
        "{total} {} that the manifest imports {} not there: {}",
        plural(total, "module"),
        if total == 1 { "is" } else { "are" },
        examples(missing.iter().map(|module| module.file.as_str()), total)
    );
    let draft = rules::MODULE_MISSING.at(first.at.clone()).message(message);
    Some((Location::file(job.found.path.as_str()), draft))
}
