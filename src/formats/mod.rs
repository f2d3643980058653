//! The formats: one file each, and the registry.
//!
//! A [`Format`] recognises bytes and examines their structure. It reports what
//! it finds, names the members it holds, and returns; opening members,
//! sweeping bytes and spending budgets are the engine's business. Formats hold
//! no state and cannot see how the bytes are read.
//!
//! To add one: write `formats/<id>.rs`, add its `mod` line and its line in
//! [`FORMATS`], and put fixtures under `fixtures/<id>/`.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod addresses;
mod archive;
mod context;
mod probe;
mod tally;
#[cfg(test)]
mod testing;

mod ar;
mod arrow;
mod bytecode;
mod compressed;
mod coreml;
mod cpio;
mod dcp;
mod encoded;
mod flax;
mod ggml;
mod gguf;
mod hdf5;
mod iso;
mod keras;
mod manifest;
mod mar;
mod media;
mod nemo;
mod notebook;
mod npy;
mod npz;
mod oci;
pub mod onnx;
mod orbax;
mod packaging;
mod parquet;
mod pickle;
mod program;
mod python;
mod rar;
mod safetensors;
mod sentencepiece;
mod serving;
mod seven_zip;
pub mod shard_index;
mod skops;
mod spark;
mod tar;
mod template;
mod tensorflow;
mod text;
mod tfjs;
mod tflite;
mod torch;
mod torch_legacy;
mod torch_package;
mod torch_tar;
mod torchscript;
mod unexamined;
mod wheel;
mod yaml;
mod zarr;
mod zarr_shard;
mod zip;

/// Every format, in the order in which they are asked and examined.
pub static FORMATS: &[&dyn Format] = &[
    &pickle::Pickle,
    &torch_legacy::TorchLegacy,
    &bytecode::Bytecode,
    &zip::Zip,
    &torch::Torch,
    &npy::Npy,
    &npz::Npz,
    &arrow::Arrow,
    &parquet::Parquet,
    &skops::Skops,
    &skops::SkopsSchema,
    &zarr::Zarr,
    &torchscript::TorchScript,
    &torch_package::TorchPackage,
    &dcp::CheckpointMetadata,
    &dcp::CheckpointData,
    &mar::ModelArchive,
    &mar::ModelManifest,
    &mar::ModelTarball,
    &hdf5::Hdf5,
    &keras::Keras,
    &keras::KerasConfig,
    &wheel::Wheel,
    &wheel::PathFile,
    &tar::Tar,
    &nemo::Nemo,
    &oci::Image,
    &oci::Blob,
    &oci::MANIFEST,
    &oci::MODEL,
    &torch_tar::TorchTar,
    &torch_tar::TorchTarPart,
    &seven_zip::SevenZip,
    &rar::Rar,
    &ar::Ar,
    &cpio::Cpio,
    &iso::Iso,
    &compressed::GZIP,
    &compressed::BZIP2,
    &compressed::XZ,
    &compressed::LZMA,
    &compressed::ZSTD,
    &compressed::LZIP,
    &compressed::SNAPPY,
    &compressed::LZ4,
    &compressed::ZLIB,
    &compressed::JoblibZ,
    &safetensors::Safetensors,
    &gguf::Gguf,
    &ggml::Ggml,
    &flax::Flax,
    &orbax::Orbax,
    &orbax::Ocdbt,
    &orbax::OcdbtNode,
    &shard_index::ShardIndex,
    &manifest::Manifest,
    &yaml::Yaml,
    &coreml::PackageManifest,
    &onnx::Onnx,
    &onnx::OnnxTensor,
    &onnx::OnnxSequence,
    &coreml::CoreMl,
    &sentencepiece::SentencePiece,
    &spark::SparkMetadata,
    &template::JinjaTemplate,
    &tensorflow::SavedModel,
    &tensorflow::Graph,
    &tensorflow::GraphText,
    &tensorflow::KerasMetadata,
    &tensorflow::Fingerprint,
    &tensorflow::CheckpointIndex,
    &tensorflow::CheckpointData,
    &tensorflow::CheckpointState,
    &tfjs::WebModel,
    &tflite::Lite,
    &unexamined::EXECUTORCH,
    &unexamined::CAB,
    &unexamined::SQUASHFS,
    &unexamined::DMG,
    &unexamined::R_DATA,
    &unexamined::TORCH7,
    &unexamined::CNTK,
    &unexamined::PMML,
    &unexamined::OPENVINO,
    &unexamined::ONNX_TEXT,
    &unexamined::CATBOOST,
    &unexamined::XGBOOST,
    &unexamined::PADDLE,
    &unexamined::MXNET,
    &unexamined::RKNN,
    &unexamined::TENSORRT,
    &unexamined::FASTTEXT,
    &program::ELF,
    &program::PE,
    &program::MACH_O,
    &program::WASM,
    &program::DEX,
    &program::JAVA,
    &program::SCRIPT,
    &media::PNG,
    &media::JPEG,
    &media::GIF,
    &media::PDF,
    &media::RIFF,
    &python::PythonSource,
    &notebook::Notebook,
    &packaging::Requirements,
    &packaging::ProjectFile,
    &serving::ServingConfig,
    &encoded::Encoded,
    &text::SourceCode,
    &text::Text,
];

pub use archive::{Actual, Kept, extent, judge_stated};
pub use compressed::judge as judge_stream;
pub use context::{Body, Context, Member, Named, Part, Sink, Stated};
pub use probe::Probe;

use crate::report::Location;
use crate::source::SharedSource;
use crate::wire::Fault;

/// How sure a format is that bytes are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Not this format.
    No,
    /// Only the name says so.
    Name,
    /// The first bytes, or a weak sign in the content.
    Magic,
    /// The structure was followed far enough to be sure.
    Structure,
}

/// What kind of text or data a format holds, for judgements that depend on
/// whether anybody evaluates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Data that a program loads.
    Data,
    /// Text for people and for tokenizers: nothing in it is evaluated, unless
    /// another format reads it as data.
    Prose,
}

/// What kind of thing a format describes, for judgements about what belongs
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A model, or a part of one.
    Model,
    /// Numbers, with little around them.
    Weights,
    /// Tables and arrays that are packed in many streams by design.
    Columns,
    /// A container of members.
    Archive,
    /// One packed stream.
    Stream,
    /// A program for a machine, a virtual machine or a shell.
    Program,
    /// A picture, a sound or a printed page.
    Media,
    /// Text.
    Text,
}

/// What there is to know about a format without looking at bytes.
#[derive(Debug)]
pub struct FormatSpec {
    /// Stable kebab-case id, as in `artifacts[].formats`.
    pub id: &'static str,
    /// Its name in words.
    pub title: &'static str,
    /// File name endings that promise it, lower case, with the dot. An ending
    /// that several formats list promises any of them.
    pub suffixes: &'static [&'static str],
    /// Whether loading it can run code by design.
    pub runs_code: bool,
    /// Kind of content.
    pub content: Content,
    /// The format that this one is a reading of: a PyTorch file is a zip.
    /// Such a pair is no polyglot.
    pub layer_of: Option<&'static str>,
    /// Specifications and sources.
    pub references: &'static [&'static str],
    /// What is not checked, one sentence each.
    pub limitations: &'static [&'static str],
}

/// One recogniser and examiner.
pub trait Format: Sync {
    /// What there is to know without bytes.
    fn spec(&self) -> &'static FormatSpec;

    /// What kind of thing it describes.
    fn kind(&self) -> Kind {
        Kind::Model
    }

    /// Whether its structure is examined. Where not, a file of this format is
    /// swept and a gap says the rest.
    fn is_examined(&self) -> bool {
        true
    }

    /// Whether its models may keep data in other files of their directory, so
    /// that a model that is named alone is read for their names.
    fn has_companions(&self) -> bool {
        false
    }

    /// Whether these bytes are this format. Must be cheap: it is asked of
    /// every artifact.
    fn recognise(&self, probe: &Probe<'_>) -> Claim;

    /// Read the structure, report, and name members. Findings made before a
    /// fault are kept; the fault becomes a gap.
    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault>;
}

/// A named run of bytes under examination.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The file and member chain.
    pub location: Location,
    /// The last name in the chain, as the container spells it.
    pub name: String,
    /// Its bytes.
    pub source: SharedSource,
    /// Levels of nesting below the file.
    pub depth: u32,
}

/// The format with this id.
pub fn find(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|f| f.spec().id == id)
}
