//! What all judgements about one model share.

use std::collections::BTreeMap;

use super::operators::Operators;
use crate::detect::code;
use crate::formats::tally::Tally;
use crate::formats::{Artifact, Context, addresses};
use crate::report::{Companion, Severity, Span, Why, escape_text};
use crate::rules::onnx as rules;
use crate::rules::{Draft, Rule};

/// Characters of a name that are shown.
const SHOWN_CHARS: usize = 120;

/// Files that tensors are said to lie in, of which each is looked for.
const FILES_CAP: usize = 20_000;

/// One model under judgement.
pub(super) struct Judge<'a, 'c> {
    /// The model.
    pub(super) artifact: &'a Artifact,
    /// Where findings go in the end, and the budget.
    pub(super) cx: &'a mut Context<'c>,
    /// The operators that it uses and defines.
    pub(super) operators: Operators,
    tally: Tally,
    /// Files that tensors are said to lie in, by name.
    files: BTreeMap<String, Companion>,
    /// Whether there are more of them.
    has_more_files: bool,
}

impl<'a, 'c> Judge<'a, 'c> {
    pub(super) fn new(artifact: &'a Artifact, cx: &'a mut Context<'c>) -> Self {
        Judge {
            artifact,
            cx,
            operators: Operators::default(),
            tally: Tally::default(),
            files: BTreeMap::new(),
            has_more_files: false,
        }
    }

    /// Count a finding.
    pub(super) fn add(&mut self, draft: Draft) {
        self.tally.add(draft);
    }

    /// A finding about something that has a name.
    pub(super) fn say(&mut self, rule: &'static Rule, at: &Span, within: &str, message: String) {
        self.add(rule.at(at.clone()).message(message).within(within));
    }

    /// Note that `file` must have `bytes` bytes for what is called `owner`.
    pub(super) fn file(&mut self, file: &str, bytes: u64, owner: &str, at: &Span) {
        if let Some(known) = self.files.get_mut(file) {
            if bytes > known.bytes {
                known.bytes = bytes;
                owner.clone_into(&mut known.owner);
                known.at = at.clone();
            }
        } else if self.files.len() < FILES_CAP {
            let companion = Companion {
                name: file.to_owned(),
                bytes,
                owner: owner.to_owned(),
                at: at.clone(),
            };
            self.files.insert(file.to_owned(), companion);
        } else {
            self.has_more_files = true;
        }
    }

    /// Report a text that runs once a loader evaluates it, and the addresses
    /// in it.
    pub(super) fn text(&mut self, owner: &str, key: &str, text: &str, at: &Span, cap: Severity) {
        addresses::judge((owner, key), text, at, &mut self.tally, self.cx);
        let called = key.ends_with("_target_").then(|| code::target(text));
        let Some(found) = called.flatten().or_else(|| code::code_like(text)) else {
            return;
        };
        let message = format!("{owner} holds {}", found.what);
        let draft = rules::CODE_IN_METADATA
            .at(at.clone())
            .severity(found.severity.min(cap))
            .message(message)
            .evidence(found.excerpt);
        self.add(draft.within(key));
    }

    /// Report a name that is made to be misread.
    pub(super) fn name(&mut self, what: &str, name: &str, at: &Span) {
        // Printable ASCII hides nothing, and most names are that.
        let is_plain = |b: u8| b.is_ascii_graphic() && b != b'\\';
        if !name.bytes().all(is_plain) && escape_text(name) != name {
            let message = format!("{what} `{}` holds hidden characters", shown(name));
            self.say(&rules::HIDDEN_CHARACTERS, at, name, message);
        }
    }

    /// Report everything that was counted.
    pub(super) fn finish(mut self) {
        let operators = std::mem::take(&mut self.operators);
        operators.judge(&mut self);
        for companion in std::mem::take(&mut self.files).into_values() {
            self.cx.companion(companion);
        }
        if self.has_more_files {
            let detail = format!(
                "the tensors are said to lie in more than {FILES_CAP} files; others are not looked for"
            );
            let whole = 0..self.artifact.source.len();
            self.cx.gap(whole, Why::Limit, detail);
        }
        self.tally.report(self.cx);
    }
}

/// A name as it is shown.
pub(super) fn shown(name: &str) -> String {
    let short: String = name.chars().take(SHOWN_CHARS).collect();
    escape_text(&short)
}
