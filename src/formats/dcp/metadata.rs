//! Where the metadata says that tensors lie.
//!
//! Each entry of `storage_data` is a `_StorageInfo` with the state
//! `{relative_path: text, offset: int, length: int}`. What is looked for is
//! these three names, each with the value that is pushed behind it, and the
//! `BUILD` that ends them; the pickle itself is examined by its own format.

use std::collections::BTreeMap;

use crate::detect::paths::{self, Escape};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Severity, Why, escape_text};
use crate::rules::torch::{CHECKPOINT_EXTENT, CHECKPOINT_PATH};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::pickle::{Literal, Opcode, Operand, Reader, Reading};

/// Entries that are compared with each other.
const ENTRIES_CAP: usize = 1 << 20;

/// Values that are remembered by number.
const MEMO_CAP: usize = 1 << 20;

/// Different paths that are remembered.
const PATHS_CAP: usize = 1 << 16;

/// Longest path that is read.
const PATH_BYTES: usize = 4096;

/// A value that an entry can have.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scalar {
    Text(Literal),
    Int(i64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Path,
    Offset,
    Length,
}

/// One entry, as far as it was met.
#[derive(Default, Clone, Copy)]
struct Entry {
    path: Option<Literal>,
    offset: Option<i64>,
    length: Option<i64>,
}

/// What was read so far.
#[derive(Default)]
struct Places {
    memo: BTreeMap<u64, Option<Scalar>>,
    last: Option<Scalar>,
    field: Option<Field>,
    entry: Entry,
    /// Numbers of the paths that were met.
    paths: BTreeMap<String, u32>,
    /// Path, first byte and byte behind the last.
    extents: Vec<(u32, u64, u64)>,
    is_cut: bool,
    tally: Tally,
}

/// Judge the places that the metadata names.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut places = Places::default();
    let mut reader = Reader::new(source, 0..source.len(), Reading::Straight);
    // What breaks is told by the examination of the pickle itself.
    while let Ok(Some(instruction)) = reader.step() {
        cx.tick()?;
        places.step(
            source,
            instruction.opcode,
            instruction.operand,
            instruction.at,
        )?;
    }
    places.overlaps();
    if places.is_cut {
        let detail = "of the places that the metadata names not all are compared";
        cx.gap(0..source.len(), Why::Limit, detail);
    }
    places.tally.report(cx);
    Ok(())
}

impl Places {
    fn step(
        &mut self,
        source: &dyn Source,
        opcode: Opcode,
        operand: Operand,
        at: u64,
    ) -> Result<(), Fault> {
        match (opcode, operand) {
            (Opcode::Memoize, _) => self.put(self.memo.len() as u64),
            (Opcode::Put | Opcode::BinPut | Opcode::LongBinPut, Operand::Int(n)) => {
                self.put(u64::try_from(n).unwrap_or(u64::MAX));
            }
            (Opcode::Get | Opcode::BinGet | Opcode::LongBinGet, Operand::Int(n)) => {
                let index = u64::try_from(n).unwrap_or(u64::MAX);
                let value = self.memo.get(&index).copied().flatten();
                self.push(value, source)?;
            }
            (Opcode::Build, _) => self.close(source, at)?,
            (Opcode::Frame, _) => {}
            (_, Operand::Text(text)) => self.push(Some(Scalar::Text(text)), source)?,
            (_, Operand::Int(n)) => self.push(Some(Scalar::Int(n)), source)?,
            _ => self.push(None, source)?,
        }
        Ok(())
    }

    fn put(&mut self, index: u64) {
        if self.memo.len() >= MEMO_CAP {
            self.is_cut = true;
            return;
        }
        self.memo.insert(index, self.last);
    }

    fn push(&mut self, value: Option<Scalar>, source: &dyn Source) -> Result<(), Fault> {
        self.last = value;
        match (self.field.take(), value) {
            (Some(Field::Path), Some(Scalar::Text(text))) => self.entry.path = Some(text),
            (Some(Field::Offset), Some(Scalar::Int(n))) => self.entry.offset = Some(n),
            (Some(Field::Length), Some(Scalar::Int(n))) => self.entry.length = Some(n),
            (_, Some(Scalar::Text(text))) => self.field = field(text, source)?,
            _ => {}
        }
        Ok(())
    }

    /// The end of a state: an entry, if it had a path.
    fn close(&mut self, source: &dyn Source, at: u64) -> Result<(), Fault> {
        self.last = None;
        self.field = None;
        let entry = std::mem::take(&mut self.entry);
        let Some(path) = entry.path else {
            return Ok(());
        };
        let bytes = path.fetch(source, PATH_BYTES)?;
        let text = String::from_utf8_lossy(&bytes);
        let number = self.path(&text, path);
        let (Some(offset), Some(length)) = (entry.offset, entry.length) else {
            return Ok(());
        };
        let (Ok(first), Ok(len)) = (u64::try_from(offset), u64::try_from(length)) else {
            let message = format!(
                "an entry lies at offset {offset} of `{}` with a length of {length}",
                escape_text(&text)
            );
            self.tally.add(CHECKPOINT_EXTENT.at(at).message(message));
            return Ok(());
        };
        match number.filter(|_| self.extents.len() < ENTRIES_CAP) {
            Some(number) => self
                .extents
                .push((number, first, first.saturating_add(len))),
            None => self.is_cut = true,
        }
        Ok(())
    }

    /// The number of a path; it is judged when it is met first.
    fn path(&mut self, text: &str, literal: Literal) -> Option<u32> {
        if let Some(&number) = self.paths.get(text) {
            return Some(number);
        }
        if let Some(escape) = paths::escape(text) {
            let severity = match escape {
                Escape::Backslash => Severity::Medium,
                _ => CHECKPOINT_PATH.severity,
            };
            let shown = escape_text(text);
            let message = format!("an entry lies in `{shown}`, which {}", escape.describe());
            let draft = CHECKPOINT_PATH.at(literal.span()).severity(severity);
            self.tally.add(draft.message(message).evidence(text));
        }
        if self.paths.len() >= PATHS_CAP {
            return None;
        }
        let number = u32::try_from(self.paths.len()).ok()?;
        self.paths.insert(text.to_owned(), number);
        Some(number)
    }

    /// Entries that share bytes without being the same.
    fn overlaps(&mut self) {
        self.extents.sort_unstable();
        self.extents.dedup();
        let mut furthest: Option<(u32, u64)> = None;
        for &(path, first, end) in &self.extents {
            let before = furthest.filter(|&(other, _)| other == path);
            if let Some((_, behind)) = before
                && first < behind
                && first < end
            {
                let message = format!(
                    "the entry at byte {first} of a data file begins before the one in front of \
                     it ends, at byte {behind}"
                );
                let place = crate::report::Place::whole();
                self.tally.add(CHECKPOINT_EXTENT.at(place).message(message));
            }
            let reach = before.map_or(end, |(_, behind)| behind.max(end));
            furthest = Some((path, reach));
        }
    }
}

/// The field that a text names.
fn field(text: Literal, source: &dyn Source) -> Result<Option<Field>, Fault> {
    if !matches!(text.len(), 6 | 13) {
        return Ok(None);
    }
    Ok(match text.fetch(source, 13)?.as_slice() {
        b"relative_path" => Some(Field::Path),
        b"offset" => Some(Field::Offset),
        b"length" => Some(Field::Length),
        _ => None,
    })
}
