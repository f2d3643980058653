//! A Keras configuration as a tree: each object that has a `class_name` is a
//! *node*, whatever stands around it, and is judged when it ends.
//!
//! The events may come from JSON or YAML, and from a file of its own or from an
//! attribute of another one: see [`Tree::see`]. Repeated keys are all kept, as
//! loaders do not agree on which one counts. Texts that are base64 of code, of
//! a zip or of a pickle become members, wherever they stand.

use super::nodes;
use crate::formats::manifest::trail::{Step, Trail, shown};
use crate::formats::tally::Tally;
use crate::formats::{Body, Context, Member};
use crate::report::Span;
use crate::wire::json::{Event, Text, Token};
use crate::wire::{Fault, base64};

/// Characters of a text that are kept; longer names are no names.
const TEXT_CAP_CHARS: usize = 1024;

/// Texts of one object that are kept; a node has a handful.
const TEXTS_CAP: usize = 64;

/// Shortest base64 that is looked at, in bytes: less is no code and no pickle.
const BASE64_LEAST_BYTES: usize = 24;

/// Keys whose texts a judgement needs.
const KEYS: &[&str] = &[
    "class_name",
    "config",
    "filepath",
    "fname",
    "function",
    "handle",
    "idf_weights",
    "module",
    "origin",
    "registered_name",
    "spec_name",
    "vocabulary",
];

/// A text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) key: &'static str,
    pub(super) value: String,
    pub(super) span: Span,
}

/// The texts of an object and of the object that is its `config`.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) own: Vec<Kept>,
    pub(super) config: Vec<Kept>,
    /// The keys that lead to it, as people write them.
    pub(super) path: String,
}

impl Node {
    /// All values of one of its own keys.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &Kept> {
        self.own.iter().filter(move |kept| kept.key == key)
    }
}

/// An object that is open.
#[derive(Debug, Default)]
struct Frame {
    /// The key that it stands under, and its own key at hand.
    under: String,
    key: String,
    node: Node,
}

/// The tree, event by event.
#[derive(Default)]
pub(in crate::formats) struct Tree {
    frames: Vec<Frame>,
    trail: Trail,
    tally: Tally,
    members: Vec<Member>,
    /// Where everything is said to stand, where that is not what events say.
    whole: Option<Span>,
    has_class: bool,
    has_config: bool,
}

impl Tree {
    /// The tree where events have no places of their own: all of it stands in
    /// `span` of the artifact.
    pub(in crate::formats) fn within(self, span: Span) -> Self {
        Tree {
            whole: Some(span),
            ..self
        }
    }

    /// The tree where only parts of it are configurations.
    pub(super) fn of_parts(self) -> Self {
        Tree {
            has_class: true,
            has_config: true,
            ..self
        }
    }

    /// Take the next event.
    pub(in crate::formats) fn see(&mut self, event: &Event<'_>) {
        self.trail.see(event);
        match event.token {
            Token::Key(key) => self.key(key, event.depth),
            Token::ObjectStart => {
                let under = self.frames.last().map(|frame| frame.key.clone());
                let path = shown(self.trail.steps());
                self.frames.push(Frame {
                    under: under.unwrap_or_default(),
                    node: Node {
                        path: path.chars().take(TEXT_CAP_CHARS).collect(),
                        ..Node::default()
                    },
                    ..Frame::default()
                });
            }
            Token::ObjectEnd => self.end(),
            Token::String(text) => self.text(text, &event.span),
            _ => {}
        }
    }

    /// Report what was found, if the tree is one of Keras; whether it is.
    pub(in crate::formats) fn finish(self, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let is_keras = self.has_class && self.has_config;
        if is_keras {
            self.tally.report(cx);
            for member in self.members {
                cx.member(member)?;
            }
        }
        Ok(is_keras)
    }

    fn key(&mut self, key: Text<'_>, depth: usize) {
        self.has_class |= depth == 1 && key.value == "class_name";
        self.has_config |= depth == 1 && key.value == "config";
        if let Some(frame) = self.frames.last_mut() {
            frame.key = key.value.chars().take(TEXT_CAP_CHARS).collect();
        }
    }

    fn text(&mut self, text: Text<'_>, span: &Span) {
        let span = self.whole.clone().unwrap_or(span.clone());
        self.encoded(text.value);
        let in_list = matches!(self.trail.steps().last(), Some(Step::Index(_)));
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        // Keras 2 keeps a function as a list; words of a vocabulary are no paths.
        let wanted = |key: &&&str| **key == frame.key && (!in_list || **key == "function");
        let key = KEYS.iter().find(wanted);
        if let Some(key) = key.filter(|_| frame.node.own.len() < TEXTS_CAP) {
            frame.node.own.push(Kept {
                key,
                value: text.value.chars().take(TEXT_CAP_CHARS).collect(),
                span,
            });
        }
    }

    fn end(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        nodes::judge(&frame.node, &mut self.tally);
        if let Some(parent) = self.frames.last_mut()
            && frame.under == "config"
        {
            let room = TEXTS_CAP.saturating_sub(parent.node.config.len());
            parent
                .node
                .config
                .extend(frame.node.own.into_iter().take(room));
        }
    }

    /// Make a member of a text that is base64 of something that runs.
    fn encoded(&mut self, text: &str) {
        if text.len() < BASE64_LEAST_BYTES || !is_promising(text.trim_start().as_bytes()) {
            return;
        }
        let bytes = base64::decode(text.as_bytes()).unwrap_or_default();
        let runs = match bytes.as_slice() {
            [b'c' | 0xe3, ..] => matches!(bytes.get(4), Some(0)),
            [0x80, 2..=5, ..] | [b'P', b'K', 3, 4, ..] => true,
            _ => false,
        };
        if runs {
            let name = shown(self.trail.steps());
            self.members.push(Member::new(name, Body::Decoded(bytes)));
        }
    }
}

/// Whether base64 begins as that of a code object, a pickle or a zip does.
fn is_promising(text: &[u8]) -> bool {
    matches!(
        text,
        [b'Y', ..] | [b'4', b'w', ..] | [b'g', b'A', ..] | [b'U', b'E', ..]
    )
}
