//! Checkpoints: an index that says which tensor lies where in which file, the
//! files with the data, and a note about which checkpoint is the last one.
//!
//! The index is a sorted table (see [`sstable`](crate::wire::sstable)): under
//! the empty key a header with the number of data files, under each name an
//! entry with type, shape, file, offset and length. The data files have no
//! structure of their own; the engine compares their lengths with what the
//! index says. The note is text that names checkpoints by path.
//!
//! An attacker has tensors share bytes, leaves bytes out for something else,
//! gives a shape that needs more than there is, or names files elsewhere.
//!
//! Not checked: the checksums of single tensors, and what stands in the specs.

mod bundle;
mod layout;
mod state;

pub use state::CheckpointState;

use crate::formats::tally::Tally;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::wire::Fault;
use crate::wire::sstable::{FOOTER_BYTES, MAGIC};

/// The index of a checkpoint.
pub struct CheckpointIndex;

/// One data file of a checkpoint.
pub struct CheckpointData;

static INDEX: FormatSpec = FormatSpec {
    id: "tensorflow-checkpoint-index",
    title: "TensorFlow checkpoint index",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://www.tensorflow.org/guide/checkpoint",
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto",
        "https://github.com/google/leveldb/blob/main/doc/table_format.md",
    ],
    limitations: &["The checksums of single tensors are not compared with the data."],
};

static DATA: FormatSpec = FormatSpec {
    id: "tensorflow-checkpoint-data",
    title: "TensorFlow checkpoint data",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://www.tensorflow.org/guide/checkpoint"],
    limitations: &[
        "The values of the tensors are not judged, only swept.",
        "The objects that the checkpoint describes are not followed.",
    ],
};

impl Format for CheckpointIndex {
    fn spec(&self) -> &'static FormatSpec {
        &INDEX
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let ends = probe.len() >= FOOTER_BYTES && probe.tail().1.ends_with(&MAGIC);
        match ends && probe.has_suffix(&[".index", ".ldb", ".sst"]) {
            true => Claim::Structure,
            false if ends => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = bundle::examine(artifact, cx, &mut tally);
        tally.report(cx);
        ended
    }
}

/// The number and the count in `name.data-00000-of-00001`.
fn is_data_name(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.rsplit_once(".data-")
        .and_then(|(_, shard)| shard.split_once("-of-"))
        .is_some_and(|(number, count)| digits(number) && digits(count))
}

impl Format for CheckpointData {
    fn spec(&self) -> &'static FormatSpec {
        &DATA
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match is_data_name(probe.file_name()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, _artifact: &Artifact, _cx: &mut Context<'_>) -> Result<(), Fault> {
        // There is nothing but data: its sweep is all there is to do.
        Ok(())
    }
}
