//! The event reader: what may come next, and where each thing stands.

use super::number::{NUMBER_CAP_BYTES, Part};
use super::text::Buffer;
use super::{Number, Text};
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Levels of nesting that are followed; Python's `json` gives up near 1000.
pub const DEPTH_CAP: usize = 1024;

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// One thing in the document, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'r> {
    /// What it is.
    pub token: Token<'r>,
    /// Its bytes in the source, quotes included.
    pub span: Span,
    /// Arrays and objects that it stands in; for the brackets of one, those
    /// around it.
    pub depth: usize,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'r> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// A key of an object; its value comes next.
    Key(Text<'r>),
    /// A string that is a value.
    String(Text<'r>),
    /// A number, `NaN`, `Infinity` or `-Infinity`.
    Number(Number<'r>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

impl Token<'_> {
    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Token::ObjectStart | Token::ObjectEnd => "an object",
            Token::ArrayStart | Token::ArrayEnd => "an array",
            Token::Key(_) => "a key",
            Token::String(_) => "a string",
            Token::Number(_) => "a number",
            Token::Bool(_) => "a boolean",
            Token::Null => "null",
        }
    }
}

/// What a document holds that only some parsers accept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    /// It begins with a byte order mark.
    pub bom: bool,
    /// `NaN`, `Infinity` and `-Infinity`.
    pub non_finite: u64,
    /// `\ud800`-like escapes without their partner; they come out as U+FFFD.
    pub lone_surrogates: u64,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Start,
    Value,
    FirstKey,
    Key,
    FirstElement,
    Separator,
    Done,
}

/// What a token is before its text is borrowed.
enum Raw {
    Plain(Token<'static>),
    Key,
    String,
    Number(u64),
}

/// Reads one JSON document, event by event.
#[derive(Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    expect: Expect,
    /// Open brackets, outermost first; true for an object.
    open: Vec<bool>,
    text: Buffer,
    number: String,
    quirks: Quirks,
}

impl<'a> Reader<'a> {
    /// Read the document that fills `span` of `source`.
    pub fn new(source: &'a dyn Source, span: Span) -> Self {
        Reader {
            cursor: Cursor::within(source, span.start, span.end),
            expect: Expect::Start,
            open: Vec::new(),
            text: Buffer::default(),
            number: String::new(),
            quirks: Quirks::default(),
        }
    }

    /// What was accepted so far that other parsers refuse.
    pub fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// Where reading goes on.
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// The next event; `None` once the document and the blanks behind it were
    /// read to the end.
    #[allow(
        clippy::should_implement_trait,
        reason = "the event borrows the reader"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Fault> {
        if self.expect == Expect::Start {
            self.encoding()?;
            self.expect = Expect::Value;
        }
        let Some(mut byte) = self.blanks()? else {
            return self.end();
        };
        let mut at = self.cursor.position();
        if self.expect == Expect::Separator && byte == b',' {
            self.cursor.skip(1)?;
            self.expect = self.behind_comma();
            byte = self.blanks()?.ok_or_else(|| self.early_end())?;
            at = self.cursor.position();
        }
        let before = self.open.len();
        let raw = self.raw(byte, at)?;
        let depth = before.min(self.open.len());
        let span = at..self.cursor.position();
        let token = match raw {
            Raw::Plain(token) => token,
            Raw::Key => Token::Key(self.text.text(at)?),
            Raw::String => Token::String(self.text.text(at)?),
            Raw::Number(len) => Token::Number(Number {
                text: &self.number,
                len,
            }),
        };
        Ok(Some(Event { token, span, depth }))
    }

    /// Skip the value that comes next: all of it where it is an array or an
    /// object.
    pub fn skip_value(&mut self) -> Result<(), Fault> {
        match self.next()?.map(|event| event.token) {
            Some(Token::ObjectStart | Token::ArrayStart) => self.leave(),
            _ => Ok(()),
        }
    }

    /// Skip to behind the end of the array or object that is open.
    pub fn leave(&mut self) -> Result<(), Fault> {
        let outer = self.open.len().saturating_sub(1);
        while self.open.len() > outer && self.next()?.is_some() {}
        Ok(())
    }

    fn raw(&mut self, byte: u8, at: u64) -> Result<Raw, Fault> {
        use Expect::{Done, FirstElement, FirstKey, Key, Separator, Value};
        let value = matches!(self.expect, Value | FirstElement);
        match byte {
            b'{' | b'[' if value => self.open(byte == b'{', at),
            b'}' if matches!(self.expect, FirstKey | Separator) => self.close(true, at),
            b']' if matches!(self.expect, FirstElement | Separator) => self.close(false, at),
            b'"' if matches!(self.expect, FirstKey | Key) => {
                self.string(at)?;
                self.colon()?;
                Ok(Raw::Key)
            }
            b'"' if value => {
                self.string(at)?;
                self.value_done();
                Ok(Raw::String)
            }
            b'-' | b'0'..=b'9' | b'N' | b'I' if value => self.number(at),
            b't' if value => self.word(b"true", Token::Bool(true)),
            b'f' if value => self.word(b"false", Token::Bool(false)),
            b'n' if value => self.word(b"null", Token::Null),
            _ if self.expect == Done => Err(Fault::malformed(at, "bytes follow the JSON value")),
            _ => Err(Fault::malformed(
                at,
                format!("{} expected", self.expected()),
            )),
        }
    }

    fn open(&mut self, object: bool, at: u64) -> Result<Raw, Fault> {
        if self.open.len() >= DEPTH_CAP {
            let what = format!("JSON is nested deeper than {DEPTH_CAP} levels");
            return Err(Fault::unsupported(at, what));
        }
        self.cursor.skip(1)?;
        self.open.push(object);
        let (expect, token) = match object {
            true => (Expect::FirstKey, Token::ObjectStart),
            false => (Expect::FirstElement, Token::ArrayStart),
        };
        self.expect = expect;
        Ok(Raw::Plain(token))
    }

    fn close(&mut self, object: bool, at: u64) -> Result<Raw, Fault> {
        if self.open.last() != Some(&object) {
            return Err(Fault::malformed(
                at,
                "a bracket closes what it did not open",
            ));
        }
        self.cursor.skip(1)?;
        self.open.pop();
        self.value_done();
        Ok(Raw::Plain(match object {
            true => Token::ObjectEnd,
            false => Token::ArrayEnd,
        }))
    }

    fn value_done(&mut self) {
        self.expect = match self.open.is_empty() {
            true => Expect::Done,
            false => Expect::Separator,
        };
    }

    fn behind_comma(&self) -> Expect {
        match self.open.last() {
            Some(true) => Expect::Key,
            _ => Expect::Value,
        }
    }

    /// The colon behind a key.
    fn colon(&mut self) -> Result<(), Fault> {
        match self.blanks()? {
            Some(b':') => {
                self.expect = Expect::Value;
                self.cursor.skip(1)
            }
            _ => Err(Fault::malformed(self.cursor.position(), "`:` expected")),
        }
    }

    /// Read the string that begins at `at` into the buffer.
    fn string(&mut self, at: u64) -> Result<(), Fault> {
        self.cursor.skip(1)?;
        self.text.clear();
        loop {
            let here = self.cursor.position();
            let seen = self.cursor.buffered()?;
            if seen.is_empty() {
                return Err(Fault::malformed(at, "a string does not end"));
            }
            let plain = seen
                .iter()
                .position(|&b| b == b'"' || b == b'\\' || b < 0x20)
                .unwrap_or(seen.len());
            let stop = seen.get(plain).copied();
            self.text
                .push(seen.get(..plain).unwrap_or_default(), here)?;
            self.cursor.skip(plain as u64)?;
            match stop {
                None => {}
                Some(b'"') => return self.cursor.skip(1),
                Some(b'\\') => self.escape()?,
                Some(_) => {
                    let what = "a control character stands in a string";
                    return Err(Fault::malformed(self.cursor.position(), what));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let at = self.cursor.position();
        self.cursor.skip(1)?;
        let c = match self.cursor.u8()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(at),
            _ => return Err(Fault::malformed(at, "an escape that JSON does not have")),
        };
        self.text.push_char(c, at)
    }

    /// `\uXXXX`, with its partner where it is the first of a surrogate pair.
    fn unicode_escape(&mut self, at: u64) -> Result<(), Fault> {
        let first = self.hex4(at)?;
        let behind = self.cursor.position();
        if (0xd800..0xdc00).contains(&first) && self.cursor.peek(2)? == b"\\u" {
            self.cursor.skip(2)?;
            let second = self.hex4(behind)?;
            match char::decode_utf16([first, second]).next() {
                Some(Ok(c)) => return self.text.push_char(c, at),
                _ => self.cursor.seek(behind),
            }
        }
        let c = char::from_u32(u32::from(first)).unwrap_or_else(|| {
            self.quirks.lone_surrogates = self.quirks.lone_surrogates.saturating_add(1);
            char::REPLACEMENT_CHARACTER
        });
        self.text.push_char(c, at)
    }

    fn hex4(&mut self, at: u64) -> Result<u16, Fault> {
        let digits = self.cursor.array::<4>()?;
        let valid = digits.iter().all(u8::is_ascii_hexdigit);
        std::str::from_utf8(&digits)
            .ok()
            .filter(|_| valid)
            .and_then(|text| u16::from_str_radix(text, 16).ok())
            .ok_or_else(|| Fault::malformed(at, "`\\u` needs four hexadecimal digits"))
    }

    fn number(&mut self, at: u64) -> Result<Raw, Fault> {
        for word in ["NaN", "Infinity", "-Infinity"] {
            if self.cursor.peek(word.len())? == word.as_bytes() {
                self.cursor.skip(word.len() as u64)?;
                self.quirks.non_finite = self.quirks.non_finite.saturating_add(1);
                self.number.clear();
                self.number.push_str(word);
                self.value_done();
                return Ok(Raw::Number(word.len() as u64));
            }
        }
        self.number.clear();
        let mut part = Part::Start;
        let mut len = 0u64;
        while let Some(&byte) = self.cursor.peek(1)?.first() {
            let Some(next) = part.step(byte) else { break };
            part = next;
            len = len.saturating_add(1);
            if self.number.len() < NUMBER_CAP_BYTES {
                self.number.push(char::from(byte));
            }
            self.cursor.skip(1)?;
        }
        if !part.is_end() {
            return Err(Fault::malformed(at, "a number that JSON does not allow"));
        }
        self.value_done();
        Ok(Raw::Number(len))
    }

    fn word(&mut self, word: &[u8], token: Token<'static>) -> Result<Raw, Fault> {
        let at = self.cursor.position();
        if self.cursor.peek(word.len())? != word {
            return Err(Fault::malformed(at, "a word that JSON does not have"));
        }
        self.cursor.skip(word.len() as u64)?;
        self.value_done();
        Ok(Raw::Plain(token))
    }

    /// Skip blanks; the byte behind them, or `None` at the end.
    fn blanks(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            let seen = self.cursor.buffered()?;
            if seen.is_empty() {
                return Ok(None);
            }
            let is_blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
            let blanks = seen.iter().take_while(|b| is_blank(b)).count();
            let byte = seen.get(blanks).copied();
            self.cursor.skip(blanks as u64)?;
            if byte.is_some() {
                return Ok(byte);
            }
        }
    }

    /// Look at the first bytes: skip a byte order mark, refuse wide text.
    fn encoding(&mut self) -> Result<(), Fault> {
        let at = self.cursor.position();
        let head = self.cursor.peek(4)?;
        // As Python's `json.detect_encoding` tells them apart.
        let wide = head.starts_with(b"\xff\xfe")
            || head.starts_with(b"\xfe\xff")
            || matches!(head, [0, ..] | [_, 0, ..]);
        if wide {
            return Err(Fault::unsupported(
                at,
                "JSON in UTF-16 or UTF-32 is not read",
            ));
        }
        if head.starts_with(BOM) {
            self.quirks.bom = true;
            self.cursor.skip(BOM.len() as u64)?;
        }
        Ok(())
    }

    fn end(&self) -> Result<Option<Event<'_>>, Fault> {
        match self.expect {
            Expect::Done => Ok(None),
            _ => Err(self.early_end()),
        }
    }

    fn early_end(&self) -> Fault {
        let what = format!("JSON ends where {} is expected", self.expected());
        Fault::malformed(self.cursor.position(), what)
    }

    fn expected(&self) -> &'static str {
        match self.expect {
            Expect::Start | Expect::Value => "a value",
            Expect::FirstKey => "a key or `}`",
            Expect::Key => "a key",
            Expect::FirstElement => "a value or `]`",
            Expect::Separator => "`,` or the end of the object or array",
            Expect::Done => "the end",
        }
    }
}
