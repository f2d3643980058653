//! ISO 9660 images, by the names of the standard, of Rock Ridge and of Joliet.
//!
//! Every file of either tree becomes a member, and what lies in no file and in
//! no structure is told. Machines that boot, and programs that list one tree or
//! the other, see different things in one image.
//!
//! An attacker wraps a model in an image because its files lose the mark of the
//! web, shows a file in one tree alone, or has links lead out. What is not
//! checked stands in the spec below.

mod judge;
#[cfg(test)]
mod tests;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::wire::Fault;
use crate::wire::iso::{DESCRIPTORS_AT, SIGNATURE};

/// ISO 9660 image.
pub struct Iso;

static SPEC: FormatSpec = FormatSpec {
    id: "iso",
    title: "ISO 9660 image",
    suffixes: &[".iso"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://ecma-international.org/publications-and-standards/standards/ecma-119/",
        "https://www.iso.org/standard/17505.html",
    ],
    limitations: &[
        "UDF beside ISO 9660 is not read; a gap says so.",
        "Files in several places are examined place by place, packed ones not at all; a gap says so.",
        "Of the boot images only the first is named.",
        "Of images with more than 262144 records the rest is not read, and a gap says so.",
    ],
};

impl Format for Iso {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if is_image(probe) {
            return Claim::Structure;
        }
        match probe.has_suffix(SPEC.suffixes) {
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        if !is_image(&Probe::new(artifact)) {
            return Err(Fault::malformed(DESCRIPTORS_AT, "there is no descriptor"));
        }
        judge::examine(artifact.source.as_ref(), cx)
    }
}

/// Whether the first descriptor is there.
fn is_image(probe: &Probe<'_>) -> bool {
    let at = DESCRIPTORS_AT.saturating_add(1);
    let end = at.saturating_add(SIGNATURE.len() as u64);
    let seen = probe.source().chunk(at..end);
    end <= probe.len() && seen.is_ok_and(|seen| *seen == *SIGNATURE)
}
