//! The filters between LZMA2 and the content of an xz block.
//!
//! A filter rewrites bytes in place (addresses in programs, differences of
//! numbers) and may keep the last few back until it knows what follows them.

use lzma_rust2::filter::StreamFilter;
use lzma_rust2::{FilterConfig, FilterType};

use super::super::failure::Refusal;

/// Filters in the order in which decoded bytes go through them.
pub(super) struct Filters(Vec<Stage>);

struct Stage {
    filter: StreamFilter,
    /// Bytes that were not rewritten yet.
    held: Vec<u8>,
}

/// One filter as a block header describes it.
pub(super) struct Described {
    pub number: u64,
    pub properties: Vec<u8>,
}

impl Filters {
    /// The filters of a block, in the order of its header: what was done first
    /// is undone last.
    pub(super) fn new(described: &[Described]) -> Result<Self, Refusal> {
        let stages = described.iter().rev().map(Stage::new);
        stages.collect::<Result<_, _>>().map(Filters)
    }

    /// Whether bytes go through unchanged.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Send bytes through all filters, and at the `end` what they kept back.
    pub(super) fn apply(&mut self, bytes: &[u8], is_end: bool) -> Vec<u8> {
        let through = |bytes: Vec<u8>, stage: &mut Stage| stage.apply(bytes, is_end);
        self.0.iter_mut().fold(bytes.to_vec(), through)
    }
}

impl Stage {
    fn new(described: &Described) -> Result<Self, Refusal> {
        let refused = Refusal::Filter(described.number);
        let filter_type = FilterType::try_from(described.number).map_err(|()| refused)?;
        let property = match (filter_type, described.properties.as_slice()) {
            (FilterType::Lzma2, _) => return Err(refused),
            (FilterType::Delta, [distance]) => u32::from(*distance).saturating_add(1),
            (FilterType::Delta, _) => return Err(refused),
            (_, []) => 0,
            (_, [a, b, c, d]) => u32::from_le_bytes([*a, *b, *c, *d]),
            _ => return Err(refused),
        };
        let config = FilterConfig {
            filter_type,
            property,
        };
        let filter = StreamFilter::new(&config).map_err(|_| refused)?;
        Ok(Stage {
            filter,
            held: Vec::new(),
        })
    }

    fn apply(&mut self, bytes: Vec<u8>, is_end: bool) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(&bytes);
        let settled = self.filter.decode(&mut all).min(all.len());
        if !is_end {
            self.held = all.split_off(settled);
        }
        all
    }
}
