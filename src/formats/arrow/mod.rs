//! Arrow: the IPC stream, the IPC file (Feather 2) and Feather 1.
//!
//! A *message* is a FlatBuffer with what describes the data, and a body with
//! the data. The schema message names the columns, and each column, and the
//! schema itself, may carry keys and values. Two keys make a column one of an
//! *extension type*: a name and some bytes that the reader hands to whoever
//! registered the name. For types that were written in Python these bytes are a
//! pickle, which pyarrow before 14.0.1 loads as soon as it reads the schema,
//! and other libraries still do. Such bytes become a member and are examined as
//! the pickle they are. Specifications: `Columnar.rst`, `Schema.fbs`,
//! `Message.fbs`, `File.fbs`, and Feather 1's `feather.fbs`.
//!
//! An attacker needs one key in one column of a table. The schema stands twice
//! in a file, at the front and in the footer, and both are read.
//!
//! Not checked: the values of the columns.

mod feather;
mod messages;
mod metadata;
mod schema;
#[cfg(test)]
mod tests;

pub(super) use metadata::Metadata;

use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::report::Why;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::flatbuffer::Buffer;

/// The magic number of an IPC file, as it stands in front.
const MAGIC: &[u8] = b"ARROW1\0\0";

/// The magic number of an IPC file, as it stands at the end.
const END_MAGIC: &[u8] = b"ARROW1";

/// The magic number of Feather 1, at both ends.
const FEATHER: &[u8] = b"FEA1";

/// Arrow file or stream.
pub struct Arrow;

static SPEC: FormatSpec = FormatSpec {
    id: "arrow",
    title: "Arrow file",
    suffixes: &[".arrow", ".feather", ".ipc"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://arrow.apache.org/docs/format/Columnar.html",
        "CVE-2023-47248",
    ],
    limitations: &[
        "The values of the columns are searched as they lie there, packed ones in packed form.",
    ],
};

impl Format for Arrow {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Columns
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let ends = |magic: &[u8]| probe.tail().1.ends_with(magic);
        if head.starts_with(MAGIC) {
            return match ends(END_MAGIC) {
                true => Claim::Structure,
                false => Claim::Magic,
            };
        }
        if head.starts_with(FEATHER) && (ends(FEATHER) || !looks_like_text(head)) {
            return match ends(FEATHER) {
                true => Claim::Structure,
                false => Claim::Magic,
            };
        }
        if messages::begins(probe.source()) {
            return Claim::Structure;
        }
        match probe.has_suffix(SPEC.suffixes) {
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let head = source.chunk(0..MAGIC.len() as u64)?.to_vec();
        let metadata = Metadata::new(artifact);
        if head.starts_with(MAGIC) {
            file(&metadata, source, cx)
        } else if head.starts_with(FEATHER) {
            feather::examine(&metadata, source, cx)
        } else {
            messages::walk(&metadata, source, 0, cx).1
        }
    }
}

/// An IPC file: a footer, and the stream in front of it. Readers take the
/// schema from either. The messages behind the first are also reached through
/// the footer, so that it matters only whether the first can be read.
fn file(metadata: &Metadata<'_>, source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    match messages::walk(metadata, source, MAGIC.len() as u64, cx) {
        (_, Err(fault)) if fault.ends_job() => return Err(fault),
        (0, ended) => {
            let reason = ended
                .err()
                .map_or("there is none".to_owned(), |f| f.to_string());
            let detail = format!("the schema in front of the data cannot be read: {reason}");
            cx.gap(MAGIC.len() as u64, Why::Malformed, detail);
        }
        _ => {}
    }
    footer(metadata, source, cx)
}

/// The schema and the keys in the footer.
fn footer(metadata: &Metadata<'_>, source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    let buffer = Buffer::new(source, footer_span(source, END_MAGIC)?);
    let root = buffer.root()?;
    if let Some(schema) = root.table(1)? {
        schema::examine(metadata, &schema, cx)?;
    }
    metadata.pairs(root.vector(4, 4)?, "the footer", cx)
}

/// Where a footer is that ends with its length and a magic number.
fn footer_span(source: &dyn Source, magic: &[u8]) -> Result<crate::report::Span, Fault> {
    let len = source.len();
    let tail = (magic.len() as u64).saturating_add(4);
    let end = len.saturating_sub(tail);
    let chunk = source.chunk(end..len)?;
    let Some((size, found)) = chunk.split_first_chunk::<4>() else {
        return Err(Fault::malformed(end, "the file ends before its footer"));
    };
    if found != magic {
        return Err(Fault::malformed(
            end,
            "the file does not end with its magic number",
        ));
    }
    let size = u64::from(u32::from_le_bytes(*size));
    match end
        .checked_sub(size)
        .filter(|&start| start >= magic.len() as u64)
    {
        Some(start) if size > 0 => Ok(start..end),
        _ => {
            let what = format!("a footer of {size} bytes does not fit the file");
            Err(Fault::malformed(end, what))
        }
    }
}
