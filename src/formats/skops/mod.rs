//! skops files: scikit-learn models without pickle.
//!
//! A zip with `schema.json`, a tree of *nodes* that name loaders, classes and
//! functions, and arrays as members. skops imports what the tree names if the
//! person who loads it trusts the names. The zip examination opens the members,
//! the tree is judged by [`SkopsSchema`], and here it is judged what does not
//! belong, and a pickle that is only called a skops file. Source: `skops/io`,
//! protocols 0 to 2.
//!
//! An attacker names a function that runs commands, lets a node say one thing
//! to the audit and another to the loader, or relies on tools that fall back to
//! joblib.
//!
//! Not checked: what trusted classes do with the state they are given.

mod functions;
mod nodes;
mod schema;
#[cfg(test)]
mod tests;

pub use schema::SkopsSchema;

use std::collections::BTreeSet;

use super::pickle::Pickle;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe, zip};
use crate::budget::Budget;
use crate::report::{Place, Severity, Why, escape_bytes};
use crate::rules::skops::{FOREIGN_MEMBER, PICKLE};
use crate::source::{Memory, Source};
use crate::wire::Fault;
use crate::wire::zip_directory::{self, Caps, Directory, Entry, find_central};

/// The member with the tree.
const SCHEMA: &[u8] = b"schema.json";

/// Longest tree that is read for the names of its files, in bytes. The tree
/// itself is judged as a member of any length.
const SCHEMA_CAP_BYTES: usize = 64 << 20;

/// Bytes of a tree that tell it from other JSON.
const GLANCE_BYTES: usize = 64 << 10;

/// How the compressors begin that joblib undoes before it unpickles.
const PACKED: [&[u8]; 7] = [
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
];

/// skops file.
pub struct Skops;

static SPEC: FormatSpec = FormatSpec {
    id: "skops",
    title: "skops file",
    suffixes: &[".skops"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://skops.readthedocs.io/en/stable/persistence.html",
        "CVE-2025-54412",
        "CVE-2025-54413",
        "CVE-2025-54886",
    ],
    limitations: &["What a trusted class does with its state is not followed."],
};

impl Format for Skops {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        let is_schema = |c: &zip_directory::Central| (c.view.name[..] == *SCHEMA).then_some(());
        let budget = Budget::unlimited();
        let found = find_central(probe.source(), probe.tail(), &budget, is_schema);
        let has_schema = matches!(found, Ok(Some(())));
        match (has_schema, named) {
            (true, true) => Claim::Structure,
            (true, false) if has_tree(probe.source(), &budget) => Claim::Structure,
            (false, true) if disguise(probe).is_some() => Claim::Magic,
            (_, true) => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if let Some((severity, what)) = disguise(&Probe::new(artifact)) {
            let draft = PICKLE.at(Place::whole()).severity(severity);
            cx.report(draft.message(format!("the file is called a skops file and is {what}")));
            return Ok(());
        }
        let directory = zip_directory::walk(source, Caps::default(), cx.budget())?;
        let Some(files) = files(source, &directory, cx)? else {
            return Err(Fault::malformed(0, "there is no `schema.json` to read"));
        };
        for entry in &directory.entries {
            cx.tick()?;
            foreign(entry, &files, cx);
        }
        Ok(())
    }
}

/// What a file is that is only called a skops file, where that is known: a
/// pickle, or what joblib unpacks to one.
fn disguise(probe: &Probe<'_>) -> Option<(Severity, &'static str)> {
    let head = probe.head();
    if head.starts_with(b"PK") {
        return None;
    }
    if Pickle.recognise(probe) >= Claim::Magic {
        return Some((PICKLE.severity, "a pickle"));
    }
    let is_packed = PACKED.iter().any(|magic| head.starts_with(magic));
    is_packed.then_some((Severity::High, "compressed, as joblib writes its pickles"))
}

/// Whether a `schema.json` in the archive is a tree of nodes.
fn has_tree(source: &dyn Source, budget: &Budget) -> bool {
    let Ok(directory) = zip_directory::walk(source, Caps::default(), budget) else {
        return false;
    };
    schemas(&directory).any(|entry| {
        let head = zip::beginning(source, entry, GLANCE_BYTES, budget)
            .ok()
            .flatten();
        head.is_some_and(|head| {
            let memory = Memory::new(head);
            schema::is_tree(&memory) != Some(false)
        })
    })
}

fn schemas(directory: &Directory) -> impl Iterator<Item = &Entry> {
    let is_schema = |entry: &&Entry| entry.views().any(|view| view.name[..] == *SCHEMA);
    directory.entries.iter().filter(is_schema)
}

/// The files that the trees name; `None` where there is no tree to read.
fn files(
    source: &dyn Source,
    directory: &Directory,
    cx: &mut Context<'_>,
) -> Result<Option<BTreeSet<String>>, Fault> {
    let mut files = None;
    for entry in schemas(directory) {
        let Some(bytes) = zip::beginning(source, entry, SCHEMA_CAP_BYTES, cx.budget())? else {
            continue;
        };
        cx.budget().spend_expanded(bytes.len() as u64)?;
        if bytes.len() >= SCHEMA_CAP_BYTES {
            let detail = "the schema is too long to compare its files with the members";
            cx.gap(entry.span(), Why::Limit, detail);
        }
        let named: &mut BTreeSet<String> = files.get_or_insert_default();
        let memory = Memory::new(bytes);
        // What is wrong with the tree is said where the tree is judged.
        let _judged_elsewhere = schema::walk(&memory, &mut |step| {
            cx.tick()?;
            if let schema::Step::Node(node) = step {
                named.extend(node.file.clone());
            }
            Ok(())
        });
    }
    Ok(files)
}

/// A member that is neither the schema nor one of the files it names.
fn foreign(entry: &Entry, files: &BTreeSet<String>, cx: &mut Context<'_>) {
    let name = entry.name();
    let is_folder = name.ends_with(b"/") && entry.views().all(|v| v.unpacked == Some(0));
    let is_known = std::str::from_utf8(name).is_ok_and(|name| files.contains(name));
    if is_folder || is_known || name == SCHEMA {
        return;
    }
    let shown = escape_bytes(name);
    let message = format!("the schema does not name the member `{shown}`");
    cx.report(
        FOREIGN_MEMBER
            .at(entry.span())
            .message(message)
            .within(shown),
    );
}
