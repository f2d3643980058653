//! Selections in a list of virtual sources: only their lengths matter.

use super::event::Source;
use super::fields::Fields;
use super::file::File;
use super::global;
use crate::wire::Fault;

/// Sources of one dataset that are told.
pub(super) const SOURCES_CAP: usize = 1 << 12;

/// Selections by their number.
const POINTS: u32 = 1;
const HYPERSLAB: u32 = 2;

/// The datasets that a virtual one shows.
pub(super) fn sources(file: &mut File<'_>, heap: u64, index: u32) -> Result<Vec<Source>, Fault> {
    let span = global::object(file, heap, index)?;
    let address = span.start.saturating_sub(file.base);
    let bytes = file.block(address, span.end.saturating_sub(span.start))?;
    let mut fields = file.fields(&bytes, address);
    let version = fields.version(0..=1, "a list of virtual sources")?;
    let count = fields.length()?;
    let mut found: Vec<Source> = Vec::new();
    for _ in 0..count {
        let flags = if version == 0 { 0 } else { fields.u8()? };
        // A name that stands before is told by its number, or is this file.
        let file_name = match flags & 0b101 {
            0 => fields.text(),
            0b100 => ".".to_owned(),
            _ => nth(&found, fields.length()?, |source| &source.file),
        };
        let path = match flags & 0b10 {
            0 => fields.text(),
            _ => nth(&found, fields.length()?, |source| &source.path),
        };
        skip(&mut fields)?;
        skip(&mut fields)?;
        found.push(Source {
            file: file_name,
            path,
        });
        if found.len() >= SOURCES_CAP {
            let what = format!("only {SOURCES_CAP} of {count} virtual sources are told");
            return Err(Fault::unsupported(span.start, what));
        }
    }
    Ok(found)
}

fn nth(found: &[Source], number: u64, of: fn(&Source) -> &String) -> String {
    let source = usize::try_from(number).ok().and_then(|n| found.get(n));
    source.map(of).cloned().unwrap_or_default()
}

/// Pass over a selection.
fn skip(fields: &mut Fields<'_>) -> Result<(), Fault> {
    let kind = fields.u32()?;
    let version = fields.u32()?;
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    match (kind, version) {
        (POINTS, 2) => {
            let width = u64::from(fields.u8()?);
            let rank = u64::from(fields.u32()?);
            let points = fields.uint(size(width))?;
            fields.skip(size(points.saturating_mul(rank).saturating_mul(width)))
        }
        (HYPERSLAB, 2) => {
            fields.skip(1)?;
            let len = fields.u32()?;
            fields.skip(size(u64::from(len)))
        }
        (HYPERSLAB, 3) => {
            let flags = fields.u8()?;
            let width = u64::from(fields.u8()?);
            let rank = u64::from(fields.u32()?);
            let numbers = match flags & 1 {
                1 => rank.saturating_mul(4),
                _ => fields
                    .uint(size(width))?
                    .saturating_mul(rank)
                    .saturating_mul(2),
            };
            fields.skip(size(numbers.saturating_mul(width)))
        }
        (0..=3, 1) => {
            fields.skip(4)?;
            let len = fields.u32()?;
            fields.skip(size(u64::from(len)))
        }
        _ => Err(fields.unsupported(format!("a selection of kind {kind}, version {version}"))),
    }
}
