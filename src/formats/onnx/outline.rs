//! Is this ONNX: the fields of the outermost message, without looking inside
//! but for one step.

use super::schema::{Kind, holds};
use crate::formats::{Claim, Probe};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::{Field, Reader, Value};

/// Fields that are looked at; metadata and functions may stand in front of the
/// graph.
const FIELDS_CAP: usize = 1024;

/// Fields among them that ONNX does not have, unless the name says that it is.
const UNKNOWN_CAP: usize = 8;

/// Fields of the graph that are looked at.
const GRAPH_FIELDS_CAP: usize = 4;

/// Versions of the representation that may come to be. Today's is below 20.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=100;

/// The longest name of a producer that a sign may have.
const PRODUCER_CAP_BYTES: usize = 200;

/// What was seen of the outermost message.
#[derive(Default)]
struct Outline {
    known: usize,
    unknown: usize,
    has_version: bool,
    has_operator_set: bool,
    has_body: bool,
    /// Whether a fault ended it.
    is_cut: bool,
}

/// How sure it is that the bytes are an ONNX model.
pub(super) fn claim(probe: &Probe<'_>, is_named: bool) -> Claim {
    let fallback = match is_named {
        true => Claim::Name,
        false => Claim::No,
    };
    if !is_named && !begins_model(probe.head()) {
        return fallback;
    }
    let seen = outline(probe.source(), is_named);
    let is_model = seen.has_body && (seen.has_version || seen.has_operator_set);
    let is_plain = seen.unknown == 0 && seen.known > 2;
    let is_whole = is_model && seen.has_version && seen.has_operator_set;
    match is_model {
        true if is_plain || is_whole || is_named => Claim::Structure,
        false if seen.is_cut && seen.has_version && seen.unknown == 0 => match seen.known {
            2.. => Claim::Magic,
            _ if is_named => Claim::Magic,
            _ => fallback,
        },
        _ => fallback,
    }
}

/// Whether the first tag is one of a model: of what is asked of every file,
/// this must be cheap.
fn begins_model(head: &[u8]) -> bool {
    matches!(
        head,
        [0x08, 1..=100, ..]
            | [0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42 | 0x72, ..]
            | [0xa2 | 0xca | 0xd2, 0x01, ..]
    )
}

fn outline(source: &dyn Source, is_named: bool) -> Outline {
    let mut reader = Reader::new(source, 0..source.len());
    let mut seen = Outline::default();
    for _ in 0..FIELDS_CAP {
        if seen.unknown > UNKNOWN_CAP && !is_named {
            break;
        }
        match reader.next() {
            Ok(Some(field)) => seen.take(&field, &mut reader),
            Ok(None) => break,
            Err(_) => {
                seen.is_cut = true;
                break;
            }
        }
    }
    seen
}

impl Outline {
    fn take(&mut self, field: &Field, reader: &mut Reader<'_>) {
        let is_text = |reader: &mut Reader<'_>| match &field.value {
            Value::Bytes(span) => reader
                .peek(span, PRODUCER_CAP_BYTES)
                .is_ok_and(|text| !text.iter().any(u8::is_ascii_control)),
            _ => false,
        };
        let is_known = holds(Kind::Model, field).is_some()
            && match field.number {
                1 => field.varint().is_some_and(|n| VERSIONS.contains(&n)),
                2..=4 => is_text(reader),
                7 => begins(field, Kind::Graph, reader).unwrap_or(false),
                8 => begins(field, Kind::OperatorSet, reader).unwrap_or(false),
                25 => begins(field, Kind::Function, reader).unwrap_or(false),
                _ => true,
            };
        if !is_known {
            self.unknown = self.unknown.saturating_add(1);
            return;
        }
        self.known = self.known.saturating_add(1);
        match field.number {
            1 => self.has_version = true,
            8 => self.has_operator_set = true,
            7 | 25 => self.has_body = true,
            _ => {}
        }
    }
}

/// Whether the first fields of a message are those that it should have.
fn begins(field: &Field, kind: Kind, reader: &mut Reader<'_>) -> Result<bool, Fault> {
    let Some(span) = field.bytes() else {
        return Ok(false);
    };
    reader.enter(span)?;
    let mut is_known = true;
    for _ in 0..GRAPH_FIELDS_CAP {
        match reader.next() {
            Ok(Some(inner)) => is_known &= holds(kind, &inner).is_some(),
            Ok(None) => break,
            Err(_) => {
                is_known = false;
                break;
            }
        }
    }
    reader.leave();
    Ok(is_known)
}
