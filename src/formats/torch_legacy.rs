//! PyTorch legacy file.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// PyTorch legacy file.
pub struct TorchLegacy;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-legacy",
    title: "PyTorch legacy file",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

impl Format for TorchLegacy {
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
