//! Torch packages: `torch.package.PackageExporter` writes Python source,
//! pickles and TorchScript into one zip, which `PackageImporter` runs.
//!
//! `.data/` holds storages and notes: `extern_modules` lists the modules that
//! are taken from the machine that loads the package. Everything beside it is
//! source or a resource. Pickles are members and examined as such.
//!
//! An attacker writes what runs on import, or takes `os` from outside. What is
//! not checked stands in the spec below.

use super::torch::inside::{Members, find, has_suffix, join, rest};
use super::torch::storages::Storages;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::report::{Place, Severity, Why, escape_text};
use crate::rules::torch::{PACKAGE_CODE, PACKAGE_EXTERN};
use crate::source::Source;
use crate::wire::Fault;

/// The note by which a package is known.
const EXTERN: &[u8] = b".data/extern_modules";

/// Bytes of the list of extern modules that are read.
const EXTERN_CAP_BYTES: usize = 4 << 20;

/// Sources that are named in a message.
const EXAMPLES: usize = 3;

/// Torch package.
pub struct TorchPackage;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-package",
    title: "PyTorch package",
    suffixes: &[".pt", ".pth"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://docs.pytorch.org/docs/stable/package.html",
        "https://github.com/pytorch/pytorch/blob/main/torch/package/package_importer.py",
    ],
    limitations: &[
        "Pickles that name modules of the package itself are told as naming unknown packages.",
        "A resource that is no pickle by its first bytes is not searched for storages.",
    ],
};

/// Modules through which a package reaches out, and how bad that is.
const POWERFUL: &[(&str, Severity)] = &[
    ("_posixsubprocess", Severity::Medium),
    ("code", Severity::Medium),
    ("commands", Severity::Medium),
    ("ctypes", Severity::Medium),
    ("importlib", Severity::Low),
    ("marshal", Severity::Medium),
    ("multiprocessing", Severity::Low),
    ("nt", Severity::Medium),
    ("os", Severity::Low),
    ("pickle", Severity::Low),
    ("posix", Severity::Medium),
    ("pty", Severity::Medium),
    ("runpy", Severity::Medium),
    ("shutil", Severity::Low),
    ("socket", Severity::Medium),
    ("subprocess", Severity::Medium),
    ("sys", Severity::Low),
];

impl Format for TorchPackage {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let found = find(probe, &Budget::unlimited(), |central| {
            folder(&central.view.name).map(|_| ())
        });
        match found {
            Ok(Some(())) => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let members = Members::read(&Probe::new(artifact), cx.budget())?;
        let folder = members.all.iter().find_map(|m| folder(m.name()));
        let Some(folder) = folder.map(<[u8]>::to_vec) else {
            return Err(Fault::malformed(0, "there is no list of extern modules"));
        };
        let source = artifact.source.as_ref();
        code(&folder, &members, cx);
        externs(source, &folder, &members, cx)?;
        storages(artifact, &folder, &members, cx)
    }
}

/// The folder of the package, by the name of its list of extern modules.
fn folder(name: &[u8]) -> Option<&[u8]> {
    let front = name.len().checked_sub(EXTERN.len())?;
    let (folder, note) = name.split_at_checked(front)?;
    if !note.eq_ignore_ascii_case(EXTERN) {
        return None;
    }
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    (!folder.contains(&b'/')).then_some(folder)
}

/// Whether a member is the package's own bookkeeping.
fn is_data(folder: &[u8], name: &[u8]) -> bool {
    rest(folder, name).is_some_and(|name| rest(b".data", name).is_some())
}

/// Whether a member is Python source by its name.
fn is_python(name: &[u8]) -> bool {
    [".py", ".pyw", ".pyi"].iter().any(|s| has_suffix(name, s))
}

/// Source runs when it is imported: note that there is some. What it does is
/// judged where it is opened as a member.
fn code(folder: &[u8], members: &Members, cx: &mut Context<'_>) {
    let is_source = |name: &[u8]| is_python(name) && !is_data(folder, name);
    let sources: Vec<_> = members.all.iter().filter(|m| is_source(m.name())).collect();
    // Folders are marked as packages by empty files.
    let filled: Vec<_> = sources.iter().filter(|m| m.len > 0).collect();
    if filled.is_empty() {
        return;
    }
    let names: Vec<String> = filled.iter().take(EXAMPLES).map(|m| m.shown()).collect();
    let message = format!(
        "the package brings {} sources that run when they are imported: `{}`{}",
        filled.len(),
        names.join("`, `"),
        if filled.len() > EXAMPLES { ", …" } else { "" }
    );
    cx.report(PACKAGE_CODE.at(Place::whole()).message(message));
}

/// Modules that are taken from the machine.
fn externs(
    source: &dyn Source,
    folder: &[u8],
    members: &Members,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let Some(member) = members.get(&join(folder, EXTERN)) else {
        return Ok(());
    };
    let Some(bytes) = member.head(source, EXTERN_CAP_BYTES, cx.budget())? else {
        return Ok(());
    };
    if member.len > bytes.len() as u64 {
        let detail = "of the list of extern modules only the front is read";
        cx.gap(member.span.clone(), Why::Limit, detail);
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut told = std::collections::BTreeSet::new();
    for line in text.lines() {
        cx.tick()?;
        let top = line.trim().split('.').next().unwrap_or_default();
        let row = POWERFUL.iter().find(|(module, _)| *module == top);
        if let Some((module, severity)) = row
            && !line.trim().starts_with("os.path")
            && told.insert(*module)
        {
            let shown = escape_text(line.trim());
            let message = format!("the package takes `{shown}` from the machine that loads it");
            let draft = PACKAGE_EXTERN.at(member.span.clone()).severity(*severity);
            cx.report(draft.message(message).within(member.text()));
        }
    }
    Ok(())
}

/// Compare the storages that the pickles name.
fn storages(
    artifact: &Artifact,
    folder: &[u8],
    members: &Members,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut storages = Storages::default();
    for member in &members.all {
        cx.tick()?;
        let is_script = has_suffix(member.name(), "/data.pkl");
        if is_data(folder, member.name()) && !is_script {
            continue;
        }
        let head = member.head(artifact.source.as_ref(), 2, cx.budget())?;
        if !matches!(head.as_deref(), Some([0x80, 2..=5])) {
            continue;
        }
        let member_of = |key: &[u8]| {
            let key = key.strip_suffix(b".storage").unwrap_or(key);
            join(folder, &[b".data/", key, b".storage"].concat())
        };
        storages.add(&artifact.source, member, member_of, cx)?;
    }
    let is_storage = |name: &[u8]| is_data(folder, name) && name.ends_with(b".storage");
    storages.compare(members, is_storage, cx)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, examine, mangle, recognise};
    use super::*;
    use crate::wire::zip_directory::sample::{Piece, Sample};

    const STORAGE: &[u8] =
        b"\x80\x03(X\x07\x00\x00\x00storagectorch\nFloatStorage\nK\x00X\x03\x00\x00\x00cpuK\x02tQ.";

    fn package(more: &[(&str, &[u8])]) -> Vec<u8> {
        let mut pieces = vec![
            Piece::stored("p/.data/extern_modules", b"torch\ncollections\nos.path\n"),
            Piece::stored("p/.data/version", b"6\n"),
        ];
        pieces.extend(more.iter().map(|(n, d)| Piece::stored(n, d)));
        Sample::of(&pieces).bytes()
    }

    fn said(more: &[(&str, &[u8])]) -> Said {
        examine(&TorchPackage, "p.pt", package(more))
    }

    #[test]
    fn it_is_known_by_its_list_of_modules() {
        assert_eq!(
            recognise(&TorchPackage, "x", package(&[])),
            Claim::Structure
        );
        let other = Sample::of(&[Piece::stored("p/extern_modules", b"os")]).bytes();
        assert_eq!(recognise(&TorchPackage, "x.pt", other), Claim::No);
    }

    #[test]
    fn resources_without_code_are_clean() {
        let clean = said(&[
            ("p/res/a.txt", b"x"),
            ("p/m/__init__.py", b""),
            ("p/res/m.pkl", STORAGE),
            ("p/.data/0.storage", &[0; 8]),
        ]);
        assert!(clean.is_clean(), "{clean:?}");
    }

    #[test]
    fn code_is_told() {
        let code = said(&[("p/m/net.py", b"import torch\n")]);
        assert_eq!(code.rules(), ["torch-package-code"]);
    }

    #[test]
    fn powerful_modules_from_outside_are_told_once() {
        let pieces = [Piece::stored(
            "p/.data/extern_modules",
            b"os\nos\nsubprocess\n",
        )];
        let said = examine(&TorchPackage, "p.pt", Sample::of(&pieces).bytes());
        assert_eq!(
            said.rules(),
            ["torch-package-extern", "torch-package-extern"]
        );
    }

    #[test]
    fn storages_are_compared() {
        let short = said(&[("p/m.pkl", STORAGE), ("p/.data/0.storage", &[0; 4])]);
        assert_eq!(short.severity("torch-storage-size"), Severity::High);
        let unnamed = said(&[("p/.data/0.storage", &[0; 4])]);
        assert_eq!(unnamed.rules(), ["torch-storage-unnamed"]);
    }

    #[test]
    fn broken_packages_end_in_words() {
        let bytes = package(&[("p/m.pkl", STORAGE), ("p/m/n.py", b"import os as o")]);
        mangle(&TorchPackage, "p.pt", &bytes);
    }
}
