//! `MAR-INF/MANIFEST.json`: which handler the server runs, and which files it
//! joins to the folder of the model.

use serde_json::Value;

use crate::detect::paths::{self, Escape};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Place, Severity, escape_text};
use crate::rules::torch::{ARCHIVE_HANDLER, ARCHIVE_PATH};
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of a manifest that are read; one that the archiver writes has a few
/// hundred.
const MANIFEST_CAP_BYTES: u64 = 16 << 20;

/// Handlers that come with the server.
const OWN_HANDLERS: &[&str] = &[
    "base_handler",
    "image_classifier",
    "image_segmenter",
    "object_detector",
    "text_classifier",
];

/// Fields of `model` that name files.
const FILES: &[&str] = &[
    "configFile",
    "extraFiles",
    "handler",
    "modelFile",
    "requirementsFile",
    "serializedFile",
];

/// Whether the text has what a manifest has.
pub(super) fn is_likely(head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    has(b"\"handler\"")
        && has(b"\"model\"")
        && (has(b"\"archiverVersion\"") || has(b"\"modelName\""))
}

/// Judge a manifest.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    if source.len() > MANIFEST_CAP_BYTES {
        let what = format!("a manifest of {} bytes is not read", source.len());
        return Err(Fault::unsupported(0, what));
    }
    let chunk = source.chunk(0..source.len())?;
    let value: Value = serde_json::from_slice(&chunk)
        .map_err(|error| Fault::malformed(0, format!("the manifest is no JSON: {error}")))?;
    chunk.verify()?;
    let Some(model) = value.get("model").and_then(Value::as_object) else {
        return Err(Fault::malformed(0, "the manifest describes no model"));
    };
    let mut tally = Tally::default();
    for field in FILES {
        let value = model.get(*field).unwrap_or(&Value::Null);
        for name in names(value) {
            cx.tick()?;
            path(field, name, &mut tally);
        }
    }
    if let Some(handler) = model.get("handler").and_then(Value::as_str) {
        custom(handler, &mut tally);
    }
    tally.report(cx);
    Ok(())
}

/// The names in a field: one, a list, or a text with commas.
fn names(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = value.as_str().into_iter();
    texts
        .chain(list.iter().filter_map(Value::as_str))
        .flat_map(|text| text.split(','))
        .map(str::trim)
}

fn path(field: &str, name: &str, tally: &mut Tally) {
    let Some(escape) = paths::escape(name) else {
        return;
    };
    let severity = match escape {
        Escape::Backslash => Severity::Medium,
        _ => ARCHIVE_PATH.severity,
    };
    let shown = escape_text(name);
    let message = format!("`{field}` names `{shown}`, which {}", escape.describe());
    let draft = ARCHIVE_PATH.at(Place::whole()).severity(severity);
    tally.add(draft.message(message).evidence(name).within(field));
}

/// A handler of the archive's own.
fn custom(handler: &str, tally: &mut Tally) {
    let module = handler.split(':').next().unwrap_or(handler).trim();
    let is_own = OWN_HANDLERS.contains(&module) && module == handler.trim();
    if is_own || module.is_empty() {
        return;
    }
    let message = format!("the server runs the handler `{}`", escape_text(handler));
    let draft = ARCHIVE_HANDLER.at(Place::whole()).message(message);
    tally.add(draft.evidence(handler).within("handler"));
}
