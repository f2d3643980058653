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
    /// A number with a fraction or an exponent, as it is spelled.
    Float(String),
    /// Any other character.
    Op(char),
    /// An operator of two characters.
    Long(&'static str),
}

/// A part of the template that is more than text.
#[derive(Debug)]
pub(super) enum Piece<'t> {
    /// What is written as it stands.
    Text(&'t str),
    /// What stands between `{{` and `}}`, or `{%` and `%}`.
    Tag {
        /// Its tokens.
        tokens: Vec<Token>,
        /// Its text.
        source: &'t str,
        /// Whether it is a statement.
        is_block: bool,
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
        let is_block = close == "%}";
        let start = self.rest;
        // Marks that strip blanks belong to the bracket.
        let inside = start.strip_prefix(['-', '+']).unwrap_or(start);
        let mut lexer = Lexer { rest: inside };
        let mut tokens = Vec::new();
        let mut open = 0u32;
        loop {
            lexer.rest = lexer.rest.trim_start();
            let marked = lexer
                .rest
                .strip_prefix('-')
                .or_else(|| lexer.rest.strip_prefix('+').filter(|_| is_block))
                .filter(|rest| rest.starts_with(close));
            // A brace that is open closes before the tag does.
            if open == 0
                && let Some(rest) = marked.unwrap_or(lexer.rest).strip_prefix(close)
            {
                let used = start.len().saturating_sub(lexer.rest.len());
                self.rest = rest;
                let source = start.get(..used).unwrap_or_default();
                return Piece::Tag {
                    tokens,
                    source,
                    is_block,
                };
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

    /// What stands between `{% raw %}` and `{% endraw %}`.
    fn raw(&mut self) -> Piece<'t> {
        let start = self.rest;
        let mut at = start;
        while let Some((_, behind)) = at.split_once("{%") {
            // Exactly as Jinja spells it: `{%[-+]?\s*endraw\s*[-+]?%}`.
            let word = behind.strip_prefix(['-', '+']).unwrap_or(behind);
            if let Some(end) = word.trim_start().strip_prefix("endraw") {
                let end = end.trim_start();
                let end = end.strip_prefix(['-', '+']).unwrap_or(end);
                if let Some(rest) = end.strip_prefix("%}") {
                    let used = start.len().saturating_sub(behind.len()).saturating_sub(2);
                    self.rest = rest;
                    return Piece::Text(start.get(..used).unwrap_or_default());
                }
            }
            at = behind;
        }
        self.rest = "";
        Piece::Broken("a raw block that does not end")
    }

    /// The text in front of the next bracket, which is left standing.
    fn text(&mut self) -> Option<Piece<'t>> {
        let bytes = self.rest.as_bytes();
        let is_open =
            |at: &usize| matches!(bytes.get(at.saturating_add(1)), Some(b'{' | b'%' | b'#'));
        let mut braces = memchr::memchr_iter(b'{', bytes);
        let end = braces.find(is_open).unwrap_or(bytes.len());
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!text.is_empty()).then_some(Piece::Text(text))
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        loop {
            if let Some(text) = self.text() {
                return Some(text);
            }
            let open = self.rest.as_bytes().get(1).copied()?;
            self.rest = self.rest.get(2..).unwrap_or_default();
            match open {
                b'#' => match self.rest.split_once("#}") {
                    Some((_, rest)) => self.rest = rest,
                    None => {
                        self.rest = "";
                        return Some(Piece::Broken("a comment that does not end"));
                    }
                },
                b'{' => return Some(self.tag("}}")),
                _ => {
                    let tag = self.tag("%}");
                    return Some(if is_raw(&tag) { self.raw() } else { tag });
                }
            }
        }
    }
}

fn is_raw(piece: &Piece<'_>) -> bool {
    let Piece::Tag { tokens, .. } = piece else {
        return false;
    };
    matches!(tokens.as_slice(), [Token::Name(word)] if word == "raw")
}

/// Operators of two characters.
const LONG: &[&str] = &["==", "!=", ">=", "<=", "//", "**"];

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
        if let Some(long) = LONG.iter().find(|long| self.rest.starts_with(**long)) {
            self.rest = self.rest.get(long.len()..).unwrap_or_default();
            return Some(Token::Long(long));
        }
        if !is_word(first) {
            self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
            return Some(Token::Op(first));
        }
        if let Some(len) = float(self.rest) {
            let (text, rest) = self.rest.split_at_checked(len)?;
            self.rest = rest;
            return Some(Token::Float(text.replace('_', "")));
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

/// Bytes of a number with a fraction or an exponent at the start of the text.
fn float(text: &str) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '_');
        from.saturating_add(end.unwrap_or(rest.len()))
    };
    let at = |index: usize| text.as_bytes().get(index).copied();
    let whole = digits(0);
    if !at(0)?.is_ascii_digit() {
        return None;
    }
    let mut end = whole;
    let behind = whole.saturating_add(1);
    if at(whole) == Some(b'.') && at(behind).is_some_and(|b| b.is_ascii_digit()) {
        end = digits(behind);
    }
    if matches!(at(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(at(end.saturating_add(1)), Some(b'+' | b'-')));
        let start = end.saturating_add(1).saturating_add(sign);
        if at(start).is_some_and(|b| b.is_ascii_digit()) {
            end = digits(start);
        }
    }
    (end > whole).then_some(end)
}

/// Binary, octal and hexadecimal spellings; the largest number where it is not
/// known.
fn number(word: &str) -> u64 {
    let word = word.replace('_', "").to_ascii_lowercase();
    [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| {
            let digits = word.strip_prefix(prefix)?;
            u64::from_str_radix(digits, radix).ok()
        })
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
        'a' => Some(('\u{7}', 1)),
        'b' => Some(('\u{8}', 1)),
        'f' => Some(('\u{c}', 1)),
        'v' => Some(('\u{b}', 1)),
        '\\' | '\'' | '"' => Some((first, 1)),
        _ => None,
    };
    // A backslash that escapes nothing stands for itself.
    decoded.unwrap_or(('\\', 0))
}
