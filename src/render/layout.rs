//! Lines, wrapping and columns of the text output.
//!
//! A [`Page`] is the only way to the terminal, and everything that goes
//! through it is escaped once more at that edge. Text that is escaped already
//! does not change by it.

use std::io::{self, Write};

use anstyle::Style as Paint;

use super::palette::PLAIN;
use crate::report::escape_text;

/// Columns after which text is wrapped. Fixed, so that the output does not
/// depend on the terminal.
const WIDTH: usize = 100;

/// Fewest columns that are left for wrapped text, however long its label is.
const NARROWEST: usize = 40;

/// Where text output goes.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    color: bool,
    dirty: bool,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub(super) fn new(out: &'a mut dyn Write, color: bool) -> Self {
        Page {
            out,
            color,
            dirty: false,
        }
    }

    /// An empty line between two sections; none at the top.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.dirty) {
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// One line in one colour, not wrapped: for paths, which people copy.
    pub(super) fn line(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        let text = self.painted(paint, &escape_text(text));
        self.raw(&text)
    }

    /// A label and text wrapped beside or below it. Lines after the first are
    /// indented by two columns more than the label.
    pub(super) fn entry(
        &mut self,
        indent: usize,
        label: &[(Paint, &str)],
        text: &str,
    ) -> io::Result<()> {
        let mut first = " ".repeat(indent);
        let mut used = indent;
        for (paint, word) in label {
            let word = escape_text(word);
            used += word.chars().count() + 1;
            first.push_str(&self.painted(*paint, &word));
            first.push(' ');
        }
        let rest = indent + 2;
        let mut lines = wrap(&escape_text(text), room(used), room(rest)).into_iter();
        first.push_str(&lines.next().unwrap_or_default());
        self.raw(first.trim_end())?;
        for line in lines {
            self.raw(&format!("{}{line}", " ".repeat(rest)))?;
        }
        Ok(())
    }

    /// A table: the first row is its heading. Columns are as wide as their
    /// widest cell; those in `right` are aligned to the right. A colour is for
    /// the last cell of a row.
    pub(super) fn table(&mut self, indent: usize, right: &[usize], rows: &[Row]) -> io::Result<()> {
        let widths = widths(rows);
        for row in rows {
            let mut line = " ".repeat(indent);
            for (at, (cell, width)) in row.cells.iter().zip(&widths).enumerate() {
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                let last = at + 1 == row.cells.len();
                let cell = self.painted(if last { row.paint } else { PLAIN }, cell);
                line.push_str(&match right.contains(&at) {
                    true => format!("{pad}{cell}"),
                    false => format!("{cell}{pad}"),
                });
                line.push_str(if last { "" } else { "  " });
            }
            self.raw(line.trim_end())?;
            if let Some(note) = &row.note {
                self.entry(indent + 2, &[], note)?;
            }
        }
        Ok(())
    }

    /// Escaped text, in a colour where colours are wanted.
    fn painted(&self, paint: Paint, text: &str) -> String {
        if self.color && paint != PLAIN && !text.is_empty() {
            format!("{}{text}{}", paint.render(), paint.render_reset())
        } else {
            text.to_owned()
        }
    }

    fn raw(&mut self, line: &str) -> io::Result<()> {
        self.dirty = true;
        writeln!(self.out, "{line}")
    }
}

/// A row of a table.
pub(super) struct Row {
    cells: Vec<String>,
    paint: Paint,
    note: Option<String>,
}

impl Row {
    /// A row of these cells.
    pub(super) fn new<const N: usize>(cells: [String; N]) -> Self {
        Row {
            cells: cells.iter().map(|cell| escape_text(cell)).collect(),
            paint: PLAIN,
            note: None,
        }
    }

    /// A heading of these words.
    pub(super) fn heading<const N: usize>(words: [&str; N]) -> Self {
        Row::new(words.map(str::to_owned))
    }

    /// Colour the last cell.
    pub(super) fn paint(mut self, paint: Paint) -> Self {
        self.paint = paint;
        self
    }

    /// Add a line of its own below the row.
    pub(super) fn note(mut self, note: Option<&str>) -> Self {
        self.note = note.map(str::to_owned);
        self
    }
}

fn widths(rows: &[Row]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        for (at, cell) in row.cells.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(at) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    widths
}

fn room(used: usize) -> usize {
    WIDTH.saturating_sub(used).max(NARROWEST)
}

/// Break `text` at spaces into lines of at most `first` and then `rest`
/// characters. A word that is longer than a line is cut: evidence may be one
/// long word.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let mut word = word;
        loop {
            let width = if lines.is_empty() { first } else { rest };
            let space = usize::from(used > 0);
            let length = word.chars().count();
            if used + space + length <= width {
                line.push_str(if space > 0 { " " } else { "" });
                line.push_str(word);
                used += space + length;
                break;
            }
            if used == 0 {
                let cut = word
                    .char_indices()
                    .nth(width)
                    .map_or(word.len(), |(at, _)| at);
                line.push_str(&word[..cut]);
                word = &word[cut..];
            }
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(color: bool, draw: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        draw(&mut Page::new(&mut out, color)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7, 5), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4, 3), ["abcd", "efg", "hij"]);
        assert_eq!(wrap("ab größer", 4, 4), ["ab", "größ", "er"]);
        assert!(wrap("", 4, 4).is_empty());
    }

    #[test]
    fn no_word_is_lost() {
        let text = "the quick brown fox jumps over it ".repeat(20);
        for width in 1..30 {
            let joined = wrap(&text, width, width).concat();
            assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn a_second_escape_changes_nothing() {
        for raw in [
            "a\x1b[31m",
            "\u{202e}x\n",
            "größe \\u{1b} \\",
            "\0\t\u{e0041}",
        ] {
            let once = escape_text(raw);
            assert_eq!(escape_text(&once), once);
        }
    }

    #[test]
    fn nothing_reaches_the_terminal_unescaped() {
        let text = written(false, |page| {
            page.line(PLAIN, "a\x1b[2Jb")?;
            page.entry(2, &[(PLAIN, "l\u{9b}")], "x\r\ny\u{202e}")?;
            page.table(0, &[], &[Row::heading(["c\x07"]).note(Some("n\x1b"))])
        });
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{text:?}"
        );
        assert!(!text.contains('\u{202e}'));
    }

    #[test]
    fn colour_is_written_only_where_it_is_wanted() {
        let draw = |page: &mut Page<'_>| page.line(Paint::new().bold(), "x");
        assert_eq!(written(false, draw), "x\n");
        assert_eq!(written(true, draw), "\x1b[1mx\x1b[0m\n");
    }

    #[test]
    fn columns_line_up() {
        let rows = [
            Row::heading(["name", "size"]),
            Row::new(["a".into(), "10".into()]),
        ];
        let text = written(false, |page| page.table(1, &[1], &rows));
        assert_eq!(text, " name  size\n a       10\n");
    }
}
