//! The parts of a manifest that nobody evaluates: *quoted* text. What a
//! tokenizer looks up may be any text, code and addresses included, and so may
//! examples: they are swept as prose is.
//!
//! Quoted are the lists and tables under the keys of a vocabulary, a table of
//! many numbers (tokens and their places, whatever the file is called), and
//! records: a list that is a whole file whose name no loader looks for.

use crate::report::Span;
use crate::wire::json::{Event, Token};

/// Keys of lists and tables of tokens.
const KEYS: &[&str] = &[
    "added_tokens",
    "added_tokens_decoder",
    "added_tokens_encoder",
    "additional_special_tokens",
    "merges",
    "special_tokens_map",
    "vocab",
];

/// Numbers that make a table of numbers one of tokens; no model has so many
/// sizes side by side.
const TABLE_LEAST: usize = 256;

/// A bracket that is open.
struct Open {
    /// Where it stands.
    start: u64,
    /// Whether what it holds is quoted.
    is_quoted: bool,
    /// Numbers in it, while it is an object that holds nothing else.
    numbers: Option<usize>,
}

/// Finds the quoted parts, event by event.
#[derive(Default)]
pub(super) struct Quoted {
    /// Whether a list that is the whole document is quoted.
    has_records: bool,
    /// Whether the last key was one of [`KEYS`].
    is_announced: bool,
    open: Vec<Open>,
    /// Brackets that are open and quoted.
    depth: usize,
}

impl Quoted {
    /// Of a file that is known by its name, or not.
    pub(super) fn new(is_named: bool) -> Self {
        Quoted {
            has_records: !is_named,
            ..Quoted::default()
        }
    }

    /// Whether what stands here is quoted.
    pub(super) fn is_here(&self) -> bool {
        self.depth > 0
    }

    /// Follow an event; a part that is quoted, once it has ended.
    pub(super) fn see(&mut self, event: &Event<'_>) -> Option<Span> {
        let announced = std::mem::take(&mut self.is_announced);
        match event.token {
            Token::Key(key) => self.is_announced = KEYS.contains(&key.value),
            Token::ObjectStart => self.enter(event, announced, true),
            Token::ArrayStart => {
                let is_records = self.open.is_empty() && self.has_records;
                self.enter(event, announced || is_records, false);
            }
            Token::ObjectEnd | Token::ArrayEnd => return self.leave(event.span.end),
            Token::Number(_) => {
                if let Some(Some(numbers)) = self.open.last_mut().map(|open| &mut open.numbers) {
                    *numbers = numbers.saturating_add(1);
                }
            }
            Token::String(_) | Token::Bool(_) | Token::Null => self.is_mixed(),
        }
        None
    }

    /// The innermost bracket holds something else than numbers.
    fn is_mixed(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.numbers = None;
        }
    }

    fn enter(&mut self, event: &Event<'_>, is_quoted: bool, is_object: bool) {
        self.is_mixed();
        self.depth = self.depth.saturating_add(usize::from(is_quoted));
        self.open.push(Open {
            start: event.span.start,
            is_quoted,
            numbers: is_object.then_some(0),
        });
    }

    fn leave(&mut self, end: u64) -> Option<Span> {
        let open = self.open.pop()?;
        self.depth = self.depth.saturating_sub(usize::from(open.is_quoted));
        let is_table = open.numbers.is_some_and(|numbers| numbers >= TABLE_LEAST);
        // Within a part that is quoted there is no other.
        (self.depth == 0 && (open.is_quoted || is_table)).then_some(open.start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;
    use crate::wire::json::Reader;

    fn quoted(text: &str, is_named: bool) -> Vec<String> {
        let source = Memory::new(text.as_bytes());
        let mut reader = Reader::new(&source, 0..text.len() as u64);
        let mut quoted = Quoted::new(is_named);
        let mut out = Vec::new();
        while let Some(event) = reader.next().unwrap() {
            if let Some(span) = quoted.see(&event) {
                let range = span.start as usize..span.end as usize;
                out.push(text[range].to_owned());
            }
        }
        assert!(!quoted.is_here());
        out
    }

    #[test]
    fn tokens_and_records_are_quoted_and_fields_are_not() {
        let tokens = r#"{"a": "x", "model": {"vocab": {"b": [1]}, "merges": ["c d"]}, "e": [2]}"#;
        assert_eq!(quoted(tokens, true), [r#"{"b": [1]}"#, r#"["c d"]"#]);
        let added = r#"{"added_tokens_decoder": {"0": {"vocab": ["x"]}}}"#;
        assert_eq!(quoted(added, true), [r#"{"0": {"vocab": ["x"]}}"#]);
        assert_eq!(quoted(r#"{"vocab": "x", "z": ["y"]}"#, true).len(), 0);
        let records = r#"[{"model_type": "x"}]"#;
        assert_eq!(quoted(records, false), [records]);
        assert_eq!(quoted(records, true).len(), 0);
    }

    #[test]
    fn many_numbers_are_a_vocabulary() {
        let table = |count: usize, last: &str| {
            let entries: Vec<_> = (0..count).map(|n| format!("\"t{n}\": {n}")).collect();
            format!("{{{}{last}}}", entries.join(","))
        };
        assert_eq!(quoted(&table(TABLE_LEAST, ""), true).len(), 1);
        assert_eq!(quoted(&table(TABLE_LEAST - 1, ""), true).len(), 0);
        for other in [",\"u\": \"x\"", ",\"u\": {}", ",\"u\": [1]", ",\"u\": null"] {
            assert_eq!(quoted(&table(TABLE_LEAST, other), true).len(), 0, "{other}");
        }
    }
}
