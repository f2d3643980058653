//! Distributed checkpoints of PyTorch: `.metadata`, and `__0_0.distcp` beside
//! it.
//!
//! The metadata is a pickle of `torch.distributed.checkpoint.metadata.Metadata`
//! that says for each tensor in which file it lies, where, and how long. A data
//! file is what `torch.save` wrote, one archive behind the other; the reader
//! cuts one out and loads it. So the pickle format examines the metadata, and
//! each archive of a data file becomes a member.
//!
//! An attacker plants a payload in the metadata, which is unpickled without a
//! filter, or has it name files elsewhere. What is not checked stands in the
//! specs below.

mod data;
mod metadata;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::wire::Fault;

/// The module of the classes that the metadata is made of.
const MODULE: &[u8] = b"torch.distributed.checkpoint.metadata";

/// The metadata of a distributed checkpoint.
pub struct CheckpointMetadata;

/// The data of a distributed checkpoint.
pub struct CheckpointData;

static METADATA: FormatSpec = FormatSpec {
    id: "torch-checkpoint-metadata",
    title: "PyTorch checkpoint metadata",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("pickle"),
    references: &[
        "https://docs.pytorch.org/docs/stable/distributed.checkpoint.html",
        "https://github.com/pytorch/pytorch/blob/main/torch/distributed/checkpoint/filesystem.py",
    ],
    limitations: &[
        "Whether the files that it names are there and long enough is not checked.",
        "Sizes and chunks of tensors are not compared with the data.",
    ],
};

static DATA: FormatSpec = FormatSpec {
    id: "torch-checkpoint-data",
    title: "PyTorch checkpoint data",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/pytorch/pytorch/blob/main/torch/distributed/checkpoint/filesystem.py",
    ],
    limitations: &[
        "The archives are told apart by their own end records, not by the offsets in `.metadata`.",
    ],
};

/// Whether the bytes are archives behind each other as a distributed
/// checkpoint has them; then no reading of all of them as one archive is meant.
pub(super) fn is_data(probe: &Probe<'_>) -> bool {
    probe.has_suffix(&[".distcp"]) && probe.head().starts_with(data::LOCAL)
}

impl Format for CheckpointMetadata {
    fn spec(&self) -> &'static FormatSpec {
        &METADATA
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let is_pickle = matches!(head, [0x80, 2..=5, ..]);
        match is_pickle && memchr::memmem::find(head, MODULE).is_some() {
            true if probe.file_name() == ".metadata" => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        metadata::examine(artifact.source.as_ref(), cx)
    }
}

impl Format for CheckpointData {
    fn spec(&self) -> &'static FormatSpec {
        &DATA
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match is_data(probe) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        data::examine(artifact.source.as_ref(), cx)
    }
}

#[cfg(test)]
mod tests;
