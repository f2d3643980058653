//! NeMo models: a tar, often compressed, with `model_config.yaml` and a
//! checkpoint.
//!
//! The loader unpacks the archive, reads the configuration and instantiates what
//! its `_target_` fields name; the checkpoint is a pickle. Both are members and
//! judged as such ([`yaml`](super::yaml), [`torch`](super::torch)). Here it is
//! told what the archive is, and whether the loader finds a configuration.
//!
//! An attacker puts any function into `_target_` (CVE-2025-23304), or adds a
//! second configuration, of which the last one wins when unpacked.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::tar::{Entry, Item, Likeness, front, likeness, walk};

/// The member with the configuration.
const CONFIG: &[u8] = b"model_config.yaml";

/// Members that are looked at to tell the layout under another name.
const LOOKED_AT: usize = 32;

/// NeMo model.
pub struct Nemo;

static SPEC: FormatSpec = FormatSpec {
    id: "nemo",
    title: "NeMo model",
    suffixes: &[".nemo"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("tar"),
    references: &[
        "https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/checkpoints/intro.html",
        "CVE-2025-23304",
    ],
    limitations: &[
        "What a class that the configuration names does with its arguments is not followed.",
    ],
};

impl Format for Nemo {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match likeness(probe.head()) {
            Likeness::No => Claim::No,
            _ if has_config(probe.source()) => Claim::Structure,
            _ if probe.has_suffix(SPEC.suffixes) => Claim::Magic,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut found = false;
        walk(artifact.source.as_ref(), cx.budget(), &mut |item| {
            if let Item::Entry(entry) = item {
                found |= is_config(&entry);
            }
            Ok(())
        })?;
        match found {
            true => Ok(()),
            false => Err(Fault::malformed(0, "there is no `model_config.yaml`")),
        }
    }
}

/// Whether one of the first members is the configuration. Bytes that cannot be
/// read look like bytes that are not there.
fn has_config(source: &dyn Source) -> bool {
    let first = front(source, &Budget::unlimited(), LOOKED_AT).unwrap_or_default();
    first.iter().any(is_config)
}

fn is_config(entry: &Entry) -> bool {
    entry.name.strip_prefix(b"./").unwrap_or(&entry.name) == CONFIG
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;
    use crate::wire::tar::sample::{end, member};

    #[test]
    fn they_are_known_by_the_configuration() {
        let model = [member("./model_config.yaml", b'0', b"a: 1"), end()].concat();
        assert_eq!(recognise(&Nemo, "x", model.clone()), Claim::Structure);
        assert!(examine(&Nemo, "x.nemo", model.clone()).is_clean());
        let other = [member("a.txt", b'0', b"1"), end()].concat();
        assert_eq!(recognise(&Nemo, "x.tar", other.clone()), Claim::No);
        assert_eq!(recognise(&Nemo, "x.nemo", other.clone()), Claim::Magic);
        assert_eq!(examine(&Nemo, "x.nemo", other).gaps.len(), 1);
        mangle(&Nemo, "x.nemo", &model);
    }
}
