//! Keras models: `.keras` archives, and configurations by themselves.
//!
//! An archive is a zip with `config.json`, `metadata.json` and
//! `model.weights.h5`. An older model is HDF5 all over and has its
//! configuration in the attributes `model_config` and `training_config`, which
//! become members named after them; loaders of these know no safe mode. The
//! configuration names the class of every layer and function, and Keras imports
//! what it names; a Lambda layer carries marshalled bytecode. It is judged as a
//! tree by [`config`], wherever it stands: as a member, as an attribute, as
//! `model.json`, as YAML.
//!
//! An attacker has a layer run bytecode, refers to any function of any module,
//! has a layer read files or fetch addresses, or hides all of this behind
//! wrappers, escapes, other encodings, and second keys or members.
//!
//! Not checked: what stands in the spec below.

pub(super) mod config;
mod names;
mod nodes;
#[cfg(test)]
mod tests;

use self::config::Tree;
use super::manifest::Manifest;
use super::zarr::is_wide;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::report::Why;
use crate::rules::manifest::DUPLICATE_KEY;
use crate::source::{Memory, Source};
use crate::wire::json::{Duplicate, Duplicates, NAMES_CAP, Reader, Token};
use crate::wire::zip_directory::{Caps, find_central, walk};
use crate::wire::{Fault, wide};

/// The member that describes the model.
const CONFIG: &[u8] = b"config.json";

/// Members of which one stands beside it.
const BESIDE: &[&[u8]] = &[b"metadata.json", b"model.weights.h5"];

/// Names under which the configuration of a model is looked for.
const NAMES: &[&str] = &["config.json", "model.json", "model_config.json"];

/// The attribute of HDF5 that holds the configuration of a model.
const MODEL: &str = "@model_config";

/// The attribute of HDF5 that holds losses, metrics and the optimizer, each a
/// configuration of its own.
const TRAINING: &str = "@training_config";

/// Events within which the first class is looked for.
const GLANCE_EVENTS: usize = 1 << 16;

/// Longest configuration in UTF-16 that is read, in bytes.
const WIDE_CAP_BYTES: u64 = 64 << 20;

/// Keras archive.
pub struct Keras;

/// Configuration of a Keras model.
pub struct KerasConfig;

static SPEC: FormatSpec = FormatSpec {
    id: "keras",
    title: "Keras archive",
    suffixes: &[".keras"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://keras.io/guides/serialization_and_saving/",
        "CVE-2024-3660",
        "CVE-2025-1550",
    ],
    limitations: &["Whether the weights fit the configuration is not compared."],
};

static CONFIG_SPEC: FormatSpec = FormatSpec {
    id: "keras-config",
    title: "Keras configuration",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("manifest"),
    references: &[
        "https://github.com/keras-team/keras/blob/master/keras/src/saving/serialization_lib.py",
        "CVE-2024-3660",
        "CVE-2025-1550",
        "CVE-2025-8747",
        "CVE-2025-12058",
    ],
    limitations: &[
        "What a class of Keras does with its arguments is not followed.",
        "Operations of TensorFlow that Keras 2 layers hold as graphs are not read.",
    ],
};

impl Format for Keras {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        let budget = Budget::unlimited();
        let has = |wanted: &[&[u8]]| {
            let found = find_central(probe.source(), probe.tail(), &budget, |central| {
                wanted.contains(&&central.view.name[..]).then_some(())
            });
            matches!(found, Ok(Some(())))
        };
        match probe.head().starts_with(b"PK") {
            _ if has(&[CONFIG]) && (named || BESIDE.iter().all(|name| has(&[name]))) => {
                Claim::Structure
            }
            true if named => Claim::Magic,
            _ if named => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let directory = walk(source, Caps::default(), cx.budget())?;
        let mut configs = 0u32;
        for entry in &directory.entries {
            cx.tick()?;
            if !entry.views().any(|view| view.name[..] == *CONFIG) {
                continue;
            }
            configs = configs.saturating_add(1);
            // The member is judged by itself; here it is seen that it will be.
            let head = super::zip::beginning(source, entry, GLANCE_BYTES, cx.budget())?;
            let memory = Memory::new(head.unwrap_or_default());
            if glance(&memory) != Some(true) && !is_wide(&memory.chunk(0..16)?) {
                let detail = "`config.json` is no configuration that Keras loads";
                cx.gap(entry.span(), Why::Malformed, detail);
            }
        }
        match configs {
            0 => Err(Fault::malformed(0, "there is no `config.json`")),
            _ => Ok(()),
        }
    }
}

/// Bytes of a configuration that are unpacked to see whether it is one.
const GLANCE_BYTES: usize = 1 << 20;

impl Format for KerasConfig {
    fn spec(&self) -> &'static FormatSpec {
        &CONFIG_SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let of_training = probe.has_suffix(&[TRAINING]);
        let named = NAMES.contains(&probe.file_name()) || probe.has_suffix(&[MODEL]);
        if (named || of_training) && is_wide(head) {
            return Claim::Magic;
        }
        if !text.trim_ascii_start().starts_with(b"{") {
            return Claim::No;
        }
        if of_training {
            return Claim::Structure;
        }
        let keyed = || memchr::memmem::find(head, b"\"class_name\"").is_some();
        match (named || keyed()).then(|| glance(probe.source())) {
            Some(Some(true)) => Claim::Structure,
            // So long a beginning may be there to hide what comes.
            Some(None) if named => Claim::Magic,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let probe = Probe::new(artifact);
        let is_manifest = Manifest.recognise(&probe) == Claim::Structure;
        let mut tree = Tree::default();
        if probe.has_suffix(&[TRAINING]) {
            tree = tree.of_parts();
        }
        if is_wide(probe.head()) {
            if source.len() > WIDE_CAP_BYTES {
                let what = format!("{} bytes of UTF-16 are not read", source.len());
                return Err(Fault::unsupported(0, what));
            }
            let chunk = source.chunk(0..source.len())?;
            let text = wide::decode(&chunk)
                .ok_or_else(|| Fault::malformed(0, "the configuration is no UTF-16"))?;
            chunk.verify()?;
            let tree = tree.within(0..source.len());
            return judge(&Memory::new(text), tree, false, cx);
        }
        judge(source, tree, !is_manifest, cx)
    }
}

/// Judge the JSON that fills `source`; keys that stand twice are told where
/// `tells_twice`.
fn judge(
    source: &dyn Source,
    mut tree: Tree,
    tells_twice: bool,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut reader = Reader::new(source, 0..source.len());
    let mut duplicates = Duplicates::default();
    let ended = loop {
        cx.tick()?;
        let event = match reader.next() {
            Ok(Some(event)) => event,
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        };
        if tells_twice {
            match duplicates.see(&event) {
                Duplicate::No => {}
                Duplicate::Key => {
                    let message = "a key of the configuration stands twice in its object";
                    cx.report(DUPLICATE_KEY.at(event.span.start).message(message));
                }
                Duplicate::CapReached => {
                    let detail = format!("more than {NAMES_CAP} keys; later ones are not compared");
                    cx.gap(event.span.clone(), Why::Limit, detail);
                }
            }
        }
        tree.see(&event);
    };
    tree.finish(cx)?;
    ended
}

/// Whether the outermost object has a class and a configuration; `None` where
/// that was not found out.
fn glance(source: &dyn Source) -> Option<bool> {
    let mut reader = Reader::new(source, 0..source.len());
    let (mut class, mut config) = (false, false);
    for _ in 0..GLANCE_EVENTS {
        let Ok(event) = reader.next() else {
            return Some(false);
        };
        match event.map(|event| (event.depth, event.token)) {
            Some((1, Token::Key(key))) => {
                class |= key.value == "class_name";
                config |= key.value == "config";
            }
            Some((0, Token::ObjectStart) | (1.., _)) => {}
            _ => return Some(false),
        }
        if class && config {
            return Some(true);
        }
    }
    None
}
