//! The storages that pickles name, compared with the members that hold them.
//!
//! A pickle says of each storage how many elements of which size it has, and
//! the member has so many bytes. Loaders believed the pickle (CVE-2026-24747).
//! A storage's last bytes may be no whole element, because views of another
//! type share it.

use std::collections::BTreeMap;

use super::inside::{Inner, Members, join, rest};
use super::layout::is_storage;
use crate::detect::pickle::{self, Options, Storage};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Severity, Why, escape_bytes};
use crate::rules::torch::{STORAGE_MISSING, STORAGE_SIZE, STORAGE_UNNAMED};
use crate::source::SharedSource;
use crate::wire::Fault;

/// A pickle that is packed is unpacked up to so many bytes; no writer packs
/// it.
const PACKED_CAP_BYTES: u64 = 64 << 20;

/// Longest key that is read.
const KEY_BYTES: usize = 256;

/// What a pickle says about a storage.
#[derive(Debug, Clone)]
struct Said {
    /// Bytes of all elements; `None` where the type is not known.
    bytes: Option<u64>,
    /// Bytes of one.
    item: u64,
    /// The pickle, and where in it.
    pickle: String,
    at: u64,
}

impl Said {
    fn new(storage: &Storage, pickle: &Inner) -> Said {
        let item = storage.item_bytes;
        Said {
            bytes: item.and_then(|item| item.checked_mul(storage.elements)),
            item: item.unwrap_or(1),
            pickle: pickle.shown(),
            at: storage.at,
        }
    }
}

/// The storages that the pickles of an archive name, by member.
#[derive(Default)]
pub(in crate::formats) struct Storages {
    named: BTreeMap<Vec<u8>, Said>,
    /// Whether every pickle was followed to its end and all its references
    /// are storages: only then is what none names foreign.
    is_partial: bool,
    tally: Tally,
}

impl Storages {
    /// Walk a pickle and note the storages that it names. The pickle is
    /// reported as a member of its own; here only its storages count.
    pub fn add(
        &mut self,
        source: &SharedSource,
        pickle: &Inner,
        member_of: impl Fn(&[u8]) -> Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let Some(bytes) = pickle.open(source, PACKED_CAP_BYTES, cx.budget())? else {
            self.is_partial = true;
            let detail = format!(
                "the storages that `{}` names are not compared: it cannot be read here",
                pickle.shown()
            );
            cx.gap(pickle.span.clone(), Why::Unsupported, detail);
            return Ok(());
        };
        let bytes = bytes.as_ref();
        let span = 0..bytes.len();
        let budget = cx.budget();
        let summary = pickle::examine(bytes, span, &Options::default(), budget, &mut |_| {});
        if let pickle::Ending::Fault(fault) = summary.ending {
            return Err(fault);
        }
        let is_whole = summary.ending.is_stop() && summary.limits.is_empty();
        let all = summary.persistent_ids == summary.storages.len() as u64;
        self.is_partial |= !is_whole || !all;
        for storage in &summary.storages {
            cx.tick()?;
            let key = storage.key.fetch(bytes, KEY_BYTES)?;
            self.note(member_of(&key), Said::new(storage, pickle), pickle);
        }
        Ok(())
    }

    fn note(&mut self, member: Vec<u8>, said: Said, pickle: &Inner) {
        let name = escape_bytes(&member);
        match self.named.entry(member.to_ascii_lowercase()) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(said);
            }
            std::collections::btree_map::Entry::Occupied(entry) => {
                let first = entry.get();
                let slack = first.item.max(said.item);
                let differ = match (first.bytes, said.bytes) {
                    (Some(a), Some(b)) => a.abs_diff(b) >= slack,
                    _ => false,
                };
                if differ {
                    let message = format!(
                        "`{name}` has {} bytes at one place of the pickles and {} at another, \
                         byte {} of `{}`",
                        count(first.bytes),
                        count(said.bytes),
                        said.at,
                        said.pickle
                    );
                    let draft = STORAGE_SIZE.at(pickle.span.clone());
                    let draft = draft.severity(Severity::Medium).message(message);
                    self.tally.add(draft.within(name));
                }
            }
        }
    }

    /// Compare what was named with the members, and the members in `folders`
    /// with what was named.
    pub fn compare(
        mut self,
        members: &Members,
        is_storage: impl Fn(&[u8]) -> bool,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        for (name, said) in std::mem::take(&mut self.named) {
            cx.tick()?;
            let found = members.get(&name);
            match found {
                Some(member) => self.size(member, &said),
                None if said.bytes == Some(0) => {}
                None => self.missing(&name, &said),
            }
            self.named.insert(name, said);
        }
        for member in &members.all {
            cx.tick()?;
            let name = member.name().to_ascii_lowercase();
            if !self.is_partial && is_storage(&name) && !self.named.contains_key(&name) {
                let shown = member.shown();
                let message = format!("no pickle names `{shown}`, which has {} bytes", member.len);
                let draft = STORAGE_UNNAMED.at(member.span.clone()).message(message);
                self.tally.add(draft.within(member.text()));
            }
        }
        self.tally.report(cx);
        Ok(())
    }

    fn size(&mut self, member: &Inner, said: &Said) {
        let Some(claimed) = said.bytes else {
            return;
        };
        let severity = match member.len.checked_sub(claimed) {
            Some(more) if more < said.item => return,
            Some(_) => Severity::Medium,
            None => STORAGE_SIZE.severity,
        };
        let message = format!(
            "the pickle takes {claimed} bytes for `{}`, which has {} (byte {} of `{}`)",
            member.shown(),
            member.len,
            said.at,
            said.pickle
        );
        let draft = STORAGE_SIZE.at(member.span.clone()).severity(severity);
        self.tally.add(draft.message(message).within(member.text()));
    }

    fn missing(&mut self, name: &[u8], said: &Said) {
        let name = escape_bytes(name);
        let message = format!(
            "`{name}` is named at byte {} of `{}` and is not there",
            said.at, said.pickle
        );
        let draft = STORAGE_MISSING.at(crate::report::Place::whole());
        self.tally.add(draft.message(message).within(name));
    }
}

fn count(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "some".to_owned(), |bytes| bytes.to_string())
}

/// The pickles of a model and the folders of their storages. Those of
/// `traced_inputs.pkl` are written empty.
const PICKLES: &[(&[u8], &[u8])] = &[
    (b"data.pkl", b"data"),
    (b"constants.pkl", b"constants"),
    (b"bytecode.pkl", b"constants"),
];

/// Where PyTorch before 1.5 wrote the storages of `data.pkl`.
const TENSORS_BEFORE_1_5: &[u8] = b"tensors";

/// Compare the storages of the model in `folder`.
pub(super) fn examine(
    source: &SharedSource,
    folder: &[u8],
    members: &Members,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut storages = Storages::default();
    let mut held: Vec<&[u8]> = Vec::new();
    for (pickle, tensors) in PICKLES {
        let Some(pickle) = members.get(&join(folder, pickle)) else {
            continue;
        };
        held.push(tensors);
        let member_of = |key: &[u8]| {
            let usual = join(&join(folder, tensors), key);
            let before = join(&join(folder, TENSORS_BEFORE_1_5), key);
            match members.get(&usual).is_none() && members.get(&before).is_some() {
                true => before,
                false => usual,
            }
        };
        storages.add(source, pickle, member_of, cx)?;
    }
    let is_own = |name: &[u8]| {
        let inner = rest(folder, name).unwrap_or_default();
        is_storage(inner) && held.iter().any(|tensors| rest(tensors, inner).is_some())
    };
    storages.compare(members, is_own, cx)
}
