//! Attributes of a node: texts that name something a loader opens or runs.
//!
//! The operator may stand behind its attributes in the file, so that what
//! stands out is kept until the node ends: the worst text of each sort.

use crate::detect::code;
use crate::detect::paths;
use crate::report::{Severity, Span};

/// Bytes of an attribute's text that are looked at. A path, an address or a
/// name is not longer; what is, is swept like all bytes.
pub(super) const TEXT_CAP_BYTES: usize = 4096;

/// Endings of native libraries, and of programs that loaders import.
const LIBRARY_SUFFIXES: [&str; 7] = [".so", ".dll", ".dylib", ".pyd", ".py", ".pyc", ".exe"];

/// Parts of names by which attributes hand over a library.
const LIBRARY_NAMES: [&str; 7] = [
    "library",
    "lib_path",
    "lib_name",
    "dll",
    "shared_object",
    "so_path",
    "plugin_path",
];

/// Parts of names by which attributes hand over a file.
const FILE_NAMES: [&str; 3] = ["path", "file", "location"];

/// Attributes whose texts are kept as they are.
const KEPT: [&str; 8] = [
    "module",
    "class_name",
    "func_name",
    "function",
    "name",
    "operator",
    "embed_mode",
    "ep_cache_context",
];

/// What a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A native library or a program.
    Library,
    /// A file outside of the model's directory.
    Path,
    /// A URL.
    Address,
    /// Something that runs once it is evaluated.
    Code,
}

/// A text that stands out.
pub(super) struct Suspect {
    pub(super) sort: Sort,
    /// The attribute.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) at: Span,
    /// Whether it is told in standard operators as well.
    pub(super) is_alone: bool,
    /// What code it is, and how bad.
    pub(super) what: String,
    pub(super) severity: Severity,
}

/// What stood out among the attributes of a node.
#[derive(Default)]
pub(super) struct Attributes {
    suspects: [Option<Suspect>; 4],
    kept: Vec<(&'static str, String)>,
    numbers: Vec<(&'static str, i64)>,
}

/// An attribute as far as it was read.
#[derive(Default)]
pub(super) struct Attribute {
    /// Its name.
    pub(super) name: String,
    /// Its single text, the last one.
    pub(super) text: Option<(String, Span)>,
    /// Its single number.
    pub(super) number: Option<i64>,
}

impl Attributes {
    /// What stands out, at most one of each sort.
    pub(super) fn suspects(&self) -> impl Iterator<Item = &Suspect> {
        self.suspects.iter().flatten()
    }

    /// The text of one of the attributes that are kept.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut kept = self.kept.iter().rev();
        kept.find(|(key, _)| *key == name)
            .map(|(_, text)| text.as_str())
    }

    /// The number of one of them.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        let mut numbers = self.numbers.iter().rev();
        numbers.find(|(key, _)| *key == name).map(|(_, n)| *n)
    }

    /// The callable that the attributes name, with its module.
    pub(super) fn called(&self) -> Option<String> {
        let name = ["func_name", "function", "class_name", "name"]
            .iter()
            .find_map(|key| self.value(key));
        match (self.value("module"), name) {
            (Some(module), Some(name)) => Some(format!("{module}.{name}")),
            (module, name) => name.or(module).map(str::to_owned),
        }
    }

    /// Take a finished attribute.
    pub(super) fn take(&mut self, attribute: Attribute) {
        let kept = KEPT.iter().find(|key| **key == attribute.name).copied();
        if let Some((key, number)) = kept.zip(attribute.number) {
            self.numbers.retain(|(known, _)| *known != key);
            self.numbers.push((key, number));
        }
        let Some((text, at)) = attribute.text else {
            return;
        };
        self.judge(&attribute.name, &text, &at, true);
        if let Some(key) = kept {
            self.kept.retain(|(known, _)| *known != key);
            self.kept.push((key, text));
        }
    }

    /// Look at a text of the attribute `name`; `is_alone` where it is the only
    /// one by its schema.
    pub(super) fn judge(&mut self, name: &str, text: &str, at: &Span, is_alone: bool) {
        if text.is_empty() || text.len() >= TEXT_CAP_BYTES {
            return;
        }
        let lower = name.to_ascii_lowercase();
        let has_name = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        let is_line = !text.contains(['\n', '\r']);
        let is_library = names_library(text);
        if is_line && (is_library || has_name(&LIBRARY_NAMES)) {
            self.keep(Sort::Library, name, text, at, is_alone && is_library);
        }
        if is_line && has_name(&FILE_NAMES) && paths::escape(text).is_some() {
            self.keep(Sort::Path, name, text, at, false);
        }
        if is_address(text) {
            self.keep(Sort::Address, name, text, at, false);
        }
        if may_be_code(text)
            && let Some(found) = code::code_like(text)
            && let Some(suspect) = self.keep(Sort::Code, name, text, at, false)
        {
            suspect.what = found.what;
            suspect.severity = found.severity;
        }
    }

    /// Keep a text where there is none of its sort, or one that is told in
    /// custom operators alone.
    fn keep(
        &mut self,
        sort: Sort,
        name: &str,
        text: &str,
        at: &Span,
        is_alone: bool,
    ) -> Option<&mut Suspect> {
        let place = self.suspects.get_mut(sort as usize)?;
        if place
            .as_ref()
            .is_some_and(|known| known.is_alone || !is_alone)
        {
            return None;
        }
        Some(place.insert(Suspect {
            sort,
            name: name.to_owned(),
            text: text.to_owned(),
            at: at.clone(),
            is_alone,
            what: String::new(),
            severity: Severity::Medium,
        }))
    }
}

/// Whether a text ends like the file of a library, with a version or without.
fn names_library(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_versioned = bare.len() < lower.len() && bare.ends_with(".so");
    is_versioned
        || LIBRARY_SUFFIXES
            .iter()
            .any(|suffix| lower.ends_with(suffix))
}

/// Whether it is worth looking for code: most texts are names of modes.
fn may_be_code(text: &str) -> bool {
    text.contains(['(', '<', '\n'])
        || ["__", "_target_"].iter().any(|sign| text.contains(sign))
        || text.starts_with("gA")
}

fn is_address(text: &str) -> bool {
    let schemes = [
        "http://", "https://", "ftp://", "ws://", "wss://", "grpc://",
    ];
    let lower = text
        .trim_start()
        .get(..8)
        .unwrap_or(text)
        .to_ascii_lowercase();
    schemes.iter().any(|scheme| lower.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_told_by_their_names() {
        for text in ["/tmp/evil.so", "libx.so.1.2", "X.DLL", "a.dylib", "ops.py"] {
            assert!(names_library(text), "{text}");
        }
        for text in ["SAME_UPPER", "v1.2", "also", "linear", "so", "torch.so_far"] {
            assert!(!names_library(text), "{text}");
        }
    }

    #[test]
    fn addresses_are_told_by_their_schemes() {
        assert!(is_address("HTTPS://example.org/v1"));
        assert!(is_address("ws://a"));
        assert!(!is_address("http"));
        assert!(!is_address("layer::http"));
    }
}
