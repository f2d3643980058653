//! Text.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// Text.
pub struct Text;

static SPEC: FormatSpec = FormatSpec {
    id: "text",
    title: "Text",
    suffixes: &[],
    runs_code: false,
    content: Content::Prose,
    layer_of: None,
    references: &[],
    limitations: &[],
};

impl Format for Text {
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
