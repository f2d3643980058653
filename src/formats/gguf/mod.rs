//! GGUF: the model files of llama.cpp and of everything built on it.
//!
//! A header of keys and values says what the model is, how its text is cut
//! into tokens and which template turns a conversation into text; then come
//! the descriptions of the tensors and their bytes. Nothing is executed but
//! the template, and that by whatever renders it. The rest is numbers, and
//! they are the other attack: loaders are written in C and multiplied, added
//! and allocated what they were told. Every count, length, dimension, type
//! and offset is checked here against the file and against what llama.cpp's
//! loader refuses.
//!
//! Versions 1 to 3 are read in both byte orders. The reader never holds more
//! than one value: lists of tokens are walked over.
//!
//! Links in the metadata are judged with their keys.
//!
//! Not checked here: tokens and merges, which quote code of all kinds and are
//! no text that anybody evaluates; and the numbers in the tensors. Their bytes
//! are swept like all others.

mod arrays;
mod facts;
mod header;
mod layout;
mod metadata;
mod split;
mod strings;
mod tensors;

#[cfg(test)]
mod tests;

use facts::Facts;
use header::Walk;

use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::rules::gguf as rules;
use crate::wire::Fault;
use crate::wire::gguf::{MAGIC, version};

/// GGUF.
pub struct Gguf;

static SPEC: FormatSpec = FormatSpec {
    id: "gguf",
    title: "GGUF",
    suffixes: &[".gguf"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/ggml-org/ggml/blob/master/docs/gguf.md",
        "CVE-2024-34359",
    ],
    limitations: &[
        "Tokens and merges of the vocabulary are not judged as code, only swept.",
        "The values of the tensors are not judged, only swept.",
    ],
};

impl Format for Gguf {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        let begins = probe
            .head()
            .strip_prefix(&MAGIC)
            .and_then(|rest| rest.first_chunk::<4>().copied());
        match begins {
            Some(numbers) if version(numbers).is_some() => Claim::Magic,
            Some(_) if named => Claim::Magic,
            _ if named => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = examine(artifact, cx, &mut tally);
        if let Err(Fault::Malformed { at, what }) = &ended
            && !tally.met(&rules::IMPOSSIBLE_LENGTH)
        {
            let place = *at..artifact.source.len().max(*at);
            tally.add(rules::INVALID_HEADER.at(place).message(what));
        }
        tally.report(cx);
        ended
    }
}

fn examine(artifact: &Artifact, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    let mut walk = Walk::open(source, cx, tally)?;
    let (tensors, keys) = walk.counts()?;
    let mut facts = Facts::default();
    metadata::read(&mut walk, keys, &mut facts)?;
    facts.judge(walk.tally);
    split::judge(&facts, &artifact.name, walk.tally);
    let entries = tensors::read(&mut walk, tensors)?;
    let behind = walk.reader.position();
    cx.accounts();
    for span in layout::check(&entries, behind, facts.alignment(), source, tally)? {
        cx.slack(span);
    }
    if let Some(total) = facts.split_tensors {
        cx.tensor_total(total);
    }
    for entry in entries {
        cx.tick()?;
        let bytes = entry.bytes();
        cx.tensor(entry.name, bytes);
    }
    Ok(())
}
