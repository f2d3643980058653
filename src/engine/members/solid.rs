//! Members that were packed as one stream.
//!
//! The stream is unpacked once and kept; its parts are slices of it. What no
//! part owns is swept as an artifact of its own, unless it is zeros. A stream
//! that is too long to keep is swept whole, as it passes.

use std::sync::Arc;

use super::Child;
use super::unpack::{Unpacked, unpack};
use crate::budget::Budget;
use crate::engine::context::Lineage;
use crate::engine::crew::{Need, share};
use crate::engine::guard::guarded;
use crate::engine::spans::Spans;
use crate::formats::{Kept, Part};
use crate::report::{Place, Span, Why};
use crate::source::{ReadError, SharedSource, Slice, Source};
use crate::wire::Fault;
use crate::wire::codec::Packing;

/// What the bytes that no part owns are called.
const REST: &str = "rest of the block";

/// Parts of one block that are named one by one for the same reason.
const PARTS_NAMED: usize = 20;

/// Bytes that no part owns are looked at in pieces of this size.
const PIECE_BYTES: u64 = 1 << 20;

impl Child<'_> {
    /// Open the parts of a solid block. Their numbers follow that of the
    /// block.
    pub(super) fn solid(
        &self,
        span: Span,
        packing: &Packing,
        parts: Vec<Part>,
    ) -> Result<(), Fault> {
        let Some(Unpacked { source, .. }) = unpack(self, &parts, span, packing, false)? else {
            return Ok(());
        };
        let Some(source) = source else {
            return Ok(());
        };
        self.tell_missing(&parts, source.len());
        let mut owned = Spans::default();
        let mut claimed = 0u64;
        for part in &parts {
            let span = part.span.start.min(source.len())..part.span.end.min(source.len());
            claimed = claimed.saturating_add(span.end.saturating_sub(span.start));
            owned.add(span);
        }
        let overlap = claimed > owned.total();
        let numbered = (0u32..).zip(parts).map(|(number, part)| {
            let work = part.span.end.saturating_sub(part.span.start);
            let memory = self.job().plan.window.saturating_mul(2).min(work);
            ((number, part), Need { work, memory })
        });
        share(self.job(), numbered.collect(), |(number, part)| {
            self.part(number, part, &source, overlap)
        })?;
        self.rest(&owned.complement(source.len()), &source)
    }

    /// The part with this number, as a member of the container. What parts
    /// share comes out as often as it is shared.
    fn part(
        &self,
        number: u32,
        part: Part,
        source: &SharedSource,
        overlap: bool,
    ) -> Result<(), Fault> {
        let number: Vec<u32> = self.number.iter().copied().chain([number]).collect();
        let child = Child {
            number: &number,
            name: &part.name,
            ..*self
        };
        let len = part.span.end.saturating_sub(part.span.start);
        if part.span.start >= source.len() && len > 0 {
            return Ok(());
        }
        if overlap && self.job().budget.spend_expanded(len).is_err() {
            child.left_out();
            return Ok(());
        }
        let stated = (part.stated.as_ref(), Kept::Part);
        let inspected = guarded(|| {
            child.inspect_slice(source, part.span.clone(), (Lineage::Unpacked, None), stated)
        });
        inspected.unwrap_or_else(|panic| {
            let location = self.opening.parent.location.member(&part.name);
            self.job().ledger.gap_at(location, Why::Panicked, panic);
            Ok(())
        })
    }

    /// Tell of parts that reach behind the end of the stream.
    fn tell_missing(&self, parts: &[Part], len: u64) {
        let missing = |part: &Part| part.span.end.saturating_sub(len.max(part.span.start));
        let cut: Vec<&Part> = parts.iter().filter(|part| missing(part) > 0).collect();
        let ledger = &self.job().ledger;
        for part in cut.iter().take(PARTS_NAMED) {
            let detail = format!(
                "{} bytes of it are not in the unpacked block",
                missing(part)
            );
            let location = self.opening.parent.location.member(&part.name);
            ledger.gap_at(location, Why::Malformed, detail);
        }
        let more = cut.len().saturating_sub(PARTS_NAMED);
        if more > 0 {
            let detail =
                format!("{more} more members are not in their unpacked block, or not whole");
            ledger.gap(
                self.opening.page.entry,
                Place::whole(),
                Why::Malformed,
                detail,
            );
        }
    }

    /// What no part owns: each run that is not all zeros is an artifact.
    fn rest(&self, runs: &[Span], source: &SharedSource) -> Result<(), Fault> {
        for (number, run) in (0u32..).zip(runs) {
            if is_zero(source.as_ref(), run, &self.job().budget)? {
                continue;
            }
            let name = match self.name {
                "" => format!("{REST} at {}", run.start),
                name => format!("{name} ({REST} at {})", run.start),
            };
            let numbers: Vec<u32> = self
                .number
                .iter()
                .copied()
                .chain([u32::MAX, number])
                .collect();
            let child = Child {
                number: &numbers,
                name: &name,
                ..*self
            };
            child.inspect_unpacked(Arc::new(Slice::new(Arc::clone(source), run.clone())))?;
        }
        Ok(())
    }

    /// Name the parts of a block that is too long to keep; those beyond a few
    /// are counted.
    pub(super) fn tell_parts(&self, parts: &[Part]) {
        let ledger = &self.job().ledger;
        for part in parts.iter().take(PARTS_NAMED) {
            let detail = "it lies in a block that is longer than can be kept unpacked: its bytes \
                          are swept, its structure is not examined";
            let location = self.opening.parent.location.member(&part.name);
            ledger.gap_at(location, Why::Limit, detail);
        }
        let more = parts.len().saturating_sub(PARTS_NAMED);
        if more > 0 {
            let detail = format!(
                "{more} more members lie in blocks that are longer than can be kept unpacked"
            );
            ledger.gap(self.opening.page.entry, Place::whole(), Why::Limit, detail);
        }
    }
}

/// Whether a span holds zeros alone. Stops at the first byte that is none.
fn is_zero(source: &dyn Source, span: &Span, budget: &Budget) -> Result<bool, ReadError> {
    let mut at = span.start;
    while at < span.end {
        budget.check()?;
        let end = at.saturating_add(PIECE_BYTES).min(span.end);
        if source.chunk(at..end)?.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        at = end;
    }
    Ok(true)
}
