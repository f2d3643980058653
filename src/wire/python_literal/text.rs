//! Blanks, strings, numbers and names of a literal.

use super::Value;
use crate::wire::Fault;

/// Characters of a number that are read as a value; longer ones have more than
/// 64 bits or many leading zeros.
const DIGITS_CAP: usize = 64;

/// A position in the text.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    base: u64,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], base: u64) -> Self {
        Scanner { text, base, at: 0 }
    }

    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        let at = self.at.min(self.text.len());
        Fault::malformed(self.base.saturating_add(at as u64), what)
    }

    pub(super) fn bump(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at.saturating_add(ahead)).copied()
    }

    /// The next byte that is no blank and no comment.
    pub(super) fn peek_token(&mut self) -> Option<u8> {
        loop {
            match self.peek()? {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.bump(),
                b'\\' if matches!(self.peek_at(1), Some(b'\n' | b'\r')) => self.bump(),
                b'#' => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    self.at = self.at.saturating_add(line);
                }
                byte => return Some(byte),
            }
        }
    }

    /// A string, a number or a word.
    pub(super) fn scalar(&mut self) -> Result<Value, Fault> {
        match self.peek() {
            Some(b'0'..=b'9' | b'-' | b'+') => self.number(),
            Some(_) if self.string_prefix().is_some() => self.strings(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..) => self.word(),
            _ => Err(self.fault("a character that begins no literal")),
        }
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80;
        let len = rest.iter().take_while(|b| is_part(b)).count();
        let word = rest.get(..len).unwrap_or_default();
        let value = match word {
            b"None" => Value::None,
            b"True" => Value::Bool(true),
            b"False" => Value::Bool(false),
            _ => {
                let shown = crate::report::escape_bytes(word);
                return Err(self.fault(format!("the name `{shown}`, where a literal should stand")));
            }
        };
        self.at = self.at.saturating_add(len);
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let mut negative = false;
        while let Some(sign @ (b'-' | b'+')) = self.peek() {
            negative ^= sign == b'-';
            self.bump();
            self.peek_token();
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
        let len = rest.iter().take_while(|b| is_part(b)).count();
        let spelled = rest.get(..len).unwrap_or_default();
        let digits: String = spelled
            .iter()
            .filter(|&&b| b != b'_')
            .take(DIGITS_CAP)
            .map(|&b| char::from(b.to_ascii_lowercase()))
            .collect();
        let digits = digits.strip_suffix('l').unwrap_or(&digits);
        let (digits, radix) = match digits.get(..2) {
            Some("0x") => (digits.get(2..).unwrap_or_default(), 16),
            Some("0o") => (digits.get(2..).unwrap_or_default(), 8),
            Some("0b") => (digits.get(2..).unwrap_or_default(), 2),
            _ => (digits, 10),
        };
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(self.fault("a number that is no integer"));
        }
        self.at = self.at.saturating_add(len);
        let value = (spelled.len() <= DIGITS_CAP)
            .then(|| i128::from_str_radix(digits, radix).ok())
            .flatten()
            .and_then(|n| i64::try_from(if negative { n.saturating_neg() } else { n }).ok());
        Ok(Value::Int(value))
    }

    /// Bytes in front of the quote, where a string begins here.
    fn string_prefix(&self) -> Option<usize> {
        let is_quote = |ahead| matches!(self.peek_at(ahead), Some(b'\'' | b'"'));
        let is_letter = |ahead| {
            self.peek_at(ahead)
                .is_some_and(|b| b"uUbBrRfFtT".contains(&b))
        };
        (0..=2).find(|&n| is_quote(n) && (0..n).all(is_letter))
    }

    /// One string, or several that stand side by side.
    fn strings(&mut self) -> Result<Value, Fault> {
        let mut text = Vec::new();
        let mut kind = None;
        while let Some(prefix) = self.string_prefix() {
            let is_bytes = self.string(prefix, &mut text)?;
            if kind
                .replace(is_bytes)
                .is_some_and(|before| before != is_bytes)
            {
                return Err(self.fault("bytes and text in one string"));
            }
            self.peek_token();
        }
        Ok(match kind {
            Some(true) => Value::Bytes(text),
            _ => Value::Text(String::from_utf8_lossy(&text).into_owned()),
        })
    }

    /// Add one string to `out`; whether it is bytes.
    fn string(&mut self, prefix: usize, out: &mut Vec<u8>) -> Result<bool, Fault> {
        let end = self.at.saturating_add(prefix);
        let letters = self.text.get(self.at..end).unwrap_or_default();
        let letters = letters.to_ascii_lowercase();
        if letters.iter().any(|b| matches!(b, b'f' | b't')) {
            return Err(self.fault("a formatted string, which is an expression"));
        }
        let (raw, bytes) = (letters.contains(&b'r'), letters.contains(&b'b'));
        self.at = end;
        let quote = self.peek().unwrap_or(b'\'');
        let width = match (self.peek_at(1), self.peek_at(2)) {
            (Some(a), Some(b)) if a == quote && b == quote => 3,
            _ => 1,
        };
        self.at = self.at.saturating_add(width);
        loop {
            let Some(byte) = self.peek() else {
                return Err(self.fault("a string without its end"));
            };
            let closes = byte == quote && (1..width).all(|n| self.peek_at(n) == Some(quote));
            if closes {
                self.at = self.at.saturating_add(width);
                return Ok(bytes);
            }
            self.bump();
            match byte {
                b'\\' if raw => {
                    out.push(byte);
                    out.extend(self.peek());
                    self.bump();
                }
                b'\\' => self.escape(out)?,
                b'\n' if width == 1 => return Err(self.fault("a string without its end")),
                byte => out.push(byte),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(byte) = self.peek() else {
            return Err(self.fault("a string without its end"));
        };
        self.bump();
        let plain = match byte {
            b'\n' => return Ok(()),
            b'\\' | b'\'' | b'"' => byte,
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'x' => return self.code(2, out),
            b'u' => return self.code(4, out),
            b'U' => return self.code(8, out),
            b'0'..=b'7' => return self.octal(byte, out),
            b'N' => return Err(self.fault("a character by its name")),
            other => {
                out.extend([b'\\', other]);
                return Ok(());
            }
        };
        out.push(plain);
        Ok(())
    }

    /// A character by `width` hexadecimal digits.
    fn code(&mut self, width: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let end = self.at.saturating_add(width);
        let digits = self.text.get(self.at..end).unwrap_or_default();
        let code = std::str::from_utf8(digits)
            .ok()
            .filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|text| u32::from_str_radix(text, 16).ok());
        let Some(code) = code else {
            return Err(self.fault("an escape without its digits"));
        };
        self.at = end;
        push(code, out);
        Ok(())
    }

    /// A character by up to three octal digits, the first of them read.
    fn octal(&mut self, first: u8, out: &mut Vec<u8>) -> Result<(), Fault> {
        let value = |byte: u8| u32::from(byte.wrapping_sub(b'0') & 7);
        let mut code = value(first);
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'7') = self.peek() else {
                break;
            };
            code = code.saturating_mul(8).saturating_add(value(digit));
            self.bump();
        }
        push(code, out);
        Ok(())
    }
}

/// Add a character; a surrogate comes out as U+FFFD.
fn push(code: u32, out: &mut Vec<u8>) {
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
