//! The descriptions of the tensors, one by one.

use super::header::{Name, Walk};
use super::metadata::shown;
use crate::detect::paths::{self, Escape};
use crate::report::{Severity, Why, escape_text};
use crate::rules::Rule;
use crate::rules::gguf as rules;
use crate::wire::Fault;
use crate::wire::gguf::{Sizes, TensorType};
use crate::wire::json::{NAMES_CAP, Names, Seen};

/// Descriptions that are kept; a header with more is larger than the memory a
/// scan may take.
const TENSORS_CAP: u64 = 1_000_000;

/// Dimensions that the loader has room for.
const DIMENSIONS_CAP: u32 = 4;

/// Bytes that the loader has for a name, its NUL included.
const NAME_BYTES: usize = 64;

/// Numbers of types below this may be given out one day.
const TYPE_CAP: u32 = 1 << 16;

/// A tensor as it is described.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// Where its description stands.
    pub(super) at: u64,
    /// Its type, where it is known.
    pub(super) kind: Option<&'static TensorType>,
    /// Number of elements; `None` where it overflows.
    pub(super) elements: Option<u64>,
    /// Elements of a row.
    pub(super) row: u64,
    /// First byte, counted from where the data begins.
    pub(super) offset: u64,
}

impl Entry {
    /// Bytes of its data, where they are known.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.kind?.size(self.elements?, Sizes::Today)
    }
}

/// Read `count` descriptions.
pub(super) fn read(walk: &mut Walk<'_, '_, '_>, count: u64) -> Result<Vec<Entry>, Fault> {
    if count > TENSORS_CAP {
        let at = walk.reader.position();
        let what = format!("{count} tensors; at most {TENSORS_CAP} are examined");
        walk.cx.gap(at, Why::Limit, what);
    }
    let mut entries = Vec::new();
    let mut names = Names::default();
    for _ in 0..count.min(TENSORS_CAP) {
        walk.cx.tick()?;
        let name = walk.name("the name of a tensor")?;
        judge_name(walk, &name, &mut names);
        let entry = entry(walk, name)?;
        judge(walk, &entry);
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(walk: &mut Walk<'_, '_, '_>, name: Name) -> Result<Entry, Fault> {
    let at = walk.reader.position();
    let dimensions = walk.reader.u32()?;
    let each = walk.reader.length_bytes();
    walk.fits(at, dimensions.into(), each, "dimensions")?;
    if dimensions > DIMENSIONS_CAP {
        let what = format!("has {dimensions} dimensions");
        report(
            walk,
            &rules::TOO_MANY_DIMENSIONS,
            &name.text,
            name.at,
            &what,
        );
    }
    let (mut row, mut elements) = (1, Some(1u64));
    for index in 0..dimensions {
        walk.cx.tick()?;
        let dimension = walk.reader.length()?;
        // Loaders count with a sign.
        elements = elements
            .and_then(|product| product.checked_mul(dimension))
            .filter(|_| i64::try_from(dimension).is_ok())
            .filter(|&product| i64::try_from(product).is_ok());
        if index == 0 {
            row = dimension;
        }
    }
    let number = walk.reader.u32()?;
    let offset = walk.reader.u64()?;
    if TensorType::of(number).is_none() {
        unknown(walk, &name, number);
    }
    Ok(Entry {
        name: name.text,
        at: name.at,
        kind: TensorType::of(number),
        elements,
        row,
        offset,
    })
}

fn report(walk: &mut Walk<'_, '_, '_>, rule: &'static Rule, name: &str, at: u64, what: &str) {
    let text = shown(name);
    let draft = rule.at(at).message(format!("the tensor `{text}` {what}"));
    walk.tally.add(draft.within(text));
}

fn unknown(walk: &mut Walk<'_, '_, '_>, name: &Name, number: u32) {
    let what = format!("has the type {number}, which is not known");
    let rule = match number < TYPE_CAP {
        true => &rules::UNKNOWN_TYPE,
        false => &rules::INVALID_TENSOR,
    };
    report(walk, rule, &name.text, name.at, &what);
}

/// What the loader refuses in a description by itself.
fn judge(walk: &mut Walk<'_, '_, '_>, entry: &Entry) {
    let (name, at) = (entry.name.as_str(), entry.at);
    let overflows = match (entry.elements, entry.kind) {
        (None, _) => Some("has more elements than a loader can count"),
        (Some(_), Some(_)) if entry.bytes().is_none() => Some("has more bytes than 64 bits count"),
        _ => None,
    };
    if let Some(what) = overflows {
        report(walk, &rules::SHAPE_OVERFLOW, name, at, what);
    }
    let Some(kind) = entry.kind else { return };
    if kind.removed {
        let what = format!("has the type {}, which loaders no longer read", kind.name);
        let draft = rules::UNKNOWN_TYPE.at(at).severity(Severity::Low);
        let message = format!("the tensor `{}` {what}", shown(name));
        walk.tally.add(draft.message(message).within(shown(name)));
    }
    if !entry.row.is_multiple_of(kind.block) {
        let what = format!(
            "has rows of {} elements; {} is stored in blocks of {}",
            entry.row, kind.name, kind.block
        );
        report(walk, &rules::INVALID_TENSOR, name, at, &what);
    }
}

fn judge_name(walk: &mut Walk<'_, '_, '_>, name: &Name, names: &mut Names) {
    let text = name.text.as_str();
    // As the loader compares them.
    let compared = text.split('\0').next().unwrap_or_default();
    match names.see(compared, NAMES_CAP) {
        Seen::New => {}
        Seen::Again => report(
            walk,
            &rules::DUPLICATE_TENSOR,
            text,
            name.at,
            "is described twice",
        ),
        Seen::Unknown => {
            let detail = format!("more than {NAMES_CAP} tensors; later ones are not compared");
            walk.cx.gap(name.at, Why::Limit, detail);
        }
    }
    let leaves = paths::escape(text)
        .filter(|escape| matches!(escape, Escape::Upward | Escape::Absolute | Escape::Url));
    let (severity, what) = match leaves {
        _ if text.is_empty() => (Severity::Low, "is empty".to_owned()),
        _ if escape_text(text) != text => (Severity::Medium, "holds hidden characters".to_owned()),
        Some(escape) => (Severity::Medium, escape.describe().to_owned()),
        // Some converters write longer names, which llama.cpp refuses.
        None if text.len() >= NAME_BYTES => {
            let what = format!("is {} bytes long, and loaders have room for 63", text.len());
            (Severity::Low, what)
        }
        None => return,
    };
    let text = shown(text);
    let draft = rules::UNSAFE_NAME.at(name.at).severity(severity);
    let message = format!("the tensor name `{text}` {what}");
    walk.tally.add(draft.message(message).within(text));
}
