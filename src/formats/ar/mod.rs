//! Ar archives: static libraries, Debian packages, and whatever else was put
//! into one.
//!
//! Every member becomes a member here; tables of symbols and of names stay with
//! the archive. Behind damage the walk goes on with the next header.
//!
//! An attacker wraps a model in one because scanners do not open it, has names
//! lead out of the folder, or hides bytes between the members. What is not
//! checked stands in the spec below.

mod judge;
#[cfg(test)]
mod tests;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::wire::Fault;
use crate::wire::ar;

/// Ar archive.
pub struct Ar;

static SPEC: FormatSpec = FormatSpec {
    id: "ar",
    title: "Ar archive",
    suffixes: &[".a", ".ar", ".deb"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://man.freebsd.org/cgi/man.cgi?query=ar&sektion=5",
        "https://manpages.debian.org/bookworm/dpkg-dev/deb.5.en.html",
    ],
    limitations: &[
        "Tables of symbols are not compared with the members.",
        "The files that a thin archive names are not looked for; a gap says so.",
        "Names are compared with each other for the first 262144 members.",
        "The large archives of AIX are not recognised.",
    ],
};

impl Format for Ar {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match ar::likeness(probe.head()) {
            Some(true) => Claim::Structure,
            Some(false) => Claim::Magic,
            None if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        judge::examine(artifact.source.as_ref(), cx)
    }
}
