//! Zip archives (APPNOTE 6.3.10): PyTorch files, `.npz`, `.keras`, wheels.
//!
//! An archive tells everything twice, and loaders believe one or the other, so
//! every member is named by every reading of its records: a payload cannot
//! hide behind the one a scanner picked. Members are told apart by where their
//! bytes lie, never by their names.
//!
//! An attacker makes records disagree, hides members between records, marks
//! plain data as encrypted, lets members overlap, or has names lead out of the
//! folder. What is not checked stands in the spec below.

mod beginning;
mod data;
mod layout;
mod links;
mod method;
mod names;
mod oddities;
mod readings;
mod records;
mod sums;
#[cfg(test)]
mod tests;

pub(super) use beginning::beginning;

use super::archive::Gaps;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe, dcp};
use crate::budget::Budget;
use crate::report::{Place, Why};
use crate::wire::Fault;
use crate::wire::zip_directory::{self, Caps, Likeness};

/// Zip archive.
pub struct Zip;

static SPEC: FormatSpec = FormatSpec {
    id: "zip",
    title: "Zip archive",
    suffixes: &[".zip", ".npz", ".whl", ".skops"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT",
        "ISO/IEC 21320-1",
    ],
    limitations: &[
        "Members packed with methods older than deflate or with those for media are named, a gap says so, and they are not unpacked.",
        "Encrypted members and encrypted directories are named and not decrypted.",
        "Of members that share bytes with others, 256 are opened, and as many as read or claim \
         1 GiB; a gap says which are not.",
        "Of archives with more than 262144 members the rest is not opened, and a gap says so.",
    ],
};

impl Format for Zip {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if dcp::is_data(probe) {
            return Claim::No;
        }
        match likeness(probe, &Budget::unlimited()) {
            Ok(Likeness::Structure) => Claim::Structure,
            Ok(Likeness::Magic) => Claim::Magic,
            Ok(Likeness::No) | Err(_) if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            Ok(Likeness::No) | Err(_) => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if likeness(&Probe::new(artifact), cx.budget())? == Likeness::No {
            return Err(Fault::malformed(
                0,
                "there is no zip directory and no member",
            ));
        }
        let directory = zip_directory::walk(source, Caps::default(), cx.budget())?;
        let mut gaps = Gaps::default();
        cx.accounts();
        layout::examine(source, &directory, cx)?;
        names::examine(&directory, cx)?;
        records::examine(source, &directory, cx)?;
        data::examine(source, &directory, &mut gaps, cx)?;
        gaps.close(cx);
        if directory.is_cut {
            let detail = "the archive has more members than are kept; the rest is not opened";
            cx.gap(Place::whole(), Why::Limit, detail);
        }
        Ok(())
    }
}

fn likeness(probe: &Probe<'_>, budget: &Budget) -> Result<Likeness, Fault> {
    zip_directory::likeness(probe.source(), probe.head(), probe.tail(), budget)
}
