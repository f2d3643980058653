//! Python pickle.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// Python pickle.
pub struct Pickle;

static SPEC: FormatSpec = FormatSpec {
    id: "pickle",
    title: "Python pickle",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

impl Format for Pickle {
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
