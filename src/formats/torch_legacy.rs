//! The PyTorch file format before 1.6: pickles in a row, then raw storages.
//!
//! `torch.save(…, _use_new_zipfile_serialization=False)` writes the pickles of
//! a magic number, of the version 1001, of facts about the machine, of the
//! object, and of the list of storage keys; then, for each key, a 64-bit number
//! of elements and the elements. The object's pickle names its storages by
//! persistent ids that say how many elements of which size there are. Source:
//! `torch/serialization.py`, `_legacy_save`.
//!
//! Each of the pickles is a program, and a hostile number of elements shifts
//! all that follows. Both are examined, and every byte is accounted for.
//!
//! Not checked: what the elements are, and the facts about the machine, which
//! no loader looks at.

use std::collections::HashMap;

use super::pickle::{Walk, first_set, report_break, report_trailing};
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::detect::pickle::{Ending, Storage, Summary, Value};
use crate::report::Why;
use crate::rules::pickle as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Keys of storages that are followed.
const KEYS_CAP: usize = 1 << 20;

/// Longest key that is read.
const KEY_BYTES: usize = 256;

/// The magic number, 0x1950a86a20f9469cfc6c, as `LONG1` has it.
const MAGIC: [u8; 12] = [
    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
];

/// The magic number as protocols 0 and 1 have it.
const MAGIC_TEXT: &[u8] = b"L119547037146038801333356L\n.";

/// The version that follows it.
const VERSION: Value = Value::Int(1001);

/// PyTorch legacy file.
pub struct TorchLegacy;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-legacy",
    title: "PyTorch legacy file",
    suffixes: &[".pt", ".pth", ".ckpt", ".pth.tar", ".th"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/pytorch/pytorch/blob/main/torch/serialization.py"],
    limitations: &[
        "What the elements of a storage are is not looked at beyond the sweep.",
        "The byte order and type sizes that the file claims are not judged: no loader reads them.",
        "Views of storages in files of PyTorch 0.1 are not compared with the storage they lie in.",
    ],
};

/// Whether a file begins like one: with the pickle of the magic number alone.
pub(super) fn begins_file(head: &[u8]) -> bool {
    if head.starts_with(MAGIC_TEXT) {
        return true;
    }
    let rest = match head {
        // With protocol 4 and up the number lies in a frame of 13 bytes.
        [0x80, 4..=5, 0x95, 13, 0, 0, 0, 0, 0, 0, 0, rest @ ..] => rest,
        [0x80, 2..=5, rest @ ..] => rest,
        _ => return false,
    };
    rest.strip_prefix(&MAGIC)
        .is_some_and(|rest| rest.first() == Some(&b'.'))
}

impl Format for TorchLegacy {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match begins_file(probe.head()) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        cx.accounts();
        let mut walk = Walk::new(source, 0..source.len());
        let magic = stream(source, &mut walk, 0, cx)?;
        let version = stream(source, &mut walk, magic.span.end, cx)?;
        if version.integer != Some(VERSION) {
            cx.report(
                rules::STORAGE_MISMATCH
                    .at(version.span.clone())
                    .message("the version of the file is not 1001"),
            );
        }
        let machine = stream(source, &mut walk, version.span.end, cx)?;
        let object = stream(source, &mut walk, machine.span.end, cx)?;
        walk.keep(KEYS_CAP);
        let keys = stream(source, &mut walk, object.span.end, cx)?;
        let end = storages(source, &object, &keys, cx)?;
        let rest = first_set(source, end..source.len(), cx)?;
        if rest < source.len() {
            report_trailing(end..source.len(), source, cx)?;
        }
        Ok(())
    }
}

/// One of the pickles, which must reach its end.
fn stream(
    source: &dyn Source,
    walk: &mut Walk<'_>,
    at: u64,
    cx: &mut Context<'_>,
) -> Result<Summary, Fault> {
    let summary = walk.stream(at, cx)?;
    let end = summary.span.end;
    match &summary.ending {
        Ending::Stop => Ok(summary),
        Ending::Limit(what) => {
            let detail = format!("the rest of the file is not followed: too many {what}");
            cx.gap(end..source.len(), Why::Limit, detail);
            Err(Fault::unsupported(end, "the storages cannot be found"))
        }
        Ending::Broken(what) => {
            report_break(&summary, source.len(), cx);
            Err(Fault::malformed(end, what.clone()))
        }
        _ => {
            report_break(&summary, source.len(), cx);
            Err(Fault::malformed(end, "the file ends inside a pickle"))
        }
    }
}

/// The raw storages behind the list of keys; where they end.
fn storages(
    source: &dyn Source,
    object: &Summary,
    keys: &Summary,
    cx: &mut Context<'_>,
) -> Result<u64, Fault> {
    let mut named = by_key(source, object, cx)?;
    let mut cursor = Cursor::new(source, keys.span.end);
    for key in &keys.list {
        cx.tick()?;
        let Value::Text(literal) = key else {
            return Err(Fault::malformed(
                keys.span.start,
                "a storage key is no text",
            ));
        };
        let key = literal.fetch(source, KEY_BYTES)?;
        let at = cursor.position();
        let Some(storage) = named.remove(&key) else {
            return Err(unknown(&key, at, cx));
        };
        let elements = cursor.u64()?;
        if elements != storage.elements {
            mismatch(&key, at, elements, &storage, cx);
        }
        let bytes = storage.item_bytes.and_then(|b| b.checked_mul(elements));
        let Some(bytes) = bytes else {
            return Err(Fault::unsupported(at, "a storage of an unknown size"));
        };
        cursor.skip(bytes)?;
    }
    if let Some(missing) = named.values().map(|s| s.at).min() {
        cx.report(rules::STORAGE_MISMATCH.at(missing).message(format!(
            "{} storages that the pickle names are not in the list of keys",
            named.len()
        )));
    }
    Ok(cursor.position())
}

/// The storages that the object's pickle names, by key.
fn by_key(
    source: &dyn Source,
    object: &Summary,
    cx: &mut Context<'_>,
) -> Result<HashMap<Vec<u8>, Storage>, Fault> {
    let mut named: HashMap<Vec<u8>, Storage> = HashMap::new();
    for storage in &object.storages {
        cx.tick()?;
        let key = storage.key.fetch(source, KEY_BYTES)?;
        let first = *named.entry(key.clone()).or_insert(*storage);
        if (first.elements, first.item_bytes) != (storage.elements, storage.item_bytes) {
            mismatch(&key, storage.at, storage.elements, &first, cx);
        }
    }
    Ok(named)
}

fn mismatch(key: &[u8], at: u64, elements: u64, storage: &Storage, cx: &mut Context<'_>) {
    let key = crate::report::escape_bytes(key);
    cx.report(rules::STORAGE_MISMATCH.at(at).message(format!(
        "storage `{key}` has {elements} elements here and {} elsewhere",
        storage.elements
    )));
}

fn unknown(key: &[u8], at: u64, cx: &mut Context<'_>) -> Fault {
    let key = crate::report::escape_bytes(key);
    cx.report(
        rules::STORAGE_MISMATCH
            .at(at)
            .message(format!("the pickle names no storage `{key}`")),
    );
    Fault::malformed(at, "a storage that nothing names has no size")
}
