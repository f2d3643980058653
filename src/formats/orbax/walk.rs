//! The walk over a file of the database: records, and values between them.
//!
//! Only the tree knows where values lie. Those of Orbax are Zstandard frames,
//! which tell how long they are, in Zarr 3 with the index of a shard behind
//! them. Frames that stand one behind the other are one *run*, as a reader of
//! Zstandard would have it. Behind values of any other kind the walk goes on at
//! the records that end the file.

use std::collections::BTreeSet;

use super::record::{NODE_MAGIC, Record, record};
use crate::budget::Budget;
use crate::formats::{Probe, zarr_shard};
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::zstd_frames;

/// Bytes of the end in which records are searched.
const TAIL_BYTES: u64 = 64 << 10;

/// The first bytes of a Zstandard frame.
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Digits of the name of a file of the database.
const NAME_DIGITS: usize = 32;

/// What lies at one place.
#[derive(Debug)]
pub(super) enum Part {
    /// A record.
    Record(Record),
    /// Packed values.
    Values(Span),
    /// The index of the shard that the values in front of it are.
    Index(Span),
    /// Values of which nothing is known but that records follow.
    Unknown(Span),
}

impl Part {
    /// Where it ends.
    pub(super) fn end(&self) -> u64 {
        match self {
            Part::Record(record) => record.span.end,
            Part::Values(span) | Part::Index(span) | Part::Unknown(span) => span.end,
        }
    }
}

/// Goes from part to part.
pub(super) struct Walk<'a> {
    source: &'a dyn Source,
    budget: &'a Budget,
    at: u64,
    /// The run of values that ends here, and how many frames it has.
    run: Option<(Span, u64)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a dyn Source, budget: &'a Budget) -> Self {
        Walk {
            source,
            budget,
            at: 0,
            run: None,
        }
    }

    /// Offset of the next part.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// The next part; `None` at the end and before what cannot be told.
    pub(super) fn next(&mut self) -> Result<Option<Part>, Fault> {
        self.budget.check()?;
        let run = self.run.take();
        let part = match record(self.source, self.at)? {
            Some(record) => Some(Part::Record(record)),
            None => match self.index(run)? {
                Some(index) => Some(Part::Index(index)),
                None => self.values()?,
            },
        };
        let part = match part {
            None if self.at < self.source.len() => closing_records(self.source)?
                .filter(|&next| next > self.at)
                .map(|next| Part::Unknown(self.at..next)),
            part => part,
        };
        self.at = part.as_ref().map_or(self.at, Part::end);
        Ok(part)
    }

    /// The index of the shard that `run` is.
    fn index(&self, run: Option<(Span, u64)>) -> Result<Option<Span>, Fault> {
        let Some((values, frames)) = run else {
            return Ok(None);
        };
        let len = zarr_shard::index_bytes(frames);
        let left = self.source.len().saturating_sub(self.at);
        let Some(len) = len.filter(|&len| len <= left) else {
            return Ok(None);
        };
        let index = self.at..self.at.saturating_add(len);
        let is_one = zarr_shard::is_index(self.source, values, index.clone())?;
        Ok(is_one.then_some(index))
    }

    /// The frames that stand here.
    fn values(&mut self) -> Result<Option<Part>, Fault> {
        let rest = self.at..self.source.len();
        let (end, frames) = zstd_frames(self.source, rest, self.budget)?;
        let run = self.at..end;
        if run.is_empty() {
            return Ok(None);
        }
        self.run = Some((run.clone(), frames));
        Ok(Some(Part::Values(run)))
    }
}

/// Where the records begin that end the file, each behind the other.
fn closing_records(source: &dyn Source) -> Result<Option<u64>, Fault> {
    let len = source.len();
    let start = len.saturating_sub(TAIL_BYTES);
    let tail = source.chunk(start..len)?;
    closing(&tail, start, source)
}

fn closing(tail: &[u8], start: u64, source: &dyn Source) -> Result<Option<u64>, Fault> {
    let mut ends = BTreeSet::from([source.len()]);
    for at in memchr::memmem::rfind_iter(tail, &NODE_MAGIC) {
        let at = start.saturating_add(at as u64);
        match record(source, at) {
            Ok(Some(record)) if ends.contains(&record.span.end) => {
                ends.insert(at);
            }
            Err(fault) if fault.ends_job() => return Err(fault),
            _ => {}
        }
    }
    Ok(ends.first().copied().filter(|&at| at < source.len()))
}

/// Whether these bytes are a file of the database that begins with a value:
/// records end it, or it has the name of one and an index or a record behind
/// the first values.
pub(in crate::formats) fn is_data_file(probe: &Probe<'_>) -> bool {
    let (start, tail) = probe.tail();
    if matches!(closing(tail, start, probe.source()), Ok(Some(_))) {
        return true;
    }
    let name = probe.file_name();
    let is_digest = name.len() == NAME_DIGITS && name.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_digest || !probe.head().starts_with(&FRAME_MAGIC) {
        return false;
    }
    let budget = Budget::unlimited();
    let mut walk = Walk::new(probe.source(), &budget);
    let is_values = matches!(walk.next(), Ok(Some(Part::Values(_))));
    is_values && matches!(walk.next(), Ok(Some(Part::Index(_) | Part::Record(_))))
}
