//! Safetensors.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// Safetensors.
pub struct Safetensors;

static SPEC: FormatSpec = FormatSpec {
    id: "safetensors",
    title: "Safetensors",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

impl Format for Safetensors {
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
