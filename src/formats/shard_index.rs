//! Shard index.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// Shard index.
pub struct ShardIndex;

static SPEC: FormatSpec = FormatSpec {
    id: "shard-index",
    title: "Shard index",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

impl Format for ShardIndex {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, _probe: &Probe<'_>) -> Claim {
        Claim::No
    }

    fn examine(&self, _artifact: &Artifact, _cx: &mut Context<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

/// What a shard index says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// `metadata.total_size`, in bytes.
    pub total_size: Option<u64>,
    /// Tensor name and the file that holds it, in the order of the file,
    /// duplicates included.
    pub entries: Vec<(String, String)>,
}

/// Read the index that `source` holds.
pub fn read(
    _source: &dyn crate::source::Source,
    _budget: &crate::budget::Budget,
) -> Result<Index, Fault> {
    Ok(Index::default())
}
