//! `%` and `str.format`: the texts they make, and the attributes that a format
//! looks up by itself.

use super::follow::{Follower, Given};
use super::value::Value;

/// Digits of a width that are read.
const WIDTH_CAP_DIGITS: usize = 18;

impl Follower<'_> {
    /// `format % given`, as far as it is known.
    pub(super) fn percent(&mut self, format: &str, given: &Given) -> Value {
        for width in widths(format) {
            self.steps(width, "asks for a text of the length");
        }
        let mut out = Value::text("");
        let mut arguments = given.by_place.iter();
        let mut rest = format;
        while let Some((plain, behind)) = rest.split_once('%') {
            out = out.joined(&Value::text(plain));
            let kind = behind.chars().next();
            let simple = matches!(kind, Some('s' | 'c' | 'd' | 'i' | 'r'));
            out = match kind {
                Some('%') => out.joined(&Value::text("%")),
                Some(kind) if simple => {
                    let argument = arguments.next().cloned().unwrap_or(Value::Data);
                    out.joined(&spelled(kind, &argument))
                }
                // By name, or with a width.
                _ => return Value::any([out.derived(), Value::text(format).derived()]),
            };
            rest = behind.get(1..).unwrap_or_default();
        }
        out.joined(&Value::text(rest))
    }
}

/// An argument as `%kind` spells it.
fn spelled(kind: char, argument: &Value) -> Value {
    argument.map(|argument| match (kind, argument) {
        ('c', Value::Whole(code)) => {
            let c = u32::try_from(*code).ok().and_then(char::from_u32);
            c.map_or(Value::Data, |c| Value::text(c.to_string()))
        }
        ('c', Value::Number) => Value::Authored,
        (_, other) => other.as_string(),
    })
}

/// Widths in a format with `%`.
fn widths(format: &str) -> impl Iterator<Item = u64> {
    format.split('%').skip(1).filter_map(|spec| {
        let spec = spec.trim_start_matches(['-', '+', ' ', '#', '0', '.']);
        let digits: String = spec
            .chars()
            .take_while(char::is_ascii_digit)
            .take(WIDTH_CAP_DIGITS)
            .collect();
        digits.parse().ok()
    })
}

/// Widths in a format with braces: the digits behind the colon.
pub(super) fn brace_widths(format: &str) -> impl Iterator<Item = u64> {
    let specs = format.split('{').skip(1).filter_map(|field| {
        let field = field.split('}').next().unwrap_or_default();
        field.split_once(':').map(|(_, spec)| spec)
    });
    specs.filter_map(|spec| {
        let digits = spec.split(|c: char| !c.is_ascii_digit());
        let longest = digits.max_by_key(|digits| digits.len())?;
        longest
            .get(..longest.len().min(WIDTH_CAP_DIGITS))?
            .parse()
            .ok()
    })
}

/// The names that the fields of a format look up: what stands behind `.` and
/// between brackets.
pub(super) fn fields(format: &str) -> Vec<String> {
    let inside = format.split('{').skip(1);
    let fields = inside.map(|field| field.split(['}', '!', ':']).next().unwrap_or_default());
    fields
        .flat_map(|field| field.split(['.', '[', ']']).skip(1))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `format.format(given)`, as far as it is known: fields in order, without
/// names and widths.
pub(super) fn braces(format: &Value, given: &Given) -> Value {
    let Value::Text(text) = format else {
        return format.derived();
    };
    let mut out = Value::text("");
    let mut arguments = given.by_place.iter();
    let mut rest = text.as_str();
    while let Some((plain, behind)) = rest.split_once("{}") {
        if plain.contains(['{', '}']) {
            return format.derived();
        }
        out = out.joined(&Value::text(plain));
        let argument = arguments.next().cloned().unwrap_or(Value::Data);
        out = out.joined(&argument.as_string());
        rest = behind;
    }
    match rest.contains(['{', '}']) {
        true => format.derived(),
        false => out.joined(&Value::text(rest)),
    }
}
