//! TensorFlow: models and graphs as Protocol Buffers and as text, checkpoints,
//! and the files beside them.
//!
//! A *graph* is nodes with operators, and functions with nodes of their own. It
//! is a program: operators read and write files, print to files, map files,
//! talk to hosts and call functions of the process. [`ops`] is the table of
//! those; [`walk`] visits every node wherever it stands, also in graphs that are
//! the value of a constant, and [`marks`] judges what an operator acts on, as
//! far as [`operands`] follows it to constants. A model (`saved_model.pb`)
//! wraps graphs, names assets, and may describe Keras layers, which are judged
//! as Keras configurations.
//!
//! An attacker has the graph write a start-up file or read a key when it is
//! called, hides that in a function, in a constant, in joined or encoded texts,
//! in the text form of the graph, or behind an asset `../../`.
//!
//! Not checked: what stands in the specs below.

pub(super) mod checkpoint;
mod constant;
pub(super) mod encode;
pub(super) mod judge;
mod marks;
mod meta;
pub(super) mod node;
mod operands;
pub(super) mod ops;
mod places;
pub(super) mod schema;
mod scope;
mod shape;
mod text;
mod walk;

#[cfg(test)]
mod tests;

pub use checkpoint::{CheckpointData, CheckpointIndex, CheckpointState};
pub use text::GraphText;

use self::shape::Root;
use self::walk::Walk;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::Reader;

/// What the graphs of TensorFlow have in common.
const LIMITATIONS: &[&str] = &[
    "Names of files that a graph computes from its inputs are not known.",
    "What custom operators do is in the library that brings them.",
    "Graphs that stand in a constant in packed or encoded form are not unpacked.",
];

/// The file that Keras writes beside a model.
const METADATA_NAME: &str = "keras_metadata.pb";

/// The file with the digests of a model.
const FINGERPRINT_NAME: &str = "fingerprint.pb";

/// A `SavedModel`.
pub struct SavedModel;

/// A `GraphDef`, or a `MetaGraphDef` as checkpoints have one beside them.
pub struct Graph;

/// What Keras writes beside a `SavedModel`.
pub struct KerasMetadata;

/// The digests of a `SavedModel`.
pub struct Fingerprint;

static SAVED_MODEL: FormatSpec = FormatSpec {
    id: "tensorflow-saved-model",
    title: "TensorFlow SavedModel",
    suffixes: &[".pb"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://www.tensorflow.org/guide/saved_model",
        "https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md",
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto",
    ],
    limitations: LIMITATIONS,
};

static GRAPH: FormatSpec = FormatSpec {
    id: "tensorflow-graph",
    title: "TensorFlow graph",
    suffixes: &[".pb", ".meta"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md",
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto",
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto",
    ],
    limitations: LIMITATIONS,
};

static KERAS_METADATA: FormatSpec = FormatSpec {
    id: "keras-metadata",
    title: "Keras metadata of a SavedModel",
    suffixes: &[".pb"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/keras-team/tf-keras/blob/master/tf_keras/protobuf/saved_metadata.proto",
        "CVE-2024-3660",
    ],
    limitations: &["What a class of Keras does with its arguments is not followed."],
};

static FINGERPRINT: FormatSpec = FormatSpec {
    id: "tensorflow-fingerprint",
    title: "Fingerprint of a SavedModel",
    suffixes: &[".pb"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/fingerprint.proto",
    ],
    limitations: &["The digests are not compared with the model."],
};

fn root(probe: &Probe<'_>) -> Option<Root> {
    // Fields that begin messages of TensorFlow, and those that loaders skip.
    let begins = probe
        .head()
        .first()
        .is_some_and(|byte| byte >> 3 > 0 && matches!(byte & 7, 0..=2 | 5));
    begins
        .then(|| shape::root(probe.source(), &(0..probe.len())))
        .flatten()
}

/// Whether the name is that of a file which others of these formats read.
fn is_beside(probe: &Probe<'_>) -> bool {
    [METADATA_NAME, FINGERPRINT_NAME].contains(&probe.file_name())
}

impl Format for SavedModel {
    fn spec(&self) -> &'static FormatSpec {
        &SAVED_MODEL
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match root(probe) {
            Some(Root::SavedModel) => Claim::Structure,
            None if probe.file_name() == "saved_model.pb" => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        examine(source, Root::SavedModel, None, cx)?;
        match shape::root(source, &(0..source.len())) {
            Some(Root::SavedModel) => Ok(()),
            // What could be read of it was judged all the same.
            _ => Err(Fault::malformed(0, "the content is no model of TensorFlow")),
        }
    }
}

impl Format for Graph {
    fn spec(&self) -> &'static FormatSpec {
        &GRAPH
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match root(probe) {
            Some(Root::Graph | Root::MetaGraph) => Claim::Structure,
            // The whole model is a format of its own.
            Some(Root::SavedModel) => Claim::No,
            None if probe.file_name() == "saved_model.pb" || is_beside(probe) => Claim::No,
            None if probe.has_suffix(&[".pb"]) => Claim::Name,
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        match shape::root(source, &(0..source.len())) {
            Some(root) => examine(source, root, None, cx),
            None => {
                // What can be read of it is judged all the same.
                examine(source, Root::Graph, None, cx)?;
                Err(Fault::malformed(0, "the content is no graph of TensorFlow"))
            }
        }
    }
}

/// Walk and judge the message that fills `source`, and stands for `whole` of the
/// artifact.
fn examine(
    source: &dyn Source,
    root: Root,
    whole: Option<Span>,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut walk = Walk::new(source, whole);
    let ended = meta::walk(&mut walk, root, &(0..source.len()), cx);
    if ended.as_ref().is_err_and(Fault::ends_job) {
        return ended;
    }
    // What was read before a break is judged.
    marks::judge(walk, cx)?;
    ended
}

/// Judge a graph in memory that stands for `whole` of the artifact.
pub(super) fn examine_graph(
    source: &dyn Source,
    whole: Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    examine(source, Root::Graph, Some(whole), cx)
}

impl Format for KerasMetadata {
    fn spec(&self) -> &'static FormatSpec {
        &KERAS_METADATA
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        let begins = head.first() == Some(&0x0a);
        match begins && has(b"_tf_keras_") && has(b"\"class_name\"") {
            true => Claim::Structure,
            false if probe.file_name() == METADATA_NAME => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut reader = Reader::new(source, 0..source.len());
        loop {
            cx.tick()?;
            let Some(field) = reader.next()? else {
                match reader.leave() {
                    true => continue,
                    false => return Ok(()),
                }
            };
            match (reader.depth(), field.number, field.bytes()) {
                (0, 1, Some(object)) => reader.enter(object)?,
                (1, 5, Some(text)) => meta::description(source, text, text.clone(), cx)?,
                _ => {}
            }
        }
    }
}

impl Format for Fingerprint {
    fn spec(&self) -> &'static FormatSpec {
        &FINGERPRINT
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match probe.file_name() == FINGERPRINT_NAME {
            true if digests(probe.source()).is_ok() => Claim::Structure,
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, _cx: &mut Context<'_>) -> Result<(), Fault> {
        digests(artifact.source.as_ref())
    }
}

/// Five digests, a version and an identifier.
fn digests(source: &dyn Source) -> Result<(), Fault> {
    let mut reader = Reader::new(source, 0..source.len());
    while let Some(field) = reader.next()? {
        let fits = match field.number {
            1..=5 => field.varint().is_some(),
            _ => field.bytes().is_some(),
        };
        if !fits {
            let what = "a digest that is no number";
            return Err(Fault::malformed(field.span.start, what));
        }
    }
    Ok(())
}
