//! Python source: the code that comes with a model, and what it does when it
//! is imported.
//!
//! Which loader imports the file is told by its name (`modeling_*.py`,
//! `handler.py`, `setup.py`), and what its code does by
//! [`detect::python`](crate::detect::python). A call at the top of a file that
//! a loader imports is an attack where the same call in a function is a tool.
//!
//! An attacker hides what is called, puts it where only a loader comes by, or
//! writes the file in an encoding that no reviewer decodes.
//!
//! Not checked: what stands in the spec below.

pub(super) mod grade;
pub(super) mod report;

#[cfg(test)]
mod tests;

pub(super) use grade::Role;
pub(super) use report::{Text, report};

use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::detect::python::{self, Dialect, Program, SOURCE_CAP_BYTES};
use crate::report::{Span, Why, escape_text};
use crate::rules::python as rules;
use crate::wire::Fault;

/// Longest source that is read; what is longer than the parser takes is read
/// by its tokens.
const READ_CAP_BYTES: u64 = 32 << 20;

/// Bytes at the front in which a source may name its encoding.
const ENCODING_BYTES: usize = 512;

/// Encodings in which source that looks like code is the code that it looks
/// like. Any letters but these may turn text into other text.
const ENCODINGS: &[&str] = &[
    "ascii", "big5", "cp125", "cp437", "cp85", "cp93", "cp94", "cp95", "euc", "gb18030", "gb2312",
    "gbk", "iso-8859", "iso8859", "koi8", "latin", "shift", "sjis", "us-ascii", "utf-8", "utf8",
];

/// Python source.
pub struct PythonSource;

static SPEC: FormatSpec = FormatSpec {
    id: "python-source",
    title: "Python source",
    suffixes: &[".py", ".pyi", ".pyw"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("source-code"),
    references: &[
        "https://docs.python.org/3/reference/",
        "https://peps.python.org/pep-0263/",
        "https://huggingface.co/docs/transformers/custom_models",
    ],
    limitations: &[
        "Values that pass through attributes, containers and arguments of longer functions are not followed.",
        "Which branch is taken is not known; every one counts.",
        "Modules that the file imports from beside it are judged by themselves.",
    ],
};

impl Format for PythonSource {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        match (named || is_python_script(probe.head())) && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let len = source.len().min(READ_CAP_BYTES);
        let chunk = source.chunk(0..len)?;
        if len < source.len() {
            let detail = format!("of the source only the first {READ_CAP_BYTES} bytes are judged");
            cx.gap(len..source.len(), Why::Limit, detail);
        }
        encoding(&chunk, cx);
        let members = &artifact.location.members;
        let outer = match members.len() {
            0 | 1 => artifact.location.path.as_str(),
            more => members
                .get(more.saturating_sub(2))
                .map_or("", String::as_str),
        };
        let role = Role::of(&artifact.name, outer, !members.is_empty());
        judge(&chunk, role, cx)?;
        chunk.verify()?;
        Ok(())
    }
}

/// Judge the bytes of a whole file.
fn judge(bytes: &[u8], role: Role, cx: &mut Context<'_>) -> Result<(), Fault> {
    let (text, is_exact) = match std::str::from_utf8(bytes) {
        Ok(text) => (std::borrow::Cow::Borrowed(text), true),
        // Eight-bit encodings have ASCII where code is.
        Err(_) => (String::from_utf8_lossy(bytes), false),
    };
    let program = python::judge(&text, Dialect::Module, cx.budget())?;
    let whole = bytes.len() as u64;
    let place = move |at: usize, end: usize| match is_exact {
        true => at as u64..end as u64,
        false => 0..whole,
    };
    // What Python runs when it starts is read by nobody.
    if is_exact && role != Role::Startup {
        for at in &program.prose {
            cx.prose(place(at.start, at.end));
        }
    }
    let text = Text {
        text: &text,
        role,
        label: None,
        place: &place,
    };
    report(&program, &text, cx);
    gaps(&program, &text, cx);
    Ok(())
}

/// What was not followed to its end.
pub(super) fn gaps(program: &Program, text: &Text<'_>, cx: &mut Context<'_>) {
    let whole: Span = (text.place)(0, text.text.len());
    for what in &program.limits {
        let detail = match *what {
            "bytes" => format!(
                "sources of more than {SOURCE_CAP_BYTES} bytes are read by their words alone"
            ),
            other => format!("not all {other} of the source were followed"),
        };
        cx.gap(whole.clone(), Why::Limit, detail);
    }
    let Some(damage) = &program.damage else {
        return;
    };
    if is_other_language(text.text) {
        return;
    }
    let line = report::line(text.text, damage.at);
    let what = escape_text(&damage.what);
    let detail = format!(
        "the source is no Python 3 that this version reads, line {line}: {what} ({} in all); \
         what stands there was read by its words alone",
        damage.count
    );
    cx.gap((text.place)(damage.at, damage.at), Why::Malformed, detail);
}

/// Python 2, which says so by its statements, and templates, which are no
/// program yet.
fn is_other_language(text: &str) -> bool {
    let is_old = |line: &str| {
        let line = line.trim_start();
        let prints = line.strip_prefix("print ").is_some_and(|rest| {
            rest.trim_start()
                .starts_with(['"', '\'', '>', '%', 'u', 'r'])
                || rest.chars().next().is_some_and(char::is_alphanumeric)
        });
        prints
            || line.starts_with("exec ")
            || line.starts_with("except ") && line.contains(", ") && !line.contains('(')
            || line.starts_with("raise ") && line.contains(", \"")
    };
    let is_template =
        |line: &str| line.contains("{%") || line.contains("{{") || line.contains("<%");
    text.lines().any(|line| is_old(line) || is_template(line))
}

/// Report an encoding that hides code.
fn encoding(bytes: &[u8], cx: &mut Context<'_>) {
    let head = bytes
        .get(..bytes.len().min(ENCODING_BYTES))
        .unwrap_or_default();
    let mut at = 0usize;
    for line in head.split(|&b| b == b'\n').take(2) {
        if let Some(name) = declared(line) {
            let folded = name.to_ascii_lowercase().replace('_', "-");
            if !ENCODINGS.iter().any(|known| folded.starts_with(known)) {
                let message = format!(
                    "the source says that it is encoded as `{}`",
                    escape_text(&name)
                );
                let place = at as u64..at.saturating_add(line.len()) as u64;
                cx.report(rules::ENCODING.at(place).message(message).bytes(line));
            }
        }
        at = at.saturating_add(line.len()).saturating_add(1);
    }
}

/// The encoding that a comment names, by the rule of PEP 263.
fn declared(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line)
        .ok()?
        .trim_start_matches(['\u{feff}', ' ', '\t', '\x0c']);
    let comment = text.strip_prefix('#')?;
    let (_, rest) = comment.split_once("coding")?;
    let rest = rest
        .strip_prefix([':', '='])?
        .trim_start_matches([' ', '\t']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    rest.get(..end)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Whether the first line hands the file to Python.
fn is_python_script(head: &[u8]) -> bool {
    let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && memchr::memmem::find(line, b"python").is_some()
}
