//! The model of Core ML (`.mlmodel`): a Protocol Buffers message of many kinds
//! of models, which may hold each other.
//!
//! Loading runs nothing that the file brings along. What it can name: classes
//! of the program that loads it (custom layers and models), another compiled
//! model by a search path (a *linked* model), files with its weights, and
//! metadata. Specification:
//! <https://apple.github.io/coremltools/mlmodel/Format/Model.html>.
//!
//! Not checked here: weights against shapes, and fields that the specification
//! does not have; their bytes are swept like all others.

use super::walk::Walk;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::{Field, Reader};

/// Fields of the outermost message that are looked at to recognise it. A model
/// has a version, a description, and one field with its kind.
const FIELDS_CAP: usize = 8;

/// Versions of the specification that may come to be. Today's is below 12.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=40;

/// A Core ML model.
pub struct CoreMl;

static SPEC: FormatSpec = FormatSpec {
    id: "coreml",
    title: "a Core ML model",
    suffixes: &[".mlmodel"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://apple.github.io/coremltools/mlmodel/Format/Model.html"],
    limitations: &[
        "What a custom layer or model does is up to the program that has its class.",
        "Weights and shapes are not compared.",
    ],
};

impl Format for CoreMl {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn has_companions(&self) -> bool {
        true
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let is_named = probe.has_suffix(SPEC.suffixes);
        let begins = matches!(probe.head(), [0x08, 1..=40, 0x12, ..]);
        match begins || is_named {
            true => claim(probe.source(), is_named),
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        Walk::new(artifact, cx).run()
    }
}

/// Whether a field may hold what the model is.
fn is_kind(field: &Field) -> bool {
    let numbers = [200..=202, 300..=304, 400..=404, 500..=502, 555..=556];
    let others = [560..=560, 600..=610, 900..=900, 2000..=2006, 3000..=3000];
    field.bytes().is_some()
        && numbers
            .iter()
            .chain(&others)
            .any(|range| range.contains(&field.number))
}

fn claim(source: &dyn Source, is_named: bool) -> Claim {
    let mut reader = Reader::new(source, 0..source.len());
    let (mut has_version, mut has_kind, mut is_plain) = (false, false, true);
    for _ in 0..FIELDS_CAP {
        match reader.next() {
            Ok(Some(field)) => match field.number {
                1 if field.varint().is_some_and(|n| VERSIONS.contains(&n)) => has_version = true,
                2 if field.bytes().is_some() => {}
                10 if field.varint().is_some() => {}
                _ if is_kind(&field) => has_kind = true,
                _ => is_plain = false,
            },
            Ok(None) => break,
            Err(_) => {
                is_plain = false;
                break;
            }
        }
    }
    match (has_version && has_kind, is_named) {
        (true, _) if is_plain || is_named => Claim::Structure,
        (_, true) if has_version => Claim::Magic,
        (_, true) => Claim::Name,
        (_, false) => Claim::No,
    }
}
