//! Reading around what cannot be read.

use crate::report::Span;
use crate::source::{ReadError, Source};

/// Bytes that are given up together, at multiples of this size: the block of
/// most disks and file systems.
const BLOCK_BYTES: u64 = 4096;

/// A span of which some blocks could not be read.
pub(super) struct Salvaged {
    /// All of its bytes, with zeros for those that are lost.
    pub bytes: Vec<u8>,
    /// The lost spans, and why; neighbours are one.
    pub lost: Vec<(Span, String)>,
}

/// Read `span` block by block and note the blocks that fail. Only a limit of
/// the job or a change of the file ends it early.
pub(super) fn salvage(source: &dyn Source, span: Span) -> Result<Salvaged, ReadError> {
    let len = usize::try_from(span.end - span.start).unwrap_or(usize::MAX);
    let mut salvaged = Salvaged {
        bytes: vec![0; len],
        lost: Vec::new(),
    };
    let mut at = span.start;
    while at < span.end {
        let end = (at / BLOCK_BYTES + 1)
            .saturating_mul(BLOCK_BYTES)
            .min(span.end);
        let place = (at - span.start) as usize..(end - span.start) as usize;
        match source.fill_at(at, &mut salvaged.bytes[place]) {
            Ok(n) if n as u64 == end - at => {}
            Ok(_) => return Err(ReadError::Changed),
            Err(ReadError::Io(error)) => note(&mut salvaged.lost, at..end, error.to_string()),
            Err(other) => return Err(other),
        }
        at = end;
    }
    Ok(salvaged)
}

fn note(lost: &mut Vec<(Span, String)>, span: Span, error: String) {
    match lost.last_mut() {
        Some((last, _)) if last.end == span.start => last.end = span.end,
        _ => lost.push((span, error)),
    }
}
