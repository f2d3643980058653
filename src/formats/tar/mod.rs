//! Tar archives (v7, ustar, pax, GNU): `.nemo`, `.tar.gz`, model bundles.
//!
//! An archive is a row of headers and data without a directory. Every regular
//! member becomes a member here, by every reading of the sizes in front of it,
//! behind end marks and behind damage, so that a payload cannot hide where one
//! program stops and another goes on.
//!
//! An attacker has names and links lead out of the folder, gives a member a
//! second name or size in a pax record, hides members behind the end mark, or
//! breaks a checksum so that scanners stop. What is not checked stands in the
//! spec below.

mod judge;
mod links;
#[cfg(test)]
mod tests;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::wire::Fault;
use crate::wire::tar::{self, Likeness};

/// Tar archive.
pub struct Tar;

static SPEC: FormatSpec = FormatSpec {
    id: "tar",
    title: "Tar archive",
    suffixes: &[".tar", ".nemo"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html",
        "https://www.gnu.org/software/tar/manual/html_node/Standard.html",
        "https://github.com/python/cpython/blob/main/Lib/tarfile.py",
    ],
    limitations: &[
        "Sparse members are put together up to 16384 parts and 64 GiB; a gap says what is not.",
        "Names are compared with each other for the first 262144 members.",
        "Members in an archive of several volumes are not joined; a gap says so.",
        "Extended attributes in pax records are swept and not examined.",
    ],
};

impl Format for Tar {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match tar::likeness(probe.head()) {
            Likeness::Structure => Claim::Structure,
            Likeness::Magic => Claim::Magic,
            Likeness::No if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            Likeness::No => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if tar::likeness(Probe::new(artifact).head()) == Likeness::No {
            return Err(Fault::malformed(0, "the first block is no tar header"));
        }
        cx.accounts();
        judge::examine(source, cx)
    }
}
