//! External data: the entries that say in which file a tensor's bytes lie.
//!
//! A loader joins the `location` to the directory of the model and reads, or
//! on saving writes, what is there. Three vulnerabilities in a row came from
//! checks that knew one spelling of a way out and not the next, so that the
//! name is judged by its parts and not by its beginning.

use super::judge::{Judge, shown};
use super::tensor::Tensor;
use crate::detect::paths::{self, Escape};
use crate::report::{Severity, Span};
use crate::rules::onnx as rules;

/// How a location begins by which ONNX Runtime means its own memory; the
/// offset is then an address.
const MEMORY_MARKS: [&str; 2] = ["*/_ORT_MEM_ADDR_", "*/_ORT_LITTLE_ENDIAN_MEM_ADDR_"];

/// Keys that the specification and its library have.
const KEYS: [&str; 5] = ["location", "offset", "length", "checksum", "basepath"];

/// How the keys begin by which ONNX Runtime keeps weights in the order of its
/// kernels.
const PREPACKED: &str = "prepacked";

/// Digits of a SHA-1.
const CHECKSUM_DIGITS: usize = 40;

/// Where a tensor's data are said to be.
#[derive(Default)]
pub(super) struct External {
    /// Entries of any key.
    entries: u64,
    /// Known keys that were there.
    seen: [bool; KEYS.len()],
    location: Option<(String, Span)>,
    offset: Option<u64>,
    length: Option<u64>,
    /// Whether a number could not be read.
    is_wrong: bool,
}

impl External {
    /// Whether there are any entries.
    pub(super) fn is_there(&self) -> bool {
        self.entries > 0
    }

    /// Take an entry of the tensor called `owner`.
    pub(super) fn take(
        &mut self,
        (key, value): (&str, &str),
        at: &Span,
        owner: &str,
        judge: &mut Judge<'_, '_>,
    ) {
        self.entries = self.entries.saturating_add(1);
        self.judge_key(key, at, owner, judge);
        match key {
            "location" => {
                judge_location(value, at, owner, judge);
                self.location = Some((value.to_owned(), at.clone()));
            }
            "offset" => self.offset = self.number(key, value, at, owner, judge),
            "length" => self.length = self.number(key, value, at, owner, judge),
            "checksum" => {
                let is_digest = value.len() == CHECKSUM_DIGITS
                    && value.bytes().all(|byte| byte.is_ascii_hexdigit());
                if !is_digest {
                    let message = format!("the checksum `{}` is no SHA-1", shown(value));
                    judge.say(&rules::EXTERNAL_ENTRY, at, owner, message);
                }
            }
            "basepath" => judge_base(value, at, owner, judge),
            _ => {}
        }
    }

    fn judge_key(&mut self, key: &str, at: &Span, owner: &str, judge: &mut Judge<'_, '_>) {
        let known = KEYS.iter().position(|known| *known == key);
        let again = known
            .and_then(|index| self.seen.get_mut(index))
            .is_some_and(|seen| std::mem::replace(seen, true));
        let (severity, what) = match known {
            Some(_) if again => (Severity::Medium, "stands twice"),
            Some(_) => return,
            None if key.starts_with(PREPACKED) => return,
            // Older loaders set an attribute of this name.
            None if key.starts_with("__") => (
                Severity::Medium,
                "is an attribute of Python objects, which loaders set",
            ),
            None => (Severity::Low, "is none that is known"),
        };
        let message = format!("the key `{}` of external data {what}", shown(key));
        let draft = rules::EXTERNAL_ENTRY.at(at.clone()).severity(severity);
        judge.add(draft.message(message).within(owner));
    }

    fn number(
        &mut self,
        key: &str,
        value: &str,
        at: &Span,
        owner: &str,
        judge: &mut Judge<'_, '_>,
    ) -> Option<u64> {
        let number = value.parse::<u64>().ok();
        let fits = number.filter(|&n| i64::try_from(n).is_ok());
        if fits.is_none() {
            self.is_wrong = true;
            let message = format!("the {key} `{}` is no position in a file", shown(value));
            judge.say(&rules::EXTERNAL_RANGE, at, owner, message);
        }
        fits
    }

    /// Judge the entries of a tensor that needs so many bytes.
    pub(super) fn judge(&self, tensor: &Tensor, bytes: Option<u64>, judge: &mut Judge<'_, '_>) {
        let (title, name, at) = (tensor.title(), &tensor.name, &tensor.at);
        let Some((location, place)) = self.location.as_ref().filter(|(file, _)| !file.is_empty())
        else {
            let message = format!("{title} has its data in another file, which is not named");
            let draft = rules::EXTERNAL_ENTRY.at(at.clone()).message(message);
            judge.add(draft.severity(Severity::Medium).within(name));
            return;
        };
        if let Some((length, bytes)) = self.length.zip(bytes).filter(|(a, b)| a != b) {
            let message =
                format!("{title} takes {bytes} bytes, and {length} are said to lie in its file");
            judge.say(&rules::SIZE_MISMATCH, at, name, message);
        }
        let start = self.offset.unwrap_or(0);
        let end = start.checked_add(self.length.or(bytes).unwrap_or(0));
        match end.filter(|&end| i64::try_from(end).is_ok()) {
            None => {
                let message = format!("{title} ends behind the end of any file");
                judge.say(&rules::EXTERNAL_RANGE, place, name, message);
            }
            Some(end) if !self.is_wrong && is_file_beside(location) => {
                judge.file(location, end, name, place);
            }
            Some(_) => {}
        }
    }
}

/// Whether a location means a file in the directory of the model.
pub(super) fn is_file_beside(location: &str) -> bool {
    !is_memory(location) && matches!(paths::escape(location), None | Some(Escape::Backslash))
}

fn is_memory(location: &str) -> bool {
    MEMORY_MARKS.iter().any(|mark| location.starts_with(mark))
}

/// Judge the name of a file that a loader opens.
fn judge_location(location: &str, at: &Span, owner: &str, judge: &mut Judge<'_, '_>) {
    let place = match owner {
        "" => "a tensor".to_owned(),
        owner => format!("the tensor `{}`", shown(owner)),
    };
    if is_memory(location) {
        let message = format!(
            "{place} lies at an address in the loader's memory: its location is `{}`",
            shown(location)
        );
        let draft = rules::MEMORY_ADDRESS.at(at.clone()).message(message);
        judge.add(draft.evidence(location).within(owner));
        return;
    }
    path(location, &place, at, owner, judge);
    if is_file_beside(location) {
        judge.file(location, 0, owner, at);
    }
    let own = judge.artifact.name.rsplit(['/', '\\']).next();
    if own == Some(location.trim_start_matches("./")) {
        let message = format!("{place} has its data in the model's own file");
        let draft = rules::EXTERNAL_ENTRY.at(at.clone()).message(message);
        judge.add(draft.severity(Severity::Medium).within(owner));
    }
}

/// Report a path that leads out of the model's directory.
pub(super) fn path(path: &str, place: &str, at: &Span, owner: &str, judge: &mut Judge<'_, '_>) {
    let (severity, what) = match paths::escape(path) {
        Some(Escape::Backslash) => (Severity::Low, Escape::Backslash.describe()),
        Some(escape) => (Severity::High, escape.describe()),
        None if path.chars().any(char::is_control) => {
            (Severity::Medium, "holds control characters")
        }
        None => return,
    };
    let message = format!("{place} has its data in `{}`, which {what}", shown(path));
    let draft = rules::PATH_ESCAPE
        .at(at.clone())
        .severity(severity)
        .message(message)
        .evidence(path);
    judge.add(draft.within(owner));
}

/// The directory that an exporter wrote to; no loader goes by it.
fn judge_base(base: &str, at: &Span, owner: &str, judge: &mut Judge<'_, '_>) {
    if let Some(escape) = paths::escape(base) {
        let message = format!("the base path `{}` {}", shown(base), escape.describe());
        judge.say(&rules::EXTERNAL_ENTRY, at, owner, message);
    }
}
