//! The text form of a graph: `saved_model.pbtxt`, `graph.pbtxt`.
//!
//! Text is turned into the bytes that it stands for, as far as the
//! [schema](super::schema) has its fields, and those are judged like any other
//! graph: there is one judgement, and no second one that knows less. Fields
//! that the schema does not have do not matter to it and are passed over.
//!
//! Not done: the short form of `Any`, extensions, and numbers that are not
//! whole; places in the text are not kept, so that a finding stands for the
//! whole file and names its node.

use super::encode::Encoder;
use super::schema::Message;
use super::shape::Root;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::source::Memory;
use crate::wire::Fault;

/// Longest text that is read, in bytes; the constants of a large model in text
/// are several times their size.
const TEXT_CAP_BYTES: u64 = 512 << 20;

/// Longest text of a field, in bytes.
const STRING_CAP_BYTES: usize = 256 << 20;

/// TensorFlow graph as text.
pub struct GraphText;

static SPEC: FormatSpec = FormatSpec {
    id: "tensorflow-graph-text",
    title: "TensorFlow graph as text",
    // Many other messages are written as text under `.pbtxt`: it promises nothing.
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://protobuf.dev/reference/protobuf/textformat-spec/",
        "https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md",
    ],
    limitations: &[
        "Findings name the node and not its place in the text.",
        "Names of files that a graph computes from its inputs are not known.",
    ],
};

/// The fields that begin each of the messages.
const BEGINNINGS: &[(&str, Root, Message)] = &[
    (
        "saved_model_schema_version",
        Root::SavedModel,
        Message::SavedModel,
    ),
    ("meta_graphs", Root::SavedModel, Message::SavedModel),
    ("meta_info_def", Root::MetaGraph, Message::MetaGraph),
    ("graph_def", Root::MetaGraph, Message::MetaGraph),
    ("node", Root::Graph, Message::Graph),
    ("library", Root::Graph, Message::Graph),
    ("versions", Root::Graph, Message::Graph),
];

/// What the text begins as. Other formats have a `node` as well, so it needs a
/// name and an operator near the beginning.
fn root(head: &[u8]) -> Option<(Root, Message)> {
    let mut tokens = Tokens::new(head);
    let Ok(Some(Token::Word(first))) = tokens.next() else {
        return None;
    };
    let row = BEGINNINGS.iter().find(|(word, ..)| *word == first)?;
    let opens = match tokens.next() {
        Ok(Some(Token::Open)) => true,
        Ok(Some(Token::Colon)) => {
            matches!(tokens.next(), Ok(Some(Token::Open))) || first == "saved_model_schema_version"
        }
        _ => false,
    };
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let is_node = first != "node" || (has(b"op:") && has(b"name:"));
    (opens && is_node).then_some((row.1, row.2))
}

impl Format for GraphText {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match root(probe.head()) {
            Some(_) if probe.has_suffix(&[".pbtxt", ".prototxt", ".txt"]) => Claim::Structure,
            Some((Root::SavedModel | Root::MetaGraph, _)) => Claim::Structure,
            Some(_) => Claim::Magic,
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if source.len() > TEXT_CAP_BYTES {
            let what = format!("a graph of {} bytes of text", source.len());
            return Err(Fault::unsupported(0, what));
        }
        let _lease = cx.budget().lease(source.len().saturating_mul(2));
        let chunk = source.chunk(0..source.len())?;
        let Some((root, message)) = root(&chunk) else {
            return Err(Fault::malformed(0, "the text is no graph"));
        };
        let mut encoder = Encoder::new(message);
        let read = encode(&chunk, &mut encoder, cx);
        chunk.verify()?;
        drop(chunk);
        if read.as_ref().is_err_and(Fault::ends_job) {
            return read;
        }
        // What stands before a break is judged.
        let bytes = Memory::new(encoder.finish());
        super::examine(&bytes, root, Some(0..source.len()), cx)?;
        read
    }
}

/// What is open while a text is read.
#[derive(Default)]
struct Frame<'t> {
    /// The field at hand.
    field: Option<&'t str>,
    /// Whether a colon stood behind its name.
    has_colon: bool,
    /// Whether a list of its values is open.
    in_list: bool,
}

impl Frame<'_> {
    /// A value of the field was read.
    fn done(&mut self) {
        if !self.in_list {
            self.field = None;
            self.has_colon = false;
        }
    }
}

/// Hand the fields of a text to the encoder.
fn encode(text: &[u8], encoder: &mut Encoder, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut tokens = Tokens::new(text);
    let mut outer: Vec<Frame<'_>> = Vec::new();
    let mut frame = Frame::default();
    while let Some(token) = tokens.next()? {
        cx.tick()?;
        match token {
            Token::Word(word) if frame.has_colon || frame.in_list => {
                encoder.scalar(frame.field.unwrap_or_default(), word);
                frame.done();
            }
            Token::Word(word) => frame.field = Some(word),
            Token::Text(bytes) => {
                encoder.bytes(frame.field.unwrap_or_default(), &bytes);
                frame.done();
            }
            Token::Open => {
                encoder.open(frame.field.unwrap_or_default());
                outer.push(std::mem::take(&mut frame));
            }
            Token::Close => {
                encoder.close();
                frame = outer.pop().ok_or_else(|| {
                    let what = "a brace is closed that was not opened";
                    Fault::malformed(tokens.position(), what)
                })?;
                frame.done();
            }
            Token::ListOpen => frame.in_list = true,
            Token::ListClose => {
                frame.in_list = false;
                frame.done();
            }
            Token::Colon => frame.has_colon = true,
            Token::Comma => {}
        }
    }
    match outer.is_empty() {
        true => Ok(()),
        false => Err(Fault::malformed(text.len() as u64, "a brace is not closed")),
    }
}

/// A piece of the text form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name or a number.
    Word(&'t str),
    /// Quoted text, unescaped; pieces side by side are one.
    Text(Vec<u8>),
    Open,
    Close,
    ListOpen,
    ListClose,
    Colon,
    Comma,
}

/// Reads the text form piece by piece.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Tokens<'t> {
    /// Of all of a text.
    pub(super) fn new(text: &'t [u8]) -> Self {
        Tokens { text, at: 0 }
    }

    /// Where reading goes on.
    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    self.at = self.at.saturating_add(line);
                }
                byte if byte.is_ascii_whitespace() || byte == b';' => self.step(),
                _ => return,
            }
        }
    }

    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, Fault> {
        self.blanks();
        let Some(byte) = self.peek() else {
            return Ok(None);
        };
        let token = match byte {
            b'"' | b'\'' => return self.string().map(Token::Text).map(Some),
            b'{' | b'<' => Token::Open,
            b'}' | b'>' => Token::Close,
            b'[' => Token::ListOpen,
            b']' => Token::ListClose,
            b':' => Token::Colon,
            b',' => Token::Comma,
            _ => return self.word().map(Some),
        };
        self.step();
        Ok(Some(token))
    }

    fn word(&mut self) -> Result<Token<'t>, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part =
            |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'+' | b'/');
        let len = rest.iter().take_while(|b| is_part(b)).count();
        let word = rest
            .get(..len)
            .and_then(|word| std::str::from_utf8(word).ok());
        match word.filter(|word| !word.is_empty()) {
            Some(word) => {
                self.at = self.at.saturating_add(len);
                Ok(Token::Word(word))
            }
            None => {
                let what = "a character that the text form does not have";
                Err(Fault::malformed(self.position(), what))
            }
        }
    }

    fn string(&mut self) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        let start = self.position();
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.step();
            loop {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let plain = memchr::memchr2(quote, b'\\', rest)
                    .ok_or_else(|| Fault::malformed(start, "a text without its end"))?;
                out.extend_from_slice(rest.get(..plain).unwrap_or_default());
                self.at = self.at.saturating_add(plain);
                if self.peek() == Some(quote) {
                    self.step();
                    break;
                }
                self.step();
                self.escape(&mut out);
                if out.len() > STRING_CAP_BYTES {
                    let what = format!("a text of more than {STRING_CAP_BYTES} bytes");
                    return Err(Fault::unsupported(start, what));
                }
            }
            self.blanks();
        }
        Ok(out)
    }

    /// The character behind a backslash.
    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.step();
        let simple = match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'0'..=b'7' => {
                self.at = self.at.saturating_sub(1);
                self.digits(8, 3).to_le_bytes()[0]
            }
            b'x' | b'X' => self.digits(16, 2).to_le_bytes()[0],
            b'u' | b'U' => {
                let digits = if byte == b'u' { 4 } else { 8 };
                let code = self.digits(16, digits);
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return;
            }
            other => other,
        };
        out.push(simple);
    }

    fn digits(&mut self, radix: u32, most: u32) -> u32 {
        let mut value = 0u32;
        for _ in 0..most {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(radix));
            let Some(digit) = digit else { break };
            value = value.saturating_mul(radix).saturating_add(digit);
            self.step();
        }
        value
    }
}
