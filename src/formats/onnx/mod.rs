//! ONNX: one Protocol Buffers message with a graph of operators and its tensors.
//!
//! Loading runs no code by design. What is left to an attacker is what the
//! model names: files that its tensors are said to lie in (*external data*),
//! which loaders opened wherever the path led; operators that a program brings
//! along as libraries or Python; and metadata, which programs evaluate. Shapes
//! that do not fit their bytes are for loaders that do not check, and fields
//! that no parser knows are a place where bytes travel unseen.
//!
//! Every tensor counts, wherever it stands: initializers, constants in
//! attributes, sparse tensors, graphs in graphs, functions, training.
//! Specification: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
//!
//! Not checked here: types and shapes between operators, the numbers in the
//! tensors (their bytes are swept like all others), and whether a standard
//! operator of that name exists.

mod attributes;
mod dtype;
mod external;
mod judge;
mod operators;
mod outline;
mod schema;
mod tensor;
mod tensor_file;
#[cfg(test)]
mod tests;
mod walk;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;
use judge::Judge;
use schema::Kind;
use walk::Walk;

pub use tensor_file::{OnnxSequence, OnnxTensor};

/// ONNX.
pub struct Onnx;

static SPEC: FormatSpec = FormatSpec {
    id: "onnx",
    title: "an ONNX model",
    suffixes: &[".onnx"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/onnx/onnx/blob/main/onnx/onnx.proto",
        "https://github.com/onnx/onnx/blob/main/docs/ExternalData.md",
    ],
    limitations: &[
        "The values of the tensors are not judged, only swept.",
        "Checksums of external data are not compared.",
        "Metadata of single nodes, values and tensors is swept and not judged as code: nothing evaluates it.",
        "What a custom operator does is up to the library that brings it.",
    ],
};

impl Format for Onnx {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn has_companions(&self) -> bool {
        true
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        outline::claim(probe, probe.has_suffix(SPEC.suffixes))
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        walk_all(Kind::Model, artifact, cx)
    }
}

/// Walk and judge the message of this kind that fills the artifact.
fn walk_all(root: Kind, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
    cx.accounts();
    let mut judge = Judge::new(artifact, cx);
    let ended = Walk::new(root, &mut judge).run();
    judge.finish();
    ended
}
