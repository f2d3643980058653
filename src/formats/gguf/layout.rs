//! The tensors as a whole: every byte behind the header belongs to one, or is
//! a zero that aligns the next.

use super::super::tally::Tally;
use super::metadata::shown;
use super::tensors::Entry;
use crate::report::Span;
use crate::rules::Draft;
use crate::rules::gguf as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::gguf::bytes_at;

/// The longest padding that is looked at for zeros; longer is a hole.
const PADDING_CAP_BYTES: usize = 4096;

/// The data, while it is gone through.
struct Data<'a> {
    source: &'a dyn Source,
    tally: &'a mut Tally,
    alignment: u64,
    holes: Vec<Span>,
}

/// Check where the tensors lie. The header ends at `behind`. Returns the bytes
/// that belong to nothing.
pub(super) fn check(
    entries: &[Entry],
    behind: u64,
    alignment: u64,
    source: &dyn Source,
    tally: &mut Tally,
) -> Result<Vec<Span>, Fault> {
    let mut data = Data {
        source,
        tally,
        alignment,
        holes: Vec::new(),
    };
    let start = data.aligned(behind);
    order(entries, data.tally, alignment);
    for entry in entries {
        if let Err(told) = end(entry, start, source.len()) {
            data.tally.add(*told);
        }
    }
    data.fill(entries, behind, start)?;
    Ok(data.holes)
}

fn draft(rule: &'static crate::rules::Rule, entry: &Entry, what: &str) -> Draft {
    let text = shown(&entry.name);
    let message = format!("the tensor `{text}` {what}");
    rule.at(entry.at).message(message).within(text)
}

/// Where the tensor ends in the file, if that is in the file. One whose size
/// is not known ends where it begins.
fn end(entry: &Entry, start: u64, len: u64) -> Result<u64, Box<Draft>> {
    let begin = start.checked_add(entry.offset);
    let overflows = entry.elements.is_none() || entry.kind.is_some() && entry.bytes().is_none();
    let bytes = match overflows {
        // Told already.
        true => return Ok(begin.unwrap_or(len).min(len)),
        false => entry.bytes().unwrap_or(0),
    };
    match begin.and_then(|begin| begin.checked_add(bytes)) {
        Some(end) if end <= len => Ok(end),
        Some(end) => {
            let what = format!("ends at byte {end} of a file of {len}");
            Err(Box::new(draft(&rules::OUT_OF_FILE, entry, &what)))
        }
        None => {
            let what = format!(
                "begins at {} and has {bytes} bytes, more than 64 bits can add",
                entry.offset
            );
            Err(Box::new(draft(&rules::SHAPE_OVERFLOW, entry, &what)))
        }
    }
}

/// The tensors stand in the order of their descriptions, each aligned.
fn order(entries: &[Entry], tally: &mut Tally, alignment: u64) {
    let mut last = 0;
    for entry in entries {
        let what = match entry.offset {
            offset if !offset.is_multiple_of(alignment) => {
                format!("begins at {offset}, which is no multiple of {alignment}")
            }
            offset if offset < last => {
                format!("begins at {offset}, before the tensor in front of it")
            }
            _ => String::new(),
        };
        if !what.is_empty() {
            tally.add(draft(&rules::MISPLACED_TENSOR, entry, &what));
        }
        last = entry.offset;
    }
}

impl Data<'_> {
    /// The next multiple of the alignment.
    fn aligned(&self, at: u64) -> u64 {
        at.checked_next_multiple_of(self.alignment).unwrap_or(at)
    }

    /// Overlaps and holes.
    fn fill(&mut self, entries: &[Entry], behind: u64, start: u64) -> Result<(), Fault> {
        let len = self.source.len();
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        sorted.sort_unstable_by_key(|entry| (entry.offset, entry.at));
        let mut filled = behind;
        let mut owner: Option<&Entry> = None;
        for entry in sorted {
            let begin = start.saturating_add(entry.offset).min(len);
            let end = end(entry, start, len).unwrap_or(len).max(begin);
            match owner {
                Some(other) if begin < filled && end > begin => {
                    let what = format!("begins inside of `{}`", shown(&other.name));
                    self.tally
                        .add(draft(&rules::OVERLAPPING_TENSORS, entry, &what));
                }
                // Where the size is not known, the next tensor tells the end.
                Some(other) if other.kind.is_none() => {}
                _ => self.between(filled, begin, entry)?,
            }
            filled = filled.max(end);
            owner = Some(entry);
        }
        match owner {
            Some(last) if last.kind.is_none() => Ok(()),
            _ => self.rest(filled),
        }
    }

    /// Bytes in front of a tensor.
    fn between(&mut self, from: u64, to: u64, entry: &Entry) -> Result<(), Fault> {
        if from >= to || self.is_padding(from, to)? {
            return Ok(());
        }
        let size = to.saturating_sub(from);
        let text = shown(&entry.name);
        let message = format!("{size} bytes before `{text}` belong to no tensor");
        self.tally.add(rules::HOLE.at(from..to).message(message));
        self.holes.push(from..to);
        Ok(())
    }

    /// Bytes behind the last tensor.
    fn rest(&mut self, from: u64) -> Result<(), Fault> {
        let to = self.source.len();
        if from >= to || self.is_padding(from, to)? {
            return Ok(());
        }
        let size = to.saturating_sub(from);
        let message = format!("{size} bytes follow the last tensor");
        self.tally
            .add(rules::TRAILING_DATA.at(from..to).message(message));
        self.holes.push(from..to);
        Ok(())
    }

    /// Whether these bytes are the zeros that align what follows.
    fn is_padding(&self, from: u64, to: u64) -> Result<bool, Fault> {
        let size = to.saturating_sub(from);
        if to > self.aligned(from) || size > PADDING_CAP_BYTES as u64 {
            return Ok(false);
        }
        let bytes = bytes_at(self.source, from, size, PADDING_CAP_BYTES)?;
        Ok(bytes.iter().all(|&byte| byte == 0))
    }
}
