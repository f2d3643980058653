//! The manifest of the weights: groups of files, and the weights in each.

use crate::detect::paths::{self, Escape};
use crate::formats::Context;
use crate::formats::manifest::trail::{Step, Trail};
use crate::formats::tally::Tally;
use crate::report::{Promise, Severity, Span, escape_text};
use crate::rules::tensorflow as rules;
use crate::wire::json::{Event, Token};

/// Files of one group that are kept.
const PATHS_CAP: usize = 1 << 16;

/// Characters of a name that are shown.
const SHOWN_CAP_CHARS: usize = 100;

/// A weight, as far as it was read.
#[derive(Debug, Default)]
struct Weight {
    name: String,
    dtype: String,
    /// The type that it is stored in, where that is another.
    stored: Option<String>,
    /// Number of elements; `None` where it overflows.
    elements: Option<u64>,
    at: u64,
}

/// A group of files.
#[derive(Debug, Default)]
struct Group {
    paths: Vec<String>,
    /// Bytes of its weights; `None` where one has a type whose length is not
    /// known.
    bytes: Option<u64>,
    /// Whether a path leads elsewhere.
    is_outside: bool,
}

/// The manifest, event by event.
pub(super) struct Manifest {
    /// Levels around it.
    base: usize,
    trail: Trail,
    group: Group,
    weight: Weight,
    tally: Tally,
    promises: Vec<Promise>,
}

impl Manifest {
    /// A manifest whose list stands in so many objects.
    pub(super) fn new(base: usize) -> Self {
        Manifest {
            base,
            trail: Trail::default(),
            group: Group::default(),
            weight: Weight::default(),
            tally: Tally::default(),
            promises: Vec::new(),
        }
    }

    /// Take the next event of the list.
    pub(super) fn see(&mut self, event: &Event<'_>) {
        let depth = event.depth.saturating_sub(self.base);
        let event = Event {
            depth,
            ..event.clone()
        };
        self.trail.see(&event);
        match (depth, &event.token) {
            (1, Token::ObjectStart) => {
                self.group = Group {
                    bytes: Some(0),
                    ..Group::default()
                };
            }
            (1, Token::ObjectEnd) => self.end_group(),
            (3, Token::ObjectStart) => {
                self.weight = Weight {
                    elements: Some(1),
                    at: event.span.start,
                    ..Weight::default()
                };
            }
            (3, Token::ObjectEnd) => self.end_weight(),
            (_, Token::String(text)) => self.text(text.value, &event.span),
            (_, Token::Number(number)) => {
                let size = number.as_u64();
                if self.ends_with("shape") {
                    let product = self.weight.elements.zip(size);
                    self.weight.elements = product.and_then(|(a, b)| a.checked_mul(b));
                }
            }
            _ => {}
        }
    }

    /// Whether the value at hand is an element of the list under this key.
    fn ends_with(&self, key: &str) -> bool {
        matches!(self.trail.steps(), [.., Step::Key(own), Step::Index(_)] if own == key)
    }

    fn text(&mut self, text: &str, span: &Span) {
        match self.trail.steps() {
            [Step::Index(_), Step::Key(key), Step::Index(_)] if key == "paths" => {
                self.path(text, span);
            }
            [.., Step::Key(around), Step::Key(key)]
                if around == "quantization" && key == "dtype" =>
            {
                self.weight.stored = Some(text.to_owned());
            }
            [_, _, Step::Index(_), Step::Key(key)] if key == "name" => {
                self.weight.name = escape_text(text).chars().take(SHOWN_CAP_CHARS).collect();
            }
            [_, _, Step::Index(_), Step::Key(key)] if key == "dtype" => {
                text.clone_into(&mut self.weight.dtype);
            }
            _ => {}
        }
    }

    fn path(&mut self, path: &str, span: &Span) {
        if self.group.paths.len() < PATHS_CAP {
            self.group.paths.push(path.to_owned());
        }
        let escape = match paths::escape(path) {
            None | Some(Escape::Backslash) => return,
            Some(escape) => escape,
        };
        self.group.is_outside = true;
        let shown: String = escape_text(path).chars().take(200).collect();
        let message = format!("the file `{shown}` with weights {}", escape.describe());
        let draft = rules::OUTSIDE_PATH
            .at(span.clone())
            .severity(Severity::Medium);
        self.tally.add(draft.message(message).evidence(shown));
    }

    fn end_weight(&mut self) {
        let weight = std::mem::take(&mut self.weight);
        let dtype = weight.stored.as_deref().unwrap_or(&weight.dtype);
        let size = element_bytes(dtype);
        let bytes = weight
            .elements
            .and_then(|n| n.checked_mul(size.unwrap_or(1)));
        if bytes.is_none() {
            let message = format!(
                "the shape of `{}` has more elements than 64 bits can count",
                weight.name
            );
            let draft = rules::SHAPE_OVERFLOW.at(weight.at).message(message);
            self.tally.add(draft.within(weight.name));
        }
        let total = self.group.bytes.zip(bytes.filter(|_| size.is_some()));
        self.group.bytes = total.and_then(|(a, b)| a.checked_add(b));
    }

    fn end_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        if let (Some(bytes), false, false) = (group.bytes, group.is_outside, group.paths.is_empty())
        {
            self.promises.push(Promise {
                files: group.paths,
                bytes,
            });
        }
    }

    /// Report what was found, and say how long the files must be.
    pub(super) fn finish(self, cx: &mut Context<'_>) {
        self.tally.report(cx);
        for promise in self.promises {
            cx.promise(promise);
        }
    }
}

/// Bytes of one element; `None` for texts and for types that are not known.
fn element_bytes(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "bool" | "int8" | "uint8" => 1,
        "float16" | "int16" | "uint16" => 2,
        "float32" | "int32" | "uint32" => 4,
        "complex64" | "int64" => 8,
        _ => return None,
    })
}
