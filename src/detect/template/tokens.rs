//! A template cut into the tags that Jinja evaluates, and these into tokens.

/// A token of a tag. Blanks are gone, strings are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// An identifier or keyword.
    Name(String),
    /// A string literal, its escapes decoded as Jinja decodes them.
    Str(String),
    /// A number; what does not fit counts as the largest.
    Number(u64),
    /// Any other character.
    Op(char),
}

/// A part of the template that is more than text.
#[derive(Debug)]
pub(super) enum Piece<'t> {
    /// What stands between `{{` and `}}`, or `{%` and `%}`.
    Tag {
        /// Its tokens.
        tokens: Vec<Token>,
        /// Its text.
        source: &'t str,
    },
    /// The template cannot be cut from here on; why, to stand behind "it
    /// uses".
    Broken(&'static str),
}

/// The pieces of a template, front to back.
pub(super) struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Pieces<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Pieces { rest: text }
    }

    fn tag(&mut self, close: &str) -> Piece<'t> {
        let start = self.rest;
        let mut lexer = Lexer { rest: start };
        let mut tokens = Vec::new();
        let mut open = 0u32;
        loop {
            lexer.rest = lexer.rest.trim_start();
            // A brace that is open closes before the tag does.
            if open == 0
                && let Some(rest) = lexer.rest.strip_prefix(close)
            {
                let used = start.len().saturating_sub(lexer.rest.len());
                self.rest = rest;
                let source = start.get(..used).unwrap_or_default();
                return Piece::Tag { tokens, source };
            }
            match lexer.token() {
                Some(token) => {
                    match token {
                        Token::Op('{' | '[' | '(') => open = open.saturating_add(1),
                        Token::Op('}' | ']' | ')') => open = open.saturating_sub(1),
                        _ => {}
                    }
                    tokens.push(token);
                }
                None => {
                    self.rest = "";
                    return Piece::Broken("a tag that does not end");
                }
            }
        }
    }

    /// Skip what stands between `{% raw %}` and `{% endraw %}`.
    fn raw(&mut self) -> Option<Piece<'t>> {
        let mut at = self.rest;
        while let Some((_, behind)) = at.split_once("{%") {
            // Exactly as Jinja spells it: `{%[-+]?\s*endraw\s*[-+]?%}`.
            let word = behind.strip_prefix(['-', '+']).unwrap_or(behind);
            if let Some(end) = word.trim_start().strip_prefix("endraw") {
                let end = end.trim_start();
                let end = end.strip_prefix(['-', '+']).unwrap_or(end);
                if let Some(rest) = end.strip_prefix("%}") {
                    self.rest = rest;
                    return None;
                }
            }
            at = behind;
        }
        self.rest = "";
        Some(Piece::Broken("a raw block that does not end"))
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        loop {
            let (_, behind) = self.rest.split_once('{')?;
            self.rest = behind.get(1..).unwrap_or_default();
            match behind.as_bytes().first() {
                Some(b'#') => match self.rest.split_once("#}") {
                    Some((_, rest)) => self.rest = rest,
                    None => {
                        self.rest = "";
                        return Some(Piece::Broken("a comment that does not end"));
                    }
                },
                Some(b'{') => return Some(self.tag("}}")),
                Some(b'%') => {
                    let tag = self.tag("%}");
                    if !is_raw(&tag) {
                        return Some(tag);
                    }
                    if let Some(broken) = self.raw() {
                        return Some(broken);
                    }
                }
                _ => self.rest = behind,
            }
        }
    }
}

fn is_raw(piece: &Piece<'_>) -> bool {
    let Piece::Tag { tokens, .. } = piece else {
        return false;
    };
    let mut words = tokens.iter().filter(|t| !matches!(t, Token::Op('-' | '+')));
    words.next() == Some(&Token::Name("raw".to_owned())) && words.next().is_none()
}

/// Cuts the inside of a tag.
struct Lexer<'t> {
    rest: &'t str,
}

impl Lexer<'_> {
    /// The next token; `None` where the text ends or a string does not.
    fn token(&mut self) -> Option<Token> {
        let first = self.rest.chars().next()?;
        if first == '\'' || first == '"' {
            return self.string(first);
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if !is_word(first) {
            self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
            return Some(Token::Op(first));
        }
        let len = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(match first.is_ascii_digit() {
            true => Token::Number(
                word.replace('_', "")
                    .parse()
                    .unwrap_or_else(|_| number(word)),
            ),
            false => Token::Name(word.to_owned()),
        })
    }

    fn string(&mut self, quote: char) -> Option<Token> {
        let mut chars = self.rest.char_indices().skip(1);
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    // Kept together until the whole is decoded below.
                    text.push('\\');
                    text.push(chars.next()?.1);
                }
                c if c == quote => {
                    self.rest = self.rest.get(at.saturating_add(1)..)?;
                    return Some(Token::Str(unescape(&text)));
                }
                c => text.push(c),
            }
        }
        None
    }
}

/// `1e9` and hexadecimal spellings: the largest number where it is not known.
fn number(word: &str) -> u64 {
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    hex.and_then(|digits| u64::from_str_radix(&digits.replace('_', ""), 16).ok())
        .unwrap_or(u64::MAX)
}

/// Escapes decoded as Python's `unicode-escape` does.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, behind)) = rest.split_once('\\') {
        out.push_str(plain);
        let (c, used) = escape(behind);
        out.push(c);
        rest = behind.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The character that stands behind a backslash, and how many bytes spell it.
fn escape(behind: &str) -> (char, usize) {
    let code = |from: usize, len: usize, radix: u32| {
        behind
            .get(from..from.saturating_add(len))
            .and_then(|digits| u32::from_str_radix(digits, radix).ok())
            .and_then(char::from_u32)
            .map(|c| (c, from.saturating_add(len)))
    };
    let octal = || {
        let len = behind
            .bytes()
            .take(3)
            .take_while(|b| (b'0'..=b'7').contains(b))
            .count();
        code(0, len, 8)
    };
    let first = behind.chars().next().unwrap_or('\\');
    let decoded = match first {
        'x' => code(1, 2, 16),
        'u' => code(1, 4, 16),
        'U' => code(1, 8, 16),
        'N' => behind
            .split_once('}')
            // The one name that matters; any other stands for an odd character.
            .map(|(name, _)| {
                let low_line = name.eq_ignore_ascii_case("N{LOW LINE");
                let c = if low_line {
                    '_'
                } else {
                    char::REPLACEMENT_CHARACTER
                };
                (c, name.len().saturating_add(1))
            }),
        '0'..='7' => octal(),
        'n' => Some(('\n', 1)),
        't' => Some(('\t', 1)),
        'r' => Some(('\r', 1)),
        _ => None,
    };
    decoded.unwrap_or((first, first.len_utf8()))
}
