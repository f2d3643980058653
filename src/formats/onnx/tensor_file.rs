//! One ONNX tensor, or a sequence of them, as a file of its own: inputs and
//! expected outputs beside a model (`input_0.pb`), and what
//! `numpy_helper.from_array(...).SerializeToString()` gives.
//!
//! Loading one runs no code, as with a model. What is left to an attacker is
//! what a tensor in a model can do as well: lie in a file that the path leads
//! to, have a shape that is not its bytes, carry bytes in fields that nobody
//! reads.
//!
//! The messages have no sign of their own. One is recognised where all of it
//! reads as fields of the schema, with a type that there is and with data; where
//! the name does not promise it, shape and data have to agree as well, so that
//! no other short message passes for one.
//! Specification: <https://github.com/onnx/onnx/blob/main/onnx/onnx-data.proto>.
//!
//! Not checked here: what stands in the specs below.

use super::dtype::dtype;
use super::schema::{Kind, holds};
use super::walk_all;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::{Field, Reader, Value};

/// Fields of a tensor that are looked at. Dimensions and elements may each be a
/// field of their own.
const FIELDS_CAP: usize = 4096;

/// Dimensions that a tensor may have to be recognised; loaders take 64 at most.
const DIMENSIONS_CAP: usize = 64;

/// Kinds of elements that a sequence may have.
const ELEMENTS: std::ops::RangeInclusive<u64> = 1..=5;

/// Names under which ONNX keeps such files, by their beginnings.
const NAMES: [&str; 2] = ["input_", "output_"];

/// One tensor.
pub struct OnnxTensor;

/// A sequence of tensors, or one that may be missing.
pub struct OnnxSequence;

static TENSOR: FormatSpec = FormatSpec {
    id: "onnx-tensor",
    title: "an ONNX tensor",
    suffixes: &[".pb", ".tensorproto"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/onnx/onnx/blob/main/onnx/onnx.proto",
        "https://github.com/onnx/onnx/blob/main/docs/ExternalData.md",
    ],
    limitations: &[
        "The values of the tensor are not judged, only swept.",
        "A tensor without data whose name says nothing is not recognised.",
    ],
};

static SEQUENCE: FormatSpec = FormatSpec {
    id: "onnx-sequence",
    title: "a sequence of ONNX tensors",
    suffixes: &[".pb"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/onnx/onnx/blob/main/onnx/onnx-data.proto"],
    limitations: &[
        "The values of the tensors are not judged, only swept.",
        "An empty sequence is not recognised.",
    ],
};

impl Format for OnnxTensor {
    fn spec(&self) -> &'static FormatSpec {
        &TENSOR
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let is_named = is_named(probe);
        // Dimensions, packed or not, or the type of a tensor without any.
        let begins = matches!(probe.head(), [0x08 | 0x0a | 0x10, ..]);
        let seen = match begins || is_named {
            true => outline(probe.source()),
            false => None,
        };
        match seen {
            Some(seen) if seen.fits() || is_named => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        walk_all(Kind::Tensor, artifact, cx)
    }
}

impl Format for OnnxSequence {
    fn spec(&self) -> &'static FormatSpec {
        &SEQUENCE
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let begins = matches!(probe.head(), [0x0a | 0x10, ..]);
        match begins && is_sequence(probe.source()) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        walk_all(Kind::Sequence, artifact, cx)
    }
}

/// Whether the name is one under which ONNX keeps the data of a test.
fn is_named(probe: &Probe<'_>) -> bool {
    let name = probe.file_name();
    let number = NAMES.iter().find_map(|front| name.strip_prefix(front));
    let number = number.and_then(|rest| rest.strip_suffix(".pb"));
    number.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        || name.ends_with(".tensorproto")
}

/// What a message that reads as a tensor has.
struct Outline {
    dimensions: usize,
    dtype: i32,
    /// Elements by the dimensions; `None` where that is no number.
    elements: Option<u64>,
    /// Bytes of `raw_data`.
    raw: Option<u64>,
    /// Whether there are elements one by one, or in another file.
    has_other: bool,
}

impl Outline {
    /// Take a dimension; `None` where there are too many.
    fn push(&mut self, size: u64) -> Option<()> {
        self.dimensions = self.dimensions.saturating_add(1);
        self.elements = self.elements.and_then(|n| n.checked_mul(size));
        (self.dimensions <= DIMENSIONS_CAP).then_some(())
    }

    /// Whether shape and data agree, as far as that is told without counting.
    fn fits(&self) -> bool {
        let wanted = dtype(self.dtype)
            .zip(self.elements)
            .and_then(|(dtype, elements)| dtype.bytes(elements));
        match self.raw {
            Some(raw) => wanted == Some(raw) && !self.has_other,
            None => self.has_other,
        }
    }
}

/// The outline of a message of which every field is one of a tensor; `None`
/// where one is not, or where it has no type or no data.
fn outline(source: &dyn Source) -> Option<Outline> {
    let mut reader = Reader::new(source, 0..source.len());
    let mut seen = Outline {
        dimensions: 0,
        dtype: 0,
        elements: Some(1),
        raw: None,
        has_other: false,
    };
    for _ in 0..FIELDS_CAP {
        let Some(field) = reader.next().ok()? else {
            break;
        };
        holds(Kind::Tensor, &field)?;
        take(&mut seen, &field, &mut reader)?;
    }
    let has_data = seen.raw.is_some() || seen.has_other;
    (dtype(seen.dtype).is_some() && has_data).then_some(seen)
}

fn take(seen: &mut Outline, field: &Field, reader: &mut Reader<'_>) -> Option<()> {
    match (field.number, &field.value) {
        (1, Value::Varint(size)) => seen.push(*size)?,
        (1, Value::Bytes(span)) => {
            reader.enter(span).ok()?;
            while let Some(size) = reader.next_varint().ok()? {
                seen.push(size)?;
            }
            reader.leave();
        }
        (2, _) => seen.dtype = field.int32()?,
        (8 | 12, Value::Bytes(span)) => {
            let text = reader.peek(span, usize::MAX).ok()?;
            if text.iter().any(u8::is_ascii_control) {
                return None;
            }
        }
        (9, Value::Bytes(span)) => seen.raw = Some(span.end.saturating_sub(span.start)),
        (4..=7 | 10 | 11 | 13, _) => seen.has_other = true,
        _ => {}
    }
    Some(())
}

/// Whether every field is one of a sequence and the first value reads as what
/// it is said to be.
fn is_sequence(source: &dyn Source) -> bool {
    let mut reader = Reader::new(source, 0..source.len());
    let (mut has_kind, mut has_value, mut has_name) = (false, false, false);
    for _ in 0..FIELDS_CAP {
        let field = match reader.next() {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => return false,
        };
        if holds(Kind::Sequence, &field).is_none() {
            return false;
        }
        match field.number {
            // Nodes of a graph of TensorFlow have this number as well.
            1 if std::mem::replace(&mut has_name, true) => return false,
            2 => has_kind = field.varint().is_some_and(|kind| ELEMENTS.contains(&kind)),
            3 if !has_value => {
                has_value = begins(&field, Kind::Tensor, &mut reader);
                if !has_value {
                    return false;
                }
            }
            4..=7 => has_value = true,
            _ => {}
        }
    }
    has_kind && has_value
}

/// Whether the fields of a message are those that it should have.
fn begins(field: &Field, kind: Kind, reader: &mut Reader<'_>) -> bool {
    let Some(span) = field.bytes() else {
        return false;
    };
    if reader.enter(span).is_err() {
        return false;
    }
    let mut is_known = true;
    for _ in 0..FIELDS_CAP {
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
    is_known
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{examine, mangle, recognise};
    use super::*;
    use crate::formats::tensorflow::Graph;
    use crate::wire::protobuf::sample::Message;

    fn tensor(dimension: u64, data: &str) -> Message {
        Message::new()
            .varint(1, dimension)
            .varint(2, 2)
            .bytes(8, "x")
            .bytes(9, data)
    }

    fn sequence(inner: &Message) -> Vec<u8> {
        Message::new().varint(2, 1).message(3, inner).done()
    }

    #[test]
    fn tensors_are_known_by_their_fields_and_their_sums() {
        let good = tensor(4, "abcd").done();
        for name in ["x", "input_0.pb", "x.pb", "x.bin"] {
            assert_eq!(recognise(&OnnxTensor, name, good.clone()), Claim::Structure);
        }
        // TensorFlow goes by the name alone, which is less.
        assert_eq!(recognise(&Graph, "input_0.pb", good.clone()), Claim::Name);
        assert!(examine(&OnnxTensor, "input_0.pb", good.clone()).is_clean());
        // A shape that is not the data's, under a name that promises a tensor.
        let bad = tensor(5, "abcd").done();
        assert_eq!(recognise(&OnnxTensor, "x", bad.clone()), Claim::No);
        assert_eq!(
            recognise(&OnnxTensor, "output_12.pb", bad.clone()),
            Claim::Structure
        );
        let said = examine(&OnnxTensor, "output_12.pb", bad);
        assert_eq!(said.rules(), ["onnx-size-mismatch"]);
        for (name, other) in [
            (
                "input_0.pb",
                Message::new().varint(1, 4).varint(2, 2).done(),
            ),
            (
                "input_0.pb",
                Message::new()
                    .varint(1, 1)
                    .varint(2, 99)
                    .bytes(9, "a")
                    .done(),
            ),
            ("input_0.pb", tensor(4, "abcd").bytes(40, "x").done()),
            ("input_x.pb", tensor(5, "abcd").done()),
            ("input_0.pb", Vec::new()),
        ] {
            assert_eq!(recognise(&OnnxTensor, name, other), Claim::No, "{name}");
        }
        mangle(&OnnxTensor, "input_0.pb", &good);
    }

    #[test]
    fn paths_of_external_data_are_judged_as_in_models() {
        let pair = Message::new()
            .bytes(1, "location")
            .bytes(2, "../../etc/passwd");
        let out = Message::new().varint(1, 4).varint(2, 2).bytes(8, "x");
        let out = out.message(13, &pair).varint(14, 1).done();
        assert_eq!(
            recognise(&OnnxTensor, "x.pb", out.clone()),
            Claim::Structure
        );
        assert_eq!(
            examine(&OnnxTensor, "x.pb", out).rules(),
            ["onnx-path-escape"]
        );
    }

    #[test]
    fn sequences_are_known_and_their_tensors_judged() {
        let good = sequence(&tensor(4, "abcd"));
        assert_eq!(
            recognise(&OnnxSequence, "input_0.pb", good.clone()),
            Claim::Structure
        );
        assert_eq!(
            recognise(&OnnxTensor, "input_0.pb", good.clone()),
            Claim::No
        );
        assert!(examine(&OnnxSequence, "input_0.pb", good.clone()).is_clean());
        let bad = sequence(&tensor(5, "abcd"));
        assert_eq!(
            examine(&OnnxSequence, "x", bad).rules(),
            ["onnx-size-mismatch"]
        );
        let other = Message::new()
            .varint(2, 9)
            .message(3, &tensor(4, "abcd"))
            .done();
        assert_eq!(recognise(&OnnxSequence, "input_0.pb", other), Claim::No);
        let none = Message::new().varint(2, 1).done();
        assert_eq!(recognise(&OnnxSequence, "input_0.pb", none), Claim::No);
        mangle(&OnnxSequence, "input_0.pb", &good);
    }
}
