//! TensorFlow Lite: a FlatBuffer with operators, tensors and buffers.
//!
//! Operators are numbers of what the interpreter brings, or *custom* ones by
//! name. Custom operators that begin with `Flex` run kernels of TensorFlow: they
//! are judged like the operators of its [graphs](super::tensorflow). Buffers lie
//! in the FlatBuffer, behind it, or in other files. Metadata packs a zip with
//! labels and vocabularies behind the model; the zip is examined as the archive
//! it is.
//!
//! An attacker has a Flex operator read or write files, gives a tensor a buffer
//! that is shorter than its shape, and uses numbers of tensors and operators
//! that do not exist.
//!
//! Not checked: what stands in the spec below.

mod buffers;
mod flex;
mod operators;
mod tensors;
#[cfg(test)]
mod tests;

use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::flatbuffer::{Buffer, Table};

/// What stands behind the first offset.
const IDENTIFIER: &[u8] = b"TFL3";

/// Fields of the model.
mod field {
    pub(super) const OPERATOR_CODES: u16 = 1;
    pub(super) const SUBGRAPHS: u16 = 2;
    pub(super) const BUFFERS: u16 = 4;
    pub(super) const METADATA_BUFFERS: u16 = 5;
    pub(super) const METADATA: u16 = 6;
    pub(super) const SIGNATURES: u16 = 7;
    pub(super) const EXTERNAL_GROUPS: u16 = 8;
}

/// TensorFlow Lite.
pub struct Lite;

static SPEC: FormatSpec = FormatSpec {
    id: "tflite",
    title: "TensorFlow Lite model",
    suffixes: &[".tflite"],
    runs_code: false,
    content: Content::Data,
    // The files that metadata packs are a zip behind the model, by design.
    layer_of: Some("zip"),
    references: &[
        "https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs",
        "https://ai.google.dev/edge/litert/models/metadata",
    ],
    limitations: &[
        "The options of operators that the interpreter brings are not compared with each other.",
        "What custom operators do is in the program that brings them.",
        "Sparse and quantised tensors are compared by the length of their buffers only.",
    ],
};

impl Format for Lite {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let begins = probe
            .head()
            .get(4..)
            .is_some_and(|rest| rest.starts_with(IDENTIFIER));
        let span = 0..probe.len();
        match begins && Buffer::new(probe.source(), span).root().is_ok() {
            true => Claim::Structure,
            false if begins && probe.has_suffix(SPEC.suffixes) => Claim::Magic,
            false if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut tally = Tally::default();
        let ended = examine(source, cx, &mut tally);
        tally.report(cx);
        ended
    }
}

fn examine(source: &dyn Source, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let buffer = Buffer::new(source, 0..source.len());
    let model = buffer.root()?;
    let buffers = buffers::examine(source, &model, cx, tally)?;
    let codes = operators::codes(source, &model, cx)?;
    let Some(subgraphs) = model.vector(field::SUBGRAPHS, 4)? else {
        return Err(Fault::malformed(model.position(), "the model has no graph"));
    };
    let mut custom = operators::Custom::default();
    for index in 0..subgraphs.len() {
        cx.tick()?;
        let graph = subgraphs.table(index)?;
        let tensors = tensors::examine(source, &graph, &buffers, cx, tally)?;
        operators::examine(
            source,
            &graph,
            &operators::Known {
                codes: &codes,
                tensors: &tensors,
                buffers: &buffers,
            },
            &mut custom,
            cx,
            tally,
        )?;
    }
    custom.report(cx);
    signatures(&model, subgraphs.len(), cx, tally)
}

/// The graphs that signatures name.
fn signatures(
    model: &Table<'_, '_>,
    subgraphs: u32,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let Some(signatures) = model.vector(field::SIGNATURES, 4)? else {
        return Ok(());
    };
    for index in 0..signatures.len() {
        cx.tick()?;
        let signature = signatures.table(index)?;
        let graph = signature.u32(4, 0)?;
        if graph >= subgraphs {
            let message = format!("a signature names graph {graph} of {subgraphs}");
            tally.add(operators::invalid(signature.position(), message));
        }
    }
    Ok(())
}
