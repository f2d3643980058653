//! The second opinion: the same header, read by the reference implementation.
//!
//! The crate reads headers from a buffer that holds the whole file. Here the
//! buffer would be terabytes, so its own parts are used on the header alone:
//! `Metadata` is deserialised, which validates it, and the length of the file
//! is compared with `Metadata::data_len`. Together that is what
//! `SafeTensors::read_metadata` does, and a test holds the two to the same
//! verdict.
//!
//! Deserialising buffers the header as a tree of many times its size. A header
//! in which our reading met no field that the format does not know, and above
//! [`TREE_CAP_BYTES`] every header, is therefore read entry by entry into the
//! crate's `TensorInfo` and validated by its `Metadata::new`. The one
//! difference is that an unknown field may then be nested deeper than the
//! reference allows.

use std::collections::HashMap;
use std::fmt;

use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::super::Context;
use super::super::tally::Tally;
use super::header::{Entry, Header};
use crate::report::escape_text;
use crate::rules::safetensors as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::json::{Names, Seen};

/// The longest header that is deserialised in one piece.
const TREE_CAP_BYTES: usize = 8 << 20;

/// Memory that reading entry by entry takes, as a multiple of the header.
const TABLE_SHARE: u64 = 5;

/// The table of tensors as the reference reads it.
#[derive(Debug)]
pub(super) struct Table {
    /// The validated table.
    metadata: Metadata,
    /// How many names it has.
    names: usize,
}

/// The header's two parts, before validation.
struct Parts {
    metadata: Option<HashMap<String, String>>,
    /// In the order of the header, repeated names included.
    tensors: Vec<(String, TensorInfo)>,
}

/// Ask the reference about the header in `8..end` and report where it differs
/// from ours.
pub(super) fn compare(
    header: &Header,
    source: &dyn Source,
    end: u64,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    cx.budget().check()?;
    let _lease = cx
        .budget()
        .lease(end.saturating_mul(TABLE_SHARE).max(TREE_CAP_BYTES as u64));
    let chunk = source.chunk(super::LENGTH_BYTES..end)?;
    let has_repeats = tally.met(&rules::DUPLICATE_KEY);
    let is_plain = !has_repeats && !tally.met(&rules::EXTRA_FIELD);
    let theirs = read(&chunk, source.len(), is_plain);
    chunk.verify()?;
    // Of a repeated key either reading is right, and that is its own finding.
    let open = header.unknown_dtype || has_repeats;
    let differs = match (&theirs, &header.refused) {
        (Err(_), Some(_)) => None,
        (Err(_), None) | (Ok(_), Some(_)) if open => None,
        (Err(error), None) => Some(format!(
            "the reference reader refuses a header that is valid here: {}",
            escape_text(error)
        )),
        (Ok(_), Some(why)) => Some(format!(
            "the reference reader accepts a header that is not valid: {why}"
        )),
        (Ok(table), None) => table.difference(&header.entries, has_repeats),
    };
    if let Some(message) = differs {
        let place = super::LENGTH_BYTES..end;
        tally.add(rules::PARSER_DISAGREEMENT.at(place).message(message));
    }
    Ok(())
}

/// The reference's verdict about a header in a file of `file_len` bytes, which
/// `is_plain` where no key stands twice and no field is unknown.
pub(super) fn read(header: &[u8], file_len: u64, is_plain: bool) -> Result<Table, String> {
    let text = std::str::from_utf8(header).map_err(|error| error.to_string())?;
    let table = match text.len() <= TREE_CAP_BYTES && !is_plain {
        true => whole(text),
        false => by_entry(text),
    }?;
    let filled = (table.metadata.data_len() as u64)
        .checked_add(super::LENGTH_BYTES)
        .and_then(|n| n.checked_add(header.len() as u64));
    match filled == Some(file_len) {
        true => Ok(table),
        false => Err("the tensors do not fill the file".to_owned()),
    }
}

fn whole(text: &str) -> Result<Table, String> {
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let names = metadata.tensors().len();
    Ok(Table { metadata, names })
}

/// The same in less memory.
pub(super) fn by_entry(text: &str) -> Result<Table, String> {
    let parts: Parts = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut tensors = parts.tensors;
    let mut seen = Names::default();
    let see = |(name, _): &(String, TensorInfo)| seen.see(name, usize::MAX) == Seen::Again;
    if tensors.iter().any(see) {
        // Of repeated names the reference keeps the last.
        let last: HashMap<_, _> = tensors.into_iter().collect();
        tensors = last.into_iter().collect();
    }
    tensors.sort_by_key(|(_, info)| info.data_offsets);
    let names = tensors.len();
    let metadata = Metadata::new(parts.metadata, tensors).map_err(|error| error.to_string())?;
    Ok(Table { metadata, names })
}

impl Table {
    /// Bytes that the tensors fill.
    #[cfg(test)]
    pub(super) fn data_len(&self) -> usize {
        self.metadata.data_len()
    }

    /// The first tensor that the reference sees differently.
    fn difference(&self, entries: &[Entry], has_repeats: bool) -> Option<String> {
        // Of repeated names the reference keeps the last.
        let last: Option<HashMap<&str, u64>> = has_repeats.then(|| {
            let places = entries.iter().map(|entry| (entry.name.as_str(), entry.at));
            places.collect()
        });
        let here = last.as_ref().map_or(entries.len(), HashMap::len);
        if here != self.names {
            let there = self.names;
            return Some(format!(
                "{here} tensors are read here and {there} by the reference"
            ));
        }
        let is_last = |entry: &Entry| match &last {
            Some(last) => last.get(entry.name.as_str()) == Some(&entry.at),
            None => true,
        };
        entries
            .iter()
            .filter(|entry| is_last(entry))
            .find(|entry| !self.agrees(entry))
            .map(|entry| {
                let shown = escape_text(&entry.name);
                format!("`{shown}` is another tensor to the reference reader")
            })
    }

    fn agrees(&self, entry: &Entry) -> bool {
        self.metadata.info(&entry.name).is_some_and(|info| {
            let (begin, end) = info.data_offsets;
            let elements = info
                .shape
                .iter()
                .try_fold(1u64, |product, &n| product.checked_mul(n as u64));
            entry
                .dtype
                .is_some_and(|(name, _)| spells(&info.dtype, name))
                && elements == entry.elements
                && info.shape.len() as u64 == entry.dimensions
                && (begin as u64, end as u64) == (entry.begin, entry.end)
        })
    }
}

/// Whether a value is written as `text`, found without a copy.
fn spells(value: &impl fmt::Display, text: &str) -> bool {
    let mut rest = Rest(text);
    fmt::write(&mut rest, format_args!("{value}")).is_ok() && rest.0.is_empty()
}

/// What is left of a text that was written so far.
struct Rest<'t>(&'t str);

impl fmt::Write for Rest<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a safetensors header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
        let mut metadata: Option<Option<HashMap<String, String>>> = None;
        let mut tensors = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if key != "__metadata__" {
                tensors.push((key, map.next_value()?));
            } else if metadata.replace(map.next_value()?).is_some() {
                return Err(A::Error::duplicate_field("__metadata__"));
            }
        }
        let metadata = metadata.flatten();
        Ok(Parts { metadata, tensors })
    }
}
