//! PyTorch archive.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// PyTorch archive.
pub struct Torch;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-zip",
    title: "PyTorch archive",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

impl Format for Torch {
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
