//! Arrays, walked over without being held, however they are nested.

use super::facts::Facts;
use super::header::Walk;
use super::metadata::{shown, unknown_kind};
use super::strings;
use crate::report::Why;
use crate::rules::gguf as rules;
use crate::wire::Fault;
use crate::wire::gguf::Kind;

/// Arrays within arrays that are followed.
const DEPTH_CAP: usize = 100_000;

/// Texts of one array that are judged, in bytes.
const JUDGED_CAP_BYTES: u64 = 16 << 20;

/// An array that is being read.
struct Open {
    kind: Kind,
    left: u64,
}

/// Read the array that is the value of `key`.
pub(super) fn read(walk: &mut Walk<'_, '_, '_>, key: &str, facts: &mut Facts) -> Result<(), Fault> {
    let first = open(walk, key)?;
    facts.array(key, walk.reader.position(), first.left);
    let judged = first.kind == Kind::Text && !is_vocabulary(key);
    let mut room = if judged { JUDGED_CAP_BYTES } else { 0 };
    let mut stack = vec![first];
    while let Some(array) = stack.last_mut() {
        walk.cx.tick()?;
        if array.left == 0 {
            stack.pop();
            continue;
        }
        match array.kind {
            Kind::Array => {
                array.left = array.left.saturating_sub(1);
                let depth = stack.len();
                nested(walk, key, depth)?;
                stack.push(open(walk, key)?);
            }
            Kind::Text if judged => {
                array.left = array.left.saturating_sub(1);
                element(walk, key, &mut room)?;
            }
            Kind::Text => {
                array.left = array.left.saturating_sub(1);
                walk.text("a text")?;
            }
            // Its extent was compared with the file when it was opened.
            kind => {
                let width = kind.width().unwrap_or_default();
                walk.reader.skip(array.left.saturating_mul(width))?;
                array.left = 0;
            }
        }
    }
    Ok(())
}

/// Read the kind and the count of an array.
fn open(walk: &mut Walk<'_, '_, '_>, key: &str) -> Result<Open, Fault> {
    let at = walk.reader.position();
    let number = walk.reader.u32()?;
    let Some(kind) = Kind::of(number) else {
        return Err(unknown_kind(key, at, number));
    };
    let left = walk.reader.length()?;
    let each = match kind {
        Kind::Text => walk.reader.length_bytes(),
        Kind::Array => walk.reader.length_bytes().saturating_add(4),
        kind => kind.width().unwrap_or(1),
    };
    walk.fits(at, left, each, "elements of an array")?;
    Ok(Open { kind, left })
}

fn nested(walk: &mut Walk<'_, '_, '_>, key: &str, depth: usize) -> Result<(), Fault> {
    let at = walk.reader.position();
    let text = shown(key);
    if depth == 1 && !walk.tally.met(&rules::NESTED_ARRAY) {
        let message = format!("the value of `{text}` is an array of arrays");
        let draft = rules::NESTED_ARRAY.at(at).message(message);
        walk.tally.add(draft.within(text));
    } else if depth >= DEPTH_CAP {
        let what = format!("more than {DEPTH_CAP} arrays within each other");
        return Err(Fault::unsupported(at, what));
    }
    Ok(())
}

/// Judge a text of an array, while there is room for it.
fn element(walk: &mut Walk<'_, '_, '_>, key: &str, room: &mut u64) -> Result<(), Fault> {
    let span = walk.text("a text")?;
    let len = span.end.saturating_sub(span.start);
    if len <= *room {
        *room = room.saturating_sub(len);
        return strings::judge(walk, key, span);
    }
    if *room > 0 {
        let detail = format!(
            "the texts of `{}` are longer than {JUDGED_CAP_BYTES} bytes; the rest is not judged",
            shown(key)
        );
        walk.cx.gap(span, Why::Limit, detail);
        *room = 0;
    }
    Ok(())
}

/// Lists of the vocabulary, which quote code and markup of all kinds.
fn is_vocabulary(key: &str) -> bool {
    key.starts_with("tokenizer.") && !key.contains("template")
}
