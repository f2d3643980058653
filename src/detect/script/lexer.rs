//! Tokens of Python-like source: names, numbers, texts, signs and line ends.
//!
//! TorchScript borrows the lexical rules of Python, so one reader serves both.
//! It goes front to back once, keeps no state but its position, and never
//! fails: bytes that mean nothing are signs. A text that is not closed ends
//! with its line, or with the source where it has three quotes.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum Kind {
    /// An identifier or a keyword.
    Name,
    /// A number.
    Number,
    /// A text with its quotes and without its prefix.
    Text,
    /// One byte of punctuation, or one that means nothing.
    Sign(u8),
    /// The end of a line.
    Line,
}

/// One token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub text: &'a [u8],
    /// Position of the first of them.
    pub at: usize,
}

impl Token<'_> {
    /// Position behind it.
    pub fn end(&self) -> usize {
        self.at.saturating_add(self.text.len())
    }

    /// Whether it is this sign.
    pub fn is_sign(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// The tokens of a source, front to back.
#[derive(Debug, Clone)]
pub(in crate::detect) struct Tokens<'a> {
    source: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Begin at the front.
    pub fn new(source: &'a [u8]) -> Self {
        Tokens { source, at: 0 }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at.saturating_add(ahead)).copied()
    }

    /// Pass over blanks, comments and joined lines.
    fn blanks(&mut self) {
        loop {
            let passed = match (self.byte(0), self.byte(1)) {
                (Some(b' ' | b'\t' | 0x0c | b'\r'), _) => 1,
                (Some(b'\\'), Some(b'\n')) => 2,
                (Some(b'\\'), Some(b'\r')) if self.byte(2) == Some(b'\n') => 3,
                (Some(b'#'), _) => self.line_left(),
                _ => return,
            };
            self.at = self.at.saturating_add(passed);
        }
    }

    /// Bytes from here to the end of the line.
    fn line_left(&self) -> usize {
        let rest = self.source.get(self.at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).unwrap_or(rest.len())
    }

    /// Bytes from here on that are of this kind.
    fn run(&self, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.source.get(self.at..).unwrap_or_default();
        rest.iter().position(|&b| !is(b)).unwrap_or(rest.len())
    }

    /// Length of the text whose opening quote stands here.
    fn text_len(&self, quote: u8) -> usize {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let is_long = rest.get(1..3) == Some(&[quote, quote]);
        let mut at: usize = if is_long { 3 } else { 1 };
        while let Some(&byte) = rest.get(at) {
            let behind = at.saturating_add(1);
            match byte {
                b'\\' => at = behind,
                b'\n' if !is_long => return at,
                _ if byte != quote => {}
                _ if !is_long => return behind,
                _ if rest.get(at..at.saturating_add(3)) == Some(&[quote; 3]) => {
                    return at.saturating_add(3);
                }
                _ => {}
            }
            at = at.saturating_add(1);
        }
        rest.len()
    }

    /// Length of the number that begins here.
    fn number_len(&self) -> usize {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let is_sign = |at: usize, byte: u8| {
            let before = at.checked_sub(1).and_then(|at| rest.get(at));
            matches!(byte, b'+' | b'-') && matches!(before, Some(b'e' | b'E'))
        };
        let goes_on = |(at, &byte): (usize, &u8)| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || is_sign(at, byte)
        };
        rest.iter()
            .enumerate()
            .position(|pair| !goes_on(pair))
            .unwrap_or(rest.len())
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.blanks();
        let at = self.at;
        let byte = self.byte(0)?;
        let (kind, len) = match byte {
            b'\n' => (Kind::Line, 1),
            b'"' | b'\'' => (Kind::Text, self.text_len(byte)),
            b'0'..=b'9' => (Kind::Number, self.number_len()),
            _ if is_name_byte(byte) => (Kind::Name, self.run(is_name_byte)),
            _ => (Kind::Sign(byte), 1),
        };
        self.at = at.saturating_add(len.max(1)).min(self.source.len());
        Some(Token {
            kind,
            text: self.source.get(at..self.at).unwrap_or_default(),
            at,
        })
    }
}

/// Letters, digits, the underscore, and whatever is not ASCII.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        Tokens::new(source.as_bytes())
            .map(|t| std::str::from_utf8(t.text).unwrap())
            .collect()
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(
            texts("x = torch.add(1.5e-05, \"a # b\") # c\ny"),
            [
                "x",
                "=",
                "torch",
                ".",
                "add",
                "(",
                "1.5e-05",
                ",",
                "\"a # b\"",
                ")",
                "\n",
                "y"
            ]
        );
        assert_eq!(texts("a.\\\nb"), ["a", ".", "b"]);
        assert_eq!(texts("r'\\'' b"), ["r", "'\\''", "b"]);
    }

    #[test]
    fn long_texts_hold_quotes_and_lines() {
        assert_eq!(
            texts("\"\"\"a\n\"b\" c\"\"\" d"),
            ["\"\"\"a\n\"b\" c\"\"\"", "d"]
        );
        assert_eq!(texts("'' x"), ["''", "x"]);
        assert_eq!(texts("'open\nx"), ["'open", "\n", "x"]);
        assert_eq!(texts("'''open\nx"), ["'''open\nx"]);
        assert_eq!(texts("'\\"), ["'\\"]);
    }

    #[test]
    fn any_bytes_are_tokens_and_every_byte_is_passed_once() {
        let bytes: Vec<u8> = (0..=255u8).cycle().take(2000).collect();
        let mut end = 0;
        for token in Tokens::new(&bytes) {
            assert!(token.at >= end && !token.text.is_empty());
            end = token.end();
        }
    }
}
