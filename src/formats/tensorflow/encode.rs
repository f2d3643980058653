//! Messages from their fields by name: the bytes that a text or JSON form
//! stands for.

use super::schema::{self, Kind, Message};

/// A message that is open.
#[derive(Debug)]
struct Frame {
    /// Its type; `None` where the schema does not have the field.
    message: Option<Message>,
    /// The number of the field that it is the value of.
    number: u32,
    bytes: Vec<u8>,
}

/// Writes a message field by field.
#[derive(Debug)]
pub(in crate::formats) struct Encoder {
    frames: Vec<Frame>,
    root: Frame,
}

impl Encoder {
    /// A message of this type.
    pub(in crate::formats) fn new(message: Message) -> Self {
        Encoder {
            frames: Vec::new(),
            root: Frame {
                message: Some(message),
                number: 0,
                bytes: Vec::new(),
            },
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or(&mut self.root)
    }

    /// What the field of this name of the open message is.
    pub(in crate::formats) fn kind(&self, name: &str) -> Option<Kind> {
        let message = self.frames.last().unwrap_or(&self.root).message?;
        schema::find(message, name).map(|field| field.kind)
    }

    /// Open the message that is a value of this field, known or not.
    pub(in crate::formats) fn open(&mut self, name: &str) {
        let field = self
            .top()
            .message
            .and_then(|message| schema::find(message, name));
        let (message, number) = match field.map(|field| (field.kind, field.number)) {
            Some((Kind::Message(message) | Kind::Map(message), number)) => (Some(message), number),
            _ => (None, 0),
        };
        self.frames.push(Frame {
            message,
            number,
            bytes: Vec::new(),
        });
    }

    /// Close the message that was opened last.
    pub(in crate::formats) fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if frame.message.is_some() {
            append(&mut self.top().bytes, frame.number, &frame.bytes);
        }
    }

    /// Add text or bytes.
    pub(in crate::formats) fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let top = self.top();
        let field = top.message.and_then(|message| schema::find(message, name));
        if let Some(field) = field.filter(|f| matches!(f.kind, Kind::Text | Kind::Bytes)) {
            append(&mut top.bytes, field.number, bytes);
        }
    }

    /// Add a number, a truth value, or a type by its name.
    pub(in crate::formats) fn scalar(&mut self, name: &str, word: &str) {
        let top = self.top();
        let Some(field) = top.message.and_then(|m| schema::find(m, name)) else {
            return;
        };
        let value = match field.kind {
            Kind::Number => number(word),
            Kind::Type => schema::type_number(word),
            _ => None,
        };
        if let Some(value) = value {
            varint(&mut top.bytes, u64::from(field.number) << 3);
            varint(&mut top.bytes, value);
        }
    }

    /// The message, with what is still open closed.
    pub(in crate::formats) fn finish(mut self) -> Vec<u8> {
        while !self.frames.is_empty() {
            self.close();
        }
        self.root.bytes
    }
}

/// A whole number as it stands in a message.
fn number(word: &str) -> Option<u64> {
    match word {
        "true" => return Some(1),
        "false" => return Some(0),
        _ => {}
    }
    let (is_negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None => digits.parse::<u64>().ok()?,
    };
    Some(match is_negative {
        true => value.wrapping_neg(),
        false => value,
    })
}

fn append(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    varint(out, u64::from(number) << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
