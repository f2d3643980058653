//! What a manifest says about the files beside it: how large the model's table
//! of words is, and which Python files are imported. The engine compares both
//! with what is there.

use std::collections::BTreeMap;

use super::Step;
use crate::formats::Context;
use crate::report::{Embedding, Module, Span, Why};

/// Distinct modules of one manifest that are looked for.
const MODULES_CAP: usize = 1_000;

/// The file whose sizes are those of the model beside it.
const CONFIGURATION: &str = "config.json";

/// Keys of the width of a model.
const WIDTHS: &[&str] = &["hidden_size", "n_embd", "d_model"];

/// Keys of the width of its words, where they have another one.
const WORD_WIDTHS: &[&str] = &["embedding_size", "word_embed_proj_dim", "emb_dim"];

/// Sizes of one model.
#[derive(Default)]
struct Sizes {
    words: Option<u64>,
    width: Option<u64>,
    word_width: Option<u64>,
}

impl Sizes {
    fn see(&mut self, key: &str, number: u64) {
        let size = match key {
            "vocab_size" => &mut self.words,
            key if WIDTHS.contains(&key) => &mut self.width,
            key if WORD_WIDTHS.contains(&key) => &mut self.word_width,
            _ => return,
        };
        *size = Some(number);
    }

    fn embedding(&self) -> Option<Embedding> {
        let (words, width) = (self.words?, self.width?);
        let word_width = self.word_width.unwrap_or(width);
        let narrowest = width.min(word_width);
        (words > 0 && narrowest > 0).then(|| Embedding {
            words,
            narrowest,
            widest: width.max(word_width),
        })
    }
}

/// What was read of one manifest so far.
#[derive(Default)]
pub(super) struct Described {
    is_configuration: bool,
    whole: Sizes,
    /// Those of the language model within a model for text and pictures.
    text: Sizes,
    modules: BTreeMap<String, Span>,
    is_full: bool,
}

impl Described {
    /// Of the manifest with this file name, in lower case.
    pub(super) fn new(file: &str) -> Self {
        Described {
            is_configuration: file == CONFIGURATION,
            ..Described::default()
        }
    }

    /// A number, with the steps that lead to it.
    pub(super) fn number(&mut self, steps: &[Step], number: u64) {
        match steps {
            [Step::Key(key)] => self.whole.see(key, number),
            [Step::Key(within), Step::Key(key)] if within == "text_config" => {
                self.text.see(key, number);
            }
            _ => {}
        }
    }

    /// A class in a module of the directory, or for `_class_name` the module.
    pub(super) fn module(&mut self, field: &str, text: &str, at: Span) {
        let module = match field {
            "_class_name" => text,
            "custom_generate" => return,
            _ => match text.rsplit_once('.') {
                Some((module, _)) => module,
                None => return,
            },
        };
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !module.split('.').all(is_name) {
            return;
        }
        let file = format!("{}.py", module.replace('.', "/"));
        match self.modules.len() < MODULES_CAP {
            true => {
                self.modules.entry(file).or_insert(at);
            }
            false => self.is_full |= !self.modules.contains_key(&file),
        }
    }

    /// Hand it to the engine.
    pub(super) fn finish(self, cx: &mut Context<'_>) {
        if self.is_full {
            let detail = format!("more than {MODULES_CAP} modules; later ones are not looked for");
            cx.gap(crate::report::Place::whole(), Why::Limit, detail);
        }
        let embedding = self.text.embedding().or_else(|| self.whole.embedding());
        if let Some(embedding) = embedding.filter(|_| self.is_configuration) {
            cx.embedding(embedding);
        }
        for (file, at) in self.modules {
            cx.module(Module { file, at });
        }
    }
}
