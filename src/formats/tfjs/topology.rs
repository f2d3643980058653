//! A graph in JSON, as the bytes that it stands for.
//!
//! The JSON form of Protocol Buffers writes fields in camel case, bytes in
//! base64, long numbers as text, and maps as objects. Fields that the schema
//! does not have are passed over.

use crate::formats::tensorflow::encode::Encoder;
use crate::formats::tensorflow::schema::{Kind, Message};
use crate::report::Span;
use crate::wire::base64;
use crate::wire::json::{Event, Number, Text, Token};

/// What is open.
#[derive(Debug)]
enum Open {
    /// A message, or several that close together; the field at hand.
    Message(String, u8),
    /// A map that is the value of this field; the key at hand.
    Map(String, String),
    /// A list of values of the field around it.
    List,
    /// Something that the schema does not have.
    Unknown,
}

/// The graph, event by event.
#[derive(Debug)]
pub(super) struct Topology {
    encoder: Encoder,
    open: Vec<Open>,
    span: Span,
    has_nodes: bool,
    is_cut: bool,
}

impl Topology {
    /// A graph whose object begins at this byte.
    pub(super) fn new(at: u64) -> Self {
        Topology {
            encoder: Encoder::new(Message::Graph),
            open: Vec::new(),
            span: at..at,
            has_nodes: false,
            is_cut: false,
        }
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Whether a text of it was longer than is read.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The bytes; `None` where there is no node in it.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        self.has_nodes.then(|| self.encoder.finish())
    }

    /// Take the next event of the object.
    pub(super) fn see(&mut self, event: &Event<'_>) {
        self.span.end = self.span.end.max(event.span.end);
        match event.token {
            Token::Key(key) => self.key(key),
            Token::ObjectStart if self.open.is_empty() => {
                self.open.push(Open::Message(String::new(), 0));
            }
            Token::ObjectStart => self.object(),
            Token::ArrayStart => self.open.push(match self.field() {
                Some(_) => Open::List,
                None => Open::Unknown,
            }),
            Token::ObjectEnd | Token::ArrayEnd => self.end(),
            Token::String(text) => self.text(text),
            Token::Number(number) => self.number(number),
            Token::Bool(truth) => self.scalar(if truth { "true" } else { "false" }),
            Token::Null => {}
        }
    }

    fn key(&mut self, key: Text<'_>) {
        self.is_cut |= key.is_cut();
        match self.open.last_mut() {
            Some(Open::Message(field, _)) => key.value.clone_into(field),
            Some(Open::Map(_, own)) => key.value.clone_into(own),
            _ => {}
        }
        let is_outermost = self.open.len() == 1;
        self.has_nodes |= is_outermost && matches!(key.value, "node" | "library");
    }

    /// The field whose value comes next, through the list that it stands in.
    fn field(&self) -> Option<String> {
        let mut open = self.open.iter().rev();
        let innermost = open.next()?;
        let holder = match innermost {
            Open::List => open.next()?,
            other => other,
        };
        match holder {
            Open::Message(field, _) | Open::Map(field, _) => Some(field.clone()),
            _ => None,
        }
    }

    fn object(&mut self) {
        let next = match self.open.last() {
            Some(Open::Map(field, key)) => {
                self.encoder.open(field);
                self.encoder.bytes("key", key.as_bytes());
                self.encoder.open("value");
                Open::Message(String::new(), 2)
            }
            _ => match self.field() {
                Some(field) => match self.encoder.kind(&field) {
                    Some(Kind::Map(_)) => Open::Map(field, String::new()),
                    Some(Kind::Message(_)) => {
                        self.encoder.open(&field);
                        Open::Message(String::new(), 1)
                    }
                    _ => Open::Unknown,
                },
                None => Open::Unknown,
            },
        };
        self.open.push(next);
    }

    fn end(&mut self) {
        if let Some(Open::Message(_, count)) = self.open.pop() {
            for _ in 0..count {
                self.encoder.close();
            }
        }
    }

    fn text(&mut self, text: Text<'_>) {
        self.is_cut |= text.is_cut();
        if let Some(Open::Map(field, key)) = self.open.last() {
            self.encoder.open(field);
            self.encoder.bytes("key", key.as_bytes());
            self.encoder.bytes("value", text.value.as_bytes());
            self.encoder.close();
            return;
        }
        let Some(field) = self.field() else { return };
        match self.encoder.kind(&field) {
            Some(Kind::Bytes) => {
                let plain = text.value.replace('-', "+").replace('_', "/");
                let bytes = base64::decode(plain.as_bytes());
                let bytes = bytes.unwrap_or_else(|| text.value.as_bytes().to_vec());
                self.encoder.bytes(&field, &bytes);
            }
            Some(Kind::Text) => self.encoder.bytes(&field, text.value.as_bytes()),
            _ => self.encoder.scalar(&field, text.value),
        }
    }

    fn number(&mut self, number: Number<'_>) {
        self.scalar(number.text);
    }

    fn scalar(&mut self, word: &str) {
        if let Some(field) = self.field() {
            self.encoder.scalar(&field, word);
        }
    }
}
