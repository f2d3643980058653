//! PyTorch archives: what `torch.save` and `torch.jit.save` write since 1.6.
//!
//! A zip with one folder that holds `data.pkl`, the raw storages `data/0`,
//! `data/1`, … and a few notes; a TorchScript program adds `code/` and
//! `constants.pkl`. Loading runs the pickle, and the zip examination hands that
//! and every other member on; here the layout is judged: which folder the
//! loader takes, and what does not belong.
//!
//! An attacker adds a second `data.pkl`, or members that PyTorch ignores and
//! other code picks up.

use std::collections::BTreeMap;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::report::{Place, Severity, Why, escape_bytes};
use crate::rules::torch::{FOREIGN_MEMBER, SCRIPT_CODE, SEVERAL_PICKLES};
use crate::wire::Fault;
use crate::wire::zip_directory::{Central, find_central};

/// Folders that are remembered while the one of the model is looked for; what
/// lies in others counts as foreign.
const FOLDERS_CAP: usize = 64;

/// Members of the layout that stand at the top of the folder.
const TOP: &[&[u8]] = &[
    b"data.pkl",
    b"version",
    b"byteorder",
    b"constants.pkl",
    b"attributes.pkl",
    b".format_version",
    b".storage_alignment",
    b".data/serialization_id",
    b".data/version",
    b"bytecode.pkl",
    b"mobile_debug_handles.pkl",
    b"model.json",
    b"traced_inputs.pkl",
];

/// Folders of the layout whose members are storages, named by numbers.
const STORAGES: &[&[u8]] = &[b"data/", b"constants/", b"tensors/", b"bytecode/"];

/// PyTorch archive.
pub struct Torch;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-zip",
    title: "PyTorch archive",
    suffixes: &[".pt", ".pth", ".ckpt"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://docs.pytorch.org/docs/stable/notes/serialization.html",
        "https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md",
    ],
    limitations: &[
        "TorchScript source under `code/` is not examined; a gap says so.",
        "The sizes of tensors in the pickle are not compared with those of the storages.",
    ],
};

impl Format for Torch {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match Layout::read(probe, &Budget::unlimited()) {
            Ok(layout) if layout.model().is_some() => Claim::Structure,
            _ if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let probe = Probe::new(artifact);
        let layout = Layout::read(&probe, cx.budget())?;
        let Some(model) = layout.model() else {
            let what = "there is no folder with `data.pkl` and what belongs to it";
            return Err(Fault::malformed(0, what));
        };
        let mut pickles = Vec::new();
        let mut has_code = false;
        find_central(probe.source(), probe.tail(), cx.budget(), |central| {
            let name = &central.view.name[..];
            if leaf(name) == Some(b"data.pkl") {
                pickles.push(central.clone());
            }
            has_code |= rest(model, name).is_some_and(|rest| rest.starts_with(b"code/"));
            foreign(model, central, cx);
            None::<()>
        })?;
        several_pickles(model, &pickles, cx);
        if has_code {
            script(cx);
        }
        Ok(())
    }
}

/// What stands at the top of the folders of an archive.
#[derive(Default)]
struct Layout {
    folders: BTreeMap<Vec<u8>, Folder>,
    /// The folder of the first member: the one that the loader takes.
    first: Option<Vec<u8>>,
}

/// Signs of a model in one folder.
#[derive(Default)]
struct Folder {
    has_pickle: bool,
    has_company: bool,
}

impl Layout {
    fn read(probe: &Probe<'_>, budget: &Budget) -> Result<Layout, Fault> {
        let mut layout = Layout::default();
        find_central(probe.source(), probe.tail(), budget, |central| {
            layout.add(&central.view.name);
            None::<()>
        })?;
        Ok(layout)
    }

    /// Note a member, at the top and in the first folder of its name.
    fn add(&mut self, name: &[u8]) {
        let slash = name.iter().position(|&b| b == b'/');
        let folder = slash.and_then(|at| name.get(..at)).unwrap_or_default();
        self.first.get_or_insert_with(|| folder.to_vec());
        for folder in [b"".as_slice(), folder] {
            let Some(rest) = rest(folder, name) else {
                continue;
            };
            let is_pickle = rest == b"data.pkl";
            let is_company = !is_pickle && rest != b"model.json" && belongs(rest);
            if !is_pickle && !is_company {
                continue;
            }
            if self.folders.len() >= FOLDERS_CAP && !self.folders.contains_key(folder) {
                continue;
            }
            let signs = self.folders.entry(folder.to_vec()).or_default();
            signs.has_pickle |= is_pickle;
            signs.has_company |= is_company;
        }
    }

    /// The folder that the model is in: the loader's, if that is one.
    fn model(&self) -> Option<&[u8]> {
        let is_model = |folder: &Folder| folder.has_pickle && folder.has_company;
        let mut models = self.folders.iter().filter(|(_, f)| is_model(f));
        let first = self.first.as_ref();
        let loaders = first.filter(|name| self.folders.get(*name).is_some_and(is_model));
        loaders
            .or_else(|| models.next().map(|(name, _)| name))
            .map(Vec::as_slice)
    }
}

/// `name` within `folder`; the empty folder is the top of the archive.
fn rest<'a>(folder: &[u8], name: &'a [u8]) -> Option<&'a [u8]> {
    if folder.is_empty() {
        return Some(name);
    }
    name.strip_prefix(folder)?.strip_prefix(b"/")
}

/// The last component of a name.
fn leaf(name: &[u8]) -> Option<&[u8]> {
    name.rsplit(|&b| b == b'/').next()
}

/// Whether PyTorch writes a member of this name into the folder.
fn belongs(rest: &[u8]) -> bool {
    let is_number = |tail: &[u8]| !tail.is_empty() && tail.iter().all(u8::is_ascii_digit);
    let is_storage = |folder: &&[u8]| rest.strip_prefix(*folder).is_some_and(is_number);
    let is_source = rest.starts_with(b"code/")
        && (rest.ends_with(b".py") || rest.ends_with(b".debug_pkl") || rest.ends_with(b"/"));
    TOP.contains(&rest)
        || STORAGES.iter().any(is_storage)
        || is_source
        || rest.starts_with(b"extra/")
}

/// A member that is not of the layout. Folders without content are nothing.
fn foreign(model: &[u8], central: &Central, cx: &mut Context<'_>) {
    let name = &central.view.name[..];
    if name.ends_with(b"/") && central.view.unpacked == Some(0) {
        return;
    }
    let (severity, words) = match rest(model, name) {
        Some(rest) if belongs(rest) || leaf(rest) == Some(b"data.pkl") => return,
        Some(_) => (FOREIGN_MEMBER.severity, "is none that PyTorch writes"),
        None if leaf(name) == Some(b"data.pkl") => return,
        None => (Severity::Medium, "lies outside the model's folder"),
    };
    let message = format!("the member `{}` {words}", escape_bytes(name));
    let draft = FOREIGN_MEMBER.at(central.span.clone()).severity(severity);
    let within = String::from_utf8_lossy(name).into_owned();
    cx.report(draft.message(message).within(within));
}

/// Pickles beside the one in the model's folder.
fn several_pickles(model: &[u8], pickles: &[Central], cx: &mut Context<'_>) {
    let own = |name: &[u8]| rest(model, name) == Some(b"data.pkl");
    for central in pickles.iter().filter(|c| !own(&c.view.name)) {
        let name = &central.view.name[..];
        let message = format!(
            "`{}` stands beside the `data.pkl` of the folder `{}`",
            escape_bytes(name),
            escape_bytes(model)
        );
        let draft = SEVERAL_PICKLES.at(central.span.clone()).message(message);
        cx.report(draft.within(String::from_utf8_lossy(name).into_owned()));
    }
}

fn script(cx: &mut Context<'_>) {
    cx.report(SCRIPT_CODE.at(Place::whole()));
    let detail = "TorchScript source is not examined by this version";
    cx.gap(Place::whole(), Why::Unsupported, detail);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::{self, examine};
    use crate::wire::zip_directory::sample::{Piece, Sample};

    fn archive(names: &[&str]) -> Vec<u8> {
        let pieces: Vec<Piece> = names.iter().map(|n| Piece::stored(n, b"x")).collect();
        Sample::of(&pieces).bytes()
    }

    fn claim(names: &[&str]) -> Claim {
        testing::recognise(&Torch, "x", archive(names))
    }

    fn judge(names: &[&str]) -> (Vec<(&'static str, Severity)>, Vec<Why>) {
        let said = examine(&Torch, "x", archive(names));
        let findings = said.findings.iter().map(|d| (d.rule.id, d.severity));
        let gaps = said.gaps.iter().map(|&(_, why, _)| why);
        (findings.collect(), gaps.collect())
    }

    #[test]
    fn a_pickle_with_company_is_a_model_and_alone_it_is_none() {
        assert_eq!(claim(&["a/data.pkl", "a/version"]), Claim::Structure);
        assert_eq!(claim(&["a/data/0", "a/data.pkl"]), Claim::Structure);
        assert_eq!(claim(&["data.pkl", "data/0"]), Claim::Structure);
        assert_eq!(claim(&["a/data.pkl"]), Claim::No);
        assert_eq!(claim(&["a/data.pkl", "b/version"]), Claim::No);
        assert_eq!(claim(&["a.npy", "version"]), Claim::No);
        assert_eq!(claim(&["a/b/data.pkl", "a/b/version"]), Claim::No);
    }

    #[test]
    fn a_name_alone_promises_it() {
        let bytes = archive(&["a.npy"]);
        let claim = testing::recognise(&Torch, "dir/Model.PTH", bytes.clone());
        assert_eq!(claim, Claim::Name);
        assert!(!examine(&Torch, "model.pth", bytes).is_clean());
    }

    #[test]
    fn what_pytorch_writes_belongs() {
        let names = [
            "m/data.pkl",
            "m/.format_version",
            "m/.storage_alignment",
            "m/byteorder",
            "m/data/0",
            "m/data/93824992",
            "m/version",
            "m/.data/serialization_id",
            "m/extra/config.json",
        ];
        assert_eq!(judge(&names), (vec![], vec![]));
    }

    #[test]
    fn what_does_not_belong_is_graded_by_where_it_lies() {
        let foreign = |name| judge(&["m/data.pkl", "m/version", name]).0;
        assert_eq!(foreign("m/x.py"), [("torch-foreign-member", Severity::Low)]);
        assert_eq!(
            foreign("m/data/0.py"),
            [("torch-foreign-member", Severity::Low)]
        );
        assert_eq!(
            foreign("n/x.py"),
            [("torch-foreign-member", Severity::Medium)]
        );
        assert_eq!(
            foreign("n/data.pkl"),
            [("torch-several-pickles", Severity::Medium)]
        );
        assert_eq!(
            foreign("m/extra/data.pkl"),
            [("torch-several-pickles", Severity::Medium)]
        );
    }

    #[test]
    fn the_folder_of_the_first_member_is_the_models() {
        let names = ["b/version", "b/data.pkl", "a/version", "a/data.pkl"];
        let (found, _) = judge(&names);
        let medium = Severity::Medium;
        assert_eq!(
            found,
            [
                ("torch-foreign-member", medium),
                ("torch-several-pickles", medium)
            ]
        );
        let artifact = testing::artifact("x", archive(&names));
        let layout = Layout::read(&Probe::new(&artifact), &Budget::unlimited()).unwrap();
        assert_eq!(layout.model(), Some(&b"b"[..]));
    }

    #[test]
    fn a_program_is_noted_and_its_source_is_a_gap() {
        let names = [
            "m/data.pkl",
            "m/constants.pkl",
            "m/code/__torch__.py",
            "m/code/__torch__.py.debug_pkl",
        ];
        let (found, gaps) = judge(&names);
        assert_eq!(found, [("torch-script-code", Severity::Info)]);
        assert_eq!(gaps, [Why::Unsupported]);
    }
}
