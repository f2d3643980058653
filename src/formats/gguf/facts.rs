//! What the metadata says about the file itself.

use super::super::tally::Tally;
use super::metadata::shown;
use crate::report::Severity;
use crate::rules::gguf as rules;

/// The alignment where none is given.
const DEFAULT_ALIGNMENT_BYTES: u64 = 32;

/// An alignment above this is given by no writer.
const ALIGNMENT_CAP_BYTES: u64 = 1 << 20;

/// Layers above this are in no model; llama.cpp refuses more than 512.
const LAYERS_CAP: u64 = 4096;

/// The kind that the alignment has to have.
const ALIGNMENT_KIND: u32 = 4;

/// The lists of the vocabulary that are looked up by the number of a token.
const LISTS: [&str; 3] = [
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.token_type",
];

/// What is remembered of the metadata.
#[derive(Default)]
pub(super) struct Facts {
    /// The alignment: where it stands, its kind, and the number it is.
    pub(super) alignment: Option<(u64, u32, Option<u64>)>,
    /// Which part of a split model this is, counted from 0, and where it says
    /// so.
    pub(super) split_no: Option<(u64, u64)>,
    /// How many parts there are.
    pub(super) split_count: Option<u64>,
    /// How many tensors they have.
    pub(super) split_tensors: Option<u64>,
    /// Numbers of layers: key, offset, number.
    layers: Option<(String, u64, u64)>,
    /// Offset and length of each of [`LISTS`].
    lists: [Option<(u64, u64)>; 3],
}

impl Facts {
    /// Take a whole number; `whole` is `None` where it is negative.
    pub(super) fn number(&mut self, key: &str, at: u64, kind: u32, whole: Option<u64>) {
        match key {
            "general.alignment" => self.alignment = Some((at, kind, whole)),
            "split.no" => self.split_no = whole.map(|number| (at, number)),
            "split.count" => self.split_count = whole,
            "split.tensors.count" => self.split_tensors = whole,
            key if key.ends_with(".block_count") => {
                let number = whole.unwrap_or(u64::MAX);
                if number > LAYERS_CAP {
                    self.layers = Some((key.to_owned(), at, number));
                }
            }
            _ => {}
        }
    }

    /// Take the length of an array.
    pub(super) fn array(&mut self, key: &str, at: u64, count: u64) {
        for (list, slot) in LISTS.iter().zip(&mut self.lists) {
            if *list == key {
                *slot = Some((at, count));
            }
        }
    }

    /// What offsets are multiples of, made usable where it is not.
    pub(super) fn alignment(&self) -> u64 {
        self.alignment
            .and_then(|(_, _, number)| number)
            .filter(|&number| number > 0)
            .unwrap_or(DEFAULT_ALIGNMENT_BYTES)
    }

    /// Judge the numbers.
    pub(super) fn judge(&self, tally: &mut Tally) {
        self.judge_alignment(tally);
        self.judge_vocabulary(tally);
        if let Some((key, at, number)) = &self.layers {
            let text = shown(key);
            let message = format!("`{text}` is {number}; llama.cpp has room for 512 layers");
            let draft = rules::INVALID_HEADER.at(*at).message(message);
            tally.add(draft.within(text));
        }
    }

    fn judge_alignment(&self, tally: &mut Tally) {
        let Some((at, kind, number)) = self.alignment else {
            return;
        };
        let (severity, what) = match number {
            None => (Severity::Medium, "is no whole number".to_owned()),
            Some(0) => (Severity::High, "is 0, by which loaders divide".to_owned()),
            Some(n) if !n.is_power_of_two() => {
                (Severity::Medium, format!("is {n}, no power of two"))
            }
            Some(n) if n > ALIGNMENT_CAP_BYTES => (Severity::Medium, format!("is {n} bytes")),
            // Some writers took another kind of number before it was settled.
            Some(n) if kind != ALIGNMENT_KIND => {
                let what =
                    format!("is {n} as a number of the kind {kind}, which llama.cpp refuses");
                (Severity::Low, what)
            }
            Some(_) => return,
        };
        let draft = rules::INVALID_ALIGNMENT.at(at).severity(severity);
        let message = format!("the alignment {what}");
        tally.add(draft.message(message).within("general.alignment"));
    }

    fn judge_vocabulary(&self, tally: &mut Tally) {
        let [Some((_, tokens)), others @ ..] = &self.lists else {
            return;
        };
        for (list, other) in LISTS.iter().skip(1).zip(others) {
            if let Some((at, count)) = other
                && count != tokens
            {
                let message = format!("`{list}` has {count} elements for {tokens} tokens");
                let severity = match count < tokens {
                    true => Severity::Medium,
                    false => Severity::Low,
                };
                let draft = rules::VOCABULARY_MISMATCH.at(*at).severity(severity);
                tally.add(draft.message(message).within(*list));
            }
        }
    }
}
