//! The archive as a whole: its headers, and the bytes that none of them owns.

use super::header::{Header, Reader, Remark};
use super::search;
use super::start::Start;
use super::{Pack, Streams};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// Longest header whose checksum is computed, in bytes.
const CHECKED_HEADER_CAP_BYTES: u64 = 256 << 20;

/// Bytes are read for a checksum in pieces of this size.
const PIECE_BYTES: u64 = 1 << 20;

/// An archive with every header that reads through.
#[derive(Debug)]
pub struct Archive {
    /// What stands at its front.
    pub start: Start,
    /// The header that the start leads to, as far as it could be read; `None`
    /// where the archive has none or the file ends before it.
    pub header: Option<Header>,
    /// Headers that stand where nothing owns the bytes, by position.
    pub others: Vec<Header>,
    /// Bytes that no record and no packed stream owns, by position.
    pub slack: Vec<Span>,
    /// Spans that two things own, by position.
    pub overlaps: Vec<Span>,
    /// Whether the search for other headers ended early.
    pub is_cut: bool,
}

/// Read all headers of the archive that begins with `start`.
pub fn walk(source: &dyn Source, start: Start, budget: &Budget) -> Result<Archive, Fault> {
    let mut reader = Reader {
        file: source,
        base: start.behind(),
        budget,
        work: 0,
    };
    let len = source.len();
    let mut owned = Owned::default();
    owned.add(start.span());
    let mut archive = Archive {
        header: None,
        others: Vec::new(),
        slack: Vec::new(),
        overlaps: Vec::new(),
        is_cut: false,
        start,
    };
    if let Some(span) = archive
        .start
        .header()
        .filter(|h| !h.is_empty() && h.end <= len)
    {
        let sum = checksum(source, &span, budget)?;
        let mut header = reader.read(span.clone())?;
        if let Some(actual) = sum.filter(|&sum| sum != archive.start.header_crc32) {
            header.remarks.push(Remark::Checksum {
                at: archive.start.span(),
                claimed: archive.start.header_crc32,
                actual,
            });
        }
        owned.header(&header);
        archive.header = Some(header);
    }
    archive.overlaps = owned.overlaps();
    for slack in owned.rest(archive.start.at, len) {
        archive.is_cut |= search::headers(&mut reader, slack, &mut archive.others)?;
    }
    for header in &archive.others {
        owned.header(header);
    }
    archive.slack = owned.rest(0, len);
    Ok(archive)
}

/// CRC-32 of a header; `None` for one that is too long.
fn checksum(source: &dyn Source, span: &Span, budget: &Budget) -> Result<Option<u32>, Fault> {
    if span.end.saturating_sub(span.start) > CHECKED_HEADER_CAP_BYTES {
        return Ok(None);
    }
    let mut hasher = crc32fast::Hasher::new();
    let mut from = span.start;
    while from < span.end {
        budget.check()?;
        let to = from.saturating_add(PIECE_BYTES).min(span.end);
        hasher.update(&source.chunk(from..to)?);
        from = to;
    }
    Ok(Some(hasher.finalize()))
}

/// Spans that records and packed streams own.
#[derive(Default)]
struct Owned(Vec<Span>);

impl Owned {
    fn add(&mut self, span: Span) {
        if !span.is_empty() {
            self.0.push(span);
        }
    }

    /// A header, what it was packed in, and the streams of its folders.
    fn header(&mut self, header: &Header) {
        self.add(header.span.clone());
        let folders = used(&header.streams).iter();
        for pack in folders.chain(&header.packs) {
            self.add(pack.span.clone());
        }
        self.0.sort_by_key(|span| span.start);
    }

    /// What two spans share.
    fn overlaps(&self) -> Vec<Span> {
        let mut shared: Vec<Span> = Vec::new();
        let mut end = 0;
        for span in &self.0 {
            if span.start < end {
                shared.push(span.start..span.end.min(end));
            }
            end = end.max(span.end);
        }
        shared
    }

    /// What of `from..to` nothing owns.
    fn rest(&self, from: u64, to: u64) -> Vec<Span> {
        let mut rest = Vec::new();
        let mut at = from;
        for span in &self.0 {
            if span.start > at {
                rest.push(at..span.start.min(to));
            }
            at = at.max(span.end);
        }
        if at < to {
            rest.push(at..to);
        }
        rest
    }
}

/// The packed streams that folders read; the table may name more.
fn used(streams: &Streams) -> &[Pack] {
    let reads = streams.folders.iter().map(|folder| folder.inputs.len());
    let count = reads.fold(0usize, usize::saturating_add);
    streams.packs.get(..count).unwrap_or(&streams.packs)
}
