//! The files that a model keeps data in, for whoever names the model alone.

use super::{Artifact, Claim, Context, Format, Probe, Sink, coreml, onnx};
use crate::budget::Budget;
use crate::report::{Companion, Place, Why};
use crate::rules::Draft;

/// Formats whose models keep data in other files.
static FORMATS: [&dyn Format; 2] = [&onnx::Onnx, &coreml::CoreMl];

/// Says nothing to anybody.
struct Silent;

impl Sink for Silent {
    fn finding(&self, _draft: Draft) {}

    fn gap(&self, _at: Place, _why: Why, _detail: String) {}
}

/// The files in its directory that an artifact reads data from. What is wrong
/// with the artifact is told when it is examined.
pub fn companions(artifact: &Artifact, budget: &Budget) -> Vec<Companion> {
    let probe = Probe::new(artifact);
    let claims = FORMATS
        .iter()
        .filter(|format| format.recognise(&probe) > Claim::No);
    claims
        .flat_map(|format| {
            let mut cx = Context::new(&Silent, budget);
            // One that breaks off still names what stands in front of the break.
            let _ = format.examine(artifact, &mut cx);
            cx.finish().companions
        })
        .collect()
}
