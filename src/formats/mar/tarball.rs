//! A TorchServe model archive that is a tar, as the archiver writes with
//! `--archive-format tgz`: the requirements in it are judged as in a zip. The manifest and the
//! sources are members and judged as such.

use super::{MANIFEST, requirements};
use crate::budget::Budget;
use crate::formats::torch::inside::leaf;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::Why;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::tar::{Entry, Item, Likeness, front, likeness, walk};

/// Members that are looked at to tell it from other archives.
const LOOKED_AT: usize = 64;

/// TorchServe model archive in a tar.
pub struct ModelTarball;

static SPEC: FormatSpec = FormatSpec {
    id: "torchserve-tarball",
    title: "TorchServe model archive",
    suffixes: &[".mar"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("tar"),
    references: &["https://github.com/pytorch/serve/blob/master/model-archiver/README.md"],
    limitations: &["Requirements are judged by the addresses they name."],
};

impl Format for ModelTarball {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if likeness(probe.head()) == Likeness::No {
            return Claim::No;
        }
        let first = front(probe.source(), &Budget::unlimited(), LOOKED_AT).unwrap_or_default();
        let is_manifest = |entry: &Entry| {
            let name = entry.name.strip_suffix(MANIFEST).or_else(|| {
                let cut = entry.name.len().checked_sub(MANIFEST.len())?;
                let (front, end) = entry.name.split_at_checked(cut)?;
                end.eq_ignore_ascii_case(MANIFEST).then_some(front)
            });
            name.is_some_and(|front| front.is_empty() || front.ends_with(b"/"))
        };
        match first.iter().any(is_manifest) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let budget = cx.budget();
        walk(source, budget, &mut |item| match item {
            Item::Entry(entry) if entry.header.is_file() => judge(source, &entry, cx),
            _ => Ok(()),
        })
    }
}

fn judge(source: &dyn Source, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
    let name = entry.name.as_slice();
    if !requirements::is_named(leaf(name)) {
        return Ok(());
    }
    let end = entry
        .data
        .start
        .saturating_add(requirements::LIST_CAP_BYTES as u64);
    if end < entry.data.end {
        let detail = "of this text in the archive only the front is judged";
        cx.gap(entry.data.clone(), Why::Limit, detail);
    }
    let chunk = source.chunk(entry.data.start..end.min(entry.data.end))?;
    requirements::judge_text(name, &chunk, &entry.data, cx)?;
    chunk.verify()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::{examine, mangle, recognise};
    use crate::wire::tar::sample::{end, member};

    #[test]
    fn requirements_are_judged() {
        let with = |name: &str, data: &[u8]| {
            let manifest = member("m/MAR-INF/MANIFEST.json", b'0', b"{}");
            [manifest, member(name, b'0', data), end()].concat()
        };
        let good = with("m/handler.py", b"import torch\n");
        assert_eq!(
            recognise(&ModelTarball, "x", good.clone()),
            Claim::Structure
        );
        assert!(examine(&ModelTarball, "x.mar", good).is_clean());
        let bad = with("m/requirements.txt", b"--index-url http://192.0.2.1/\nx\n");
        let said = examine(&ModelTarball, "x.mar", bad.clone());
        assert_eq!(said.rules(), ["torch-archive-requirements"]);
        let other = [member("a.py", b'0', b"import os"), end()].concat();
        assert_eq!(recognise(&ModelTarball, "x.mar", other), Claim::No);
        mangle(&ModelTarball, "x.mar", &bad[..2100]);
    }
}
