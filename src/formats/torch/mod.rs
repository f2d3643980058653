//! PyTorch archives: what `torch.save` and `torch.jit.save` write since 1.6.
//!
//! A zip with one folder that holds `data.pkl`, the raw storages `data/0`,
//! `data/1`, … and a few notes; a TorchScript program adds `code/` and
//! `constants.pkl`, one for the lite interpreter `bytecode.pkl`. Loading runs
//! the pickle, and the zip examination hands that and every other member on;
//! here the layout is judged: which folder the loader takes, whether the
//! storages are those that the pickles name, and what does not belong.
//!
//! An attacker adds a second `data.pkl`, storages of another size than the
//! pickle says, or members that PyTorch ignores and other code picks up.

mod bytecode;
mod foreign;
pub(in crate::formats) mod inside;
mod layout;
mod records;
pub(in crate::formats) mod storages;
#[cfg(test)]
mod tests;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe, dcp};
use crate::budget::Budget;
use crate::report::{Place, escape_bytes};
use crate::rules::torch::{SCRIPT_CODE, SEVERAL_PICKLES};
use crate::wire::Fault;
use inside::{Members, join, leaf, rest};
use layout::Layout;

/// PyTorch archive.
pub struct Torch;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-zip",
    title: "PyTorch archive",
    suffixes: &[".pt", ".pth", ".ckpt", ".ptl", ".pth.tar"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://docs.pytorch.org/docs/stable/notes/serialization.html",
        "https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md",
        "https://github.com/pytorch/pytorch/blob/main/caffe2/serialize/inline_container.h",
    ],
    limitations: &[
        "Storages are compared by their sizes; what their elements are is not looked at beyond the \
         sweep.",
        "The device that a storage is restored to is not judged.",
        "Storages that TorchScript until 1.3 names in `model.json` are not compared.",
    ],
};

impl Format for Torch {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if dcp::is_data(probe) {
            return Claim::No;
        }
        match Layout::read(probe, &Budget::unlimited()) {
            Ok(layout) if layout.model().is_some() => Claim::Structure,
            _ if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let probe = Probe::new(artifact);
        let members = Members::read(&probe, cx.budget())?;
        let layout = Layout::of(&members);
        let Some(model) = layout.model() else {
            let what = "there is no folder with `data.pkl` and what belongs to it";
            return Err(Fault::malformed(0, what));
        };
        let is_old = layout.is_old(model);
        for member in &members.all {
            cx.budget().check()?;
            foreign::examine(probe.source(), model, is_old, member, cx)?;
        }
        several_pickles(model, &members, cx);
        records::examine(probe.source(), model, &members, cx)?;
        storages::examine(&artifact.source, model, &members, cx)?;
        program(artifact, model, &members, cx)
    }
}

/// Pickles beside the one in the model's folder. The loader does not tell
/// upper case from lower case, so one that differs by that is another one.
fn several_pickles(model: &[u8], members: &Members, cx: &mut Context<'_>) {
    let own = join(model, b"data.pkl");
    let is_pickle = |name: &[u8]| leaf(name).eq_ignore_ascii_case(b"data.pkl");
    let mut pickles = members.all.iter().filter(|m| is_pickle(m.name()));
    let is_alone = members.all.iter().all(|m| m.name() != own);
    // An only pickle in upper case is the loader's.
    let mut spared = is_alone && pickles.clone().count() == 1;
    for member in pickles.by_ref().filter(|m| m.name() != own) {
        if std::mem::take(&mut spared) {
            continue;
        }
        let message = format!(
            "`{}` stands beside the `data.pkl` of the folder `{}`",
            member.shown(),
            escape_bytes(model)
        );
        let draft = SEVERAL_PICKLES.at(member.span.clone()).message(message);
        cx.report(draft.within(member.text()));
    }
}

/// Note a program, and judge what is not examined as a member of its own.
fn program(
    artifact: &Artifact,
    model: &[u8],
    members: &Members,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let is_code = |name: &[u8]| rest(model, name).is_some_and(|name| rest(b"code", name).is_some());
    let bytecode = members.get(&join(model, b"bytecode.pkl"));
    if bytecode.is_some() || members.all.iter().any(|m| is_code(m.name())) {
        cx.report(SCRIPT_CODE.at(Place::whole()));
    }
    match bytecode {
        Some(bytecode) => bytecode::examine(&artifact.source, bytecode, cx),
        None => Ok(()),
    }
}
