//! JSON: the value itself, readable, in the order of its fields.
//!
//! Characters that act on a terminal or hide from the eye are written as `\u`
//! escapes. A JSON parser gives the same strings back, and `cat` is safe.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::report::escape_text;

/// Write `value` with a newline at the end.
pub(super) fn write<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Visible(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    writeln!(out)
}

/// Pretty JSON in which every character can be seen.
struct Visible(PrettyFormatter<'static>);

/// Hand a method of [`Formatter`] through to the pretty one.
macro_rules! pretty {
    ($($method:ident($($first:ident)?)),* $(,)?) => {
        $(fn $method<W: ?Sized + Write>(
            &mut self,
            writer: &mut W
            $(, $first: bool)?
        ) -> io::Result<()> {
            self.0.$method(writer $(, $first)?)
        })*
    };
}

impl Formatter for Visible {
    pretty! {
        begin_array(), end_array(), begin_array_value(first), end_array_value(),
        begin_object(), end_object(), begin_object_key(first), begin_object_value(),
        end_object_value(),
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment
            .char_indices()
            .filter(|(_, c)| !c.is_ascii_graphic())
        {
            let mut utf8 = [0; 4];
            let shown: &str = c.encode_utf8(&mut utf8);
            if escape_text(shown) == shown {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_come_back() {
        let raw = "a\u{9b}b\u{202e}c\x7f d größe \u{e0041}\n\"\\ 模型";
        let mut out = Vec::new();
        write(&[raw], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "[\n  \"a\\u009bb\\u202ec\\u007f d größe \\udb40\\udc41\\n\\\"\\\\ 模型\"\n]\n"
        );
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, [raw]);
    }
}
