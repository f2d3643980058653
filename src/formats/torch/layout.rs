//! Which folder of the archive the model is in, and what belongs there.

use std::collections::BTreeMap;

use super::inside::{Members, find, rest};
use crate::budget::Budget;
use crate::formats::Probe;
use crate::wire::Fault;

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
const STORAGES: &[&[u8]] = &[
    b"data/",
    b"constants/",
    b"tensors/",
    b"bytecode/",
    b"traced_inputs/",
];

/// What stands at the top of the folders of an archive.
#[derive(Default)]
pub(super) struct Layout {
    folders: BTreeMap<Vec<u8>, Folder>,
    /// The folder of the first member: the one that the loader takes.
    first: Option<Vec<u8>>,
}

/// Signs of a model in one folder.
#[derive(Default)]
struct Folder {
    has_pickle: bool,
    has_company: bool,
    /// The object of TorchScript until 1.3, and its storages.
    has_json: bool,
    has_tensors: bool,
}

impl Folder {
    fn is_model(&self) -> bool {
        (self.has_pickle && self.has_company) || self.is_old()
    }

    fn is_old(&self) -> bool {
        self.has_json && self.has_tensors
    }
}

impl Layout {
    /// Read the directory.
    pub fn read(probe: &Probe<'_>, budget: &Budget) -> Result<Layout, Fault> {
        let mut layout = Layout::default();
        find(probe, budget, |central| {
            layout.add(&central.view.name);
            None::<()>
        })?;
        Ok(layout)
    }

    /// Note the members of an archive that was read already.
    pub fn of(members: &Members) -> Layout {
        let mut layout = Layout::default();
        for member in &members.all {
            layout.add(member.name());
        }
        layout
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
            let is_pickle = rest.eq_ignore_ascii_case(b"data.pkl");
            let is_json = rest == b"model.json";
            let is_company = !is_pickle && !is_json && belongs(rest, false);
            if !is_pickle && !is_json && !is_company {
                continue;
            }
            if self.folders.len() >= FOLDERS_CAP && !self.folders.contains_key(folder) {
                continue;
            }
            let signs = self.folders.entry(folder.to_vec()).or_default();
            signs.has_pickle |= is_pickle;
            signs.has_json |= is_json;
            signs.has_tensors |= rest.starts_with(b"tensors/");
            signs.has_company |= is_company;
        }
    }

    /// The folder that the model is in: the loader's, if that is one.
    pub fn model(&self) -> Option<&[u8]> {
        let mut models = self.folders.iter().filter(|(_, f)| f.is_model());
        let first = self.first.as_ref();
        let loaders = first.filter(|name| self.folders.get(*name).is_some_and(Folder::is_model));
        loaders
            .or_else(|| models.next().map(|(name, _)| name))
            .map(Vec::as_slice)
    }

    /// Whether the folder is of TorchScript until 1.3, whose modules have the
    /// names of the program.
    pub fn is_old(&self, folder: &[u8]) -> bool {
        self.folders.get(folder).is_some_and(Folder::is_old)
    }
}

/// Whether PyTorch writes a member of this name into the folder; `is_old` as
/// in [`Layout::is_old`].
pub(super) fn belongs(rest: &[u8], is_old: bool) -> bool {
    let rest = rest.to_ascii_lowercase();
    TOP.contains(&&rest[..])
        || is_storage(&rest)
        || is_source(&rest, is_old)
        || rest.starts_with(b"extra/")
}

/// Whether it is named like a storage, in lower case.
pub(super) fn is_storage(rest: &[u8]) -> bool {
    let is_number = |tail: &[u8]| {
        let number = tail.strip_suffix(b".storage").unwrap_or(tail);
        !number.is_empty() && number.iter().all(u8::is_ascii_digit)
    };
    STORAGES
        .iter()
        .any(|folder| rest.strip_prefix(*folder).is_some_and(is_number))
}

/// Whether it is named like TorchScript source, or what goes with it, in
/// lower case.
fn is_source(rest: &[u8], is_old: bool) -> bool {
    let name = rest.strip_prefix(b"code/");
    let stem = name.and_then(|name| {
        name.strip_suffix(b".py")
            .or_else(|| name.strip_suffix(b".py.debug_pkl"))
            .or_else(|| name.strip_suffix(b".debug_pkl"))
            .or_else(|| name.strip_suffix(b"/"))
    });
    let Some(stem) = stem else {
        return false;
    };
    is_old || stem == b"__torch__" || stem.starts_with(b"__torch__/")
}
