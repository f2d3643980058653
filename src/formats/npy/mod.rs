//! NumPy arrays, `.npy` versions 1.0 to 3.0.
//!
//! A magic number, a *header*, and the elements. The header is the text of a
//! Python dict with the dtype (`descr`), the memory order and the shape. If the
//! dtype holds Python objects anywhere, the elements are not raw numbers but a
//! pickle, which `numpy.load(..., allow_pickle=True)` runs; it becomes a member
//! and is examined as what it is. Several arrays may stand one behind the
//! other, as `numpy.save` to an open file writes them. Source:
//! `numpy/lib/_format_impl.py`.
//!
//! An attacker hides the object dtype deep in a structured one, writes a header
//! that Python would have to evaluate, or puts bytes where no loader looks.
//!
//! Not checked: what the elements mean.

mod dtype;
mod header;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::header::{Header, MAGIC};
use super::pickle::{Pickle, first_set};
use super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Kind, Member, Probe};
use crate::detect::pickle::{self as machine, Options};
use crate::report::{Span, Why};
use crate::rules::numpy as rules;
use crate::source::{Slice, Source};
use crate::wire::Fault;

/// Bytes behind the arrays that are shown as evidence.
const SHOWN_BYTES: u64 = 32;

/// NumPy array.
pub struct Npy;

static SPEC: FormatSpec = FormatSpec {
    id: "npy",
    title: "NumPy array",
    suffixes: &[".npy"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
        "CVE-2019-6446",
    ],
    limitations: &["Elements that are no Python objects are searched and not interpreted."],
};

impl Format for Npy {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if begins(probe.head()) {
            let begun = header::text_begin(probe.head());
            return match begun.map(|text| text.trim_ascii_start().first()) {
                Some(Some(b'{')) => Claim::Structure,
                _ => Claim::Magic,
            };
        }
        match probe.has_suffix(SPEC.suffixes) {
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        cx.accounts();
        let mut at = 0;
        for number in 1u64.. {
            cx.budget().check()?;
            let header = Header::read(source, at, cx)?;
            at = array(artifact, &header, number, cx)?;
            if at >= source.len() || !begins(&source.chunk(at..at.saturating_add(6))?) {
                break;
            }
        }
        trailing(source, at, cx)
    }
}

/// Whether the bytes begin like an array.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Account for the elements of one array. Returns where they end.
fn array(
    artifact: &Artifact,
    header: &Header,
    number: u64,
    cx: &mut Context<'_>,
) -> Result<u64, Fault> {
    let len = artifact.source.len();
    let rest = header.span.end..len;
    if header.layout.has_objects {
        let message = format!(
            "an array of shape {} with dtype {} holds Python objects, which are a pickle",
            header.shape_text, header.descr_text
        );
        cx.report(rules::OBJECT_ARRAY.at(header.span.clone()).message(message));
        return objects(artifact, rest, number, cx);
    }
    let Some(item) = header.layout.item_bytes else {
        let detail = format!(
            "the size of an element of dtype {} is not known; what follows is not divided into \
             arrays",
            header.descr_text
        );
        cx.gap(rest.clone(), Why::Unsupported, detail);
        // A dtype that is not understood may be one of objects.
        return match is_pickle(artifact, &rest) {
            true => objects(artifact, rest, number, cx),
            false => Ok(len),
        };
    };
    let Some(bytes) = header.count.checked_mul(item) else {
        let message = format!(
            "{} elements of {item} bytes are more than 64 bits can count",
            header.count
        );
        cx.report(
            rules::INVALID_HEADER
                .at(header.span.clone())
                .message(message.clone()),
        );
        return Err(Fault::malformed(header.span.start, message));
    };
    let end = rest.start.saturating_add(bytes);
    if end > len {
        let have = len.saturating_sub(rest.start);
        let detail = format!("the array has {bytes} bytes by its header and {have} in the file");
        cx.gap(rest, Why::Malformed, detail);
    }
    Ok(end.min(len))
}

/// Hand the pickle of an array of objects on. Where another array follows, its
/// end is found by walking it.
fn objects(
    artifact: &Artifact,
    rest: Span,
    number: u64,
    cx: &mut Context<'_>,
) -> Result<u64, Fault> {
    let source = artifact.source.as_ref();
    if rest.is_empty() {
        let detail = "the header promises a pickle and the file ends behind it";
        cx.gap(rest.start, Why::Malformed, detail);
        return Ok(rest.start);
    }
    let options = Options::default();
    let walked = machine::examine(source, rest.clone(), &options, cx.budget(), &mut |_| {});
    let end = walked.span.end;
    let follows = walked.ending.is_stop()
        && end < rest.end
        && begins(&source.chunk(end..end.saturating_add(6))?);
    let span = match follows {
        true => rest.start..end,
        false => rest,
    };
    let end = span.end;
    cx.member(Member {
        name: match number {
            1 => "objects.pkl".to_owned(),
            n => format!("objects-{n}.pkl"),
        },
        body: Body::Stored(span),
        stated: None,
    })?;
    Ok(end)
}

/// Whether a pickle begins the span.
fn is_pickle(artifact: &Artifact, span: &Span) -> bool {
    let source = Slice::new(Arc::clone(&artifact.source), span.clone());
    let inner = Artifact {
        source: Arc::new(source),
        name: "elements".to_owned(),
        ..artifact.clone()
    };
    Pickle.recognise(&Probe::new(&inner)) >= Claim::Magic
}

/// Report bytes behind the last array, unless they are zeros.
fn trailing(source: &dyn Source, at: u64, cx: &mut Context<'_>) -> Result<(), Fault> {
    let len = source.len();
    if first_set(source, at..len, cx)? >= len {
        return Ok(());
    }
    let shown = source.chunk(at..at.saturating_add(SHOWN_BYTES).min(len))?;
    cx.slack(at..len);
    let bytes = len.saturating_sub(at);
    let message = format!("{bytes} bytes behind the array belong to no array");
    cx.report(
        rules::TRAILING_DATA
            .at(at..len)
            .message(message)
            .bytes(&shown),
    );
    Ok(())
}
