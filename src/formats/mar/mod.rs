//! TorchServe model archives: a zip, a tarball or a folder with
//! `MAR-INF/MANIFEST.json`.
//!
//! The server unpacks the archive, reads the manifest, and imports the handler
//! that it names: a Python file of the archive, which then loads the model. So
//! registering a model runs what its author wrote. The manifest is judged where
//! it stands, in an archive or in a folder; what it leads to inside of a zip or a
//! tar is judged by the archive's format.
//!
//! An attacker writes the handler, has the manifest name files of the server,
//! or has the server install packages from elsewhere. What is not checked
//! stands in the specs below.

mod manifest;
mod requirements;
mod tarball;

pub use tarball::ModelTarball;

use super::torch::inside::{Members, find, leaf};
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::wire::Fault;

/// Where the manifest lies.
const MANIFEST: &[u8] = b"MAR-INF/MANIFEST.json";

/// TorchServe model archive.
pub struct ModelArchive;

/// The manifest of a TorchServe model archive.
pub struct ModelManifest;

static ARCHIVE: FormatSpec = FormatSpec {
    id: "torchserve-archive",
    title: "TorchServe model archive",
    suffixes: &[".mar"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://github.com/pytorch/serve/blob/master/model-archiver/README.md",
        "https://docs.pytorch.org/serve/custom_service.html",
    ],
    limitations: &["Requirements are judged by the addresses they name."],
};

static MANIFEST_SPEC: FormatSpec = FormatSpec {
    id: "torchserve-manifest",
    title: "TorchServe manifest",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://github.com/pytorch/serve/blob/master/model-archiver/README.md",
        "CVE-2023-48299",
    ],
    limitations: &["The workflow archives of TorchServe (`.war`) are not read."],
};

impl Format for ModelArchive {
    fn spec(&self) -> &'static FormatSpec {
        &ARCHIVE
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let is_manifest = |name: &[u8]| name.eq_ignore_ascii_case(MANIFEST);
        let found = find(probe, &Budget::unlimited(), |central| {
            is_manifest(&central.view.name).then_some(())
        });
        match found {
            Ok(Some(())) => Claim::Structure,
            _ if probe.has_suffix(ARCHIVE.suffixes) => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let members = Members::read(&Probe::new(artifact), cx.budget())?;
        if members.get(MANIFEST).is_none() {
            let what = "there is no `MAR-INF/MANIFEST.json`";
            return Err(Fault::malformed(0, what));
        }
        let source = artifact.source.as_ref();
        for member in &members.all {
            cx.budget().check()?;
            if requirements::is_named(leaf(member.name())) {
                requirements::judge(source, member, cx)?;
            }
        }
        Ok(())
    }
}

impl Format for ModelManifest {
    fn spec(&self) -> &'static FormatSpec {
        &MANIFEST_SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let name = probe.name().replace('\\', "/");
        let is_there = name.to_ascii_lowercase().ends_with("mar-inf/manifest.json");
        let is_named = || probe.file_name() == "manifest.json";
        match is_there || (is_named() && manifest::is_likely(probe.head())) {
            true if !probe.is_empty() => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        manifest::examine(artifact.source.as_ref(), cx)
    }
}

#[cfg(test)]
mod tests;
