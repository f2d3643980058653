//! Orbax: the directories in which programs built on JAX keep checkpoints.
//!
//! `_CHECKPOINT_METADATA` says which items a checkpoint has and which handler
//! reads each; `_METADATA` lists the parameters of one item, `_sharding` how
//! they lie on devices, `array_metadatas/process_0` their shapes. The arrays
//! are Zarr, in a folder for each parameter or in an *OCDBT*, a database of
//! TensorStore ([`Ocdbt`], [`OcdbtNode`]); older checkpoints have a MessagePack file of Flax.
//!
//! Names of items and parameters are joined to the path of the checkpoint. An
//! attacker has them lead out of it, and puts code where programs keep
//! metadata of their own.
//!
//! Not checked: whether the parameters that are listed are there.

mod files;
mod keys;
mod node;
mod ocdbt;
mod record;
mod walk;

#[cfg(test)]
mod tests;

pub(super) use node::OcdbtNode;
pub(super) use ocdbt::Ocdbt;
pub(super) use walk::is_data_file;

use super::manifest::Events;
use super::manifest::trail::{Step, Trail, shown};
use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::detect::code;
use crate::detect::paths::{self, Escape};
use crate::report::{Span, escape_text};
use crate::rules::flax as rules;
use crate::wire::Fault;
use crate::wire::json::{Reader, Token};

/// Metadata of an Orbax checkpoint.
pub struct Orbax;

static SPEC: FormatSpec = FormatSpec {
    id: "orbax",
    title: "Orbax checkpoint metadata",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html",
    ],
    limitations: &["Whether the parameters that are listed are there is not checked."],
};

/// File names, lower case, and the keys of which one has to be in the front.
const FILES: &[(&str, &[&str])] = &[
    ("_metadata", &["\"tree_metadata\"", "\"use_zarr3\""]),
    (
        "_checkpoint_metadata",
        &["\"item_handlers\"", "\"init_timestamp_nsecs\""],
    ),
    ("_sharding", &[]),
    ("process_", &["\"array_metadatas\""]),
];

impl Format for Orbax {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let name = probe.file_name();
        let is_file = |of: &str| name == of || (of.ends_with('_') && name.starts_with(of));
        let has = |key: &&str| memchr::memmem::find(head, key.as_bytes()).is_some();
        let known = FILES
            .iter()
            .filter(|(file, _)| is_file(file))
            .any(|(_, keys)| keys.is_empty() || keys.iter().any(has));
        match known && head.trim_ascii_start().starts_with(b"{") {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut reader = Reader::new(source, 0..source.len());
        let mut events = Events::new(&artifact.name);
        let mut trail = Trail::default();
        let mut tally = Tally::default();
        let ended = loop {
            cx.tick()?;
            let event = match reader.next() {
                Ok(Some(event)) => event,
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            };
            events.see(&event, cx);
            trail.see(&event);
            match event.token {
                Token::Key(text) => key(trail.steps(), text.value, &event.span, &mut tally),
                Token::String(text) => value(trail.steps(), text.value, &event.span, &mut tally),
                _ => {}
            }
        };
        events.finish(cx);
        tally.report(cx);
        ended
    }
}

/// A key that names a directory: that of an item.
fn key(steps: &[Step], name: &str, at: &Span, tally: &mut Tally) {
    if let [Step::Key(outer), Step::Key(_)] = steps
        && matches!(outer.as_str(), "item_handlers" | "item_metadata")
    {
        place("the item", name, at, tally);
    }
}

/// A text by where it stands.
fn value(steps: &[Step], text: &str, at: &Span, tally: &mut Tally) {
    match steps {
        [
            Step::Key(all),
            Step::Key(_),
            Step::Key(keys),
            Step::Index(_),
            Step::Key(key),
        ] if all == "tree_metadata" && keys == "key_metadata" && key == "key" => {
            place("the parameter", text, at, tally);
        }
        [Step::Key(all), .., Step::Key(key)] if all == "array_metadatas" && key == "param_name" => {
            place("the parameter", text, at, tally);
        }
        [Step::Key(all), ..] if all == "item_handlers" && !text.starts_with("orbax.") => {
            let shown = escape_text(text);
            let message = format!("the checkpoint names the handler `{shown}`");
            tally.add(rules::ORBAX_FOREIGN_HANDLER.at(at.clone()).message(message));
        }
        _ => {}
    }
    if let Some(found) = code::code_like(text) {
        let path = escape_text(&shown(steps));
        let message = format!("the metadata `{path}` holds {}", found.what);
        let draft = rules::CODE_IN_VALUE.at(at.clone()).message(message);
        let draft = draft.severity(found.severity).evidence(found.excerpt);
        tally.add(draft.within(path));
    }
}

/// Report a name that leads out of the checkpoint.
fn place(what: &str, name: &str, at: &Span, tally: &mut Tally) {
    let leaves = |escape: &Escape| !matches!(escape, Escape::Home | Escape::Backslash);
    let Some(escape) = paths::escape(name).filter(leaves) else {
        return;
    };
    let shown = escape_text(name);
    let message = format!("{what} `{shown}` {}", escape.describe());
    tally.add(rules::ORBAX_PATH.at(at.clone()).message(message));
}
