//! YAML as the events that JSON has, so that one judge serves both.
//!
//! A document is read by an event parser (YAML 1.2), without recursion. Tags
//! come with the event that they stand in front of. An alias of a scalar is that
//! scalar again; an alias of a collection is `null`, as the collection was met
//! where it stands: nothing is multiplied. Plain scalars are texts, but for
//! booleans and nulls in the spellings of YAML 1.1, which Python reads.
//!
//! An attacker nests, repeats and refers: depth, anchors and the length of the
//! text are capped.

use std::collections::HashMap;

use saphyr_parser::{Event as Raw, Parser, ScalarStyle, Span as Marks, Tag};

use super::Fault;
use super::json::{Event, Text, Token};

/// Longest document that is read, in bytes.
pub const TEXT_CAP_BYTES: u64 = 32 << 20;

/// Levels of nesting that are followed.
pub const DEPTH_CAP: usize = 256;

/// Anchors of scalars that are remembered, and bytes of each.
const ANCHORS_CAP: usize = 1 << 14;
const ANCHOR_CAP_BYTES: usize = 1 << 10;

/// Handle of the tags that YAML itself and PyYAML have.
const CORE: &str = "tag:yaml.org,2002:";

/// Takes an event and its tag: `python/name:os.system` for one of YAML's own
/// handle, otherwise the whole tag.
pub type Visit<'v> = dyn FnMut(&Event<'_>, Option<&str>) -> Result<(), Fault> + 'v;

/// Read all documents in `text`. Spans are byte offsets in it.
pub fn read(text: &str, visit: &mut Visit<'_>) -> Result<(), Fault> {
    let mut state = State {
        open: Vec::new(),
        anchors: HashMap::new(),
        places: Places::new(text),
        stand_ins: 0,
        visit,
    };
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event() {
            Some(Ok((Raw::StreamEnd, _))) | None => return Ok(()),
            Some(Ok((event, marks))) => state.take(event, marks)?,
            Some(Err(error)) => {
                let at = state.places.byte(error.marker().index());
                let what = format!("the document is no YAML: {}", error.info());
                return Err(Fault::malformed(at, what));
            }
        }
    }
}

/// A collection that is open: a mapping with whether a key comes next, or a
/// sequence.
#[derive(Debug, Clone, Copy)]
enum Open {
    Mapping { key_next: bool },
    Sequence,
}

struct State<'t, 'v> {
    open: Vec<Open>,
    anchors: HashMap<usize, String>,
    places: Places<'t>,
    /// Keys that stand for collections so far.
    stand_ins: u64,
    visit: &'v mut Visit<'v>,
}

impl State<'_, '_> {
    fn take(&mut self, event: Raw<'_>, marks: Marks) -> Result<(), Fault> {
        let span = self.places.byte(marks.start.index())..self.places.byte(marks.end.index());
        match event {
            Raw::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| name(&tag));
                if anchor > 0 && self.anchors.len() < ANCHORS_CAP {
                    let end = text.floor_char_boundary(ANCHOR_CAP_BYTES);
                    let kept = text.get(..end).unwrap_or_default();
                    self.anchors.insert(anchor, kept.to_owned());
                }
                let is_plain = style == ScalarStyle::Plain && tag.is_none();
                self.scalar(&text, is_plain, tag.as_deref(), span)
            }
            Raw::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(text) => self.scalar(&text, true, None, span),
                None => self.scalar("", true, None, span),
            },
            Raw::MappingStart(_, tag) => {
                let open = Open::Mapping { key_next: true };
                self.start(Token::ObjectStart, open, tag.map(|tag| name(&tag)), span)
            }
            Raw::SequenceStart(_, tag) => {
                let tag = tag.map(|tag| name(&tag));
                self.start(Token::ArrayStart, Open::Sequence, tag, span)
            }
            Raw::MappingEnd => self.end(Token::ObjectEnd, span),
            Raw::SequenceEnd => self.end(Token::ArrayEnd, span),
            _ => Ok(()),
        }
    }

    fn tell(
        &mut self,
        token: Token<'_>,
        tag: Option<&str>,
        span: &crate::report::Span,
    ) -> Result<(), Fault> {
        let event = Event {
            token,
            span: span.clone(),
            depth: self.open.len(),
        };
        (self.visit)(&event, tag)
    }

    /// Whether a key comes next; after this call a value does, or the other
    /// way round.
    fn turn(&mut self) -> bool {
        match self.open.last_mut() {
            Some(Open::Mapping { key_next }) => {
                *key_next = !*key_next;
                !*key_next
            }
            _ => false,
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        is_plain: bool,
        tag: Option<&str>,
        span: crate::report::Span,
    ) -> Result<(), Fault> {
        let text = Text {
            value: text,
            len: text.len() as u64,
        };
        let token = match text.value {
            _ if self.turn() => Token::Key(text),
            "" | "~" | "null" | "Null" | "NULL" if is_plain => Token::Null,
            value if is_plain && is_word(value, &["true", "yes", "on"]) => Token::Bool(true),
            value if is_plain && is_word(value, &["false", "no", "off"]) => Token::Bool(false),
            _ => Token::String(text),
        };
        self.tell(token, tag, &span)
    }

    fn start(
        &mut self,
        token: Token<'_>,
        open: Open,
        tag: Option<String>,
        span: crate::report::Span,
    ) -> Result<(), Fault> {
        if self.open.len() >= DEPTH_CAP {
            let what = format!("YAML is nested deeper than {DEPTH_CAP} levels");
            return Err(Fault::unsupported(span.start, what));
        }
        if self.turn() {
            // A collection as a key: it is told as a value of its own.
            self.stand_in(&span)?;
        }
        self.tell(token, tag.as_deref(), &span)?;
        self.open.push(open);
        Ok(())
    }

    /// Tell a key where a collection is one, or its value follows: no two are
    /// the same.
    fn stand_in(&mut self, span: &crate::report::Span) -> Result<(), Fault> {
        let name = format!("? {}", self.stand_ins);
        self.stand_ins = self.stand_ins.saturating_add(1);
        let len = name.len() as u64;
        let value = name.as_str();
        self.tell(Token::Key(Text { value, len }), None, span)
    }

    fn end(&mut self, token: Token<'_>, span: crate::report::Span) -> Result<(), Fault> {
        self.open.pop();
        self.tell(token, None, &span)?;
        // Where the collection was a key, its value needs one.
        match self.open.last() {
            Some(Open::Mapping { key_next: false }) => self.stand_in(&span),
            _ => Ok(()),
        }
    }
}

/// One of these words, in lower case, capitalised or in capitals.
fn is_word(value: &str, words: &[&str]) -> bool {
    value.len() <= 5 && words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A tag without the handle of YAML's own, its escapes undone.
fn name(tag: &Tag) -> String {
    let whole = decode_escapes(&format!("{}{}", tag.handle, tag.suffix));
    let own = whole.strip_prefix(CORE).or(whole.strip_prefix("!!"));
    own.map(str::to_owned).unwrap_or(whole)
}

/// `%6f` is `o`.
fn decode_escapes(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// From numbers of characters to byte offsets, which grow together.
struct Places<'t> {
    text: &'t str,
    is_ascii: bool,
    chars: usize,
    bytes: usize,
}

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Self {
        Places {
            text,
            is_ascii: text.is_ascii(),
            chars: 0,
            bytes: 0,
        }
    }

    fn byte(&mut self, index: usize) -> u64 {
        let end = self.text.len();
        if self.is_ascii {
            return index.min(end) as u64;
        }
        // Marks may step back by a little, never by much.
        while index < self.chars {
            let before = self.text.get(..self.bytes).unwrap_or_default();
            let Some(last) = before.chars().next_back() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(last.len_utf8());
            self.chars = self.chars.saturating_sub(1);
        }
        while self.chars < index {
            let behind = self.text.get(self.bytes..).unwrap_or_default();
            let Some(next) = behind.chars().next() else {
                break;
            };
            self.bytes = self.bytes.saturating_add(next.len_utf8());
            self.chars = self.chars.saturating_add(1);
        }
        self.bytes.min(end) as u64
    }
}

#[cfg(test)]
mod tests;
