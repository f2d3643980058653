//! The judgement of a template whose structure cannot be followed: tag by tag,
//! token by token.
//!
//! Each road to an attribute is looked at where it stands, and what could
//! build a name elsewhere makes the template uncertain.

use super::names::{OPEN_OBJECTS, holds_dunder, is_dunder, is_private};
use super::tokens::{Piece, Pieces, Token};

/// Characters of the template that are shown as evidence.
const EXCERPT_CAP_CHARS: usize = 160;

/// A repetition or range above this many steps is not called harmless.
const STEPS_CAP: u64 = 1_000_000;

/// What a template can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It stays within its data.
    Harmless,
    /// It was not followed to the end; holds the reason, to stand behind
    /// "it uses".
    Uncertain(String),
    /// It reaches for Python's internals; holds what it reaches for and the
    /// tag that does.
    Hostile {
        /// The name.
        reaches: String,
        /// The tag.
        excerpt: String,
    },
}

/// Filters that neither call nor look up anything by a name they are given.
const PLAIN_FILTERS: &[&str] = &[
    "abs",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "from_json",
    "fromjson",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "pprint",
    "replace",
    "reverse",
    "round",
    "safe",
    "slice",
    "string",
    "striptags",
    "title",
    "tojson",
    "trim",
    "truncate",
    "upper",
    "urlencode",
    "wordcount",
    "wordwrap",
];

/// Filters that take the name of an attribute, or of another filter, as their
/// first argument.
const NAMING_FILTERS: &[&str] = &[
    "groupby",
    "map",
    "reject",
    "rejectattr",
    "select",
    "selectattr",
];

/// Filters that take the name of an attribute as `attribute=`.
const SORTING_FILTERS: &[&str] = &["max", "min", "sort", "sum", "unique"];

/// Words behind which `[` begins a list.
const KEYWORDS: &[&str] = &[
    "and",
    "do",
    "elif",
    "else",
    "if",
    "in",
    "is",
    "not",
    "or",
    "recursive",
    "return",
    "set",
    "with",
];

/// Judge the text of a template.
pub(super) fn judge(text: &str) -> Judgement {
    let mut uncertain = None;
    for piece in Pieces::new(text) {
        let judged = match piece {
            Piece::Tag { tokens, source, .. } => judge_tag(&tokens, source),
            Piece::Text(_) => Judgement::Harmless,
            Piece::Broken(what) => Judgement::Uncertain(what.to_owned()),
        };
        match judged {
            Judgement::Harmless => {}
            Judgement::Uncertain(what) => uncertain = uncertain.or(Some(what)),
            hostile => return hostile,
        }
    }
    uncertain.map_or(Judgement::Harmless, Judgement::Uncertain)
}

fn judge_tag(tokens: &[Token], source: &str) -> Judgement {
    if let Some(reaches) = hostile(tokens) {
        return Judgement::Hostile {
            reaches,
            excerpt: source.chars().take(EXCERPT_CAP_CHARS).collect(),
        };
    }
    uncertain(tokens).map_or(Judgement::Harmless, Judgement::Uncertain)
}

/// The underscore name that this tag reaches for.
fn hostile(tokens: &[Token]) -> Option<String> {
    let name = tokens.iter().enumerate().find_map(|(at, token)| {
        let before = |back: usize| at.checked_sub(back).and_then(|i| tokens.get(i));
        match token {
            Token::Name(name) => {
                let attribute = before(1) == Some(&Token::Op('.'));
                (attribute && is_private(name) || is_dunder(name)).then(|| name.clone())
            }
            Token::Str(text) => {
                let key = before(1) == Some(&Token::Op('['));
                let filter = before(1) == Some(&Token::Op('('))
                    && before(2) == Some(&Token::Name("attr".to_owned()));
                ((key || filter) && is_private(text)).then(|| text.clone())
            }
            _ => None,
        }
    });
    name.or_else(|| folded(tokens).into_iter().find(|text| holds_dunder(text)))
}

/// The first thing in the tag that could build such a name.
fn uncertain(tokens: &[Token]) -> Option<String> {
    let mut words = tokens.iter().filter(|t| !matches!(t, Token::Op('-' | '+')));
    if let Some(Token::Name(statement)) = words.next()
        && ["import", "from", "include", "extends", "filter"].contains(&statement.as_str())
    {
        return Some(format!("the statement `{statement}`"));
    }
    if folded(tokens).iter().any(|text| text.contains("__")) {
        return Some("a string with two underscores".to_owned());
    }
    tokens
        .iter()
        .enumerate()
        .find_map(|(at, _)| uncertain_at(tokens, at))
}

fn uncertain_at(tokens: &[Token], at: usize) -> Option<String> {
    let behind = |ahead: usize| tokens.get(at.saturating_add(ahead));
    let before = at.checked_sub(1).and_then(|i| tokens.get(i));
    match tokens.get(at)? {
        Token::Name(name) if before == Some(&Token::Op('|')) => filter(name, tokens, at),
        Token::Name(name) if before == Some(&Token::Op('.')) => {
            let builds = ["format", "format_map"].contains(&name.as_str());
            builds.then(|| format!("the method `{name}`"))
        }
        Token::Name(name) if OPEN_OBJECTS.contains(&name.as_str()) => {
            let opened = matches!(behind(1), Some(Token::Op('.' | '[' | '|')));
            opened.then(|| format!("an attribute of `{name}`"))
        }
        Token::Str(_) if behind(1) == Some(&Token::Op('%')) => {
            Some("formatting with `%`".to_owned())
        }
        Token::Number(steps) if *steps > STEPS_CAP => Some(format!("the number {steps}")),
        Token::Long("**") => Some("powers".to_owned()),
        Token::Op('[') if before.is_some_and(takes_subscript) => {
            let key = inside(tokens, at);
            (!is_plain_key(key)).then(|| "a key that is computed".to_owned())
        }
        _ => None,
    }
}

/// Why the filter `name` at `at` could look up a name that is not in sight.
fn filter(name: &str, tokens: &[Token], at: usize) -> Option<String> {
    let plain = PLAIN_FILTERS.contains(&name);
    let sorting = SORTING_FILTERS.contains(&name);
    let naming = NAMING_FILTERS.contains(&name);
    if plain {
        return None;
    }
    let open = tokens.get(at.saturating_add(1)) == Some(&Token::Op('('));
    let arguments = match open {
        true => inside(tokens, at.saturating_add(1)),
        false => &[],
    };
    let keyword = arguments.windows(3).find_map(|three| match three {
        [Token::Name(key), Token::Op('='), value] if key == "attribute" => Some(value),
        _ => None,
    });
    let fine = match (keyword, arguments.first()) {
        (Some(value), _) => is_plain_name(value),
        (None, Some(first)) if naming => is_plain_name(first),
        (None, None) => true,
        (None, Some(_)) => sorting,
    };
    (!fine || !(sorting || naming)).then(|| format!("the filter `{name}`"))
}

/// A literal that names an ordinary attribute or a filter that is no road.
fn is_plain_name(token: &Token) -> bool {
    match token {
        Token::Str(text) => !matches!(text.as_str(), "attr" | "format") && !text.contains("._"),
        _ => false,
    }
}

/// A literal key, an index or a slice of integers.
fn is_plain_key(key: &[Token]) -> bool {
    matches!(key, [Token::Str(_)]) || is_index(key)
}

/// Whether an expression can only be an integer or a slice: numbers, counters
/// of the loop, lengths, and sums of them.
fn is_index(mut key: &[Token]) -> bool {
    loop {
        key = match key {
            [] => return true,
            [
                Token::Number(_) | Token::Op(':' | '+' | '-' | '(' | ')'),
                rest @ ..,
            ] => rest,
            [
                Token::Name(name),
                Token::Op('.'),
                Token::Name(field),
                rest @ ..,
            ] if name == "loop" && (field.contains("index") || field == "length") => rest,
            [Token::Name(_), rest @ ..] => match counted(rest) {
                Some(rest) => rest,
                None => return false,
            },
            _ => return false,
        };
    }
}

/// What follows `.field.field | length`, or a filter like it.
fn counted(mut rest: &[Token]) -> Option<&[Token]> {
    while let [Token::Op('.'), Token::Name(_), more @ ..] = rest {
        rest = more;
    }
    match rest {
        [Token::Op('|'), Token::Name(filter), more @ ..]
            if ["length", "count", "int"].contains(&filter.as_str()) =>
        {
            Some(more)
        }
        _ => None,
    }
}

/// The tokens between the bracket at `open` and the one that closes it.
fn inside(tokens: &[Token], open: usize) -> &[Token] {
    let rest = tokens.get(open.saturating_add(1)..).unwrap_or_default();
    let mut depth = 0u32;
    let end = rest.iter().position(|token| {
        match token {
            Token::Op('[' | '(' | '{') => depth = depth.saturating_add(1),
            Token::Op(']' | ')' | '}') if depth == 0 => return true,
            Token::Op(']' | ')' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        false
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// Whether `[` behind this token looks something up in it.
fn takes_subscript(token: &Token) -> bool {
    match token {
        Token::Name(name) => !KEYWORDS.contains(&name.as_str()),
        Token::Str(_) | Token::Op(')' | ']' | '}') => true,
        _ => false,
    }
}

/// Every literal, joined with its neighbours as `~`, `+` or nothing would.
fn folded(tokens: &[Token]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut joins = false;
    for token in tokens {
        match (token, out.last_mut()) {
            (Token::Str(text), Some(last)) if joins => last.push_str(text),
            (Token::Str(text), _) => out.push(text.clone()),
            _ => {}
        }
        joins = matches!(token, Token::Str(_)) || joins && matches!(token, Token::Op('~' | '+'));
    }
    out
}
