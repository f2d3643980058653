//! The header of an array: magic, version, length, and the dict behind them.

use super::dtype::{self, Layout};
use crate::formats::Context;
use crate::report::{Span, escape_text};
use crate::rules::numpy as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;
use crate::wire::python_literal::{self, Value};

/// The magic number.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// Longest header that NumPy reads unless it is told to trust the file, in
/// characters; `max_header_size` of `numpy.load`.
const TRUSTED_CAP_BYTES: u64 = 10_000;

/// Longest header that is read here.
const HEADER_CAP_BYTES: usize = 4 << 20;

/// Characters of a dtype or a shape that a message shows.
const SHOWN_CHARS: usize = 80;

/// The keys of a header, in the order in which NumPy writes them.
const KEYS: [&str; 3] = ["descr", "fortran_order", "shape"];

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    /// From the magic number to the first element.
    pub(super) span: Span,
    /// Elements of the array.
    pub(super) count: u64,
    /// How an element is laid out.
    pub(super) layout: Layout,
    /// The dtype, for messages.
    pub(super) descr_text: String,
    /// The shape, for messages.
    pub(super) shape_text: String,
}

/// The text of the header that `head` begins with, as far as it is there.
pub(super) fn text_begin(head: &[u8]) -> Option<&[u8]> {
    match head.get(MAGIC.len()..)? {
        [1, 0, _, _, text @ ..] | [2 | 3, 0, _, _, _, _, text @ ..] => Some(text),
        _ => None,
    }
}

impl Header {
    /// Read the header at `at`. What NumPy would refuse is a finding, and then
    /// a fault: nothing behind such a header can be told.
    pub(super) fn read(
        source: &dyn Source,
        at: u64,
        cx: &mut Context<'_>,
    ) -> Result<Header, Fault> {
        let mut cursor = Cursor::new(source, at);
        if cursor.take(MAGIC.len() as u64, MAGIC.len())? != MAGIC {
            return Err(Fault::malformed(at, "there is no NumPy magic number"));
        }
        let version = cursor.array::<2>()?;
        let len = match version {
            [1, 0] => u64::from(cursor.u16()?),
            [2 | 3, 0] => u64::from(cursor.u32()?),
            [major, minor] => {
                let what = format!("the version {major}.{minor}, which NumPy does not have");
                return Err(Fault::unsupported(at, what));
            }
        };
        let text_at = cursor.position();
        let span = at..text_at.saturating_add(len);
        if len > TRUSTED_CAP_BYTES {
            let message = format!("the header has {len} bytes, and NumPy refuses more than 10000");
            let end = span.end.min(source.len());
            cx.report(rules::LARGE_HEADER.at(at..end).message(message));
        }
        let text = cursor.take(len, HEADER_CAP_BYTES)?;
        let read = python_literal::parse(&text, text_at)
            .and_then(|value| Header::from(value, span.clone(), cx));
        read.inspect_err(|fault| {
            if let Fault::Malformed { at, what } = fault {
                let message = format!("NumPy refuses the header: {what}");
                let draft = rules::INVALID_HEADER.at(*at).message(message);
                cx.report(draft.bytes(text.get(..text.len().min(SHOWN_CHARS)).unwrap_or_default()));
            }
        })
    }

    fn from(value: Value, span: Span, cx: &mut Context<'_>) -> Result<Header, Fault> {
        let refuse = |what: String| Fault::malformed(span.start, what);
        let Value::Dict(pairs) = value else {
            return Err(refuse(format!("it is {} and not a dict", value.kind())));
        };
        let mut found: [Option<Value>; 3] = [None, None, None];
        let mut has_objects = false;
        for (key, value) in pairs {
            cx.tick()?;
            let known = KEYS
                .iter()
                .position(|k| key == Value::Text((*k).to_owned()));
            let Some(slot) = known.and_then(|index| found.get_mut(index)) else {
                return Err(refuse(format!("it has the key {}", shown(&key))));
            };
            has_objects |= known == Some(0) && dtype::layout(&value).has_objects;
            if slot.replace(value).is_some() {
                repeated(&key, &span, cx);
            }
        }
        let [Some(descr), Some(order), Some(shape)] = found else {
            return Err(refuse("one of its three keys is missing".to_owned()));
        };
        if !matches!(order, Value::Bool(_)) {
            return Err(refuse(format!("`fortran_order` is {}", order.kind())));
        }
        let mut layout = dtype::layout(&descr);
        layout.has_objects |= has_objects;
        let count = count(&shape).map_err(refuse)?;
        Ok(Header {
            count,
            layout,
            descr_text: shown(&descr),
            shape_text: shown(&shape),
            span,
        })
    }
}

/// A key that stands twice: Python takes the last, other readers the first.
fn repeated(key: &Value, span: &Span, cx: &mut Context<'_>) {
    let message = format!("the header has the key {} twice", shown(key));
    cx.report(rules::INVALID_HEADER.at(span.clone()).message(message));
}

/// The number of elements of a shape, or why there is none.
fn count(shape: &Value) -> Result<u64, String> {
    let Value::Tuple(sizes) = shape else {
        return Err(format!("`shape` is {} and not a tuple", shape.kind()));
    };
    let mut count = 1u64;
    let mut is_empty = false;
    for size in sizes {
        let size = match size {
            Value::Int(Some(n)) => u64::try_from(*n).ok(),
            Value::Bool(b) => Some(u64::from(*b)),
            Value::Int(None) => None,
            other => return Err(format!("`shape` holds {}", other.kind())),
        };
        let Some(size) = size else {
            return Err("`shape` holds a size that no array has".to_owned());
        };
        is_empty |= size == 0;
        count = match count.checked_mul(size.max(1)) {
            Some(count) => count,
            None => return Err("`shape` has more elements than 64 bits can count".to_owned()),
        };
    }
    Ok(if is_empty { 0 } else { count })
}

/// A value as Python writes it, near enough for a message.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => format!("`{text}`"),
        other => python(other),
    };
    let short: String = escape_text(&text).chars().take(SHOWN_CHARS).collect();
    if short.len() < escape_text(&text).len() {
        return format!("{short}…");
    }
    short
}

/// A value as text. Values that hold values are written a level deep: their
/// inner brackets are left out.
fn python(value: &Value) -> String {
    let inner = |value: &Value| match value {
        Value::Text(text) => format!("'{text}'"),
        Value::Int(Some(n)) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Tuple(items) => match items.as_slice() {
            [Value::Text(name), Value::Text(code), ..] => format!("('{name}', '{code}')"),
            _ => "(…)".to_owned(),
        },
        other => other.kind().to_owned(),
    };
    let join = |items: &[Value]| {
        items
            .iter()
            .take(16)
            .map(inner)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match value {
        Value::Tuple(items) if items.len() == 1 => format!("({},)", join(items)),
        Value::Tuple(items) => format!("({})", join(items)),
        Value::List(items) => format!("[{}]", join(items)),
        other => inner(other),
    }
}
