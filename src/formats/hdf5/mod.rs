//! HDF5: models of Keras, tables of pandas and PyTables, data of any kind.
//!
//! The structure is followed by [`crate::wire::hdf5`]; here it is judged. The
//! format runs nothing by itself, but what stands in it does: Keras builds the
//! model that the attribute `model_config` describes, PyTables unpickles
//! attributes and objects, and links, storage and virtual datasets open other
//! files. So attributes and datasets of bytes that are something by themselves
//! become *members*, named `group/object@attribute`, and are examined as that.
//!
//! An attacker names files of whoever loads the model, hides pickles in values,
//! in chunks that are packed, in a user block or in free space, and lies about
//! dimensions, which the library had many flaws with.
//!
//! Not checked: what stands in the spec below.

mod judge;
mod outside;
mod plugins;
#[cfg(test)]
mod tests;
mod values;

use self::judge::Judge;
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::report::{Severity, Span};
use crate::rules::hdf5 as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::hdf5::{SIGNATURE, Superblock, find, walk};

/// Shortest run of bytes that belongs to nothing and is looked at. Shorter
/// ones, of which old files have many, are swept and no file of their own.
const SLACK_LEAST_BYTES: u64 = 16;

/// Bytes of a run that are compared with zero at a time.
const PIECE_BYTES: u64 = 64 << 10;

/// HDF5 file.
pub struct Hdf5;

static SPEC: FormatSpec = FormatSpec {
    id: "hdf5",
    title: "HDF5 file",
    suffixes: &[".h5", ".hdf5", ".hdf", ".he5", ".keras"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html",
        "CVE-2025-9905",
        "CVE-2026-1669",
    ],
    limitations: &[
        "Chunks are unpacked where deflate is all that changes their bytes; others are swept as \
         they lie there.",
        "Texts of variable length whose dataset is packed are swept, not judged.",
        "Runs of fewer than 16 bytes that belong to nothing are swept and not examined.",
        "Checksums of chunks are not compared.",
    ],
};

impl Format for Hdf5 {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Columns
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(&[".h5", ".hdf5", ".hdf", ".he5", ".keras", ".nc", ".mat"]);
        // Behind the head this means reads: only where the name asks for them.
        let within = match named {
            true => u64::MAX,
            false => probe.head().len() as u64,
        };
        let found = match probe.head().starts_with(SIGNATURE) {
            true => Some(0),
            false => find(probe.source(), within),
        };
        let version = |at: u64| {
            let mut byte = [0u8; 1];
            let read = probe.source().fill_at(at.saturating_add(8), &mut byte);
            matches!((read, byte), (Ok(1), [0..=3]))
        };
        let is_promised = named && probe.has_suffix(&[".h5", ".hdf5", ".hdf", ".he5"]);
        match found {
            Some(at) if version(at) => Claim::Structure,
            Some(_) => Claim::Magic,
            None if is_promised => Claim::Name,
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let at = find(source, u64::MAX)
            .ok_or_else(|| Fault::malformed(0, "there is no HDF5 signature in it"))?;
        let budget = cx.budget();
        let mut judge = Judge::new(artifact, cx);
        let walked = walk(source, at, budget, &mut |event| judge.see(event));
        judge.finish()?;
        let walked = walked?;
        frame(source, &walked.superblock, cx)?;
        cx.accounts();
        for span in walked.unowned {
            cx.tick()?;
            let len = span.end.saturating_sub(span.start);
            if len >= SLACK_LEAST_BYTES && !is_zero(source, &span)? {
                cx.slack(span);
            }
        }
        Ok(())
    }
}

/// What stands in front of the superblock and behind the end that it states.
fn frame(source: &dyn Source, superblock: &Superblock, cx: &mut Context<'_>) -> Result<(), Fault> {
    let (start, end, len) = (superblock.at, superblock.end, source.len());
    if start > 0 {
        let head = source.chunk(0..start.min(PIECE_BYTES))?;
        let is_plain = head.iter().all(|&b| b == 0) || {
            let end = head.iter().rposition(|&b| b != 0).unwrap_or(0);
            head.get(..=end).is_some_and(looks_like_text)
        };
        let severity = match is_plain {
            true => Severity::Info,
            false => Severity::Low,
        };
        let message = format!("{start} bytes stand in front of the superblock");
        let draft = rules::USER_BLOCK.at(0..start).severity(severity);
        cx.report(draft.message(message));
    }
    if end > len {
        let message =
            format!("the superblock says that the file has {end} bytes, and it has {len}");
        cx.report(rules::OUT_OF_FILE.at(start).message(message));
    } else if end > start && end < len && !is_zero(source, &(end..len))? {
        let left = len.saturating_sub(end);
        let message = format!("{left} bytes follow the end that the superblock states");
        cx.report(rules::TRAILING_DATA.at(end..len).message(message));
    }
    Ok(())
}

/// Whether a run is zeros only, as far as one read goes: what is longer is
/// looked at by the engine.
fn is_zero(source: &dyn Source, span: &Span) -> Result<bool, Fault> {
    let end = span.end.min(span.start.saturating_add(PIECE_BYTES));
    let chunk = source.chunk(span.start..end)?;
    let is_zero = chunk.iter().all(|&b| b == 0);
    chunk.verify()?;
    Ok(is_zero)
}
