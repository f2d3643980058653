//! Cpio archives in all forms: packages, boot images, and whatever else was
//! put into one.
//!
//! Every file becomes a member here, also behind the end mark, where the kernel
//! goes on and programs stop, and behind damage.
//!
//! An attacker wraps a model in one because scanners do not open it, puts a
//! second archive behind the first, or has names and links lead out of the
//! folder. What is not checked stands in the spec below.

mod judge;
#[cfg(test)]
mod tests;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::budget::Budget;
use crate::wire::Fault;
use crate::wire::cpio;

/// Cpio archive.
pub struct Cpio;

static SPEC: FormatSpec = FormatSpec {
    id: "cpio",
    title: "Cpio archive",
    suffixes: &[".cpio"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://man.freebsd.org/cgi/man.cgi?query=cpio&sektion=5",
        "https://docs.kernel.org/driver-api/early-userspace/buffer-format.html",
    ],
    limitations: &[
        "Sums over the data are compared for members up to 64 MiB, up to 256 MiB in all.",
        "Hard links are not joined: the content is examined under the name it is stored with.",
        "Names are compared with each other for the first 262144 members.",
    ],
};

impl Format for Cpio {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if begins(probe) && cpio::likeness(probe.source(), &Budget::unlimited()).unwrap_or(false) {
            return Claim::Structure;
        }
        match probe.has_suffix(SPEC.suffixes) {
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        if !begins(&Probe::new(artifact)) {
            return Err(Fault::malformed(0, "there is no header of cpio"));
        }
        judge::examine(artifact.source.as_ref(), cx)
    }
}

/// Whether the first bytes may be those of a header.
fn begins(probe: &Probe<'_>) -> bool {
    let head = probe.head();
    head.starts_with(b"0707") || head.starts_with(b"\xc7\x71") || head.starts_with(b"\x71\xc7")
}
