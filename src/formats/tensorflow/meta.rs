//! What stands around the graph: the model with its versions of the graph,
//! assets, collections, and the objects that Keras and others save.

use super::shape::Root;
use super::walk::{Walk, first_text};
use crate::detect::paths::{self, Escape};
use crate::formats::Context;
use crate::formats::keras::config::Tree;
use crate::report::{Severity, Span, escape_text};
use crate::rules::tensorflow as rules;
use crate::source::{Memory, Source};
use crate::wire::Fault;
use crate::wire::json;
use crate::wire::protobuf::Reader;

/// Longest description of a Keras object that is read, in bytes.
const JSON_CAP_BYTES: u64 = 64 << 20;

/// Tensors of assets that are kept.
const ASSETS_CAP: usize = 1 << 16;

/// The collection in which old models keep their assets.
const OLD_ASSETS: &str = "saved_model_assets";

/// The collection of tensors that hold paths.
const PATHS: &str = "asset_filepaths";

/// Walk a message that is `root`.
pub(super) fn walk(
    walk: &mut Walk<'_>,
    root: Root,
    span: &Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    match root {
        Root::Graph => walk.graph(span, cx),
        Root::MetaGraph => meta_graph(walk, span, cx),
        Root::SavedModel => {
            let mut reader = Reader::new(walk.source, span.clone());
            while let Some(field) = reader.next()? {
                cx.tick()?;
                if let (2, Some(meta)) = (field.number, field.bytes()) {
                    meta_graph(walk, meta, cx)?;
                }
            }
            Ok(())
        }
    }
}

fn meta_graph(walk: &mut Walk<'_>, span: &Span, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut reader = Reader::new(walk.source, span.clone());
    while let Some(field) = reader.next()? {
        cx.tick()?;
        let Some(bytes) = field.bytes() else { continue };
        match field.number {
            2 => walk.graph(bytes, cx)?,
            4 => collection(walk, &mut reader, bytes, cx)?,
            6 => asset(walk, &mut reader, bytes)?,
            7 => objects(walk, &mut reader, bytes, cx)?,
            _ => {}
        }
    }
    Ok(())
}

/// A collection: names of tensors, bytes, or messages of any type.
fn collection(
    walk: &mut Walk<'_>,
    reader: &mut Reader<'_>,
    entry: &Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let key = first_text(reader, entry, 1)?;
    let base = reader.depth();
    reader.enter(entry)?;
    loop {
        let Some(field) = reader.next()? else {
            reader.leave();
            match reader.depth() > base {
                true => continue,
                false => return Ok(()),
            }
        };
        cx.tick()?;
        let Some(bytes) = field.bytes() else { continue };
        // The entry, the collection, its list; of lists of messages one more.
        match (reader.depth().saturating_sub(base), field.number) {
            (1, 2) | (2, 1 | 2 | 5) => reader.enter(bytes)?,
            (3, 1) => {
                if key == PATHS && walk.assets.len() < ASSETS_CAP {
                    let name = reader.peek(bytes, 1024)?;
                    let name = String::from_utf8_lossy(name).into_owned();
                    walk.assets.entry(name).or_insert(false);
                }
                walk.text(reader, bytes, 0, cx)?;
                if key == OLD_ASSETS {
                    reader.enter(bytes)?;
                }
            }
            (4, 2) => asset(walk, reader, bytes)?,
            _ => {}
        }
    }
}

/// An asset: the tensor that gets its path, and the name of the file.
fn asset(walk: &mut Walk<'_>, reader: &mut Reader<'_>, span: &Span) -> Result<(), Fault> {
    reader.enter(span)?;
    while let Some(field) = reader.next()? {
        match (field.number, field.bytes()) {
            (1, Some(info)) => {
                let tensor = first_text(reader, info, 1)?;
                if walk.assets.len() < ASSETS_CAP {
                    walk.assets.insert(tensor, true);
                }
            }
            (2, Some(name)) => {
                let text = String::from_utf8_lossy(reader.peek(name, 4096)?).into_owned();
                asset_name(walk, &text, name);
            }
            _ => {}
        }
    }
    reader.leave();
    Ok(())
}

fn asset_name(walk: &mut Walk<'_>, name: &str, span: &Span) {
    let Some(escape) = paths::escape(name) else {
        return;
    };
    let severity = match escape {
        Escape::Backslash => Severity::Low,
        _ => Severity::High,
    };
    let shown: String = escape_text(name).chars().take(200).collect();
    let message = format!(
        "the asset `{shown}` {}: it is not among the model's own",
        escape.describe()
    );
    let draft = rules::OUTSIDE_PATH.at(walk.place(span)).severity(severity);
    walk.tally.add(draft.message(message).evidence(shown));
}

/// The objects of a model; older versions of Keras describe each layer there.
fn objects(
    walk: &mut Walk<'_>,
    reader: &mut Reader<'_>,
    span: &Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let base = reader.depth();
    reader.enter(span)?;
    loop {
        let Some(field) = reader.next()? else {
            reader.leave();
            match reader.depth() > base {
                true => continue,
                false => return Ok(()),
            }
        };
        cx.tick()?;
        let Some(bytes) = field.bytes() else { continue };
        match (reader.depth().saturating_sub(base), field.number) {
            (1, 1) | (2, 4) => reader.enter(bytes)?,
            (3, 3) => {
                let whole = walk.place(bytes);
                description(walk.source, bytes, place_span(&whole, bytes), cx)?;
            }
            _ => {}
        }
    }
}

/// The span that a place means.
fn place_span(place: &crate::report::Place, span: &Span) -> Span {
    match (place.offset, place.length) {
        (Some(at), Some(len)) => at..at.saturating_add(len),
        _ => span.clone(),
    }
}

/// Judge the JSON that describes a Keras object, as Keras judges it.
pub(super) fn description(
    source: &dyn Source,
    span: &Span,
    place: Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let len = span.end.saturating_sub(span.start);
    if len == 0 {
        return Ok(());
    }
    if len > JSON_CAP_BYTES {
        let what = format!("a description of {len} bytes");
        return Err(Fault::unsupported(span.start, what));
    }
    let chunk = source.chunk(span.clone())?;
    if !chunk.trim_ascii_start().starts_with(b"{") {
        return Ok(());
    }
    let memory = Memory::borrowed(&chunk);
    let mut reader = json::Reader::new(&memory, 0..len);
    let mut tree = Tree::default().within(place.clone());
    let ended = loop {
        cx.tick()?;
        match reader.next() {
            Ok(Some(event)) => tree.see(&event),
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        }
    };
    tree.finish(cx)?;
    if let Err(fault) = ended {
        if fault.ends_job() {
            return Err(fault);
        }
        let detail = format!("the description of an object: {fault}");
        cx.gap(place, fault.why(), detail);
    }
    Ok(())
}
