//! Is this message a graph: the fields of the outermost levels, compared with
//! what TensorFlow's messages have.
//!
//! None of them has a magic number. A message counts as one where the fields
//! that its schema knows have the types that it gives them, one of them leads
//! to a node with an operator, and fields that it does not know, which loaders
//! pass over, are few.

use crate::report::Span;
use crate::source::Source;
use crate::wire::protobuf::{Field, Reader, Value};

/// Fields that are looked at on each level.
const FIELDS_CAP: usize = 64;

/// Fields that no schema knows, on one level.
const UNKNOWN_CAP: usize = 4;

/// Longest name of an operator, in bytes.
const OP_CAP_BYTES: usize = 256;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// A `SavedModel`.
    SavedModel,
    /// A `MetaGraphDef`.
    MetaGraph,
    /// A `GraphDef`.
    Graph,
}

/// What the message in `span` is, if anything of TensorFlow's.
pub(super) fn root(source: &dyn Source, span: &Span) -> Option<Root> {
    if is_saved_model(source, span) {
        Some(Root::SavedModel)
    } else if is_graph(source, span, FIELDS_CAP) {
        Some(Root::Graph)
    } else if is_meta_graph(source, span) {
        Some(Root::MetaGraph)
    } else {
        None
    }
}

/// What a field means to the level that it stands on.
enum Sign {
    /// It has the type that the schema gives it.
    Fits,
    /// It shows what the message is.
    Shows,
    /// The schema does not know it.
    Unknown,
    /// It has another type.
    Contradicts,
}

/// Whether the fields of a message fit, and one of them shows what it is.
fn shows(
    source: &dyn Source,
    span: &Span,
    cap: usize,
    mut judge: impl FnMut(&Field) -> Sign,
) -> bool {
    let mut reader = Reader::new(source, span.clone());
    let (mut shown, mut unknown) = (false, 0usize);
    for _ in 0..cap {
        let field = match reader.next() {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => return false,
        };
        match judge(&field) {
            Sign::Fits => {}
            Sign::Shows => shown = true,
            Sign::Unknown => unknown = unknown.saturating_add(1),
            Sign::Contradicts => return false,
        }
        if unknown > UNKNOWN_CAP {
            return false;
        }
    }
    shown
}

fn when(yes: bool, sign: Sign) -> Sign {
    match yes {
        true => sign,
        false => Sign::Contradicts,
    }
}

fn is_saved_model(source: &dyn Source, span: &Span) -> bool {
    shows(source, span, FIELDS_CAP, |field| match field.number {
        1 => when(matches!(field.value, Value::Varint(_)), Sign::Fits),
        2 => when(
            field
                .bytes()
                .is_some_and(|meta| is_meta_graph(source, meta)),
            Sign::Shows,
        ),
        _ => Sign::Unknown,
    })
}

fn is_meta_graph(source: &dyn Source, span: &Span) -> bool {
    shows(source, span, FIELDS_CAP, |field| match field.number {
        2 => match field.bytes() {
            Some(graph) if is_graph(source, graph, FIELDS_CAP) => Sign::Shows,
            // A graph without a node is one as well.
            Some(graph) if graph.is_empty() => Sign::Fits,
            _ => Sign::Contradicts,
        },
        1 | 3..=7 => when(field.bytes().is_some(), Sign::Fits),
        _ => Sign::Unknown,
    })
}

/// Whether the message is a graph by its first `cap` fields.
pub(super) fn is_graph(source: &dyn Source, span: &Span, cap: usize) -> bool {
    shows(source, span, cap, |field| match field.number {
        1 => when(
            field.bytes().is_some_and(|node| is_node(source, node)),
            Sign::Shows,
        ),
        2 => match field.bytes() {
            Some(library) if is_library(source, library) => Sign::Shows,
            Some(library) if library.is_empty() => Sign::Fits,
            _ => Sign::Contradicts,
        },
        3 => when(field.varint().is_some(), Sign::Fits),
        4 | 5 => when(field.bytes().is_some(), Sign::Fits),
        _ => Sign::Unknown,
    })
}

fn is_library(source: &dyn Source, span: &Span) -> bool {
    shows(source, span, FIELDS_CAP, |field| match field.number {
        1 => when(
            field
                .bytes()
                .is_some_and(|function| is_function(source, function)),
            Sign::Shows,
        ),
        2 | 3 => when(field.bytes().is_some(), Sign::Fits),
        _ => Sign::Unknown,
    })
}

fn is_function(source: &dyn Source, span: &Span) -> bool {
    shows(source, span, FIELDS_CAP, |field| match field.number {
        1 => when(
            field.bytes().is_some_and(|name| has_name(source, name)),
            Sign::Shows,
        ),
        3 => when(
            field.bytes().is_some_and(|node| is_node(source, node)),
            Sign::Shows,
        ),
        2 | 4..=8 => when(field.bytes().is_some(), Sign::Fits),
        _ => Sign::Unknown,
    })
}

/// A signature begins with its name.
fn has_name(source: &dyn Source, span: &Span) -> bool {
    shows(source, span, 1, |field| {
        match (field.number, field.bytes()) {
            (1, Some(name)) => when(is_word(source, name), Sign::Shows),
            _ => Sign::Contradicts,
        }
    })
}

/// Whether the message is a node with an operator.
pub(super) fn is_node(source: &dyn Source, span: &Span) -> bool {
    shows(source, span, FIELDS_CAP, |field| {
        match (field.number, field.bytes()) {
            (2, Some(op)) => when(is_word(source, op), Sign::Shows),
            (1..=8, bytes) => when(bytes.is_some(), Sign::Fits),
            _ => Sign::Unknown,
        }
    })
}

/// Whether these bytes are the name of an operator or a function.
fn is_word(source: &dyn Source, span: &Span) -> bool {
    let len = span.end.saturating_sub(span.start);
    if !(1..=OP_CAP_BYTES as u64).contains(&len) {
        return false;
    }
    let is_part =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'>' | b'.' | b'-' | b'/' | b'@');
    source
        .chunk(span.clone())
        .is_ok_and(|word| word.len() as u64 == len && word.iter().all(is_part))
}

/// Shortest graph that does something, in bytes.
const GRAPH_LEAST_BYTES: u64 = 8;

/// Whether bytes may be a graph by the first of `len`, which begins a field
/// then; cheap.
pub(super) fn may_be_graph(first: Option<&u8>, len: u64) -> bool {
    let begins = first.is_some_and(|byte| *byte >= 8 && matches!(byte & 7, 0..=2 | 5));
    begins && len >= GRAPH_LEAST_BYTES
}
